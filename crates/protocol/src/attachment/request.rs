//! What travels for attachments: the bodies of frames, of which the first two are requests.
//!
//! | body | bytes |
//! |---|---|
//! | manifest request | the commitment that the header names (32 bytes) |
//! | chunk request | the attachment's id (32 bytes), the chunk's index (four bytes, big-endian) |
//! | manifest | salt (32 bytes), the manifest |
//! | chunk | the chunk's index (four bytes, big-endian), its bytes |
//!
//! Whoever cannot answer now says `busy`, as for other requests. A chunk's answer names its index, so that a
//! chunk that was asked for on another stream is not taken for this one; its bytes are what the manifest
//! says, or the answer is a breach of the protocol.
//!
//! `00000007 c0ffee` is chunk 7 of an attachment of which it has the last three bytes
//! (`golden/attachment-chunk.bin`).

use super::chunk::ChunkIndex;
use super::id::AttachmentId;
use crate::decode::{DecodeError, Fault};
use crate::digest::{Commitment, Salt};
use crate::limits::{ATTACHMENT_CHUNKS_MAX, CHUNK_BYTES, MANIFEST_BYTES_MAX};

/// How long a chunk request is.
pub const CHUNK_REQUEST_BYTES: usize = 32 + INDEX_BYTES;

/// A chunk's index in front of its bytes.
const INDEX_BYTES: usize = 4;

/// A manifest's salt in front of its bytes.
const SALT_BYTES: usize = 32;

/// Request: the manifest that a header commits to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManifestRequest(pub Commitment);

/// Answer: the manifest and its salt. Not looked into, and not compared with the commitment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestAnswer {
    /// What the commitment was made with.
    pub salt: Salt,
    /// The manifest, see [`super::Manifest::decode`].
    pub bytes: Vec<u8>,
}

/// Request: one chunk of an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkRequest {
    /// Of which attachment.
    pub attachment: AttachmentId,
    /// Which one.
    pub index: ChunkIndex,
}

/// Answer: a chunk, not verified. See [`super::Attachment::check_chunk`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Which one, says the peer.
    pub index: ChunkIndex,
    /// Its bytes: 1 to [`CHUNK_BYTES`].
    pub bytes: Vec<u8>,
}

impl ManifestRequest {
    /// The body of the frame.
    #[must_use]
    pub fn encode(&self) -> [u8; 32] {
        *self.0.as_bytes()
    }

    /// Reads the body of a frame.
    ///
    /// # Errors
    /// When it has another length.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let commitment = body
            .try_into()
            .map_err(|_| fault("manifest request", Fault::WrongLength(32)))?;
        Ok(Self(Commitment::from_bytes(commitment)))
    }
}

impl ManifestAnswer {
    /// The body of the frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [self.salt.as_bytes(), self.bytes.as_slice()].concat()
    }

    /// Reads the body of a frame.
    ///
    /// # Errors
    /// When it is too short or too long for a manifest.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let format = "manifest answer";
        let (salt, bytes) = body
            .split_first_chunk()
            .ok_or_else(|| fault(format, Fault::Truncated))?;
        if bytes.is_empty() {
            return Err(fault(format, Fault::Truncated));
        }
        if bytes.len() > MANIFEST_BYTES_MAX {
            return Err(fault(format, Fault::TooLong(SALT_BYTES + MANIFEST_BYTES_MAX)));
        }
        Ok(Self {
            salt: Salt::from_bytes(*salt),
            bytes: bytes.to_vec(),
        })
    }
}

impl ChunkRequest {
    /// The body of the frame.
    #[must_use]
    pub fn encode(&self) -> [u8; CHUNK_REQUEST_BYTES] {
        let mut body = [0; CHUNK_REQUEST_BYTES];
        body[..32].copy_from_slice(self.attachment.as_bytes());
        body[32..].copy_from_slice(&self.index.0.to_be_bytes());
        body
    }

    /// Reads the body of a frame.
    ///
    /// # Errors
    /// When it has another length, or asks for what no attachment has.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let format = "chunk request";
        let wrong = || fault(format, Fault::WrongLength(CHUNK_REQUEST_BYTES));
        let (id, index) = body.split_first_chunk().ok_or_else(wrong)?;
        Ok(Self {
            attachment: AttachmentId::from_bytes(*id),
            index: possible(format, 32, index.try_into().map_err(|_| wrong())?)?,
        })
    }
}

impl Chunk {
    /// What stands in front of the bytes in the body of the frame, so that these need not be copied.
    #[must_use]
    pub fn encode_head(index: ChunkIndex) -> [u8; INDEX_BYTES] {
        index.0.to_be_bytes()
    }

    /// Reads the body of a frame, and takes over its buffer.
    ///
    /// # Errors
    /// When it is too short or too long, or names an index that no attachment has.
    pub fn decode(mut body: Vec<u8>) -> Result<Self, DecodeError> {
        let format = "chunk";
        let (index, bytes) = body
            .split_first_chunk()
            .ok_or_else(|| fault(format, Fault::Truncated))?;
        let index = possible(format, 0, *index)?;
        if bytes.is_empty() {
            return Err(fault(format, Fault::Truncated));
        }
        if bytes.len() > CHUNK_BYTES {
            return Err(fault(format, Fault::TooLong(INDEX_BYTES + CHUNK_BYTES)));
        }
        body.drain(..INDEX_BYTES);
        Ok(Self { index, bytes: body })
    }
}

fn possible(
    format: &'static str,
    offset: usize,
    bytes: [u8; INDEX_BYTES],
) -> Result<ChunkIndex, DecodeError> {
    let index = ChunkIndex(u32::from_be_bytes(bytes));
    if index.place() < ATTACHMENT_CHUNKS_MAX {
        return Ok(index);
    }
    let fault = Fault::BadValue("no attachment has so many chunks");
    Err(DecodeError {
        format,
        offset,
        fault,
    })
}

fn fault(format: &'static str, fault: Fault) -> DecodeError {
    DecodeError {
        format,
        offset: 0,
        fault,
    }
}

#[cfg(test)]
mod tests;

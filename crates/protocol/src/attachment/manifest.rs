//! The manifest: what exactly a message's attachments are, chunk by chunk.
//!
//! Deterministic CBOR, in diagnostic notation as in `golden/attachment-manifest.cbor`:
//!
//! ```text
//! {0: 1, 1: 1048576, 2: [
//!   {1: "subscribers.csv", 2: "text/csv", 3: 2000000, 4: h'1111...', 5: 2000500, 6: h'a0a0... a1a1...'}]}
//! ```
//!
//! Label 1 is the length of a chunk, in bytes, and in version 1 always this. An attachment has its name (1),
//! its media type (2), the plaintext's length (3) and SHA-256 (4), the length of the sealed file (5), and
//! the SHA-256 of each chunk of it, one after the other (6): 320 KiB for 10 GiB, which is why the header
//! only commits to the manifest. The commitment is salted, since a plaintext's digest can be guessed
//! `[LEAF-PRIVACY]`; salt and manifest are kept with the attachments, and erased with them `[ERASE]`.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::chunk::ChunkIndex;
use super::id::AttachmentId;
use super::name::{AttachmentNumber, FileName, Label, MediaType};
use crate::cbor::{Reader, Writer};
use crate::decode::{DecodeError, Fault};
use crate::digest::{Commitment, Digest, Salt};
use crate::limits::{
    ATTACHMENT_CHUNKS_MAX, ATTACHMENTS_PER_MESSAGE_MAX, CHUNK_BYTES, FILE_NAME_BYTES_MAX, MANIFEST_BYTES_MAX,
    MEDIA_TYPE_PART_BYTES_MAX, MESSAGE_CHUNKS_MAX,
};

/// The version of the format.
const VERSION: u64 = 1;

/// The length of a digest.
const DIGEST_BYTES: usize = 32;

/// Separates commitments to manifests from every other use of SHA-256.
const COMMITMENT_DOMAIN: &[u8] = b"ohrid/1 attachment manifest commitment\n";

mod label {
    pub(super) const CHUNK_LENGTH: u64 = 1;
    pub(super) const ATTACHMENTS: u64 = 2;
    pub(super) const NAME: u64 = 1;
    pub(super) const MEDIA_TYPE: u64 = 2;
    pub(super) const PLAINTEXT_LENGTH: u64 = 3;
    pub(super) const PLAINTEXT: u64 = 4;
    pub(super) const SEALED_LENGTH: u64 = 5;
    pub(super) const CHUNKS: u64 = 6;
}

/// All attachments of one message: at least one, at most [`ATTACHMENTS_PER_MESSAGE_MAX`], no name twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    attachments: Vec<Arc<Attachment>>,
}

/// One attachment. Its figures agree with each other; nothing says yet that there is such a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    name: FileName,
    media_type: MediaType,
    plaintext_length_bytes: u64,
    plaintext: Digest,
    sealed_length_bytes: u64,
    chunks: Vec<Digest>,
    id: AttachmentId,
}

/// What an attachment is made of, for [`Attachment::new`].
#[derive(Debug, Clone)]
pub struct AttachmentParts {
    /// The file's name.
    pub name: FileName,
    /// What kind of file it is.
    pub media_type: MediaType,
    /// How long the plaintext is.
    pub plaintext_length_bytes: u64,
    /// The plaintext's SHA-256.
    pub plaintext: Digest,
    /// How long the sealed file is.
    pub sealed_length_bytes: u64,
    /// The SHA-256 of each chunk of the sealed file, in order.
    pub chunks: Vec<Digest>,
}

/// Figures that no attachment or manifest can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImpossibleAttachment {
    /// More chunks than [`ATTACHMENT_CHUNKS_MAX`].
    #[error("an attachment has at most {ATTACHMENT_CHUNKS_MAX} chunks")]
    TooLarge,
    /// There are not as many chunks as the length needs, or there is none.
    #[error("the number of chunks does not fit the sealed length")]
    ChunkCount,
    /// Sealing makes a file longer, never shorter.
    #[error("the sealed file is shorter than the plaintext")]
    SealedLength,
    /// No attachment, or more than [`ATTACHMENTS_PER_MESSAGE_MAX`].
    #[error("a message has 1 to {ATTACHMENTS_PER_MESSAGE_MAX} attachments, if any")]
    Count,
    /// Two attachments would overwrite each other.
    #[error("two attachments have the same name")]
    NameTwice,
    /// More than [`MESSAGE_CHUNKS_MAX`] chunks in all.
    #[error("the attachments of a message have at most {MESSAGE_CHUNKS_MAX} chunks")]
    TooManyChunks,
}

impl Attachment {
    /// Puts an attachment together.
    ///
    /// # Errors
    /// When the figures contradict each other or a limit.
    pub fn new(parts: AttachmentParts) -> Result<Self, ImpossibleAttachment> {
        if parts.chunks.len() > ATTACHMENT_CHUNKS_MAX {
            return Err(ImpossibleAttachment::TooLarge);
        }
        let needed = parts.sealed_length_bytes.div_ceil(CHUNK_BYTES as u64);
        if parts.chunks.is_empty() || needed != parts.chunks.len() as u64 {
            return Err(ImpossibleAttachment::ChunkCount);
        }
        if parts.sealed_length_bytes <= parts.plaintext_length_bytes {
            return Err(ImpossibleAttachment::SealedLength);
        }
        let mut attachment = Self {
            name: parts.name,
            media_type: parts.media_type,
            plaintext_length_bytes: parts.plaintext_length_bytes,
            plaintext: parts.plaintext,
            sealed_length_bytes: parts.sealed_length_bytes,
            chunks: parts.chunks,
            id: AttachmentId::from_bytes([0; 32]),
        };
        let mut out = Writer::with_capacity(attachment.chunks.len() * DIGEST_BYTES + 640);
        attachment.write(&mut out);
        attachment.id = AttachmentId::of(&out.finish());
        Ok(attachment)
    }

    /// What names it in requests and on disk.
    #[must_use]
    pub fn id(&self) -> AttachmentId {
        self.id
    }

    /// The file's name.
    #[must_use]
    pub fn name(&self) -> &FileName {
        &self.name
    }

    /// What kind of file the sender says it is.
    #[must_use]
    pub fn media_type(&self) -> &MediaType {
        &self.media_type
    }

    /// How long the plaintext is.
    #[must_use]
    pub fn plaintext_length_bytes(&self) -> u64 {
        self.plaintext_length_bytes
    }

    /// The plaintext's SHA-256.
    #[must_use]
    pub fn plaintext(&self) -> Digest {
        self.plaintext
    }

    /// How long the sealed file is: what it takes on disk and on the wire.
    #[must_use]
    pub fn sealed_length_bytes(&self) -> u64 {
        self.sealed_length_bytes
    }

    /// How many chunks it has: at least one.
    #[must_use]
    pub fn chunk_count(&self) -> u32 {
        // At most `ATTACHMENT_CHUNKS_MAX`.
        u32::try_from(self.chunks.len()).unwrap_or(u32::MAX)
    }

    /// All its chunks, in order.
    pub fn chunks(&self) -> impl Iterator<Item = ChunkIndex> + use<> {
        (0..self.chunk_count()).map(ChunkIndex)
    }

    /// The SHA-256 of a chunk; `None` for one that it does not have.
    #[must_use]
    pub fn chunk_digest(&self, index: ChunkIndex) -> Option<Digest> {
        self.chunks.get(index.place()).copied()
    }

    /// Which bytes of the sealed file a chunk is; `None` for one that it does not have.
    #[must_use]
    pub fn chunk_range(&self, index: ChunkIndex) -> Option<Range<u64>> {
        self.chunks.get(index.place())?;
        let start = u64::from(index.0) * CHUNK_BYTES as u64;
        Some(start..self.sealed_length_bytes.min(start + CHUNK_BYTES as u64))
    }

    fn write(&self, out: &mut Writer) {
        out.map(6);
        out.uint(label::NAME).text(self.name.as_str());
        out.uint(label::MEDIA_TYPE).text(self.media_type.as_str());
        out.uint(label::PLAINTEXT_LENGTH)
            .uint(self.plaintext_length_bytes);
        out.uint(label::PLAINTEXT).bytes(self.plaintext.as_bytes());
        out.uint(label::SEALED_LENGTH).uint(self.sealed_length_bytes);
        let digests = self.chunks.iter().flat_map(|digest| *digest.as_bytes());
        out.uint(label::CHUNKS).bytes(&digests.collect::<Vec<u8>>());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut labels = reader.map()?;
        labels.required(reader, label::NAME)?;
        let name = reader.parsed(FILE_NAME_BYTES_MAX, "this file name is not allowed")?;
        labels.required(reader, label::MEDIA_TYPE)?;
        let media_type = reader.parsed(2 * MEDIA_TYPE_PART_BYTES_MAX + 1, "this is no media type")?;
        labels.required(reader, label::PLAINTEXT_LENGTH)?;
        let plaintext_length_bytes = reader.uint()?;
        labels.required(reader, label::PLAINTEXT)?;
        let plaintext = reader.digest()?;
        labels.required(reader, label::SEALED_LENGTH)?;
        let sealed_length_bytes = reader.uint()?;
        labels.required(reader, label::CHUNKS)?;
        let digests = reader.bytes(ATTACHMENT_CHUNKS_MAX * DIGEST_BYTES)?;
        let (digests, rest) = digests.as_chunks::<DIGEST_BYTES>();
        if !rest.is_empty() {
            return Err(reader.bad("a digest is cut short"));
        }
        let chunks = digests.iter().copied().map(Digest::from_bytes).collect();
        labels.end(reader)?;
        Self::new(AttachmentParts {
            name,
            media_type,
            plaintext_length_bytes,
            plaintext,
            sealed_length_bytes,
            chunks,
        })
        .map_err(|error| reader.bad(error.reason()))
    }
}

impl Manifest {
    /// Puts a manifest together, in the order in which the attachments are numbered.
    ///
    /// # Errors
    /// When there are none or too many, or two of the same name.
    pub fn new(attachments: Vec<Arc<Attachment>>) -> Result<Self, ImpossibleAttachment> {
        if !(1..=ATTACHMENTS_PER_MESSAGE_MAX).contains(&attachments.len()) {
            return Err(ImpossibleAttachment::Count);
        }
        let chunks: usize = attachments.iter().map(|attachment| attachment.chunks.len()).sum();
        if chunks > MESSAGE_CHUNKS_MAX {
            return Err(ImpossibleAttachment::TooManyChunks);
        }
        for (place, attachment) in attachments.iter().enumerate() {
            if attachments[..place]
                .iter()
                .any(|other| other.name == attachment.name)
            {
                return Err(ImpossibleAttachment::NameTwice);
            }
        }
        Ok(Self { attachments })
    }

    /// The attachments, with what people call them.
    pub fn attachments(&self) -> impl Iterator<Item = (Label, &Arc<Attachment>)> {
        self.attachments
            .iter()
            .enumerate()
            .filter_map(|(place, attachment)| {
                // There are at most `ATTACHMENTS_PER_MESSAGE_MAX`, so each has a number.
                let label = Label {
                    number: AttachmentNumber::at_place(place)?,
                    name: attachment.name.clone(),
                    media_type: attachment.media_type.clone(),
                };
                Some((label, attachment))
            })
    }

    /// The attachment of this id.
    #[must_use]
    pub fn find(&self, id: AttachmentId) -> Option<&Arc<Attachment>> {
        self.attachments.iter().find(|attachment| attachment.id == id)
    }

    /// How much the sealed files take, together.
    #[must_use]
    pub fn sealed_length_bytes(&self) -> u64 {
        // Each is at most 64 GiB.
        self.attachments
            .iter()
            .map(|attachment| attachment.sealed_length_bytes)
            .sum()
    }

    /// What a header says of a manifest's bytes.
    #[must_use]
    pub fn commitment(salt: &Salt, bytes: &[u8]) -> Commitment {
        let hash = Sha256::new().chain_update(COMMITMENT_DOMAIN);
        let hash = hash.chain_update(salt.as_bytes()).chain_update(bytes);
        Commitment::from_bytes(hash.finalize().into())
    }

    /// The manifest in its one form.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(MANIFEST_BYTES_MAX.min(4_096));
        out.map(3).uint(0).uint(VERSION);
        out.uint(label::CHUNK_LENGTH).uint(CHUNK_BYTES as u64);
        out.uint(label::ATTACHMENTS).array(self.attachments.len());
        for attachment in &self.attachments {
            attachment.write(&mut out);
        }
        out.finish()
    }

    /// Reads a manifest. Whoever has it from a peer compares its [`Manifest::commitment`] with the
    /// header's first.
    ///
    /// # Errors
    /// When the bytes are not one manifest in its one form.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("attachment manifest", bytes);
        let reader = &mut reader;
        if bytes.len() > MANIFEST_BYTES_MAX {
            return Err(reader.fault(Fault::TooLong(MANIFEST_BYTES_MAX)));
        }
        let mut labels = reader.map()?;
        labels.version(reader, VERSION)?;
        labels.required(reader, label::CHUNK_LENGTH)?;
        if reader.uint()? != CHUNK_BYTES as u64 {
            return Err(reader.bad("chunks have another length"));
        }
        labels.required(reader, label::ATTACHMENTS)?;
        let count = reader.array(ATTACHMENTS_PER_MESSAGE_MAX)?;
        let mut attachments = Vec::with_capacity(count);
        for _ in 0..count {
            attachments.push(Arc::new(Attachment::read(reader)?));
        }
        labels.end(reader)?;
        reader.end()?;
        Self::new(attachments).map_err(|error| reader.bad(error.reason()))
    }
}

impl ImpossibleAttachment {
    fn reason(self) -> &'static str {
        match self {
            Self::TooLarge => "an attachment has too many chunks",
            Self::ChunkCount => "the number of chunks does not fit the sealed length",
            Self::SealedLength => "the sealed file is shorter than the plaintext",
            Self::Count => "a manifest has no attachment, or too many",
            Self::NameTwice => "two attachments have the same name",
            Self::TooManyChunks => "the attachments have too many chunks together",
        }
    }
}

/// Without names and digests: a plaintext's digest says what it is to whoever guesses it.
impl fmt::Debug for Attachment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Attachment({}, {} bytes)", self.id, self.sealed_length_bytes)
    }
}

#[cfg(test)]
mod tests;

//! Frames: what travels on a stream. A kind (one byte), a length (four bytes, big-endian), bytes.
//!
//! | kind | bytes |
//! |---|---|
//! | 1 hello | a signed hello |
//! | 2 envelope | header's length (two bytes, big-endian), signed header, salt (32 bytes), sealed payload |
//! | 3 receipt, 4 rejection, 5 consignment | the signed statement |
//! | 6 recorded | the report's digest (32 bytes) |
//! | 7 busy | milliseconds (four bytes, big-endian) |
//! | 8 ping, 9 pong | a number (eight bytes) |
//! | 10 unsupported | none |
//! | 32 directory-request | version (eight bytes) and digest (32 bytes) of the asker's own directory |
//! | 33 directory | a signed directory; nothing where the answerer's is not newer |
//! | 40 manifest request, 41 manifest, 42 chunk request, 43 chunk | see [`crate::attachment`] |
//! | 44 absent | none |
//! | 45 completion | the signed statement |
//! | 48 add-checkpoint | a request of c2sp.org/tlog-witness, as its HTTP body |
//! | 49 witness answer | its status (two bytes, big-endian) and its body |
//! | 50 head request | a ledger's origin |
//! | 51 head | a signed note with the witness's cosignature; nothing for a ledger that it never saw |
//! | 52 witnessed receipt request | an envelope's digest (32 bytes), message (16 bytes) and recipient |
//! | 53 witnessed receipt | a tlog-proof; nothing where there is none yet, or for another's envelope |
//!
//! `07 00000004 000003e8` says: busy, try again after a second.

use std::sync::Arc;

use crate::attachment::{Chunk, ChunkRequest, ManifestAnswer, ManifestRequest};
use crate::completion::SignedCompletion;
use crate::consignment::SignedConsignment;
use crate::decode::{DecodeError, Fault};
use crate::digest::{Digest, Salt};
use crate::directory::SignedDirectory;
use crate::envelope::SignedHeader;
use crate::hello::SignedHello;
use crate::ids::{ContactPoint, MessageId};
use crate::payload::SealedPayload;
use crate::receipt::SignedReceipt;
use crate::rejection::SignedRejection;

mod head;

pub use head::{FRAME_HEAD_BYTES, FrameHead, FrameKind};

/// The format's name in errors.
const FORMAT: &str = "frame";

/// One unit on a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// First on a connection, both ways.
    Hello(SignedHello),
    /// An envelope and its payload.
    Envelope {
        /// The signed header.
        header: SignedHeader,
        /// The sealed payload.
        payload: SealedPayload,
    },
    /// The receipt for an envelope.
    Receipt(SignedReceipt),
    /// The refusal of an envelope.
    Rejection(SignedRejection),
    /// A consignment report.
    Consignment(SignedConsignment),
    /// The report with this digest is in our ledger.
    Recorded(Digest),
    /// Not now.
    Busy {
        /// When to try again.
        retry_after_ms: u32,
    },
    /// Are you there?
    Ping(u64),
    /// Yes; the same number.
    Pong(u64),
    /// This request is not known here.
    Unsupported,
    /// Give me your directory, if it is newer than mine, or another one of the same version `[DIRECTORY]`. It
    /// tells what the asker has as well: whoever has an older one knows whom to ask.
    DirectoryRequest {
        /// The version of the asker's directory.
        version: u64,
        /// The digest of what was signed.
        digest: Digest,
    },
    /// The directory in use, as the secretariat signed it; `None` where it is the asker's, or an older one.
    Directory(Option<SignedDirectory>),
    /// The manifest that a header commits to is wanted.
    ManifestRequest(ManifestRequest),
    /// The manifest, with its salt.
    Manifest(ManifestAnswer),
    /// A chunk is wanted.
    ChunkRequest(ChunkRequest),
    /// A chunk, not verified.
    Chunk(Chunk),
    /// There is no such manifest or chunk, or it is not for the peer to see: which of the two is not said.
    Absent,
    /// All attachments of a message are complete.
    Completion(SignedCompletion),
    /// Cosign this: the body of c2sp.org/tlog-witness's `add-checkpoint`, not read yet.
    AddCheckpoint(Vec<u8>),
    /// What the witness makes of it, as over HTTP.
    WitnessAnswer {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: Vec<u8>,
    },
    /// Which head of the ledger with this origin have you cosigned last `[ROLLBACK]`?
    HeadRequest(String),
    /// That head, a signed note, not read yet; `None` where there is none.
    Head(Option<Vec<u8>>),
    /// The proof that this envelope of mine is in your ledger, under a checkpoint that witnesses have
    /// cosigned.
    WitnessedReceiptRequest {
        /// The envelope's digest.
        envelope: Digest,
        /// Its message.
        message: MessageId,
        /// Its recipient.
        to: ContactPoint,
    },
    /// That proof, a tlog-proof, not read yet; `None` where there is none, or none yet.
    WitnessedReceipt(Option<Vec<u8>>),
}

/// The long part of a frame, which need not be copied to be sent.
#[derive(Debug, Clone)]
pub enum FrameBody {
    /// A sealed payload, or a directory.
    Shared(Arc<[u8]>),
    /// A chunk or a manifest.
    Owned(Vec<u8>),
}

impl Frame {
    /// Reads what follows a head. `bytes` must be all of it. The signed statements in it are taken in and
    /// not looked into.
    ///
    /// # Errors
    /// When the bytes are not such a frame.
    pub fn decode(head: FrameHead, bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() != head.length_bytes {
            return Err(wrong_length(head.length_bytes));
        }
        Ok(match head.kind {
            FrameKind::Hello => Self::Hello(SignedHello::from_bytes(bytes)?),
            FrameKind::Envelope => decode_envelope(bytes)?,
            FrameKind::Receipt => Self::Receipt(SignedReceipt::from_bytes(bytes)?),
            FrameKind::Rejection => Self::Rejection(SignedRejection::from_bytes(bytes)?),
            FrameKind::Consignment => Self::Consignment(SignedConsignment::from_bytes(bytes)?),
            FrameKind::Recorded => Self::Recorded(Digest::from_bytes(exactly(bytes)?)),
            FrameKind::Busy => Self::Busy {
                retry_after_ms: u32::from_be_bytes(exactly(bytes)?),
            },
            FrameKind::Ping => Self::Ping(u64::from_be_bytes(exactly(bytes)?)),
            FrameKind::Pong => Self::Pong(u64::from_be_bytes(exactly(bytes)?)),
            FrameKind::Unsupported => Self::Unsupported,
            FrameKind::DirectoryRequest => {
                let (version, digest) = bytes.split_first_chunk().ok_or(wrong_length(40))?;
                Self::DirectoryRequest {
                    version: u64::from_be_bytes(*version),
                    digest: Digest::from_bytes(exactly(digest)?),
                }
            }
            FrameKind::Directory if bytes.is_empty() => Self::Directory(None),
            FrameKind::Directory => Self::Directory(Some(SignedDirectory::from_bytes(bytes)?)),
            FrameKind::ManifestRequest => Self::ManifestRequest(ManifestRequest::decode(bytes)?),
            FrameKind::Manifest => Self::Manifest(ManifestAnswer::decode(bytes)?),
            FrameKind::ChunkRequest => Self::ChunkRequest(ChunkRequest::decode(bytes)?),
            FrameKind::Chunk => Self::Chunk(Chunk::decode(bytes.to_vec())?),
            FrameKind::Absent => Self::Absent,
            FrameKind::Completion => Self::Completion(SignedCompletion::from_bytes(bytes)?),
            FrameKind::AddCheckpoint => Self::AddCheckpoint(bytes.to_vec()),
            FrameKind::WitnessAnswer => {
                let (status, body) = bytes.split_first_chunk().ok_or(wrong_length(2))?;
                Self::WitnessAnswer {
                    status: u16::from_be_bytes(*status),
                    body: body.to_vec(),
                }
            }
            FrameKind::HeadRequest => Self::HeadRequest(text(bytes)?),
            FrameKind::Head => Self::Head(some(bytes)),
            FrameKind::WitnessedReceiptRequest => {
                let (envelope, rest) = bytes.split_first_chunk().ok_or(wrong_length(52))?;
                let (message, to) = rest.split_first_chunk().ok_or(wrong_length(52))?;
                Self::WitnessedReceiptRequest {
                    envelope: Digest::from_bytes(*envelope),
                    message: MessageId::from_bytes(*message).map_err(|_| bad(32, "this is no message id"))?,
                    to: text(to)?
                        .parse()
                        .map_err(|_| bad(48, "this is no contact point"))?,
                }
            }
            FrameKind::WitnessedReceipt => Self::WitnessedReceipt(some(bytes)),
        })
    }

    /// The same, for whoever can give the buffer away: a chunk is not copied.
    ///
    /// # Errors
    /// When the bytes are not such a frame.
    pub fn decode_owned(head: FrameHead, bytes: Vec<u8>) -> Result<Self, DecodeError> {
        match head.kind {
            FrameKind::Chunk if bytes.len() == head.length_bytes => Ok(Self::Chunk(Chunk::decode(bytes)?)),
            _ => Self::decode(head, &bytes),
        }
    }

    /// The frame, head and all, in one buffer.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (mut out, body) = self.clone().into_parts();
        if let Some(body) = body {
            out.extend_from_slice(body.as_ref());
        }
        out
    }

    /// The frame in two parts, so that what is long in it need not be copied to be sent: all that comes
    /// before a payload, chunk or manifest, and that.
    #[must_use]
    pub fn into_parts(self) -> (Vec<u8>, Option<FrameBody>) {
        let kind = self.kind();
        let short = |parts: &[&[u8]]| (with_head(kind, parts, 0), None);
        let long = |parts: &[&[u8]], body: FrameBody| {
            let head = with_head(kind, parts, body.as_ref().len());
            (head, Some(body))
        };
        match self {
            Self::Hello(hello) => short(&[hello.as_bytes()]),
            Self::Envelope { header, payload } => {
                let header = header.as_bytes();
                // Signed bytes are at most `SIGNED_BYTES_MAX`, which fits.
                let length = u16::try_from(header.len()).unwrap_or(u16::MAX).to_be_bytes();
                let parts = [length.as_slice(), header, payload.salt.as_bytes()];
                long(&parts, FrameBody::Shared(payload.bytes))
            }
            Self::Receipt(receipt) => short(&[receipt.as_bytes()]),
            Self::Rejection(rejection) => short(&[rejection.as_bytes()]),
            Self::Consignment(report) => short(&[report.as_bytes()]),
            Self::Recorded(digest) => short(&[digest.as_bytes()]),
            Self::Busy { retry_after_ms } => short(&[&retry_after_ms.to_be_bytes()]),
            Self::Ping(number) | Self::Pong(number) => short(&[&number.to_be_bytes()]),
            Self::Unsupported | Self::Absent | Self::Directory(None) => short(&[]),
            Self::DirectoryRequest { version, digest } => short(&[&version.to_be_bytes(), digest.as_bytes()]),
            // Megabytes, and the same for every peer: shared, not copied.
            Self::Directory(Some(signed)) => long(&[], FrameBody::Shared(signed.shared_bytes())),
            Self::ManifestRequest(request) => short(&[&request.encode()]),
            Self::Manifest(answer) => long(&[answer.salt.as_bytes()], FrameBody::Owned(answer.bytes)),
            Self::ChunkRequest(request) => short(&[&request.encode()]),
            Self::Chunk(chunk) => long(&[&Chunk::encode_head(chunk.index)], FrameBody::Owned(chunk.bytes)),
            Self::Completion(statement) => short(&[statement.as_bytes()]),
            Self::AddCheckpoint(body) => short(&[&body]),
            Self::WitnessAnswer { status, body } => short(&[&status.to_be_bytes(), &body]),
            Self::HeadRequest(origin) => short(&[origin.as_bytes()]),
            Self::Head(bytes) | Self::WitnessedReceipt(bytes) => short(&[&bytes.unwrap_or_default()]),
            Self::WitnessedReceiptRequest {
                envelope,
                message,
                to,
            } => short(&[envelope.as_bytes(), message.as_bytes(), to.to_string().as_bytes()]),
        }
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> FrameKind {
        match self {
            Self::Hello(_) => FrameKind::Hello,
            Self::Envelope { .. } => FrameKind::Envelope,
            Self::Receipt(_) => FrameKind::Receipt,
            Self::Rejection(_) => FrameKind::Rejection,
            Self::Consignment(_) => FrameKind::Consignment,
            Self::Recorded(_) => FrameKind::Recorded,
            Self::Busy { .. } => FrameKind::Busy,
            Self::Ping(_) => FrameKind::Ping,
            Self::Pong(_) => FrameKind::Pong,
            Self::Unsupported => FrameKind::Unsupported,
            Self::DirectoryRequest { .. } => FrameKind::DirectoryRequest,
            Self::Directory(_) => FrameKind::Directory,
            Self::ManifestRequest(_) => FrameKind::ManifestRequest,
            Self::Manifest(_) => FrameKind::Manifest,
            Self::ChunkRequest(_) => FrameKind::ChunkRequest,
            Self::Chunk(_) => FrameKind::Chunk,
            Self::Absent => FrameKind::Absent,
            Self::Completion(_) => FrameKind::Completion,
            Self::AddCheckpoint(_) => FrameKind::AddCheckpoint,
            Self::WitnessAnswer { .. } => FrameKind::WitnessAnswer,
            Self::HeadRequest(_) => FrameKind::HeadRequest,
            Self::Head(_) => FrameKind::Head,
            Self::WitnessedReceiptRequest { .. } => FrameKind::WitnessedReceiptRequest,
            Self::WitnessedReceipt(_) => FrameKind::WitnessedReceipt,
        }
    }
}

impl AsRef<[u8]> for FrameBody {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Shared(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }
}

/// Head and parts in one buffer; the length counts `rest_bytes` more.
fn with_head(kind: FrameKind, parts: &[&[u8]], rest_bytes: usize) -> Vec<u8> {
    let short_bytes = parts.iter().map(|part| part.len()).sum::<usize>();
    let mut out = Vec::with_capacity(FRAME_HEAD_BYTES + short_bytes);
    out.push(kind.number());
    // A frame longer than its limit is refused by the receiver; none is longer than 32 bits can say.
    let length = u32::try_from(short_bytes + rest_bytes).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

fn decode_envelope(bytes: &[u8]) -> Result<Frame, DecodeError> {
    let truncated = DecodeError {
        format: FORMAT,
        offset: bytes.len(),
        fault: Fault::Truncated,
    };
    let (length, rest) = bytes.split_first_chunk().ok_or(truncated)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (header, rest) = rest.split_at_checked(length).ok_or(truncated)?;
    let (salt, payload) = rest.split_first_chunk().ok_or(truncated)?;
    let header = SignedHeader::from_bytes(header)?;
    let payload = SealedPayload {
        salt: Salt::from_bytes(*salt),
        bytes: payload.into(),
    };
    Ok(Frame::Envelope { header, payload })
}

fn text(bytes: &[u8]) -> Result<String, DecodeError> {
    let text = str::from_utf8(bytes).map_err(|_| bad(0, "this is not UTF-8"))?;
    Ok(text.to_owned())
}

fn bad(offset: usize, what: &'static str) -> DecodeError {
    DecodeError {
        format: FORMAT,
        offset,
        fault: Fault::BadValue(what),
    }
}

/// What may be nothing: no bytes.
fn some(bytes: &[u8]) -> Option<Vec<u8>> {
    (!bytes.is_empty()).then(|| bytes.to_vec())
}

fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], DecodeError> {
    bytes.try_into().map_err(|_| wrong_length(N))
}

fn wrong_length(expected: usize) -> DecodeError {
    DecodeError {
        format: FORMAT,
        offset: 0,
        fault: Fault::WrongLength(expected),
    }
}

#[cfg(test)]
mod tests;

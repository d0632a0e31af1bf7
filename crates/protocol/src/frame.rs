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
//! | 32 directory-request | the version of the asker's own directory (eight bytes) |
//! | 33 directory | a signed directory; none where the answerer has nothing newer |
//!
//! `07 00000004 000003e8` says: busy, try again after a second.

use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::consignment::SignedConsignment;
use crate::decode::{DecodeError, Fault};
use crate::digest::{Digest, Salt};
use crate::directory::SignedDirectory;
use crate::envelope::SignedHeader;
use crate::hello::SignedHello;
use crate::limits::{DIRECTORY_BYTES_MAX, HELLO_BYTES_MAX, PAYLOAD_BYTES_MAX, SIGNED_BYTES_MAX};
use crate::payload::SealedPayload;
use crate::receipt::SignedReceipt;
use crate::rejection::SignedRejection;

/// How long a frame's head is.
pub const FRAME_HEAD_BYTES: usize = 5;

/// The format's name in errors.
const FORMAT: &str = "frame";

/// An envelope without header and payload: the header's length and the salt.
const ENVELOPE_FIXED_BYTES: usize = 2 + 32;

/// The longest envelope.
const ENVELOPE_FRAME_BYTES_MAX: usize = ENVELOPE_FIXED_BYTES + SIGNED_BYTES_MAX + PAYLOAD_BYTES_MAX;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FrameKind {
    /// First on a connection, both ways.
    Hello,
    /// Request: record this.
    Envelope,
    /// Answer: recorded.
    Receipt,
    /// Answer: refused, for good.
    Rejection,
    /// Request: record this report.
    Consignment,
    /// Answer: the report with this digest is recorded.
    Recorded,
    /// Answer: not now.
    Busy,
    /// Request: are you there?
    Ping,
    /// Answer: yes.
    Pong,
    /// Answer: this request is not known here.
    Unsupported,
    /// Request: give me your directory, if it is newer than mine.
    DirectoryRequest,
    /// Answer: this is it, or nothing.
    Directory,
}

/// A frame's first five bytes, read: nothing is allocated for the rest before its length was held
/// against the limit of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHead {
    /// What it is.
    pub kind: FrameKind,
    /// How many bytes follow.
    pub length_bytes: usize,
}

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
    /// Give me your directory, if it is newer than mine `[DIRECTORY]`. It tells the version of the asker's as
    /// well, so that whoever has an older one knows whom to ask.
    DirectoryRequest {
        /// The version of the asker's directory.
        known_version: u64,
    },
    /// The directory in use, as the secretariat signed it; `None` where it is not newer than the asker's.
    Directory(Option<SignedDirectory>),
}

impl FrameKind {
    /// All kinds, with their numbers on the wire: 32 to 39 are for the directory. 48 and above are kept for
    /// what comes: checkpoints and cosignatures.
    const NUMBERS: [(Self, u8); 12] = [
        (Self::Hello, 1),
        (Self::Envelope, 2),
        (Self::Receipt, 3),
        (Self::Rejection, 4),
        (Self::Consignment, 5),
        (Self::Recorded, 6),
        (Self::Busy, 7),
        (Self::Ping, 8),
        (Self::Pong, 9),
        (Self::Unsupported, 10),
        (Self::DirectoryRequest, 32),
        (Self::Directory, 33),
    ];

    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> u8 {
        Self::NUMBERS
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or(0, |(_, number)| *number)
    }

    /// How long such a frame's bytes are, at least and at most.
    #[must_use]
    pub fn length_bytes(self) -> RangeInclusive<usize> {
        match self {
            Self::Hello => 1..=HELLO_BYTES_MAX,
            Self::Envelope => ENVELOPE_FIXED_BYTES..=ENVELOPE_FRAME_BYTES_MAX,
            Self::Receipt | Self::Rejection | Self::Consignment => 1..=SIGNED_BYTES_MAX,
            Self::Recorded => 32..=32,
            Self::Busy => 4..=4,
            Self::Ping | Self::Pong => 8..=8,
            Self::Unsupported => 0..=0,
            Self::DirectoryRequest => 8..=8,
            Self::Directory => 0..=DIRECTORY_BYTES_MAX,
        }
    }
}

impl FrameHead {
    /// Reads a head.
    ///
    /// # Errors
    /// A length outside the limits of the kind. An unknown kind ([`Fault::UnknownKind`]) is no breach of
    /// the protocol: a newer peer asks for something; answer [`Frame::Unsupported`] and end the stream.
    pub fn parse(bytes: &[u8; FRAME_HEAD_BYTES]) -> Result<Self, DecodeError> {
        let [number, length @ ..] = *bytes;
        let fault = |offset, fault| DecodeError {
            format: FORMAT,
            offset,
            fault,
        };
        let kind = FrameKind::NUMBERS.iter().find(|(_, known)| *known == number);
        let (kind, _) = *kind.ok_or_else(|| fault(0, Fault::UnknownKind(u64::from(number))))?;
        let length_bytes = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        let limits = kind.length_bytes();
        if length_bytes > *limits.end() {
            return Err(fault(1, Fault::TooLong(*limits.end())));
        }
        if length_bytes < *limits.start() {
            return Err(fault(1, Fault::Truncated));
        }
        Ok(Self { kind, length_bytes })
    }
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
            FrameKind::Unsupported if bytes.is_empty() => Self::Unsupported,
            FrameKind::Unsupported => return Err(wrong_length(0)),
            FrameKind::DirectoryRequest => Self::DirectoryRequest {
                known_version: u64::from_be_bytes(exactly(bytes)?),
            },
            FrameKind::Directory if bytes.is_empty() => Self::Directory(None),
            FrameKind::Directory => Self::Directory(Some(SignedDirectory::from_bytes(bytes)?)),
        })
    }

    /// The frame, head and all, in one buffer.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (mut out, payload) = self.encode_parts();
        if let Some(payload) = payload {
            out.extend_from_slice(&payload);
        }
        out
    }

    /// The frame in two parts, so that a payload need not be copied to be sent: all but the payload, and the
    /// payload's bytes.
    #[must_use]
    pub fn encode_parts(&self) -> (Vec<u8>, Option<Arc<[u8]>>) {
        match self {
            Self::Hello(hello) => (self.with_head(&[hello.as_bytes()], 0), None),
            Self::Envelope { header, payload } => {
                let header = header.as_bytes();
                // Signed bytes are at most `SIGNED_BYTES_MAX`, which fits.
                let length = u16::try_from(header.len()).unwrap_or(u16::MAX).to_be_bytes();
                let parts = [length.as_slice(), header, payload.salt.as_bytes()];
                (
                    self.with_head(&parts, payload.bytes.len()),
                    Some(Arc::clone(&payload.bytes)),
                )
            }
            Self::Receipt(receipt) => (self.with_head(&[receipt.as_bytes()], 0), None),
            Self::Rejection(rejection) => (self.with_head(&[rejection.as_bytes()], 0), None),
            Self::Consignment(report) => (self.with_head(&[report.as_bytes()], 0), None),
            Self::Recorded(digest) => (self.with_head(&[digest.as_bytes()], 0), None),
            Self::Busy { retry_after_ms } => (self.with_head(&[&retry_after_ms.to_be_bytes()], 0), None),
            Self::Ping(number) | Self::Pong(number) => (self.with_head(&[&number.to_be_bytes()], 0), None),
            Self::Unsupported | Self::Directory(None) => (self.with_head(&[], 0), None),
            Self::DirectoryRequest { known_version } => {
                (self.with_head(&[&known_version.to_be_bytes()], 0), None)
            }
            // Megabytes, and the same for every peer: shared, not copied.
            Self::Directory(Some(signed)) => {
                let bytes = signed.shared_bytes();
                (self.with_head(&[], bytes.len()), Some(bytes))
            }
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
        }
    }

    /// Head and parts in one buffer that has room for `rest_bytes` more, which the length counts.
    fn with_head(&self, parts: &[&[u8]], rest_bytes: usize) -> Vec<u8> {
        let length_bytes = parts.iter().map(|part| part.len()).sum::<usize>() + rest_bytes;
        let mut out = Vec::with_capacity(FRAME_HEAD_BYTES + length_bytes);
        out.push(self.kind().number());
        // A frame longer than its limit is refused by the receiver; none is longer than 32 bits can say.
        out.extend_from_slice(&u32::try_from(length_bytes).unwrap_or(u32::MAX).to_be_bytes());
        parts.iter().for_each(|part| out.extend_from_slice(part));
        out
    }
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

//! A frame's head: its kind and its length, held against each other before anything else is read.

use std::ops::RangeInclusive;

use ledger::limits::{MAX_ADD_CHECKPOINT_BYTES, MAX_NAME_BYTES, MAX_WITNESS_ANSWER_BYTES};

use super::FORMAT;
use crate::attachment::CHUNK_REQUEST_BYTES;
use crate::decode::{DecodeError, Fault};
use crate::limits::{
    CHUNK_BYTES, DIRECTORY_BYTES_MAX, HELLO_BYTES_MAX, MANIFEST_BYTES_MAX, NAME_LENGTH_BYTES_MAX,
    PAYLOAD_BYTES_MAX, SIGNED_BYTES_MAX, WITNESSED_HEAD_BYTES_MAX, WITNESSED_RECEIPT_BYTES_MAX,
};

/// How long a frame's head is.
pub const FRAME_HEAD_BYTES: usize = 5;

/// An envelope without header and payload: the header's length and the salt.
pub(super) const ENVELOPE_FIXED_BYTES: usize = 2 + 32;

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
    /// Request: give me your directory, if it is not mine or an older one.
    DirectoryRequest,
    /// Answer: this is it, or nothing.
    Directory,
    /// Request: the manifest that a header commits to.
    ManifestRequest,
    /// Answer: the manifest.
    Manifest,
    /// Request: one chunk of an attachment.
    ChunkRequest,
    /// Answer: the chunk.
    Chunk,
    /// Answer: there is no such manifest or chunk, or it is not for the peer to see.
    Absent,
    /// Request: record this: all attachments of a message are complete.
    Completion,
    /// Request: cosign this checkpoint of our ledger.
    AddCheckpoint,
    /// Answer: what the witness makes of it.
    WitnessAnswer,
    /// Request: the head of a ledger that you have cosigned.
    HeadRequest,
    /// Answer: that head, or nothing.
    Head,
    /// Request: the proof under a witnessed checkpoint for an envelope of ours.
    WitnessedReceiptRequest,
    /// Answer: that proof, or nothing.
    WitnessedReceipt,
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

impl FrameKind {
    /// All kinds, with their numbers on the wire. 32 to 39 are about the directory, 40 to 47 about
    /// attachments, 48 to 53 about witnesses; 54 and above are free.
    pub(super) const NUMBERS: &[(Self, u8)] = &[
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
        (Self::ManifestRequest, 40),
        (Self::Manifest, 41),
        (Self::ChunkRequest, 42),
        (Self::Chunk, 43),
        (Self::Absent, 44),
        (Self::Completion, 45),
        (Self::AddCheckpoint, 48),
        (Self::WitnessAnswer, 49),
        (Self::HeadRequest, 50),
        (Self::Head, 51),
        (Self::WitnessedReceiptRequest, 52),
        (Self::WitnessedReceipt, 53),
    ];

    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> u8 {
        Self::NUMBERS
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or(0, |(_, number)| *number)
    }

    /// Whether it asks for something. Anything else on a stream that the peer has opened has no place there,
    /// and need not be read.
    #[must_use]
    pub fn is_request(self) -> bool {
        match self {
            Self::Envelope
            | Self::Consignment
            | Self::Ping
            | Self::DirectoryRequest
            | Self::ManifestRequest
            | Self::ChunkRequest
            | Self::Completion
            | Self::AddCheckpoint
            | Self::HeadRequest
            | Self::WitnessedReceiptRequest => true,
            Self::Hello
            | Self::Receipt
            | Self::Rejection
            | Self::Recorded
            | Self::Busy
            | Self::Pong
            | Self::Unsupported
            | Self::Directory
            | Self::Manifest
            | Self::Chunk
            | Self::Absent
            | Self::WitnessAnswer
            | Self::Head
            | Self::WitnessedReceipt => false,
        }
    }

    /// How long such a frame's bytes are, at least and at most.
    #[must_use]
    pub fn length_bytes(self) -> RangeInclusive<usize> {
        match self {
            Self::Hello => 1..=HELLO_BYTES_MAX,
            Self::Envelope => ENVELOPE_FIXED_BYTES..=ENVELOPE_FRAME_BYTES_MAX,
            Self::Receipt | Self::Rejection | Self::Consignment | Self::Completion => 1..=SIGNED_BYTES_MAX,
            Self::Recorded | Self::ManifestRequest => 32..=32,
            Self::Busy => 4..=4,
            Self::Ping | Self::Pong => 8..=8,
            Self::Unsupported | Self::Absent => 0..=0,
            Self::DirectoryRequest => 40..=40,
            Self::Directory => 0..=DIRECTORY_BYTES_MAX,
            Self::Manifest => 33..=32 + MANIFEST_BYTES_MAX,
            Self::ChunkRequest => CHUNK_REQUEST_BYTES..=CHUNK_REQUEST_BYTES,
            Self::Chunk => 5..=4 + CHUNK_BYTES,
            Self::AddCheckpoint => 1..=MAX_ADD_CHECKPOINT_BYTES,
            Self::WitnessAnswer => 2..=2 + MAX_WITNESS_ANSWER_BYTES,
            Self::HeadRequest => 1..=MAX_NAME_BYTES,
            Self::Head => 0..=WITNESSED_HEAD_BYTES_MAX,
            Self::WitnessedReceiptRequest => 52..=48 + NAME_LENGTH_BYTES_MAX,
            Self::WitnessedReceipt => 0..=WITNESSED_RECEIPT_BYTES_MAX,
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

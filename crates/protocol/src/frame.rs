//! Frames: what travels on a stream. A type (one byte), a length (four bytes, big-endian), bytes.

use std::sync::Arc;

use crate::consignment::SignedConsignment;
use crate::decode::DecodeError;
use crate::digest::Digest;
use crate::envelope::SignedHeader;
use crate::hello::SignedHello;
use crate::payload::SealedPayload;
use crate::receipt::SignedReceipt;
use crate::rejection::SignedRejection;

/// How long a frame's head is.
pub const FRAME_HEAD_BYTES: usize = 5;

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
}

impl FrameHead {
    /// Reads a head. An unknown kind ([`crate::decode::Fault::UnknownKind`]) is no breach of the protocol: a newer peer
    /// asks for something; answer [`Frame::Unsupported`] and end the stream.
    pub fn parse(_bytes: &[u8; FRAME_HEAD_BYTES]) -> Result<Self, DecodeError> {
        todo!()
    }
}

impl Frame {
    /// Reads what follows a head. `bytes` must be all of it.
    pub fn decode(_head: FrameHead, _bytes: &[u8]) -> Result<Self, DecodeError> {
        todo!()
    }
    /// The frame, head and all.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        todo!()
    }
    /// The frame in two parts, so that a payload need not be copied to be sent: all but the payload, and the
    /// payload's bytes.
    #[must_use]
    pub fn encode_parts(&self) -> (Vec<u8>, Option<Arc<[u8]>>) {
        todo!()
    }
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> FrameKind {
        todo!()
    }
}

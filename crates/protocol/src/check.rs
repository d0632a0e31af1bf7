//! Everything about a frame that is costly and pure: signatures, digests, proofs. May run on any thread,
//! before the exchange sees the frame.

use crate::consignment::{SignedConsignment, VerifiedConsignment};
use crate::decode::DecodeError;
use crate::digest::Digest;
use crate::directory::{Directory, UnknownKey};
use crate::envelope::{SignedHeader, VerifiedEnvelope};
use crate::frame::{Frame, FrameKind};
use crate::ids::PartyCode;
use crate::index::InboxKey;
use crate::receipt::{ReceiptError, VerifiedReceipt};
use crate::rejection::{Rejection, SignedRejection};
use crate::time::UnixMillis;

/// What a frame is held against.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The Party that TLS and hello have authenticated.
    pub peer: PartyCode,
    /// This node's Party.
    pub own: PartyCode,
    /// The directory in use.
    pub directory: &'a Directory,
    /// The time.
    pub now: UnixMillis,
    /// What the frame answers, if it came on a stream of ours.
    pub asked: Asked<'a>,
}

/// What we asked on the stream that a frame came on.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// Nothing: the peer opened the stream, the frame is a request.
    Nothing,
    /// To record this envelope.
    Envelope(&'a SignedHeader),
    /// To record this report.
    Consignment(&'a SignedConsignment),
    /// Whether it is there.
    Ping(u64),
}

/// A frame that was checked.
#[derive(Debug, Clone)]
pub enum Checked {
    /// Request: to be recorded, unless it was before.
    Envelope(VerifiedEnvelope),
    /// Request: an envelope that is to be refused.
    Refusable(Refusable),
    /// Request: a report to be recorded, unless it was before.
    Consignment(VerifiedConsignment),
    /// Request: answer with the same number.
    Ping(u64),
    /// Request or answer: signed by a key that our directory does not have. It may be that ours is old: fetch
    /// a newer one; answer a request with `Busy`, take an answer as none.
    UnknownKey(UnknownKey),
    /// Answer: the receipt for what we sent.
    Receipt(VerifiedReceipt),
    /// Answer: the signed refusal of what we sent.
    Rejection {
        /// As it travelled.
        signed: SignedRejection,
        /// What it says.
        rejection: Rejection,
    },
    /// Answer: the peer has recorded our report with this digest.
    Recorded(Digest),
    /// Answer: try later.
    Busy {
        /// When.
        retry_after_ms: u32,
    },
    /// Answer to our ping.
    Pong,
    /// Answer: the peer does not know this kind of request.
    Unsupported,
}

/// An envelope that is to be refused, unless these very bytes were received before (then its first
/// receipt is due again, `[IDEMPOTENT]`: look for `key` first and compare `rejection.envelope`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusable {
    /// What to sign, record and answer.
    pub rejection: Rejection,
    /// Under which key to keep the outcome; none where the header was not authentic, so that nobody can
    /// use up an id that is not theirs.
    pub key: Option<InboxKey>,
}

/// A peer broke the protocol: tell it the code, close the connection, back off. Named by what it did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeerMisbehaved {
    /// Bytes that are not a frame, or not a statement of the kind that the frame names.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// A frame that has no place here: an answer to nothing, a request as an answer.
    #[error("a frame of kind {0:?} has no place here")]
    Unexpected(FrameKind),
    /// An envelope, or a report, in another Party's name.
    #[error("the peer speaks in another Party's name")]
    OtherParty,
    /// An answer that is about something else than what was asked.
    #[error("the answer is about something else than what was asked")]
    OtherItem,
    /// A statement whose signature is not by the key that it names.
    #[error("a statement's signature is not by the key that it names")]
    BadSignature,
    /// A receipt that proves nothing.
    #[error(transparent)]
    BadReceipt(ReceiptError),
}

/// Checks a frame. What is not authentic never gets past here.
///
/// # Errors
/// [`PeerMisbehaved`], where the protocol is broken; what can be refused by a signed answer is
/// [`Checked::Refusable`] instead.
pub fn check(_frame: Frame, _circumstances: &Circumstances<'_>) -> Result<Checked, PeerMisbehaved> {
    todo!()
}

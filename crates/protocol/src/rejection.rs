//! The rejection: a signed refusal, so that both ledgers can prove it. COSE_Sign1, content type
//! `application/ohrid-rejection+cbor`.

use std::sync::Arc;

use crate::decode::DecodeError;
use crate::digest::Digest;
use crate::directory::Directory;
use crate::ids::{MessageId, PartyCode};
use crate::key::{EnvelopeKey, KeyId};
use crate::statement::NotAuthentic;
use crate::time::UnixMillis;

/// Why an envelope is refused. This table is the only place where inner errors become the wire's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectionReason {
    /// The bytes are not an envelope.
    Malformed,
    /// Signature or payload do not fit.
    NotAuthentic,
    /// The recipient is not of this node.
    WrongRecipient,
    /// The sender is not in the directory.
    UnknownSender,
    /// It arrived after it expired.
    Expired,
    /// The payload is over the limit.
    TooLarge,
    /// The id was used before, for other bytes `[IDEMPOTENT]`.
    IdReused,
    /// The peer has used up its quota.
    OverQuota,
}

/// What a rejection says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The message, where the header could be read.
    pub message: Option<MessageId>,
    /// The digest of the envelope's signed header.
    pub envelope: Digest,
    /// Why.
    pub reason: RejectionReason,
    /// When, by the recipient's clock.
    pub rejected_at: UnixMillis,
}

/// A rejection's signed bytes. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedRejection(Arc<[u8]>);

impl SignedRejection {
    /// Signs. The same statement and key give the same bytes.
    #[must_use]
    pub fn sign(_statement: &Rejection, _key: &EnvelopeKey) -> Self {
        todo!()
    }
    /// Takes bytes as a signed statement: bounded, and nothing else checked.
    pub fn from_bytes(_bytes: &[u8]) -> Result<Self, DecodeError> {
        todo!()
    }
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
    /// SHA-256 of these bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
    /// What it claims, unverified, and the key that it says has signed.
    pub fn peek(&self) -> Result<(Rejection, KeyId), DecodeError> {
        todo!()
    }
    /// The statement, if it was signed by an envelope key of `party` that was valid then.
    pub fn verify(&self, _party: PartyCode, _directory: &Directory) -> Result<Rejection, NotAuthentic> {
        todo!()
    }
}

impl std::fmt::Debug for SignedRejection {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "SignedRejection({} bytes)", self.0.len())
    }
}

//! The envelope: a signed header (COSE_Sign1, content type `application/ohrid-envelope+cbor`) beside
//! a sealed payload.

use std::sync::Arc;

use crate::decode::DecodeError;
use crate::digest::{Commitment, Digest};
use crate::directory::Directory;
use crate::ids::{CaseId, ContactPoint, MessageId};
use crate::key::{EnvelopeKey, KeyId};
use crate::payload::SealedPayload;
use crate::statement::NotAuthentic;
use crate::time::UnixMillis;

/// How soon a message must be there. Ordered: emergency is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// The rule.
    Routine,
    /// Before routine.
    Urgent,
    /// Before everything, with its own quota; escalates to people after a minute without a receipt.
    Emergency,
}

/// What the header says. No kind, no subject, no names of persons `[HEADER-PRIVACY]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The message's id; the same for each envelope of a message to several recipients.
    pub message: MessageId,
    /// The case: the id of its first message.
    pub case: CaseId,
    /// The message that this one answers.
    pub in_reply_to: Option<MessageId>,
    /// The sender.
    pub from: ContactPoint,
    /// One recipient; a message to several makes one envelope each.
    pub to: ContactPoint,
    /// When it was sent: the sender's claim.
    pub sent_at: UnixMillis,
    /// When delivering it stops making sense.
    pub expires_at: UnixMillis,
    /// How soon it must be there.
    pub priority: Priority,
    /// The salted commitment to the sealed payload `[LEAF-PRIVACY]`.
    pub payload: Commitment,
    /// The sealed payload's length.
    pub payload_length_bytes: u64,
    /// Commitment to the attachment manifest (none yet).
    pub attachments: Option<Commitment>,
    /// The sender's latest checkpoint (a signed note), so that the ledgers are entangled.
    pub sender_checkpoint: Option<String>,
}

/// A header's signed bytes as they travel and as ledger leaves keep them. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedHeader(Arc<[u8]>);

/// An envelope whose signature, addressing, times and payload commitment were checked. The only way to
/// make one is [`crate::check::check`].
#[derive(Debug, Clone)]
pub struct VerifiedEnvelope {
    header: Header,
    signed: SignedHeader,
    digest: Digest,
    payload: SealedPayload,
    signed_by: KeyId,
}

impl SignedHeader {
    /// Signs a header. The same header and key give the same bytes.
    #[must_use]
    pub fn sign(_header: &Header, _key: &EnvelopeKey) -> Self {
        todo!()
    }
    /// Takes bytes as a signed header: bounded, and nothing else checked.
    pub fn from_bytes(_bytes: &[u8]) -> Result<Self, DecodeError> {
        todo!()
    }
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
    /// The envelope's digest: SHA-256 of these bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
    /// What it claims, unverified, and the key that it says has signed.
    pub fn peek(&self) -> Result<(Header, KeyId), DecodeError> {
        todo!()
    }
    /// The header, if it was signed by an envelope key of its sender's Party that was valid when sent.
    pub fn verify(&self, _directory: &Directory) -> Result<Header, NotAuthentic> {
        todo!()
    }
}

impl std::fmt::Debug for SignedHeader {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "SignedHeader({} bytes)", self.0.len())
    }
}

impl VerifiedEnvelope {
    /// What the header says.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }
    /// The header as it travelled.
    #[must_use]
    pub fn signed(&self) -> &SignedHeader {
        &self.signed
    }
    /// The envelope's digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
    /// The payload, which is the one that the header commits to.
    #[must_use]
    pub fn payload(&self) -> &SealedPayload {
        &self.payload
    }
    /// The key that signed.
    #[must_use]
    pub fn signed_by(&self) -> KeyId {
        self.signed_by
    }
}

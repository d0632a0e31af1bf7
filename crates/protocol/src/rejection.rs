//! The rejection: a signed refusal, so that both ledgers can prove it. COSE_Sign1, content type
//! `application/ohrid-rejection+cbor`.
//!
//! What is signed, in CBOR diagnostic notation; label 1 is there where the header could be read:
//!
//! ```text
//! {0: 1, 1: h'01a2008d740071119111111111111111', 2: h'f9f0bea1bc5030a16bca0410...', 3: 4,
//!  4: 1795305600350}
//! ```

use crate::cbor::{Reader, Writer};
use crate::cose::ContentType;
use crate::decode::{DecodeError, Fault};
use crate::digest::Digest;
use crate::directory::Directory;
use crate::ids::{MessageId, PartyCode};
use crate::key::EnvelopeKey;
use crate::limits::SIGNED_BYTES_MAX;
use crate::statement::{self, Claim, NotAuthentic, Statement, signed_bytes, signed_statement};
use crate::time::UnixMillis;

/// The version of the rejection's format.
const VERSION: u64 = 1;

/// The rejection's labels.
mod label {
    pub(super) const VERSION: u64 = 0;
    pub(super) const MESSAGE: u64 = 1;
    pub(super) const ENVELOPE: u64 = 2;
    pub(super) const REASON: u64 = 3;
    pub(super) const REJECTED_AT: u64 = 4;
}

/// Why an envelope is refused. This table is the only place where inner errors become the wire's; its
/// order is that of the numbers on the wire, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectionReason {
    /// The bytes are not an envelope, or its times cannot be right.
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

/// All reasons, by their numbers on the wire.
const REASONS: [RejectionReason; 8] = [
    RejectionReason::Malformed,
    RejectionReason::NotAuthentic,
    RejectionReason::WrongRecipient,
    RejectionReason::UnknownSender,
    RejectionReason::Expired,
    RejectionReason::TooLarge,
    RejectionReason::IdReused,
    RejectionReason::OverQuota,
];

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

signed_bytes! {
    /// A rejection's signed bytes. Cheap to clone.
    SignedRejection, "signed rejection", SIGNED_BYTES_MAX
}
signed_statement!(SignedRejection, Rejection);

impl Statement for Rejection {
    const CONTENT: ContentType = ContentType::Rejection;

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(96);
        out.map(4 + u64::from(self.message.is_some()));
        out.uint(label::VERSION).uint(VERSION);
        if let Some(message) = self.message {
            out.uint(label::MESSAGE).bytes(message.as_bytes());
        }
        out.uint(label::ENVELOPE).bytes(self.envelope.as_bytes());
        out.uint(label::REASON).uint(self.reason as u64);
        out.uint(label::REJECTED_AT).uint(self.rejected_at.0);
        out.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let reader = &mut Reader::new("rejection", bytes);
        let mut labels = reader.map()?;
        labels.version(reader, VERSION)?;
        let mut message = None;
        if labels.optional(reader, label::MESSAGE)? {
            message = Some(reader.message()?);
        }
        labels.required(reader, label::ENVELOPE)?;
        let envelope = reader.digest()?;
        labels.required(reader, label::REASON)?;
        let number = reader.uint()?;
        let reason = usize::try_from(number)
            .ok()
            .and_then(|number| REASONS.get(number));
        let reason = *reason.ok_or_else(|| reader.fault(Fault::UnknownKind(number)))?;
        labels.required(reader, label::REJECTED_AT)?;
        let rejected_at = reader.time()?;
        labels.end_of_statement(reader)?;
        reader.end()?;
        Ok(Self {
            message,
            envelope,
            reason,
            rejected_at,
        })
    }

    fn dated(&self) -> UnixMillis {
        self.rejected_at
    }
}

impl SignedRejection {
    /// Signs a rejection. The same rejection and key give the same bytes.
    #[must_use]
    pub fn sign(rejection: &Rejection, key: &EnvelopeKey) -> Self {
        Self(statement::sign(rejection, key))
    }

    /// The rejection, if an envelope key of `party` that was valid then has signed it.
    ///
    /// # Errors
    /// [`NotAuthentic`], also for a key that the directory does not have.
    pub fn verify(&self, party: PartyCode, directory: &Directory) -> Result<Rejection, NotAuthentic> {
        Claim::parse(&self.0)?
            .verify(&[], party, directory)
            .map(|(rejection, _)| rejection)
    }
}

#[cfg(test)]
mod tests;

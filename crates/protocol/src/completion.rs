//! The statement that all attachments of a message are complete `[TRANSFER]`: signed by the recipient's
//! envelope key once every chunk is on its disk, verified and durable. For the sender it is the final
//! receipt; it stands in both ledgers. COSE_Sign1, content type `application/ohrid-completion+cbor`.
//!
//! What is signed, in CBOR diagnostic notation, as in `golden/completion.cbor`; label 5 is the commitment to
//! the manifest, as in the message's header:
//!
//! ```text
//! {0: 1, 1: h'01a2008d740071119111111111111111', 2: "XA", 3: "XB/prosecution",
//!  4: h'f9f0bea1bc5030a16bca0410...', 5: h'4d4d4d4d...', 6: 1795305660000}
//! ```
//!
//! It names no file and no size: those stand in the manifest, which only the two sides have
//! `[LEAF-PRIVACY]`.

use crate::cbor::{Reader, Writer};
use crate::cose::ContentType;
use crate::decode::DecodeError;
use crate::digest::{Commitment, Digest};
use crate::directory::Directory;
use crate::ids::{ContactPoint, MessageId, PartyCode};
use crate::key::EnvelopeKey;
use crate::limits::SIGNED_BYTES_MAX;
use crate::statement::{self, Claim, NotAuthentic, Statement, signed_bytes, signed_statement};
use crate::time::UnixMillis;

/// The version of the statement's format.
const VERSION: u64 = 1;

/// The statement's labels.
mod label {
    pub(super) const VERSION: u64 = 0;
    pub(super) const MESSAGE: u64 = 1;
    pub(super) const FROM: u64 = 2;
    pub(super) const TO: u64 = 3;
    pub(super) const ENVELOPE: u64 = 4;
    pub(super) const MANIFEST: u64 = 5;
    pub(super) const COMPLETED_AT: u64 = 6;
}

/// What a completion says: everything that this manifest names is here, chunk by chunk as it names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The message whose attachments they are.
    pub message: MessageId,
    /// The Party that sent the message: the addressee of this statement.
    pub from: PartyCode,
    /// The recipient office.
    pub to: ContactPoint,
    /// The digest of the envelope's signed header.
    pub envelope: Digest,
    /// The commitment to the manifest, as in that header.
    pub manifest: Commitment,
    /// When the last chunk was durable, by the recipient's clock.
    pub completed_at: UnixMillis,
}

signed_bytes! {
    /// A completion's signed bytes. Cheap to clone.
    SignedCompletion, "signed completion", SIGNED_BYTES_MAX
}
signed_statement!(SignedCompletion, Completion);

/// A completion by a peer to us, with its signature checked. The only way to make one is
/// [`crate::check::check`].
#[derive(Debug, Clone)]
pub struct VerifiedCompletion {
    pub(crate) completion: Completion,
    pub(crate) signed: SignedCompletion,
    pub(crate) digest: Digest,
}

impl Statement for Completion {
    const CONTENT: ContentType = ContentType::Completion;

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(192);
        out.map(7).uint(label::VERSION).uint(VERSION);
        out.uint(label::MESSAGE).bytes(self.message.as_bytes());
        out.uint(label::FROM).text(self.from.as_str());
        out.uint(label::TO).text(&self.to.to_string());
        out.uint(label::ENVELOPE).bytes(self.envelope.as_bytes());
        out.uint(label::MANIFEST).bytes(self.manifest.as_bytes());
        out.uint(label::COMPLETED_AT).uint(self.completed_at.0);
        out.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let reader = &mut Reader::new("completion", bytes);
        let mut labels = reader.map()?;
        labels.version(reader, VERSION)?;
        labels.required(reader, label::MESSAGE)?;
        let message = reader.message()?;
        labels.required(reader, label::FROM)?;
        let from = reader.party()?;
        labels.required(reader, label::TO)?;
        let to = reader.contact_point()?;
        labels.required(reader, label::ENVELOPE)?;
        let envelope = reader.digest()?;
        labels.required(reader, label::MANIFEST)?;
        let manifest = Commitment::from_bytes(reader.exactly()?);
        labels.required(reader, label::COMPLETED_AT)?;
        let completed_at = reader.time()?;
        labels.end_of_statement(reader)?;
        reader.end()?;
        Ok(Self {
            message,
            from,
            to,
            envelope,
            manifest,
            completed_at,
        })
    }

    fn dated(&self) -> UnixMillis {
        self.completed_at
    }
}

impl SignedCompletion {
    /// Signs a completion. The same statement and key give the same bytes.
    #[must_use]
    pub fn sign(completion: &Completion, key: &EnvelopeKey) -> Self {
        Self(statement::sign(completion, key))
    }

    /// The completion, if an envelope key of `party` that was valid then has signed it.
    ///
    /// # Errors
    /// [`NotAuthentic`], also for a key that the directory does not have.
    pub fn verify(&self, party: PartyCode, directory: &Directory) -> Result<Completion, NotAuthentic> {
        Claim::parse(&self.0)?
            .verify(&[], party, directory)
            .map(|(completion, _)| completion)
    }
}

impl VerifiedCompletion {
    /// What it says.
    #[must_use]
    pub fn completion(&self) -> &Completion {
        &self.completion
    }

    /// It, as it travelled.
    #[must_use]
    pub fn signed(&self) -> &SignedCompletion {
        &self.signed
    }

    /// SHA-256 of it, as it travelled.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

#[cfg(test)]
mod tests;

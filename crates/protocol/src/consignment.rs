//! The consignment report: sent once the payload was opened, so that a sender learns within seconds
//! whether the other side can read what it stored. COSE_Sign1, content type
//! `application/ohrid-consignment+cbor`.

use std::sync::Arc;

use crate::decode::DecodeError;
use crate::digest::Digest;
use crate::directory::Directory;
use crate::ids::{ContactPoint, MessageId, PartyCode};
use crate::key::{EnvelopeKey, KeyId};
use crate::statement::NotAuthentic;
use crate::time::UnixMillis;

/// What opening the payload showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Opened, understood, and it keeps the rules.
    Readable,
    /// Not opened, or not understood.
    Unreadable {
        /// A code from `seal` or `convention`: `a-z`, `0-9` and `-`, at most
        /// [`crate::limits::CODE_LENGTH_BYTES_MAX`].
        code: String,
    },
    /// Opened and understood, but it breaks rules of law; accepted all the same (domain.md).
    NonConforming {
        /// The rules' names, such as `C29-2-E`; at most [`crate::limits::VERDICT_RULES_MAX`].
        rules: Vec<String>,
    },
}

/// What a consignment report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consignment {
    /// The message that was opened.
    pub message: MessageId,
    /// The Party that sent the message: the addressee of this report.
    pub from: PartyCode,
    /// The recipient office that opened it.
    pub to: ContactPoint,
    /// The digest of the envelope's signed header.
    pub envelope: Digest,
    /// What opening it showed.
    pub verdict: Verdict,
    /// When it was opened, by the recipient's clock.
    pub opened_at: UnixMillis,
}

/// A consignment report's signed bytes. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedConsignment(Arc<[u8]>);

/// A consignment report by a peer about a message of ours, with its signature checked. The only way to
/// make one is [`crate::check::check`].
#[derive(Debug, Clone)]
pub struct VerifiedConsignment {
    pub(crate) consignment: Consignment,
    pub(crate) signed: SignedConsignment,
    pub(crate) digest: Digest,
}

impl VerifiedConsignment {
    /// What the report says.
    #[must_use]
    pub fn consignment(&self) -> &Consignment {
        &self.consignment
    }
    /// The report as it travelled.
    #[must_use]
    pub fn signed(&self) -> &SignedConsignment {
        &self.signed
    }
    /// SHA-256 of the report as it travelled.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl SignedConsignment {
    /// Signs. The same statement and key give the same bytes.
    #[must_use]
    pub fn sign(_statement: &Consignment, _key: &EnvelopeKey) -> Self {
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
    pub fn peek(&self) -> Result<(Consignment, KeyId), DecodeError> {
        todo!()
    }
    /// The statement, if it was signed by an envelope key of `party` that was valid then.
    pub fn verify(&self, _party: PartyCode, _directory: &Directory) -> Result<Consignment, NotAuthentic> {
        todo!()
    }
}

impl std::fmt::Debug for SignedConsignment {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "SignedConsignment({} bytes)", self.0.len())
    }
}

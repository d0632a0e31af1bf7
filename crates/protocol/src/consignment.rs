//! The consignment report: sent once the payload was opened, so that a sender learns within seconds
//! whether the other side can read what it stored. COSE_Sign1, content type
//! `application/ohrid-consignment+cbor`.
//!
//! What is signed, in CBOR diagnostic notation; label 6 is there for verdict 1 (unreadable), label 7
//! for verdict 2 (non-conforming):
//!
//! ```text
//! {0: 1, 1: h'01a2008d740071119111111111111111', 2: "XA", 3: "XB/prosecution",
//!  4: h'f9f0bea1bc5030a16bca0410...', 5: 2, 7: ["C29-2-E"], 8: 1795305600900}
//! ```

use crate::cbor::{Labels, Reader, Writer};
use crate::cose::ContentType;
use crate::decode::{DecodeError, Fault};
use crate::digest::Digest;
use crate::directory::Directory;
use crate::ids::{Code, ContactPoint, MessageId, PartyCode};
use crate::key::EnvelopeKey;
use crate::limits::{SIGNED_BYTES_MAX, VERDICT_RULES_MAX};
use crate::statement::{self, Claim, NotAuthentic, Statement, signed_bytes, signed_statement};
use crate::time::UnixMillis;

/// The version of the report's format.
const VERSION: u64 = 1;

/// The report's labels.
mod label {
    pub(super) const VERSION: u64 = 0;
    pub(super) const MESSAGE: u64 = 1;
    pub(super) const FROM: u64 = 2;
    pub(super) const TO: u64 = 3;
    pub(super) const ENVELOPE: u64 = 4;
    pub(super) const VERDICT: u64 = 5;
    pub(super) const CODE: u64 = 6;
    pub(super) const RULES: u64 = 7;
    pub(super) const OPENED_AT: u64 = 8;
}

/// What opening the payload showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Opened, understood, and it keeps the rules.
    Readable,
    /// Not opened, or not understood.
    Unreadable {
        /// Why: a code from `seal` or `convention`.
        code: Code,
    },
    /// Opened and understood, but it breaks rules of law; accepted all the same (domain.md).
    NonConforming {
        /// The rules' names, such as `C29-2-E`. Of more than [`VERDICT_RULES_MAX`] the first are sent.
        rules: Vec<Code>,
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

signed_bytes! {
    /// A consignment report's signed bytes. Cheap to clone.
    SignedConsignment, "signed consignment report", SIGNED_BYTES_MAX
}
signed_statement!(SignedConsignment, Consignment);

/// A consignment report by a peer to us, with its signature checked. The only way to make one is
/// [`crate::check::check`].
#[derive(Debug, Clone)]
pub struct VerifiedConsignment {
    pub(crate) consignment: Consignment,
    pub(crate) signed: SignedConsignment,
    pub(crate) digest: Digest,
}

impl Statement for Consignment {
    const CONTENT: ContentType = ContentType::Consignment;

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(256);
        out.map(7 + u64::from(self.verdict != Verdict::Readable));
        out.uint(label::VERSION).uint(VERSION);
        out.uint(label::MESSAGE).bytes(self.message.as_bytes());
        out.uint(label::FROM).text(self.from.as_str());
        out.uint(label::TO).text(&self.to.to_string());
        out.uint(label::ENVELOPE).bytes(self.envelope.as_bytes());
        out.uint(label::VERDICT);
        match &self.verdict {
            Verdict::Readable => {
                out.uint(0);
            }
            Verdict::Unreadable { code } => {
                out.uint(1).uint(label::CODE).text(code.as_str());
            }
            Verdict::NonConforming { rules } => {
                let rules = &rules[..rules.len().min(VERDICT_RULES_MAX)];
                out.uint(2).uint(label::RULES).array(rules.len());
                for rule in rules {
                    out.text(rule.as_str());
                }
            }
        }
        out.uint(label::OPENED_AT).uint(self.opened_at.0);
        out.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let reader = &mut Reader::new("consignment report", bytes);
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
        labels.required(reader, label::VERDICT)?;
        let verdict = Verdict::decode(reader, &mut labels)?;
        labels.required(reader, label::OPENED_AT)?;
        let opened_at = reader.time()?;
        labels.end_of_statement(reader)?;
        reader.end()?;
        Ok(Self {
            message,
            from,
            to,
            envelope,
            verdict,
            opened_at,
        })
    }

    fn dated(&self) -> UnixMillis {
        self.opened_at
    }
}

impl Verdict {
    fn decode(reader: &mut Reader<'_>, labels: &mut Labels) -> Result<Self, DecodeError> {
        match reader.uint()? {
            0 => Ok(Self::Readable),
            1 => {
                labels.required(reader, label::CODE)?;
                Ok(Self::Unreadable { code: reader.code()? })
            }
            2 => {
                labels.required(reader, label::RULES)?;
                let count = reader.array(VERDICT_RULES_MAX)?;
                let rules = (0..count).map(|_| reader.code()).collect::<Result<_, _>>()?;
                Ok(Self::NonConforming { rules })
            }
            other => Err(reader.fault(Fault::UnknownKind(other))),
        }
    }
}

impl SignedConsignment {
    /// Signs a report. The same report and key give the same bytes.
    #[must_use]
    pub fn sign(consignment: &Consignment, key: &EnvelopeKey) -> Self {
        Self(statement::sign(consignment, key))
    }

    /// The report, if an envelope key of `party` that was valid then has signed it.
    ///
    /// # Errors
    /// [`NotAuthentic`], also for a key that the directory does not have.
    pub fn verify(&self, party: PartyCode, directory: &Directory) -> Result<Consignment, NotAuthentic> {
        Claim::parse(&self.0)?
            .verify(&[], party, directory)
            .map(|(report, _)| report)
    }
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

#[cfg(test)]
mod tests;

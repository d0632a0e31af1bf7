//! The envelope: a signed header (COSE_Sign1, content type `application/ohrid-envelope+cbor`) beside
//! a sealed payload.
//!
//! The header in CBOR diagnostic notation (RFC 8949 section 8), as in `golden/header.cbor`; label 3
//! (in reply to), 11 (attachments) and 12 (the sender's checkpoint) are optional:
//!
//! ```text
//! {0: 1, 1: h'01a2008d740071119111111111111111', 2: h'01a2008d740071119111111111111111',
//!  4: "XA/police", 5: "XB/prosecution", 6: 1795305600000, 7: 1795910400000, 8: 1,
//!  9: h'fb9de120c510a3a7f7e550cf...', 10: 25}
//! ```

use ledger::checkpoint::Checkpoint;

use crate::cbor::{Reader, Writer};
use crate::cose::ContentType;
use crate::decode::{DecodeError, Fault};
use crate::digest::{Commitment, Digest};
use crate::directory::Directory;
use crate::ids::{CaseId, ContactPoint, MessageId};
use crate::key::{EnvelopeKey, KeyId};
use crate::limits::{CHECKPOINT_NOTE_BYTES_MAX, ENVELOPE_LIFETIME_MAX, SIGNED_BYTES_MAX};
use crate::payload::SealedPayload;
use crate::statement::{self, Claim, NotAuthentic, Statement, signed_bytes, signed_statement};
use crate::time::UnixMillis;

/// The version of the header's format.
const VERSION: u64 = 1;

/// About as long as a header is, without a checkpoint; to allocate once.
const ENCODED_BYTES: usize = 320;

/// The header's labels.
mod label {
    pub(super) const VERSION: u64 = 0;
    pub(super) const MESSAGE: u64 = 1;
    pub(super) const CASE: u64 = 2;
    pub(super) const IN_REPLY_TO: u64 = 3;
    pub(super) const FROM: u64 = 4;
    pub(super) const TO: u64 = 5;
    pub(super) const SENT_AT: u64 = 6;
    pub(super) const EXPIRES_AT: u64 = 7;
    pub(super) const PRIORITY: u64 = 8;
    pub(super) const PAYLOAD: u64 = 9;
    pub(super) const PAYLOAD_LENGTH: u64 = 10;
    pub(super) const ATTACHMENTS: u64 = 11;
    pub(super) const SENDER_CHECKPOINT: u64 = 12;
}

/// How soon a message must be there. Ordered: emergency is the greatest. Numbered on the wire in this
/// order, from 0.
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

signed_bytes! {
    /// A header's signed bytes as they travel and as ledger leaves keep them. Cheap to clone.
    SignedHeader, "signed header", SIGNED_BYTES_MAX
}
signed_statement!(SignedHeader, Header);

/// An envelope whose signature, addressing, times and payload commitment were checked. The only way to
/// make one is [`crate::check::check`].
#[derive(Debug, Clone)]
pub struct VerifiedEnvelope {
    pub(crate) header: Header,
    pub(crate) signed: SignedHeader,
    pub(crate) digest: Digest,
    pub(crate) payload: SealedPayload,
    pub(crate) signed_by: KeyId,
}

impl Priority {
    fn from_number(number: u64) -> Option<Self> {
        [Self::Routine, Self::Urgent, Self::Emergency]
            .into_iter()
            .find(|priority| *priority as u64 == number)
    }

    pub(crate) fn write(self, out: &mut Writer) {
        out.uint(self as u64);
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = reader.uint()?;
        Self::from_number(number).ok_or_else(|| reader.fault(Fault::UnknownKind(number)))
    }
}

impl Header {
    /// Whether its times can be right: it expires after it was sent, and not later than
    /// [`ENVELOPE_LIFETIME_MAX`] after.
    #[must_use]
    pub fn has_possible_times(&self) -> bool {
        self.sent_at < self.expires_at && self.expires_at.since(self.sent_at) <= ENVELOPE_LIFETIME_MAX
    }

    /// Checks the sender's checkpoint, if there is one: a ledger key that the sender's Party had when it sent
    /// must have signed it.
    ///
    /// # Errors
    /// [`NotAuthentic`], also for a ledger that the directory does not have.
    pub fn verify_sender_checkpoint(&self, directory: &Directory) -> Result<(), NotAuthentic> {
        let Some(note) = &self.sender_checkpoint else {
            return Ok(());
        };
        let origin = note.lines().next().unwrap_or_default();
        let keys = directory.ledger_keys(self.from.party(), origin, self.sent_at)?;
        if keys.iter().any(|key| Checkpoint::verify(note, key).is_ok()) {
            Ok(())
        } else {
            Err(NotAuthentic::BadSignature)
        }
    }
}

impl Statement for Header {
    const CONTENT: ContentType = ContentType::Envelope;

    fn encode(&self) -> Vec<u8> {
        let optional = [
            self.in_reply_to.is_some(),
            self.attachments.is_some(),
            self.sender_checkpoint.is_some(),
        ];
        let mut out =
            Writer::with_capacity(ENCODED_BYTES + self.sender_checkpoint.as_ref().map_or(0, String::len));
        out.map(10 + optional.into_iter().map(u64::from).sum::<u64>());
        out.uint(label::VERSION).uint(VERSION);
        out.uint(label::MESSAGE).bytes(self.message.as_bytes());
        out.uint(label::CASE).bytes(self.case.first_message().as_bytes());
        if let Some(message) = self.in_reply_to {
            out.uint(label::IN_REPLY_TO).bytes(message.as_bytes());
        }
        out.uint(label::FROM).text(&self.from.to_string());
        out.uint(label::TO).text(&self.to.to_string());
        out.uint(label::SENT_AT).uint(self.sent_at.0);
        out.uint(label::EXPIRES_AT).uint(self.expires_at.0);
        self.priority.write(out.uint(label::PRIORITY));
        out.uint(label::PAYLOAD).bytes(self.payload.as_bytes());
        out.uint(label::PAYLOAD_LENGTH).uint(self.payload_length_bytes);
        if let Some(commitment) = self.attachments {
            out.uint(label::ATTACHMENTS).bytes(commitment.as_bytes());
        }
        if let Some(note) = &self.sender_checkpoint {
            out.uint(label::SENDER_CHECKPOINT).text(note);
        }
        out.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new("envelope header", bytes);
        let reader = &mut reader;
        let mut labels = reader.map()?;
        labels.version(reader, VERSION)?;
        labels.required(reader, label::MESSAGE)?;
        let message = reader.message()?;
        labels.required(reader, label::CASE)?;
        let case = CaseId::opened_by(reader.message()?);
        let mut in_reply_to = None;
        if labels.optional(reader, label::IN_REPLY_TO)? {
            in_reply_to = Some(reader.message()?);
        }
        labels.required(reader, label::FROM)?;
        let from = reader.contact_point()?;
        labels.required(reader, label::TO)?;
        let to = reader.contact_point()?;
        labels.required(reader, label::SENT_AT)?;
        let sent_at = reader.time()?;
        labels.required(reader, label::EXPIRES_AT)?;
        let expires_at = reader.time()?;
        labels.required(reader, label::PRIORITY)?;
        let priority = Priority::read(reader)?;
        labels.required(reader, label::PAYLOAD)?;
        let payload = Commitment::from_bytes(reader.exactly()?);
        labels.required(reader, label::PAYLOAD_LENGTH)?;
        let payload_length_bytes = reader.uint()?;
        let mut attachments = None;
        if labels.optional(reader, label::ATTACHMENTS)? {
            attachments = Some(Commitment::from_bytes(reader.exactly()?));
        }
        let mut sender_checkpoint = None;
        if labels.optional(reader, label::SENDER_CHECKPOINT)? {
            sender_checkpoint = Some(reader.text(CHECKPOINT_NOTE_BYTES_MAX)?.to_owned());
        }
        labels.end_of_statement(reader)?;
        reader.end()?;
        Ok(Self {
            message,
            case,
            in_reply_to,
            from,
            to,
            sent_at,
            expires_at,
            priority,
            payload,
            payload_length_bytes,
            attachments,
            sender_checkpoint,
        })
    }

    fn dated(&self) -> UnixMillis {
        self.sent_at
    }
}

impl SignedHeader {
    /// Signs a header. The same header and key give the same bytes.
    #[must_use]
    pub fn sign(header: &Header, key: &EnvelopeKey) -> Self {
        Self(statement::sign(header, key))
    }

    /// The header, if an envelope key of its sender's Party has signed it that was valid when it was sent.
    ///
    /// # Errors
    /// [`NotAuthentic`], also for a key that the directory does not have.
    pub fn verify(&self, directory: &Directory) -> Result<Header, NotAuthentic> {
        let claim = Claim::<Header>::parse(&self.0)?;
        let party = claim.statement.from.party();
        claim.verify(&[], party, directory).map(|(header, _)| header)
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

#[cfg(test)]
mod tests;

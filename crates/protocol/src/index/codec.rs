//! The index's records as CBOR arrays, each with its version first; the key of the inbox has none, since a
//! key of another version is simply not found.

use super::{InboxKey, InboxOutcome, InboxRecord, OutboxContent, OutboxRecord};
use crate::cbor::{Reader, Writer};
use crate::completion::SignedCompletion;
use crate::consignment::SignedConsignment;
use crate::decode::{DecodeError, Fault};
use crate::envelope::{Priority, SignedHeader};
use crate::limits::SIGNED_BYTES_MAX;

/// The version of the records.
const VERSION: u64 = 1;

impl InboxKey {
    /// The bytes under which the index keeps it: deterministic CBOR.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(64);
        out.array(3)
            .text(self.from.as_str())
            .bytes(self.message.as_bytes())
            .text(&self.to.to_string());
        out.finish()
    }

    /// Reads it back, strictly.
    ///
    /// # Errors
    /// When the index is damaged, or of another version: rebuild it.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let reader = &mut Reader::new("inbox key", bytes);
        elements(reader, 3)?;
        let key = Self {
            from: reader.party()?,
            message: reader.message()?,
            to: reader.contact_point()?,
        };
        reader.end()?;
        Ok(key)
    }
}

impl InboxRecord {
    /// The bytes that the index keeps: deterministic CBOR.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(64);
        match self.outcome {
            InboxOutcome::Received {
                index,
                at,
                commit_size,
            } => {
                out.array(6).uint(VERSION).uint(0).bytes(self.envelope.as_bytes());
                out.uint(index).uint(at.0).uint(commit_size);
            }
            InboxOutcome::Rejected { index } => {
                out.array(4)
                    .uint(VERSION)
                    .uint(1)
                    .bytes(self.envelope.as_bytes())
                    .uint(index);
            }
        }
        out.finish()
    }

    /// Reads it back, strictly.
    ///
    /// # Errors
    /// When the index is damaged, or of another version: rebuild it.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let reader = &mut Reader::new("inbox record", bytes);
        let count = reader.array(6)?;
        version(reader)?;
        let kind = reader.uint()?;
        let envelope = reader.digest()?;
        let index = reader.uint()?;
        let outcome = match (kind, count) {
            (0, 6) => InboxOutcome::Received {
                index,
                at: reader.time()?,
                commit_size: reader.uint()?,
            },
            (1, 4) => InboxOutcome::Rejected { index },
            _ => return Err(reader.fault(Fault::UnknownKind(kind))),
        };
        reader.end()?;
        Ok(Self { envelope, outcome })
    }
}

impl OutboxRecord {
    /// The bytes that the index keeps: deterministic CBOR.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (kind, statement) = match &self.content {
            OutboxContent::Envelope(header) => (0, header.as_bytes()),
            OutboxContent::Consignment(report) => (1, report.as_bytes()),
            OutboxContent::Completion(statement) => (2, statement.as_bytes()),
        };
        let mut out = Writer::with_capacity(96 + statement.len());
        out.array(9)
            .uint(VERSION)
            .bytes(self.item.as_bytes())
            .text(self.peer.as_str());
        out.uint(self.index)
            .uint(self.recorded_at.0)
            .uint(self.expires_at.0);
        self.priority.write(&mut out);
        out.uint(kind).bytes(statement);
        out.finish()
    }

    /// Reads it back, strictly.
    ///
    /// # Errors
    /// When the index is damaged, or of another version: rebuild it.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let reader = &mut Reader::new("outbox record", bytes);
        elements(reader, 9)?;
        version(reader)?;
        let (item, peer, index) = (reader.digest()?, reader.party()?, reader.uint()?);
        let (recorded_at, expires_at) = (reader.time()?, reader.time()?);
        let priority = Priority::read(reader)?;
        let kind = reader.uint()?;
        let statement = reader.bytes(SIGNED_BYTES_MAX)?;
        let content = match kind {
            0 => OutboxContent::Envelope(SignedHeader::from_bytes(statement)?),
            1 => OutboxContent::Consignment(SignedConsignment::from_bytes(statement)?),
            2 => OutboxContent::Completion(SignedCompletion::from_bytes(statement)?),
            other => return Err(reader.fault(Fault::UnknownKind(other))),
        };
        reader.end()?;
        Ok(Self {
            item,
            peer,
            index,
            recorded_at,
            expires_at,
            priority,
            content,
        })
    }
}

fn elements(reader: &mut Reader<'_>, count: usize) -> Result<(), DecodeError> {
    if reader.array(count)? == count {
        Ok(())
    } else {
        Err(reader.fault(Fault::WrongLength(count)))
    }
}

fn version(reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    match reader.uint()? {
        VERSION => Ok(()),
        other => Err(reader.fault(Fault::UnknownVersion(other))),
    }
}

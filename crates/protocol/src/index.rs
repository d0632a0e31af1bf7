//! What the store keeps beside the ledger: a pure fold of the leaves, so it can always be rebuilt.
//!
//! Outbox, inbox, what waits to be opened, which leaves are about which case: [`index_changes`] says for
//! each leaf what it changes there, and nothing else may change it. The records are small CBOR arrays;
//! their first element is a version, and an index of another version is rebuilt, not read.
//!
//! An inbox record in CBOR diagnostic notation (version, 0 for received, digest of the signed header, leaf,
//! time, commit size), as in `golden/inbox-record.cbor`:
//!
//! ```text
//! EXAMPLE
//! ```

use crate::cbor::{Reader, Writer};
use crate::consignment::SignedConsignment;
use crate::decode::{DecodeError, Fault};
use crate::digest::Digest;
use crate::entry::{Entry, Side};
use crate::envelope::{Priority, SignedHeader};
use crate::ids::{CaseId, ContactPoint, MessageId, PartyCode};
use crate::limits::SIGNED_BYTES_MAX;
use crate::time::UnixMillis;

/// The version of the records.
const VERSION: u64 = 1;

/// Names an envelope that was received: its sender's Party, its message, its recipient.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InboxKey {
    /// The sender's Party.
    pub from: PartyCode,
    /// The message.
    pub message: MessageId,
    /// The recipient.
    pub to: ContactPoint,
}

/// What became of an envelope that was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InboxRecord {
    /// The digest of its signed header: the whole of it, never a part `[IDEMPOTENT]`.
    pub envelope: Digest,
    /// What became of it.
    pub outcome: InboxOutcome,
}

/// What became of an envelope that was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InboxOutcome {
    /// Recorded and receipted.
    Received {
        /// The leaf.
        index: u64,
        /// When.
        at: UnixMillis,
        /// The size of the ledger with the commit of the leaf.
        commit_size: u64,
    },
    /// Refused.
    Rejected {
        /// The leaf that holds the rejection.
        index: u64,
    },
}

/// Something that a peer has yet to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRecord {
    /// The digest of the header or report: its name in the outbox.
    pub item: Digest,
    /// Who must record it.
    pub peer: PartyCode,
    /// The leaf.
    pub index: u64,
    /// When it joined the outbox.
    pub recorded_at: UnixMillis,
    /// Until when it is tried.
    pub expires_at: UnixMillis,
    /// How soon it must be there.
    pub priority: Priority,
    /// What is to be sent.
    pub content: OutboxContent,
}

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboxContent {
    /// An envelope; its payload is read from the store.
    Envelope(SignedHeader),
    /// A consignment report.
    Consignment(SignedConsignment),
}

/// One change to the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexChange {
    /// To be sent.
    PutOutbox(OutboxRecord),
    /// Recorded by the peer, refused by it, or expired.
    RemoveOutbox(Digest),
    /// An envelope was received or refused.
    PutInbox(InboxKey, InboxRecord),
    /// A peer's consignment report, by its digest, is in this leaf.
    PutReport(Digest, u64),
    /// A payload waits to be opened; the leaf that holds its header.
    PutUnopened(InboxKey, u64),
    /// The payload was opened.
    RemoveUnopened(InboxKey),
    /// A message belongs to a case.
    LinkCase {
        /// The case.
        case: CaseId,
        /// The message.
        message: MessageId,
        /// The leaf.
        index: u64,
    },
    /// A leaf is about a message.
    LinkMessage {
        /// The message.
        message: MessageId,
        /// The leaf.
        index: u64,
    },
}

/// What a leaf changes in the index. A pure function: folding it over all leaves rebuilds the index.
///
/// # Errors
/// When a signed statement within the entry cannot be read: the ledger is damaged, or not ours.
pub fn index_changes(index: u64, entry: &Entry) -> Result<Vec<IndexChange>, DecodeError> {
    let link = |message| IndexChange::LinkMessage { message, index };
    Ok(match entry {
        Entry::Submitted { at, header, .. } => submitted(index, *at, header)?,
        Entry::Received {
            at,
            header,
            commit_size,
        } => {
            let (claimed, _) = header.peek()?;
            let key = InboxKey {
                from: claimed.from.party(),
                message: claimed.message,
                to: claimed.to,
            };
            let outcome = InboxOutcome::Received {
                index,
                at: *at,
                commit_size: *commit_size,
            };
            let record = InboxRecord {
                envelope: header.digest(),
                outcome,
            };
            vec![
                IndexChange::PutInbox(key.clone(), record),
                IndexChange::PutUnopened(key, index),
                IndexChange::LinkCase {
                    case: claimed.case,
                    message: claimed.message,
                    index,
                },
                link(claimed.message),
            ]
        }
        Entry::Delivered { receipt, .. } => {
            let (claimed, _) = receipt.peek()?;
            vec![IndexChange::RemoveOutbox(claimed.envelope), link(claimed.message)]
        }
        Entry::Consigned {
            at,
            side,
            report,
            expires_at,
        } => consigned(index, *at, *side, report, *expires_at)?,
        Entry::ReportDelivered { report, message, .. } => {
            vec![IndexChange::RemoveOutbox(*report), link(*message)]
        }
        Entry::Retrieved { message, .. } | Entry::Approved { message, .. } => vec![link(*message)],
        Entry::Rejected {
            side: Side::Issued,
            rejection,
            key,
            ..
        } => {
            let (claimed, _) = rejection.peek()?;
            let Some(key) = key.clone() else {
                return Ok(Vec::new());
            };
            let message = key.message;
            let record = InboxRecord {
                envelope: claimed.envelope,
                outcome: InboxOutcome::Rejected { index },
            };
            vec![IndexChange::PutInbox(key, record), link(message)]
        }
        Entry::Rejected {
            side: Side::Received,
            rejection,
            ..
        } => {
            let (claimed, _) = rejection.peek()?;
            let removed = IndexChange::RemoveOutbox(claimed.envelope);
            std::iter::once(removed)
                .chain(claimed.message.map(link))
                .collect()
        }
        Entry::Expired { item, message, .. } => vec![IndexChange::RemoveOutbox(*item), link(*message)],
        Entry::DirectoryAccepted { .. }
        | Entry::KeyChanged { .. }
        | Entry::PeerCheckpointSeen { .. }
        | Entry::ErasureNotice { .. } => Vec::new(),
    })
}

fn submitted(index: u64, at: UnixMillis, header: &SignedHeader) -> Result<Vec<IndexChange>, DecodeError> {
    let (claimed, _) = header.peek()?;
    let record = OutboxRecord {
        item: header.digest(),
        peer: claimed.to.party(),
        index,
        recorded_at: at,
        expires_at: claimed.expires_at,
        priority: claimed.priority,
        content: OutboxContent::Envelope(header.clone()),
    };
    Ok(vec![
        IndexChange::PutOutbox(record),
        IndexChange::LinkCase {
            case: claimed.case,
            message: claimed.message,
            index,
        },
        IndexChange::LinkMessage {
            message: claimed.message,
            index,
        },
    ])
}

fn consigned(
    index: u64,
    at: UnixMillis,
    side: Side,
    report: &SignedConsignment,
    expires_at: UnixMillis,
) -> Result<Vec<IndexChange>, DecodeError> {
    let (claimed, _) = report.peek()?;
    let link = IndexChange::LinkMessage {
        message: claimed.message,
        index,
    };
    if side == Side::Received {
        return Ok(vec![IndexChange::PutReport(report.digest(), index), link]);
    }
    let record = OutboxRecord {
        item: report.digest(),
        peer: claimed.from,
        index,
        recorded_at: at,
        expires_at,
        // A sender is to learn within seconds whether its message can be read, whatever the message's own
        // priority was; but no report goes before an emergency.
        priority: Priority::Urgent,
        content: OutboxContent::Consignment(report.clone()),
    };
    let opened = InboxKey {
        from: claimed.from,
        message: claimed.message,
        to: claimed.to,
    };
    Ok(vec![
        IndexChange::PutOutbox(record),
        IndexChange::RemoveUnopened(opened),
        link,
    ])
}

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

#[cfg(test)]
mod tests;

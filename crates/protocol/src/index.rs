//! What the store keeps beside the ledger: a pure fold of the leaves, so it can always be rebuilt.
//!
//! Outbox, inbox, what waits to be opened, which leaves are about which case, where keys changed:
//! [`index_changes`] says for each leaf what it changes there, and nothing else may change it. The records
//! are small CBOR arrays; their first element is a version, and an index of another version is rebuilt, not
//! read.
//!
//! A leaf's *index* here, and everywhere inside a node, is its position in the ledger, which goes on from log
//! to log and never begins anew. What others see (receipts, proofs, checkpoints, `commit_size`) counts within
//! one log.
//!
//! An inbox record in CBOR diagnostic notation (version, 0 for received, digest of the signed header, leaf,
//! time, commit size), as in `golden/inbox-record.cbor`:
//!
//! ```text
//! [1, 0, h'f9f0bea1bc5030a16bca0410...', 5, 1795305600400, 9]
//! ```

mod codec;
mod erasure;
mod refusal;

use crate::completion::SignedCompletion;
use crate::consignment::SignedConsignment;
use crate::decode::DecodeError;
use crate::digest::{Commitment, Digest};
use crate::entry::{Entry, Side};
use crate::envelope::{Priority, SignedHeader};
use crate::ids::{CaseId, ContactPoint, MessageId, PartyCode};
use crate::time::UnixMillis;

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
        /// The size of its log with the commit of the leaf.
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
    /// The statement that all attachments are complete.
    Completion(SignedCompletion),
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
    /// A peer's consignment report or completion, by its digest, is in this leaf.
    PutReport(Digest, u64),
    /// Attachments wait to be pulled; the leaf that holds the header `[TRANSFER]`.
    PutPulling(InboxKey, u64),
    /// All of them are here.
    RemovePulling(InboxKey),
    /// The manifest, and what it names, is for this Party to see, by a message of ours to it `[TRANSFER]`.
    PutShared {
        /// What the message's header commits to.
        manifest: Commitment,
        /// The recipient's Party.
        peer: PartyCode,
        /// The leaf.
        index: u64,
    },
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
    /// With this leaf, a key of the node's own changed: which key signed what is read from these leaves.
    LinkKeyChange(u64),
    /// The payload of this entry is erased, as a notice says `[ERASE]`.
    PutErased {
        /// The entry.
        entry: u64,
        /// The leaf of the notice.
        notice: u64,
    },
    /// This leaf is an erasure notice.
    LinkErasure(u64),
    /// Nothing of this case is erased; the leaf that says so `[ERASE]`.
    PutHold(CaseId, u64),
    /// The case is held no more.
    RemoveHold(CaseId),
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
    match entry {
        Entry::Submitted { at, header, .. } => submitted(index, *at, header),
        Entry::Received {
            at,
            header,
            commit_size,
        } => received(index, *at, header, *commit_size),
        Entry::Delivered { receipt, .. } => {
            let (claimed, _) = receipt.peek()?;
            Ok(vec![
                IndexChange::RemoveOutbox(claimed.envelope),
                link(claimed.message),
            ])
        }
        Entry::Consigned {
            at,
            side,
            report,
            expires_at,
        } => match side {
            Side::Issued => opened(index, *at, report, *expires_at),
            Side::Received => Ok(heard(index, report.digest(), report.peek()?.0.message)),
        },
        Entry::Completed {
            at,
            side,
            statement,
            expires_at,
        } => match side {
            Side::Issued => complete(index, *at, statement, *expires_at),
            Side::Received => Ok(heard(index, statement.digest(), statement.peek()?.0.message)),
        },
        Entry::Rejected {
            side: Side::Issued,
            rejection,
            key,
            ..
        } => refusal::by_us(index, rejection, key.as_ref()),
        Entry::Rejected {
            side: Side::Received,
            rejection,
            key,
            ..
        } => refusal::by_peer(index, rejection, key.as_ref()),
        Entry::ReportDelivered {
            report: item,
            message,
            ..
        }
        | Entry::CompletionDelivered {
            statement: item,
            message,
            ..
        }
        | Entry::Expired { item, message, .. } => Ok(vec![IndexChange::RemoveOutbox(*item), link(*message)]),
        Entry::Retrieved { message, .. }
        | Entry::Approved { message, .. }
        | Entry::SentAlone { message, .. } => Ok(vec![link(*message)]),
        Entry::KeyChanged { .. } | Entry::LedgerKeyChanged { .. } | Entry::LogBegun { .. } => {
            Ok(vec![IndexChange::LinkKeyChange(index)])
        }
        Entry::ErasureNotice { entries, .. } => Ok(erasure::noticed(index, entries)),
        Entry::HoldChanged { case, hold, .. } => Ok(vec![erasure::held(index, *case, *hold)]),
        Entry::DirectoryAccepted { .. } | Entry::PeerCheckpointSeen { .. } | Entry::ErasureOrdered { .. } => {
            Ok(Vec::new())
        }
    }
}

/// A peer's statement on a message of ours is kept under its digest `[IDEMPOTENT]`.
fn heard(index: u64, statement: Digest, message: MessageId) -> Vec<IndexChange> {
    vec![
        IndexChange::PutReport(statement, index),
        IndexChange::LinkMessage { message, index },
    ]
}

fn received(
    index: u64,
    at: UnixMillis,
    header: &SignedHeader,
    commit_size: u64,
) -> Result<Vec<IndexChange>, DecodeError> {
    let (claimed, _) = header.peek()?;
    let (message, case) = (claimed.message, claimed.case);
    let pulling = claimed.attachments.is_some();
    let key = InboxKey {
        from: claimed.from.party(),
        message,
        to: claimed.to,
    };
    let outcome = InboxOutcome::Received {
        index,
        at,
        commit_size,
    };
    let record = InboxRecord {
        envelope: header.digest(),
        outcome,
    };
    let mut changes = vec![
        IndexChange::PutInbox(key.clone(), record),
        IndexChange::PutUnopened(key.clone(), index),
        IndexChange::LinkCase { case, message, index },
        IndexChange::LinkMessage { message, index },
    ];
    changes.extend(pulling.then_some(IndexChange::PutPulling(key, index)));
    Ok(changes)
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
    let mut changes = vec![
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
    ];
    let peer = claimed.to.party();
    changes.extend(claimed.attachments.map(|manifest| IndexChange::PutShared {
        manifest,
        peer,
        index,
    }));
    Ok(changes)
}

/// We opened a payload: the report is to be delivered.
fn opened(
    index: u64,
    at: UnixMillis,
    report: &SignedConsignment,
    expires_at: UnixMillis,
) -> Result<Vec<IndexChange>, DecodeError> {
    let (claimed, _) = report.peek()?;
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
    let message = claimed.message;
    let key = InboxKey {
        from: claimed.from,
        message,
        to: claimed.to,
    };
    Ok(vec![
        IndexChange::PutOutbox(record),
        IndexChange::RemoveUnopened(key),
        IndexChange::LinkMessage { message, index },
    ])
}

/// All attachments of a message are here: its sender is to be told.
fn complete(
    index: u64,
    at: UnixMillis,
    statement: &SignedCompletion,
    expires_at: UnixMillis,
) -> Result<Vec<IndexChange>, DecodeError> {
    let (claimed, _) = statement.peek()?;
    let record = OutboxRecord {
        item: statement.digest(),
        peer: claimed.from,
        index,
        recorded_at: at,
        expires_at,
        priority: Priority::Routine,
        content: OutboxContent::Completion(statement.clone()),
    };
    let message = claimed.message;
    let key = InboxKey {
        from: claimed.from,
        message,
        to: claimed.to,
    };
    Ok(vec![
        IndexChange::PutOutbox(record),
        IndexChange::RemovePulling(key),
        IndexChange::LinkMessage { message, index },
    ])
}

#[cfg(test)]
mod tests;

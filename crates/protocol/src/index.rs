//! What the store keeps beside the ledger: a pure fold of the leaves, so it can always be rebuilt.

use crate::consignment::SignedConsignment;
use crate::decode::DecodeError;
use crate::digest::Digest;
use crate::entry::Entry;
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
pub fn index_changes(_index: u64, _entry: &Entry) -> Result<Vec<IndexChange>, DecodeError> {
    todo!()
}

macro_rules! stored {
    ($($name:ident),*) => {$(
        impl $name {
            /// The bytes under which the index keeps it: deterministic CBOR.
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                todo!()
            }
            /// Reads it back, strictly.
            pub fn decode(_bytes: &[u8]) -> Result<Self, DecodeError> {
                todo!()
            }
        }
    )*};
}
stored!(InboxKey, InboxRecord, OutboxRecord);

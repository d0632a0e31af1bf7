//! What a ledger leaf says: one leaf per fact, deterministic CBOR, versioned.
//!
//! Leaves hold commitments, signed statements, random numbers for officers and codes: no content, no
//! names of persons `[LEAF-PRIVACY]`. The bytes of a leaf are hashed into the ledger and never change, so
//! this format only grows: a new kind of fact takes a new number, and a changed one as well.
//!
//! A leaf in CBOR diagnostic notation, as in `golden/entry-received.cbor`; label 0 is the version, 1 the
//! kind, 2 the time, and each kind has its own of the others (see `codec`):
//!
//! ```text
//! {0: 1, 1: 2, 2: 1795305600400, 3: h'd2845837a3012703781f6170...', 11: 4}
//! ```

mod codec;

use ledger::note::VerifierKey;

use crate::completion::SignedCompletion;
use crate::consignment::SignedConsignment;
use crate::digest::Digest;
use crate::envelope::SignedHeader;
use crate::ids::{ActorId, CaseId, Code, ContactPoint, MessageId, PartyCode};
use crate::index::InboxKey;
use crate::key::KeyId;
use crate::receipt::SignedReceipt;
use crate::rejection::SignedRejection;
use crate::time::UnixMillis;

/// Who said a signed statement that is recorded. Numbered in leaves in this order, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// This node.
    Issued,
    /// A peer.
    Received,
}

/// Whether a case is held: nothing of it is erased then `[ERASE]`. Numbered in leaves in this order, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hold {
    /// From now on.
    Placed,
    /// Not any more.
    Released,
}

/// One fact. `at` is the time of this node when it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// An officer sent a message: one entry per recipient.
    Submitted {
        /// When.
        at: UnixMillis,
        /// Who.
        actor: ActorId,
        /// The signed header.
        header: SignedHeader,
    },
    /// A peer's envelope was received. A pure function of the header, the time and the commit's size, so
    /// that the sender can rebuild this leaf exactly from the receipt.
    Received {
        /// When.
        at: UnixMillis,
        /// The signed header, as it came.
        header: SignedHeader,
        /// The size of the ledger with the commit that this leaf is in.
        commit_size: u64,
    },
    /// A peer's receipt was verified.
    Delivered {
        /// When.
        at: UnixMillis,
        /// The receipt, as it came.
        receipt: SignedReceipt,
    },
    /// A payload was opened, by us or by a peer.
    Consigned {
        /// When.
        at: UnixMillis,
        /// Whose report.
        side: Side,
        /// The report.
        report: SignedConsignment,
        /// Until when delivering the report is tried.
        expires_at: UnixMillis,
    },
    /// The peer has recorded our consignment report.
    ReportDelivered {
        /// When.
        at: UnixMillis,
        /// The report's digest.
        report: Digest,
        /// The message it is about.
        message: MessageId,
    },
    /// An officer read a message.
    Retrieved {
        /// When.
        at: UnixMillis,
        /// Which.
        message: MessageId,
        /// Who.
        actor: ActorId,
    },
    /// A second officer approved a message `[FOUR-EYES]`: in the commit of its `Submitted`, or later, where
    /// it was sent alone.
    Approved {
        /// When.
        at: UnixMillis,
        /// Which.
        message: MessageId,
        /// Who.
        actor: ActorId,
    },
    /// An envelope was refused, by us or by a peer.
    Rejected {
        /// When.
        at: UnixMillis,
        /// Whose rejection.
        side: Side,
        /// The rejection.
        rejection: SignedRejection,
        /// The envelope that it is about: for our own, if its header was authentic; for a peer's, always,
        /// since the peer names no message where it could not read our header.
        key: Option<InboxKey>,
    },
    /// Delivery was given up because the time was over.
    Expired {
        /// When.
        at: UnixMillis,
        /// The outbox item: digest of the header or report.
        item: Digest,
        /// The message.
        message: MessageId,
        /// Its recipient.
        to: ContactPoint,
    },
    /// A directory was accepted `[DIRECTORY]`.
    DirectoryAccepted {
        /// When.
        at: UnixMillis,
        /// Its version.
        version: u64,
        /// The digest of what was signed.
        digest: Digest,
    },
    /// The node's own envelope key changed: what belongs to later leaves is signed with the new one.
    KeyChanged {
        /// When.
        at: UnixMillis,
        /// The key before; none for the first.
        old: Option<KeyId>,
        /// The key from now on.
        new: KeyId,
    },
    /// The key of this ledger changed: the checkpoints of its commit, which it begins, and of all later ones
    /// are signed with the new key. Both have the ledger's origin as their name.
    LedgerKeyChanged {
        /// When.
        at: UnixMillis,
        /// The key before.
        old: Box<VerifierKey>,
        /// The key from now on.
        new: Box<VerifierKey>,
    },
    /// A new log begins with this leaf, its first, and goes on where another one ended: the node's ledger is
    /// a sequence of logs, one for each year, each with an origin, a tree and a key of its own. The
    /// checkpoints of its commit, which it begins, and of all later ones are signed with the new key.
    LogBegun {
        /// When.
        at: UnixMillis,
        /// How many leaves the logs before have together: the position of this leaf in the ledger.
        position: u64,
        /// The signed note of the last checkpoint of the log before, which covers all of it; at most
        /// [`crate::limits::CHECKPOINT_NOTE_BYTES_MAX`].
        last: String,
        /// The key that signed it. Its name is the origin of the log before.
        old: Box<VerifierKey>,
        /// The key from now on. Its name is the origin of this log.
        new: Box<VerifierKey>,
        /// The newest checkpoint of the log before that witnesses had cosigned by then, if there was one; at
        /// most [`crate::limits::CHECKPOINT_NOTE_BYTES_MAX`].
        witnessed: Option<String>,
    },
    /// A peer's checkpoint was seen: the ledgers are entangled.
    PeerCheckpointSeen {
        /// When.
        at: UnixMillis,
        /// Whose.
        peer: PartyCode,
        /// The signed note, at most [`crate::limits::CHECKPOINT_NOTE_BYTES_MAX`].
        note: String,
    },
    /// Payloads were erased `[ERASE]`.
    ErasureNotice {
        /// When.
        at: UnixMillis,
        /// The indices of the entries whose payloads are gone, ascending; at most
        /// [`crate::limits::ERASED_ENTRIES_MAX`].
        entries: Vec<u64>,
        /// On what basis.
        basis: Code,
        /// Who.
        actor: ActorId,
    },
    /// An officer sent a message without the approval that it needs, because it was an emergency: in the
    /// commit of its `Submitted` `[FOUR-EYES]`. Why stands in no leaf. A later `Approved` is the review.
    SentAlone {
        /// When.
        at: UnixMillis,
        /// Which.
        message: MessageId,
        /// Who.
        actor: ActorId,
    },
    /// All attachments of a message are complete: here, or at the peer that we sent it to `[TRANSFER]`.
    Completed {
        /// When.
        at: UnixMillis,
        /// Whose statement.
        side: Side,
        /// The statement.
        statement: SignedCompletion,
        /// Until when delivering the statement is tried.
        expires_at: UnixMillis,
    },
    /// The peer has recorded our statement that a message's attachments are complete.
    CompletionDelivered {
        /// When.
        at: UnixMillis,
        /// The statement's digest.
        statement: Digest,
        /// The message it is about.
        message: MessageId,
    },
    /// Two officers have ordered the erasure of a case's content `[ERASE]` `[FOUR-EYES]`. Which entries it
    /// comes to, the notices say that follow.
    ErasureOrdered {
        /// When.
        at: UnixMillis,
        /// Which case.
        case: CaseId,
        /// On what basis.
        basis: Code,
        /// Who asked for it.
        actor: ActorId,
        /// Who approved it: another person.
        approver: ActorId,
    },
    /// A case was put under a legal hold, or the hold was lifted: nothing of a held case is erased `[ERASE]`.
    HoldChanged {
        /// When.
        at: UnixMillis,
        /// Which case.
        case: CaseId,
        /// On what basis.
        basis: Code,
        /// Who.
        actor: ActorId,
        /// Whether it is held from now on.
        hold: Hold,
    },
}

impl Entry {
    /// When this node recorded it.
    #[must_use]
    pub fn at(&self) -> UnixMillis {
        match self {
            Self::Submitted { at, .. }
            | Self::Received { at, .. }
            | Self::Delivered { at, .. }
            | Self::Consigned { at, .. }
            | Self::ReportDelivered { at, .. }
            | Self::Retrieved { at, .. }
            | Self::Approved { at, .. }
            | Self::Rejected { at, .. }
            | Self::Expired { at, .. }
            | Self::DirectoryAccepted { at, .. }
            | Self::KeyChanged { at, .. }
            | Self::LedgerKeyChanged { at, .. }
            | Self::LogBegun { at, .. }
            | Self::PeerCheckpointSeen { at, .. }
            | Self::ErasureNotice { at, .. }
            | Self::SentAlone { at, .. }
            | Self::Completed { at, .. }
            | Self::CompletionDelivered { at, .. }
            | Self::ErasureOrdered { at, .. }
            | Self::HoldChanged { at, .. } => *at,
        }
    }
}

/// Whether a leaf is the first of a log that goes on where another one ended ([`Entry::LogBegun`]): the tree
/// begins anew with it. What is no entry begins nothing.
#[must_use]
pub fn begins_log(leaf: &[u8]) -> bool {
    // Recovery asks this of every batch: no other kind is read for it.
    codec::is_of_kind(leaf, codec::LOG_BEGUN) && matches!(Entry::decode(leaf), Ok(Entry::LogBegun { .. }))
}

#[cfg(test)]
pub(crate) mod tests;

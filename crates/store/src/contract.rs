//! What a store promises, whatever it is made of.
//!
//! The comments here are the contract; `contract/suite.rs` holds every implementor to it. A store has
//! one writer ([`Store`]) and any number of readers ([`Reader`]), on other threads. What it keeps is a
//! ledger of leaves, the payloads that the leaves commit to, and an index that is a pure fold of the
//! leaves ([`protocol::index::index_changes`]) and can be made again at any time.

pub(crate) mod check;
mod error;
#[cfg(test)]
pub(crate) mod example;
#[cfg(test)]
pub(crate) mod suite;

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::Duration;

use ledger::hash::Hash;
use ledger::proof::{ConsistencyProof, InclusionProof};
use ledger::tile::TilePath;
use ledger::tree::Edge;
use protocol::digest::{Commitment, Digest};
use protocol::exchange::types::Commit;
use protocol::ids::{CaseId, MessageId, PartyCode};
use protocol::index::{InboxKey, InboxRecord, OutboxRecord};
use protocol::payload::SealedPayload;

pub use error::{ReadError, StoreError};

/// One of the logs that the ledger consists of, one after the other. Each has a tree of its own; within a
/// node a leaf is known by its *position*, which goes on from log to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// The position of its first leaf.
    pub first: u64,
    /// Its leaves; of the newest log, as of now.
    pub size: u64,
    /// The root of the tree of all of them.
    pub root: Hash,
    /// Where its leaves are.
    pub kept: Kept,
}

/// Where the leaves of a log are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In this store.
    Here,
    /// In cold storage: they are known by their hashes only, as part of the root, until they are put back.
    Away,
}

impl Log {
    /// The position behind its last leaf.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.first + self.size
    }

    /// The index in this log of the leaf at a position of the ledger, or the size of its tree when the ledger
    /// had so many leaves; `None` for what was before it began.
    #[must_use]
    pub fn index_of(&self, position: u64) -> Option<u64> {
        position.checked_sub(self.first)
    }

    /// The position in the ledger of the leaf with this index in this log.
    #[must_use]
    pub fn position_of(&self, index: u64) -> u64 {
        self.first.saturating_add(index)
    }
}

/// Whether [`Store::maintain`] has more to do at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// More is to be done: call again when no commit waits.
    More,
    /// Work goes on beside the writer, and there is none for it: call again in a moment, or after the next
    /// commit.
    UnderWay,
    /// Nothing is to be done now: call again after the next commit, or after a while.
    Idle,
    /// Work waits for free space on the disk: call again after a while.
    WaitsForSpace,
}

/// The writer's side of a store. There is one, and it is used by one thread.
pub trait Store: Send {
    /// Makes `commit` durable `[DURABLE]`: on return its leaves and payloads are on stable storage, and
    /// readers see all of it, the index included. A batch is written whole or not at all.
    ///
    /// `commit` must continue the ledger: `first_index` is the size, and its leaves lead to
    /// `root_after`. Where its first leaf begins a log ([`protocol::entry::begins_log`]), the tree begins
    /// anew with it, and what ends is stored as a whole first, which takes a moment. Before anything is
    /// written all of it is checked.
    ///
    /// # Errors
    /// Either nothing was written and the store can be used as before ([`StoreError::is_final`] says
    /// no): the commit does not fit, or the disk is full. Or the error is final: whether the commit is on
    /// stable storage is unknown, the process must stop, and every later call answers
    /// [`StoreError::Stopped`]. A failed `fsync` is never retried.
    fn commit(&mut self, commit: &Commit) -> Result<(), StoreError>;

    /// How long the last commit waited for the disk alone (its `fdatasync`); `None` where there is no disk,
    /// or no commit yet. For whoever measures: nothing depends on it.
    fn synced_in(&self) -> Option<Duration> {
        None
    }

    /// Notes, durably, the newest checkpoint that was signed and released: compare and swap.
    ///
    /// At the next start, a ledger that does not reach this size with this root is refused: somebody put
    /// an old backup back `[ROLLBACK]`. Off the hot path: at most once a second, and before [`close`].
    ///
    /// [`close`]: Store::close
    ///
    /// # Errors
    /// [`StoreError::ReleasedAnother`] when an earlier note says otherwise: smaller than before, the same
    /// size with another root, or more than was committed. Other errors are final.
    fn note_released(&mut self, size: u64, root: Hash) -> Result<(), StoreError>;

    /// Does a small piece of background work, of some milliseconds: tiles, payload files, the retirement
    /// of what the journal need not keep, the index. Call it whenever no commit waits, and after each
    /// commit when commits always wait.
    ///
    /// # Errors
    /// All are final. A full disk is no error but [`Progress::WaitsForSpace`].
    fn maintain(&mut self) -> Result<Progress, StoreError>;

    /// Erases payloads and their salts, wherever this store has them `[ERASE]`: does one step, of as much as
    /// a journal segment, and says whether more is to be done. Called again, with the same payloads, until it
    /// says [`Progress::Idle`], also after a crash: nothing of them is in any file of the store then. Commits
    /// may come between two steps.
    ///
    /// Whoever calls has recorded first that they are erased, and on what basis: the store does not ask.
    ///
    /// # Errors
    /// All are final. A full disk is no error but [`Progress::WaitsForSpace`].
    fn erase(&mut self, payloads: &BTreeSet<Commitment>) -> Result<Progress, StoreError>;

    /// A reader of what was committed. It stays usable while the writer works and after it is closed.
    fn reader(&self) -> Arc<dyn Reader>;

    /// Writes out what waits for the index. Without it nothing is lost. Others can open the store when its
    /// readers are gone too.
    ///
    /// # Errors
    /// When the index could not be written; it will be replayed or rebuilt at the next start.
    fn close(self: Box<Self>) -> Result<(), StoreError>;
}

/// What was committed, readable from any thread while the writer works.
///
/// Indices and sizes count all leaves of the ledger: they are positions, which go on from log to log. A size
/// stands for a tree as well: that of the log which the last of so many leaves is in. What is given out of a
/// tree (an [`InclusionProof`], an [`Edge`], a tile) counts within its log, as everybody outside does; see
/// [`Log::position_of`].
///
/// Nothing that is returned was taken on trust: leaves are hashed and compared with the tree, tiles
/// with the tiles above them up to the root, payloads with their commitments, and every record of the
/// index is made anew from the leaf that it points to. What does not agree is [`ReadError::Damaged`].
pub trait Reader: Send + Sync {
    /// The number of leaves that are durable.
    fn size(&self) -> u64;

    /// The logs, oldest first. There is one at least; the last is the newest, which grows.
    fn logs(&self) -> Vec<Log>;

    /// The log that the leaf at this position is in.
    ///
    /// # Errors
    /// [`ReadError::OutOfRange`] when there is no such leaf.
    fn log_of(&self, position: u64) -> Result<Log, ReadError> {
        let size = self.size();
        let logs = self.logs().into_iter().rev();
        let found = logs.filter(|_| position < size).find(|log| log.first <= position);
        found.ok_or(ReadError::OutOfRange {
            asked: position,
            size,
        })
    }

    /// The right edge of the newest log's tree: its size and root in one.
    fn edge(&self) -> Edge;

    /// The root of the tree when the ledger had `size` leaves.
    ///
    /// # Errors
    /// [`ReadError::OutOfRange`] when it never had as many, [`ReadError::InColdStorage`] within a log that is
    /// away; or what was stored is damaged.
    fn root_at(&self, size: u64) -> Result<Hash, ReadError>;

    /// The leaf at `index`.
    ///
    /// # Errors
    /// [`ReadError::OutOfRange`] when there is none, [`ReadError::InColdStorage`] when it is away; or what
    /// was stored is damaged.
    fn leaf(&self, index: u64) -> Result<Vec<u8>, ReadError>;

    /// Shows the leaves of `range` to `visit`, in order, until it breaks. Memory does not grow with the
    /// range.
    ///
    /// # Errors
    /// [`ReadError::OutOfRange`] when the range ends behind the last leaf; or what was stored is damaged.
    fn leaves(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), ReadError>;

    /// The payload that a header commits to, `None` when it is not kept (any more).
    ///
    /// # Errors
    /// When what was stored does not hash to `commitment`.
    fn payload(&self, commitment: &Commitment) -> Result<Option<SealedPayload>, ReadError>;

    /// The proof that leaf `index` is in its log's tree, as that was when the ledger had `size` leaves.
    ///
    /// # Errors
    /// [`ReadError::OutOfRange`] when there is no such leaf or size, or it is not of the same log; or what
    /// was stored is damaged, or away.
    fn inclusion_proof(&self, index: u64, size: u64) -> Result<InclusionProof, ReadError>;

    /// The proof that a log's tree, as it was when the ledger had `new_size` leaves, begins with that of
    /// `old_size`.
    ///
    /// # Errors
    /// [`ReadError::OutOfRange`] when there are no such sizes, they are not of the same log, or the log had
    /// no leaf at `old_size`; or what was stored is damaged, or away.
    fn consistency_proof(&self, old_size: u64, new_size: u64) -> Result<ConsistencyProof, ReadError>;

    /// A tile or bundle of the log that begins at this position, full or partial, for any size that its tree
    /// has or had; `None` when it never had one, or no log begins there. Partial ones are cut from what there
    /// is; only the last ones of a log that has ended are stored.
    ///
    /// # Errors
    /// When what was stored is damaged, or away.
    fn tile_of(&self, log_first: u64, path: &TilePath) -> Result<Option<Vec<u8>>, ReadError>;

    /// A tile or bundle of the newest log.
    ///
    /// # Errors
    /// As [`Reader::tile_of`].
    fn tile(&self, path: &TilePath) -> Result<Option<Vec<u8>>, ReadError> {
        let newest = self.logs().last().map_or(0, |log| log.first);
        self.tile_of(newest, path)
    }

    /// What became of a message that a peer sent, by its whole key `[IDEMPOTENT]`.
    ///
    /// # Errors
    /// When the index or the ledger is damaged.
    fn inbox(&self, key: &InboxKey) -> Result<Option<InboxRecord>, ReadError>;

    /// The index of the leaf that recorded a peer's consignment report or completion, by its whole digest.
    ///
    /// # Errors
    /// When the index or the ledger is damaged.
    fn report(&self, report: &Digest) -> Result<Option<u64>, ReadError>;

    /// All that waits to be delivered, in the order in which it was recorded.
    ///
    /// # Errors
    /// When the index or the ledger is damaged.
    fn outbox(&self) -> Result<Vec<OutboxRecord>, ReadError>;

    /// One item that waits to be delivered.
    ///
    /// # Errors
    /// When the index or the ledger is damaged.
    fn outbox_item(&self, item: &Digest) -> Result<Option<OutboxRecord>, ReadError>;

    /// What was received and not yet opened, with the index of the leaf that recorded it, in the order
    /// in which it was recorded.
    ///
    /// # Errors
    /// When the index or the ledger is damaged.
    fn unopened(&self) -> Result<Vec<(InboxKey, u64)>, ReadError>;

    /// What was received and whose attachments are not all here, with the index of the leaf that recorded it,
    /// in the order in which it was recorded `[TRANSFER]`.
    ///
    /// # Errors
    /// When the index or the ledger is damaged.
    fn pulling(&self) -> Result<Vec<(InboxKey, u64)>, ReadError>;

    /// The index of a leaf by which we have sent a message with this manifest to this Party; `None` if there
    /// is none, so that the manifest is not for that Party to see `[TRANSFER]`.
    ///
    /// # Errors
    /// When the index or the ledger is damaged.
    fn shared(&self, manifest: &Commitment, peer: PartyCode) -> Result<Option<u64>, ReadError>;

    /// At most `limit` cases after `after`, in the order of their ids, which is the order of time.
    ///
    /// # Errors
    /// When the index is damaged.
    fn cases(&self, after: Option<CaseId>, limit: usize) -> Result<Vec<CaseId>, ReadError>;

    /// The messages of a case, each with the indices of the leaves that speak of it in that case, in the
    /// order of the ledger.
    ///
    /// # Errors
    /// When the index is damaged.
    fn case_messages(&self, case: CaseId) -> Result<Vec<(MessageId, u64)>, ReadError>;

    /// The indices of all leaves that speak of a message, ascending.
    ///
    /// # Errors
    /// When the index is damaged.
    fn message_entries(&self, message: MessageId) -> Result<Vec<u64>, ReadError>;

    /// The indices of all leaves with which a key of the node's own changed, ascending: there are few, and
    /// which key signed what follows from them.
    ///
    /// # Errors
    /// When the index or the ledger is damaged.
    fn key_changes(&self) -> Result<Vec<u64>, ReadError>;

    /// The leaf of the notice by which the payload of this entry is erased; `None` where there is none, so
    /// that the payload must be here `[ERASE]`.
    ///
    /// # Errors
    /// When the index or the ledger is damaged.
    fn erased_by(&self, entry: u64) -> Result<Option<u64>, ReadError>;

    /// The leaves that are erasure notices, from this index on, ascending `[ERASE]`.
    ///
    /// # Errors
    /// When the index or the ledger is damaged.
    fn erasures(&self, from: u64) -> Result<Vec<u64>, ReadError>;

    /// The leaf that placed the hold under which a case is; `None` where it is under none `[ERASE]`.
    ///
    /// # Errors
    /// When the index or the ledger is damaged.
    fn hold(&self, case: CaseId) -> Result<Option<u64>, ReadError>;

    /// All cases that are held, each with the leaf that says so `[ERASE]`.
    ///
    /// # Errors
    /// When the index or the ledger is damaged.
    fn holds(&self) -> Result<Vec<(CaseId, u64)>, ReadError>;
}

#[cfg(test)]
mod tests;

//! The embedded store: one directory, one writer, no server.
//!
//! ```text
//! lock        held by the process that has the store open
//! head        size and root of the newest checkpoint that was signed and released
//! journal/    where a commit becomes durable: leaves, payloads, trailers
//! ledger/     full tiles and entry bundles, as tlog-tiles lays them out; derived from the journal
//! ledger-N/   the same of the log that begins at position N: each year has one
//! logs        which logs have ended, and where they are
//! attachment/ sealed files, each named by its id; chunks as they arrive (see `attachments`)
//! payload/    sealed payloads, each in a file named by its commitment; taken from the journal
//! index/      sled: where things stand; derived from the ledger, and made anew when in doubt
//! cases/      sled: rows that the node derives from ledger and payloads (see `derived`); made anew likewise
//! reserve     space kept back for a full disk
//! staging/    files that have not got their name yet
//! set-aside/  an index that could not be used; kept for whoever wants to know why
//! ```
//!
//! The truth is in `journal/`, `ledger/` and `payload/`. A commit is one write and one `fdatasync` in the
//! journal; everything else is done later, in steps, by [`Store::maintain`]; tiles are
//! stored on a thread of their own ([`storing`]).

mod cold;
mod ending;
mod erase;
mod maintain;
pub(crate) mod open;
mod reader;
mod report;
mod reserve;
mod retire;
mod storing;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use ledger::hash::Hash;
use protocol::digest::Commitment;
use protocol::exchange::types::Commit;

use crate::attachments::{AttachmentError, AttachmentSettings, Attachments};
use crate::contract::check::check;
use crate::contract::{Progress, Reader, Store, StoreError};
use crate::disk::Disk;
use crate::head::{HEAD_FILE, Released};
use crate::index::{KeyValues, home};
use crate::journal::Journal;
use crate::journal::segment::Place;
use crate::levels::Levels;
use crate::limits;
use crate::lock::Lock;
use crate::logs::Ended;
use crate::payloads::{PayloadFiles, RecentPayloads};
use crate::recent_leaves::RecentLeaves;
use crate::tiles::TileFiles;
pub use cold::{MoveError, MovedLog};
pub use report::{IndexReport, OpenError, OpenReport, RebuildReport, TornTail};
use reserve::Reserve;
use retire::Retiring;
use storing::Storing;

/// How a store is to work. The default is right for a node; tests make it small.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The length of a journal segment.
    pub segment_bytes: u64,
    /// Payloads of recent commits that are kept in memory.
    pub payload_cache_bytes: usize,
    /// Leaves of recent commits that are kept in memory.
    pub leaf_cache_bytes: usize,
    /// A commit is refused when less is free.
    pub free_space_floor_bytes: u64,
    /// Space kept back in a file, to finish work in hand on a full disk.
    pub reserve_bytes: u64,
    /// What must be free beside twice the index's size, before the index is opened.
    pub index_headroom_bytes: u64,
    /// sled's cache.
    pub index_cache_bytes: u64,
    /// How often the index is tried again while something else has it locked.
    pub index_lock_tries: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            segment_bytes: limits::SEGMENT_BYTES_DEFAULT,
            payload_cache_bytes: limits::PAYLOAD_CACHE_BYTES_DEFAULT,
            leaf_cache_bytes: limits::LEAF_CACHE_BYTES_DEFAULT,
            free_space_floor_bytes: limits::FREE_SPACE_FLOOR_BYTES_DEFAULT,
            reserve_bytes: limits::RESERVE_BYTES_DEFAULT,
            index_headroom_bytes: limits::INDEX_HEADROOM_BYTES_DEFAULT,
            index_cache_bytes: limits::INDEX_CACHE_BYTES_DEFAULT,
            index_lock_tries: limits::INDEX_LOCK_TRIES_DEFAULT,
        }
    }
}

/// A store in a directory of this machine.
#[derive(Debug)]
pub struct Embedded {
    disk: Disk,
    settings: Settings,
    journal: Journal,
    shared: Arc<Shared>,
    released: Released,
    retiring: Option<Retiring>,
    /// The tiles that are being stored beside commits.
    storing: Option<Storing>,
    reserve: Reserve,
    /// The size of the ledger that sled was made from.
    applied_size: u64,
    applied_since_flush: usize,
    stopped: bool,
}

/// What readers and the writer share.
#[derive(Debug)]
pub(crate) struct Shared {
    payload_files: PayloadFiles,
    index: KeyValues,
    state: RwLock<State>,
    /// Last, so that it is released when everything else is closed: a reader keeps sled open, and nobody
    /// may open that a second time.
    _lock: Lock,
}

/// What a commit changes.
#[derive(Debug)]
struct State {
    /// The logs that have ended, oldest first.
    ended: Vec<EndedLog>,
    /// The tree of the newest log. Copied by the writer when a reader holds it, so that readers never keep a
    /// commit waiting.
    levels: Arc<Levels>,
    /// Its files.
    tiles: Arc<TileFiles>,
    /// Where the leaves lie that are in no stored bundle: from `leaves_from` on, counted within the newest
    /// log.
    leaves: VecDeque<Place>,
    leaves_from: u64,
    /// The payloads that are in the journal.
    payloads: HashMap<Commitment, Place>,
    recent: RecentPayloads,
    recent_leaves: RecentLeaves,
    /// The payloads that are being overwritten: there are none of these any more, whatever is still there.
    erasing: BTreeSet<Commitment>,
}

/// A log that has ended.
#[derive(Debug)]
struct EndedLog {
    ended: Ended,
    /// `None` while it is in cold storage.
    here: Option<LogView>,
    /// What is kept of one in cold storage, by position.
    kept: BTreeMap<u64, Vec<u8>>,
}

/// One log that can be read: its tree, as it was at some moment, and its files.
#[derive(Debug, Clone)]
pub(crate) struct LogView {
    levels: Arc<Levels>,
    tiles: Arc<TileFiles>,
}

impl Shared {
    fn state(&self) -> RwLockReadGuard<'_, State> {
        // A writer that panicked has stopped the node; what was committed stays readable.
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Embedded {
    /// Opens the store in `dir`, or begins one there if there is nothing.
    ///
    /// Only the journal's tail and the tiles at the edge are read, whatever the ledger's size.
    ///
    /// # Errors
    /// See [`OpenError`]. A store that cannot prove that it has all it promised is not opened.
    pub fn open(dir: &Path, settings: &Settings) -> Result<(Self, OpenReport), OpenError> {
        open::open(&Disk::new(dir), settings)
    }

    /// Moves the index aside and makes it anew from all leaves, each of which is hashed and compared.
    ///
    /// # Errors
    /// See [`OpenError`]; among others [`OpenError::InUse`] while a node runs.
    pub fn rebuild_index(dir: &Path) -> Result<RebuildReport, OpenError> {
        open::rebuild_index(&Disk::new(dir), &Settings::default())
    }

    /// The sealed files of this store, which must stay open for as long as they are used. One call is made
    /// for a store: each has a list of its own of who writes what.
    ///
    /// # Errors
    /// What the disk says.
    pub fn attachments(&self, settings: AttachmentSettings) -> Result<Attachments, AttachmentError> {
        Attachments::open(&self.disk, settings)
    }

    /// As [`Embedded::open`], on a disk that fails.
    #[cfg(test)]
    pub(crate) fn open_on(disk: &Disk, settings: &Settings) -> Result<(Self, OpenReport), OpenError> {
        open::open(disk, settings)
    }

    /// As [`Embedded::rebuild_index`], on a disk that fails.
    #[cfg(test)]
    pub(crate) fn rebuild_index_on(disk: &Disk, settings: &Settings) -> Result<RebuildReport, OpenError> {
        open::rebuild_index(disk, settings)
    }

    /// Remembers a final error: afterwards nothing is believed.
    fn ending<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &result
            && error.is_final()
        {
            self.stopped = true;
            tracing::error!(%error, "the store stopped");
            if let StoreError::Index(_) = error
                && let Err(error) = home::mark_suspect(&self.disk, home::INDEX_DIRECTORY)
            {
                // Then the next start finds out by itself what is wrong with the index, or a later one.
                tracing::error!(%error, "the index could not be marked for being made anew");
            }
        }
        result
    }

    fn check_running(&self) -> Result<(), StoreError> {
        if self.stopped {
            Err(StoreError::Stopped)
        } else {
            Ok(())
        }
    }

    /// Refuses early, while there is still space for what was promised.
    fn check_space(&self) -> Result<(), StoreError> {
        let free_bytes = self.disk.free_bytes()?;
        let needed_bytes = self.settings.free_space_floor_bytes;
        if free_bytes < needed_bytes || !self.reserve.is_held() {
            return Err(StoreError::DiskFull {
                free_bytes,
                needed_bytes,
            });
        }
        Ok(())
    }

    fn append(&mut self, commit: &Commit) -> Result<(), StoreError> {
        self.check_running()?;
        let levels = Arc::clone(&self.shared.state().levels);
        let checked = check(commit, &levels)?;
        drop(levels);
        self.check_space()?;
        self.step_before_commit()?;
        self.work_off(commit)?;
        let ended = if checked.begins_log {
            Some(self.end_log()?)
        } else {
            None
        };
        let levels = Arc::clone(&self.shared.state().levels);
        let appended = self.journal.append(commit, &levels)?;
        drop(levels);
        {
            let mut state = self.shared.state_mut();
            if let Some(ended) = ended {
                state.begin_log(self.disk.root(), ended);
            }
            Arc::make_mut(&mut state.levels).append_all(&checked.leaves, checked.edge);
            state.leaves.extend(appended.leaves);
            state.recent_leaves.keep(commit.first_index, &commit.leaves);
            for ((commitment, place), payload) in appended.payloads.into_iter().zip(commit.payloads.iter()) {
                state.recent.keep(commitment, payload);
                state.payloads.insert(commitment, place);
            }
        }
        self.shared.index.put(checked.rows);
        if self.shared.index.pending_count() > limits::INDEX_PENDING_MAX {
            self.apply_index()?;
        }
        Ok(())
    }

    fn note(&mut self, released: Released) -> Result<(), StoreError> {
        self.check_running()?;
        let before = self.released;
        let size = self.shared.state().levels.end();
        if released == before {
            return Ok(());
        }
        if released.size <= before.size || released.size > size {
            let noted_size = before.size.min(size);
            return Err(StoreError::ReleasedAnother {
                noted_size,
                size: released.size,
            });
        }
        self.disk
            .write_durably(&self.disk.root().join(HEAD_FILE), &released.encode())?;
        self.released = released;
        Ok(())
    }
}

impl Store for Embedded {
    fn commit(&mut self, commit: &Commit) -> Result<(), StoreError> {
        let result = self.append(commit);
        self.ending(result)
    }

    fn synced_in(&self) -> Option<Duration> {
        let synced_in = self.journal.synced_in();
        (!synced_in.is_zero()).then_some(synced_in)
    }

    fn note_released(&mut self, size: u64, root: Hash) -> Result<(), StoreError> {
        let result = self.note(Released { size, root });
        self.ending(result)
    }

    fn maintain(&mut self) -> Result<Progress, StoreError> {
        let result = self.maintain_step();
        self.ending(result)
    }

    fn erase(&mut self, payloads: &BTreeSet<Commitment>) -> Result<Progress, StoreError> {
        let result = self.erase_step(payloads);
        self.ending(result)
    }

    fn reader(&self) -> Arc<dyn Reader> {
        Arc::clone(&self.shared) as Arc<dyn Reader>
    }

    fn close(mut self: Box<Self>) -> Result<(), StoreError> {
        self.check_running()?;
        self.must_end_storing()?;
        self.apply_index()?;
        self.shared.index.flush().map_err(StoreError::from)
    }
}

#[cfg(test)]
pub(crate) mod tests;

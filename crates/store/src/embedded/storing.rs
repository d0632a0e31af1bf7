//! Storing tiles and bundles, on a thread beside commits: a step makes some, writes and syncs them and reads
//! them back, and the writer goes on meanwhile.
//!
//! The writer decides what a step takes, and what came of it counts only when the writer takes it over: until
//! then memory has the hashes, the journal has the leaves, and nobody looks for the files. So the thread
//! changes nothing that anybody else reads, and no segment goes before its tiles are durable and were read
//! back.

use std::io;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use ledger::hash::{Hash, leaf_hash};
use ledger::tile::{TileKind, encode_entry, encode_tile};

use super::{Embedded, Shared, State};
use crate::contract::{Progress, ReadError, StoreError};
use crate::disk::{Disk, DiskError};
use crate::levels::Levels;
use crate::limits::{SEGMENTS_WAITING_MAX, TILES_PER_STEP, TILES_STEP_BYTES, TILES_WAITING_MAX};
use crate::tiles::{LEDGER_DIRECTORY, TileFiles, WIDTH, tile_path, width_of};

/// A step under way. Nothing of the store outlives it: dropping it waits for its thread.
#[derive(Debug)]
pub(super) struct Storing {
    level: u8,
    thread: Option<JoinHandle<Result<usize, StoreError>>>,
}

/// What the thread needs.
pub(super) struct Storer {
    disk: Disk,
    shared: Arc<Shared>,
    /// Where the newest log begins, and its files. No log ends while a step is under way.
    log_first: u64,
    tiles: Arc<TileFiles>,
}

/// Tiles of one level, the next ones to be stored: their indices and hashes.
type Step = Vec<(u64, Vec<Hash>)>;

impl Embedded {
    /// Begins a step if none is under way and at least so many tiles wait. On a disk whose steps are to come
    /// in the same order every time, it is taken here and now.
    ///
    /// # Errors
    /// When the system has no thread left; and what [`Embedded::must_end_storing`] says, where it is taken
    /// now.
    pub(super) fn begin_storing(&mut self, waiting_min: usize) -> Result<(), StoreError> {
        if self.storing.is_some() || self.tiles_waiting() < waiting_min {
            return Ok(());
        }
        let Some((level, tiles)) = self.next_step() else {
            return Ok(());
        };
        let storer = self.storer();
        if !self.disk.has_threads() {
            let stored = storer.store(level, &tiles)?;
            self.shared.state_mut().mark_stored(level, stored);
            return Ok(());
        }
        let thread = Builder::new().name("tiles".to_owned());
        let thread = thread.spawn(move || storer.store(level, &tiles));
        self.storing = Some(Storing {
            level,
            thread: Some(thread.map_err(|source| self.failed(source))?),
        });
        Ok(())
    }

    /// Takes over what a step came to, if it has ended. Waits for nothing.
    ///
    /// # Errors
    /// As [`Embedded::must_end_storing`].
    pub(super) fn end_storing(&mut self) -> Result<(), StoreError> {
        if self.storing.as_ref().is_some_and(Storing::is_under_way) {
            return Ok(());
        }
        self.must_end_storing()
    }

    /// Waits for the step that is under way, if one is, and takes it over.
    ///
    /// # Errors
    /// Those of storing: a full disk leaves everything as it was, all others are final.
    pub(super) fn must_end_storing(&mut self) -> Result<(), StoreError> {
        let Some(mut storing) = self.storing.take() else {
            return Ok(());
        };
        let Some(thread) = storing.thread.take() else {
            return Ok(());
        };
        let panicked = |_| Err(self.failed(io::Error::other("the thread that stores tiles panicked")));
        let stored = thread.join().unwrap_or_else(panicked)?;
        self.shared.state_mut().mark_stored(storing.level, stored);
        Ok(())
    }

    /// Stores every tile that is full.
    ///
    /// # Errors
    /// As [`Embedded::must_end_storing`].
    pub(super) fn store_all_tiles(&mut self) -> Result<(), StoreError> {
        self.must_end_storing()?;
        while self.has_tile_to_store() {
            self.begin_storing(1)?;
            self.must_end_storing()?;
        }
        Ok(())
    }

    /// Before a commit: what has ended is taken over, and the next step begins once it is worth its syncs.
    /// The thread is waited for only where too much waits for it: memory and journal are bounded.
    ///
    /// # Errors
    /// As [`Embedded::must_end_storing`]; a full disk is none.
    pub(super) fn step_before_commit(&mut self) -> Result<(), StoreError> {
        let stepped = self.try_step_before_commit().map(|()| Progress::More);
        self.or_make_room(stepped).map(drop)
    }

    fn try_step_before_commit(&mut self) -> Result<(), StoreError> {
        if must_wait(self.tiles_waiting(), self.journal.segments_in_use()) {
            self.must_end_storing()?;
        } else {
            self.end_storing()?;
        }
        self.begin_storing(TILES_PER_STEP)
    }

    /// What stores tiles of the newest log.
    pub(super) fn storer(&self) -> Storer {
        let newest = self.shared.newest();
        Storer {
            disk: self.disk.clone(),
            shared: Arc::clone(&self.shared),
            log_first: newest.levels.first(),
            tiles: newest.tiles,
        }
    }

    /// Whether a tile is full and not stored, nor on its way.
    pub(super) fn has_tile_to_store(&self) -> bool {
        self.storing.is_none() && self.tiles_waiting() > 0
    }

    /// How many tiles are full and not stored.
    fn tiles_waiting(&self) -> usize {
        let state = self.shared.state();
        let levels = &state.levels;
        (0..levels.depth())
            .map(|level| ready(levels, level).count())
            .sum()
    }

    /// What the next step takes: of the highest level of which a tile is ready, because there one comes for
    /// every 256 below, and must not wait until those below end.
    fn next_step(&self) -> Option<(u8, Step)> {
        let state = self.shared.state();
        let levels = &state.levels;
        (0..levels.depth()).rev().find_map(|level| {
            let next = ready(levels, level).take(TILES_PER_STEP);
            let step: Step = next.map(|(index, hashes)| (index, hashes.to_vec())).collect();
            (!step.is_empty()).then_some((level, step))
        })
    }

    fn failed(&self, source: io::Error) -> StoreError {
        StoreError::Disk(DiskError {
            operation: "store tiles",
            path: self.disk.root().join(LEDGER_DIRECTORY),
            source,
        })
    }
}

impl Storing {
    fn is_under_way(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for Storing {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take()
            && !matches!(thread.join(), Ok(Ok(_)))
        {
            tracing::error!("tiles could not be stored while the store was given up; the journal has them");
        }
    }
}

impl Storer {
    /// Stores tiles of one level, with their bundles on the lowest, and reads them back. Gives how many: at
    /// least one, and no further ones once there are [`TILES_STEP_BYTES`].
    pub(super) fn store(&self, level: u8, all: &[(u64, Vec<Hash>)]) -> Result<usize, StoreError> {
        let (mut files, mut bytes, mut count) = (Vec::new(), 0, 0);
        for (index, hashes) in all {
            if bytes >= TILES_STEP_BYTES {
                break;
            }
            count += 1;
            let width = width_of(hashes);
            if level == 0 {
                let bundle = self.make_bundle(*index, hashes)?;
                bytes += bundle.len();
                files.push((tile_path(TileKind::Entries, *index, width)?, bundle));
            }
            let path = tile_path(TileKind::Hashes(level), *index, width)?;
            files.push((path, encode_tile(hashes)));
        }
        self.tiles.write(&self.disk, files)?;
        for (index, hashes) in &all[..count] {
            self.read_back(level, *index, hashes)?;
        }
        Ok(count)
    }

    /// The bundle of the leaves with these hashes, from memory or from the journal.
    fn make_bundle(&self, index: u64, hashes: &[Hash]) -> Result<Vec<u8>, StoreError> {
        let first = self.log_first + index * WIDTH;
        let range = first..first + hashes.len() as u64;
        let mut bundle = Vec::new();
        let (mut expected, mut wrong) = (hashes.iter(), None);
        self.shared.read_unstored(range.clone(), &mut |position, leaf| {
            let whole = expected.next().is_some_and(|hash| leaf_hash(leaf) == *hash);
            if !whole || encode_entry(&mut bundle, leaf).is_err() {
                wrong = Some(position);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        let missing = expected.next().map(|_| range.start);
        let Some(index) = wrong.or(missing) else {
            return Ok(bundle);
        };
        Err(StoreError::Damaged(ReadError::Damaged {
            file: self.disk.root().join(crate::journal::JOURNAL_DIRECTORY),
            index: Some(index),
            what: "a leaf has not the hash that the tree has",
        }))
    }

    /// Reads what was just stored from the disk, past what memory holds of it, and compares.
    fn read_back(&self, level: u8, index: u64, hashes: &[Hash]) -> Result<(), StoreError> {
        let width = width_of(hashes);
        let path = self
            .tiles
            .file(&tile_path(TileKind::Hashes(level), index, width)?);
        self.disk.forget_cached(&path);
        let mut stored = self.tiles.is_stored(level, index, hashes)?;
        if level == 0 {
            let bundle = tile_path(TileKind::Entries, index, width)?;
            self.disk.forget_cached(&self.tiles.file(&bundle));
            stored &= self.tiles.is_bundle_stored(index, hashes)?;
        }
        if stored {
            return Ok(());
        }
        let what = "a tile that was just written is not there";
        Err(StoreError::Damaged(ReadError::Damaged {
            file: path,
            index: None,
            what,
        }))
    }
}

impl Shared {
    /// Leaves of the newest log that are in no stored bundle yet, from memory or from the journal. Whoever
    /// reads them compares them with the tree; leaves that are stored by now are left out.
    fn read_unstored(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let (recent, places) = {
            let state = self.state();
            let recent = state.recent_leaves.all(&range);
            let places = if recent.is_none() {
                state.places(&range)
            } else {
                None
            };
            (recent.unwrap_or_default(), places.unwrap_or_default())
        };
        for (position, leaf) in range.clone().zip(recent) {
            if visit(position, leaf.bytes()).is_break() {
                return Ok(());
            }
        }
        for (position, place) in range.zip(places) {
            if visit(position, &place.read()?).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }
}

impl State {
    /// The next tiles of this level are stored: forget what only the journal had until now.
    pub(super) fn mark_stored(&mut self, level: u8, count: usize) {
        let levels = Arc::make_mut(&mut self.levels);
        levels.mark_stored(level, count);
        let bundled = levels.stored_tiles(0) * WIDTH;
        while self.leaves_from < bundled && self.leaves.pop_front().is_some() {
            self.leaves_from += 1;
        }
    }
}

/// Whether a commit waits for the thread: because of the tiles that wait, or of the segments in use.
fn must_wait(tiles: usize, segments: usize) -> bool {
    tiles > TILES_WAITING_MAX || segments > SEGMENTS_WAITING_MAX
}

/// The tiles of this level that are full and not stored, as long as all the tiles below them are.
fn ready(levels: &Levels, level: u8) -> impl Iterator<Item = (u64, &[Hash])> {
    let below = match level {
        0 => u64::MAX,
        _ => levels.stored_tiles(level - 1) / WIDTH,
    };
    let full = (levels.stored_tiles(level)..below).map_while(move |index| {
        let hashes = levels.tile(level, index)?;
        (hashes.len() as u64 == WIDTH).then_some((index, hashes))
    });
    full.fuse()
}

#[cfg(test)]
mod tests;

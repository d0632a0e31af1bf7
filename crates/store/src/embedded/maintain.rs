//! Background work, in steps of some milliseconds between commits.

use std::ops::ControlFlow;
use std::sync::Arc;

use ledger::hash::{Hash, leaf_hash};
use ledger::tile::{TileKind, encode_entry, encode_tile};

use super::reserve::Given;
use super::{Embedded, LogView, State};
use crate::contract::{Progress, ReadError, StoreError};
use crate::levels::Levels;
use crate::limits::{INDEX_FLUSH_INTERVAL, TILES_PER_STEP, TILES_STEP_BYTES};
use crate::tiles::{WIDTH, tile_path, width_of};

impl Embedded {
    /// One step. The index always gets its share: it is bounded in memory. Of the rest, what frees most
    /// comes last: tiles before segments, because only with its tiles stored may a segment go.
    pub(super) fn maintain_step(&mut self) -> Result<Progress, StoreError> {
        self.check_running()?;
        if self.shared.index.is_suspect() {
            return Err(StoreError::Index("it does not agree with the ledger".to_owned()));
        }
        let tight = self.disk.free_bytes()? < self.settings.free_space_floor_bytes;
        if !tight {
            self.reserve.restore(&self.disk)?;
            self.apply_index()?;
        }
        match self.work_step(tight) {
            Err(error) if is_disk_full(&error) => self.make_room(),
            result => result,
        }
    }

    /// `tight`: only what needs little space, or frees some.
    fn work_step(&mut self, tight: bool) -> Result<Progress, StoreError> {
        if self.journal.lacks_spare() && !tight {
            self.journal.prepare_step()?;
        } else if self.has_tile_to_store() {
            self.store_tiles()?;
        } else if self.can_retire() && !self.is_syncing() {
            self.retire_step()?;
        } else if tight {
            return Ok(Progress::WaitsForSpace);
        } else if self.applied_since_flush >= INDEX_FLUSH_INTERVAL {
            self.shared.index.flush()?;
            self.applied_since_flush = 0;
        } else {
            return Ok(Progress::Idle);
        }
        Ok(Progress::More)
    }

    fn make_room(&mut self) -> Result<Progress, StoreError> {
        // What was being made begins anew: files without a name are of no use, and take space.
        self.retiring = None;
        self.journal.drop_filling();
        self.disk.clear_staging()?;
        match self.reserve.give_up(&self.disk)? {
            Given::Space => Ok(Progress::More),
            Given::Nothing => Ok(Progress::WaitsForSpace),
        }
    }

    /// Moves what changed to sled.
    pub(super) fn apply_index(&mut self) -> Result<(), StoreError> {
        let levels = Arc::clone(&self.shared.state().levels);
        let size = levels.end();
        // Leaves that change nothing count too: otherwise each start would fold them in again.
        if self.applied_size == size {
            return Ok(());
        }
        self.applied_since_flush += self.shared.index.apply(size, &levels.edge().root())?;
        self.applied_size = size;
        Ok(())
    }

    pub(super) fn has_tile_to_store(&self) -> bool {
        let levels = Arc::clone(&self.shared.state().levels);
        (0..levels.depth()).any(|level| is_ready(&levels, level))
    }

    /// Stores the next bundles with their tiles, or the next tile of a higher level.
    pub(super) fn store_tiles(&mut self) -> Result<(), StoreError> {
        let LogView { levels, .. } = self.shared.newest();
        for level in 0..levels.depth() {
            let ready: Vec<(u64, &[Hash])> = ready(&levels, level).take(TILES_PER_STEP).collect();
            if !ready.is_empty() {
                let stored = self.store_hashes(level, &ready)?;
                drop(levels);
                let mut state = self.shared.state_mut();
                (0..stored).for_each(|_| state.mark_stored(level));
                return Ok(());
            }
        }
        Ok(())
    }

    /// Stores tiles of one level of the newest log, with their bundles on the lowest, and reads them back.
    /// Gives how many: at least one, and no further ones once there are [`TILES_STEP_BYTES`].
    pub(super) fn store_hashes(&self, level: u8, all: &[(u64, &[Hash])]) -> Result<usize, StoreError> {
        let (mut files, mut bytes, mut count) = (Vec::new(), 0, 0);
        for &(index, hashes) in all {
            if bytes >= TILES_STEP_BYTES {
                break;
            }
            count += 1;
            let width = width_of(hashes);
            if level == 0 {
                let bundle = self.make_bundle(index, hashes)?;
                bytes += bundle.len();
                files.push((tile_path(TileKind::Entries, index, width)?, bundle));
            }
            let path = tile_path(TileKind::Hashes(level), index, width)?;
            files.push((path, encode_tile(hashes)));
        }
        self.shared.newest().tiles.write(&self.disk, files)?;
        for &(index, hashes) in &all[..count] {
            self.read_tile_back(level, index, hashes)?;
        }
        Ok(count)
    }

    /// The bundle of the newest log's leaves with these hashes, from the journal.
    fn make_bundle(&self, index: u64, hashes: &[Hash]) -> Result<Vec<u8>, StoreError> {
        let mut bundle = Vec::new();
        let mut wrong = None;
        let mut expected = hashes.iter();
        let first = self.shared.newest().levels.first() + index * WIDTH;
        let range = first..first + hashes.len() as u64;
        self.shared.read_leaves(range, &mut |index, leaf| {
            let whole = expected.next().is_some_and(|hash| leaf_hash(leaf) == *hash);
            if !whole || encode_entry(&mut bundle, leaf).is_err() {
                wrong = Some(index);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        match wrong {
            None => Ok(bundle),
            Some(index) => Err(StoreError::Damaged(ReadError::Damaged {
                file: self.disk.root().join(crate::journal::JOURNAL_DIRECTORY),
                index: Some(index),
                what: "a leaf has not the hash that the tree has",
            })),
        }
    }

    /// Reads what was just stored from the disk, past what memory holds of it, and compares.
    fn read_tile_back(&self, level: u8, index: u64, hashes: &[Hash]) -> Result<(), StoreError> {
        let tiles = self.shared.newest().tiles;
        let width = width_of(hashes);
        let path = tiles.file(&tile_path(TileKind::Hashes(level), index, width)?);
        self.disk.forget_cached(&path);
        let mut stored = tiles.is_stored(level, index, hashes)?;
        if level == 0 {
            let bundle = tile_path(TileKind::Entries, index, width)?;
            self.disk.forget_cached(&tiles.file(&bundle));
            stored &= tiles.is_bundle_stored(index, hashes)?;
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

impl State {
    /// The next tile of this level is stored: forget what only the journal had until now.
    pub(super) fn mark_stored(&mut self, level: u8) {
        let levels = Arc::make_mut(&mut self.levels);
        levels.mark_stored(level);
        let bundled = levels.stored_tiles(0) * WIDTH;
        while self.leaves_from < bundled && self.leaves.pop_front().is_some() {
            self.leaves_from += 1;
        }
    }
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

/// Whether there is one.
fn is_ready(levels: &Levels, level: u8) -> bool {
    ready(levels, level).next().is_some()
}

fn is_disk_full(error: &StoreError) -> bool {
    match error {
        StoreError::Disk(error) => error.is_disk_full(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;

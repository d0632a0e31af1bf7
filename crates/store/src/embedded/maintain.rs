//! Background work, in steps of some milliseconds between commits.

use std::sync::Arc;

use protocol::exchange::types::Commit;

use super::Embedded;
use super::reserve::Given;
use crate::contract::{Progress, StoreError};
use crate::limits::{INDEX_FLUSH_INTERVAL, PAYLOADS_PER_EXTRA_STEP, SEGMENTS_IN_USE_MAX};

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
        let result = self.work_step(tight);
        self.or_make_room(result)
    }

    /// Before a commit: what it would add to a journal that is too long already is worked off first.
    pub(super) fn work_off(&mut self, commit: &Commit) -> Result<(), StoreError> {
        let steps = 1 + commit.payloads.len() / PAYLOADS_PER_EXTRA_STEP;
        for _ in 0..steps {
            if self.journal.segments_in_use() <= SEGMENTS_IN_USE_MAX {
                break;
            }
            self.maintain_step()?;
        }
        Ok(())
    }

    /// `tight`: only what needs little space, or frees some.
    fn work_step(&mut self, tight: bool) -> Result<Progress, StoreError> {
        self.end_storing()?;
        if self.has_tile_to_store() {
            self.begin_storing(1)?;
        } else if self.journal.lacks_spare() && !tight {
            self.journal.prepare_step()?;
        } else if self.can_retire() && !self.is_syncing() {
            self.retire_step()?;
        } else if tight {
            return Ok(Progress::WaitsForSpace);
        } else if self.applied_since_flush >= INDEX_FLUSH_INTERVAL {
            self.shared.index.flush()?;
            self.applied_since_flush = 0;
        } else if self.storing.is_some() || self.is_syncing() {
            return Ok(Progress::UnderWay);
        } else {
            return Ok(Progress::Idle);
        }
        Ok(Progress::More)
    }

    /// A full disk is no error.
    pub(super) fn or_make_room(
        &mut self,
        result: Result<Progress, StoreError>,
    ) -> Result<Progress, StoreError> {
        match result {
            Err(error) if is_disk_full(&error) => self.make_room(),
            result => result,
        }
    }

    fn make_room(&mut self) -> Result<Progress, StoreError> {
        // What was being made begins anew: files without a name are of no use, and take space.
        match self.must_end_storing() {
            Err(error) if !is_disk_full(&error) => return Err(error),
            _ => {}
        }
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
}

fn is_disk_full(error: &StoreError) -> bool {
    match error {
        StoreError::Disk(error) => error.is_disk_full(),
        _ => false,
    }
}

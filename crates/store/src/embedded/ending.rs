//! The end of a log, and what is left of it: all of it is stored before the next log's first leaf is, so that
//! whatever a crash leaves behind is a log that goes on, or one that is whole.
//!
//! 1. Every full tile and bundle is stored that was still to be, and those that were never filled.
//! 2. The record of the logs that have ended gets one more line ([`crate::logs`]).
//! 3. The journal gets the batch that begins the next log; from then on the line counts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::{Embedded, EndedLog, LogView, State};
use crate::away;
use crate::contract::{Kept, StoreError};
use crate::disk::Disk;
use crate::embedded::OpenError;
use crate::levels::Levels;
use crate::logs::{self, Ended, LOGS_FILE};
use crate::tiles::TileFiles;

impl Embedded {
    /// Stores all of the newest log, and notes that it ends here.
    pub(super) fn end_log(&mut self) -> Result<Ended, StoreError> {
        self.store_all_tiles()?;
        let (levels, storer) = (self.shared.newest().levels, self.storer());
        for level in 0..levels.depth() {
            if let Some((index, hashes)) = levels.partial(level) {
                storer.store(level, &[(index, hashes.to_vec())])?;
            }
        }
        let ended = Ended::of(&levels);
        let mut all: Vec<Ended> = {
            let state = self.shared.state();
            state.ended.iter().map(|log| log.ended).collect()
        };
        all.push(ended);
        logs::write(&self.disk, &all)?;
        tracing::info!(
            first = ended.first,
            leaves = ended.size,
            "a log ends, and is stored as a whole"
        );
        Ok(ended)
    }
}

impl State {
    /// The first leaf of the next log is durable.
    pub(super) fn begin_log(&mut self, root: &Path, ended: Ended) {
        let next = Arc::new(Levels::of_log(ended.end()));
        let files = Arc::new(TileFiles::new(root, next.first()));
        let here = LogView {
            levels: std::mem::replace(&mut self.levels, next),
            tiles: std::mem::replace(&mut self.tiles, files),
        };
        self.ended.push(EndedLog {
            ended,
            here: Some(here),
            kept: BTreeMap::new(),
        });
        self.leaves.clear();
        self.leaves_from = 0;
    }
}

/// The logs that ended before the newest one, whose tree is given. Those that ended in the journal must be
/// among those that were recorded.
pub(super) fn open_ended(
    disk: &Disk,
    newest: &Levels,
    in_journal: &[Ended],
) -> Result<Vec<EndedLog>, OpenError> {
    let wrong = |what| OpenError::Damaged {
        file: disk.root().join(LOGS_FILE),
        index: Some(newest.first()),
        what,
    };
    let mut recorded = logs::read(disk)?;
    // Left by a crash before the next log's first leaf was durable: the log goes on.
    if recorded.last().is_some_and(|last| last.first == newest.first()) {
        recorded.pop();
    }
    if recorded.last().map_or(0, Ended::end) != newest.first() {
        return Err(wrong(
            "the record of the logs that have ended does not lead to the newest one",
        ));
    }
    let is_recorded = |ended: &Ended| recorded.iter().any(|known| known.is(ended));
    if !in_journal.iter().all(is_recorded) {
        return Err(wrong("a log that ended in the journal is recorded differently"));
    }
    recorded.into_iter().map(|ended| open_one(disk, ended)).collect()
}

fn open_one(disk: &Disk, ended: Ended) -> Result<EndedLog, OpenError> {
    if ended.kept == Kept::Away {
        let kept = away::read(disk, &ended)?;
        return Ok(EndedLog {
            ended,
            here: None,
            kept,
        });
    }
    let tiles = TileFiles::new(disk.root(), ended.first);
    let levels = tiles
        .ended(ended.size)?
        .map(|levels| levels.at(ended.first))
        .filter(|levels| levels.edge().root() == ended.root);
    let Some(levels) = levels else {
        return Err(OpenError::Damaged {
            file: tiles.directory().to_owned(),
            index: Some(ended.first),
            what: "the last tiles of a log that has ended do not make its root: were they moved by hand?",
        });
    };
    let here = Some(LogView {
        levels: Arc::new(levels),
        tiles: Arc::new(tiles),
    });
    Ok(EndedLog {
        ended,
        here,
        kept: BTreeMap::new(),
    })
}

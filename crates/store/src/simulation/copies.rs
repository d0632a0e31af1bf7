//! Old copies of a store, put back by somebody who means well: a snapshot of a machine, last week's backup. A
//! node must notice before it signs anything `[ROLLBACK]`.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::node::{Node, Stops};
use super::parties::party;
use super::publishing::Needed;
use super::world::World;
use crate::disk::faults::directory_in_memory;
use crate::head::{HEAD_FILE, Released};

/// What a store was once.
pub(super) struct OldCopy {
    place: TempDir,
    origin: String,
    /// Of its newest log.
    size: u64,
    /// Of all logs.
    total: u64,
}

impl Node {
    /// Whether an old copy is in the place of the store.
    pub(super) fn is_old_copy(&self) -> bool {
        self.right.is_some()
    }

    /// What the store is, as it will be remembered; nothing of a node that stands still, or has nothing.
    pub(super) fn remembered(&self) -> Option<(String, u64, u64)> {
        let life = self.life.as_ref().filter(|_| !self.is_old_copy())?;
        let log = life.reader.logs().pop()?;
        let origin = life.identity().ledger.name().to_owned();
        (log.size > 0).then(|| (origin, log.size, life.reader.size()))
    }

    /// Copies what lies on the disk of a machine that stands still.
    pub(super) fn copy(&mut self, (origin, size, total): (String, u64, u64)) {
        let place = directory_in_memory();
        copy_below(self.place.path(), place.path());
        self.copy = Some(OldCopy {
            place,
            origin,
            size,
            total,
        });
    }

    /// Puts the copy in the place of the store.
    fn put_back_copy(&mut self, with_newer_head: bool) -> Option<()> {
        let copy = self.copy.take()?;
        if with_newer_head {
            let head = fs::read(self.place.path().join(HEAD_FILE)).ok()?;
            let released = Released::decode(&head)?;
            if released.size <= copy.total {
                self.copy = Some(copy);
                return None;
            }
            fs::write(copy.place.path().join(HEAD_FILE), head).unwrap();
        }
        self.right = Some(std::mem::replace(&mut self.place, copy.place));
        Some(())
    }

    /// Puts the store back in the place of the copy. Its machine stands still.
    pub(super) fn put_back_right(&mut self) {
        if let Some(right) = self.right.take() {
            self.stop(Stops::PowerCut(0));
            self.place = right;
        }
    }
}

impl World {
    /// Perhaps, before a machine starts, its store is replaced by an old copy that somebody can notice: one
    /// that is behind what a witness has cosigned, or behind what the node itself has noted.
    pub(super) fn may_put_back_copy(&mut self, node: usize) {
        let one = &self.nodes[node];
        let Some(copy) = one.copy.as_ref() else { return };
        let is_bad_weather = self.weather.misfortune > 0;
        if !is_bad_weather || !one.faults.is_all_synced() || one.faults.is_armed() || one.is_old_copy() {
            return;
        }
        let others = self.nodes.iter().filter(|other| other.party != one.party);
        let seen = others
            .filter_map(|other| other.watch.has_cosigned(&copy.origin))
            .max();
        let is_known = self.needed == Needed::All && seen.is_some_and(|seen| seen > copy.size);
        let with_newer_head = !is_known || self.random.chance(300);
        if !self.random.chance(400) {
            return;
        }
        if self.nodes[node].put_back_copy(with_newer_head).is_some() {
            self.trace
                .note(self.now, format_args!("{}: an old copy", party(node)));
        }
    }
}

/// Without the index, which is made anew, and what a machine that stands still does not need.
fn copy_below(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if ["index", "lock", "staging", "set-aside"]
            .iter()
            .any(|left_out| name == **left_out)
        {
            continue;
        }
        let to = to.join(&name);
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&to).unwrap();
            copy_below(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}

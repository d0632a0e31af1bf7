//! What a cut of power, or a page that is forgotten, leaves of what was not synced.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::{Faults, Unsynced};
use crate::limits::SECTOR_BYTES;

/// What the cuts of power have cost, over all.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Writes that were ended in the middle.
    pub(crate) torn_writes: u64,
    /// Writes of which all sectors were lost.
    pub(crate) writes: u64,
    /// Writes of which some sectors were lost and others kept, in no order.
    pub(crate) parts_of_writes: u64,
    /// Files that were as short as before.
    pub(crate) lengths: u64,
    /// Names that were not there any more, or there again.
    pub(crate) names: u64,
    /// Pages that a sync which failed had left behind.
    pub(crate) doomed_pages: u64,
}

/// Says of one thing after the other whether it is lost; with seed 0, always.
struct Chance(u64);

impl Chance {
    fn is_lost(&mut self) -> bool {
        if self.0 == 0 {
            return true;
        }
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 62 & 1 == 0
    }
}

impl Faults {
    /// The power is cut: of what was not synced, some is lost, as `seed` chooses; with seed 0, all of it.
    pub(crate) fn cut_power(&self, seed: u64) {
        let mut chance = Chance(seed);
        let (unsynced, mut lost) = {
            let mut plan = self.plan();
            (std::mem::take(&mut plan.unsynced), plan.lost)
        };
        let mut back: Vec<(PathBuf, PathBuf)> = Vec::new();
        for what in unsynced.into_iter().rev() {
            match what {
                Unsynced::Bytes { ref path, .. } => {
                    let moved = back
                        .iter()
                        .find(|(to, _)| to == path)
                        .map(|(_, from)| from.clone());
                    let path = moved.unwrap_or_else(|| path.clone());
                    lose_bytes(&path, &what, &mut chance, &mut lost);
                }
                Unsynced::Named { path } if chance.is_lost() => {
                    lost.names += 1;
                    let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
                }
                Unsynced::Renamed { from, to, replaced } if chance.is_lost() => {
                    lost.names += 1;
                    match from {
                        Some(from) if fs::rename(&to, &from).is_ok() => back.push((to.clone(), from)),
                        _ => {
                            let _ = fs::remove_file(&to).or_else(|_| fs::remove_dir_all(&to));
                        }
                    }
                    if let Some(bytes) = replaced {
                        fs::write(&to, bytes).unwrap();
                    }
                }
                Unsynced::Removed { path, bytes } if chance.is_lost() => {
                    lost.names += 1;
                    let _ = fs::write(&path, bytes);
                }
                _ => {}
            }
        }
        self.plan().lost = lost;
    }

    /// The system forgets what it holds of a file: where a sync has failed, what the disk has comes to light.
    pub(in crate::disk) fn forgotten(&self, forgotten: &Path) {
        let mut plan = self.plan();
        let mut lost = plan.lost;
        let (doomed, kept) = std::mem::take(&mut plan.unsynced).into_iter().partition(
            |what| matches!(what, Unsynced::Bytes { path, doomed: true, .. } if path == forgotten),
        );
        plan.unsynced = kept;
        for what in doomed.iter().rev() {
            lose_bytes(forgotten, what, &mut Chance(0), &mut lost);
        }
        plan.lost = lost;
    }
}

/// Puts back what was there before a write, where it is lost.
fn lose_bytes(path: &Path, what: &Unsynced, chance: &mut Chance, lost: &mut Lost) {
    let Unsynced::Bytes {
        offset,
        before,
        length_before,
        doomed,
        ..
    } = what
    else {
        return;
    };
    // The file may be gone with its name.
    let Ok(file) = File::options().write(true).open(path) else {
        return;
    };
    if *doomed {
        lost.doomed_pages += 1;
        file.write_all_at(before, *offset).unwrap();
        return;
    }
    let sectors = before.chunks(SECTOR_BYTES);
    let (mut gone, of) = (0, sectors.len());
    for (sector, bytes) in sectors.enumerate() {
        if chance.is_lost() {
            gone += 1;
            file.write_all_at(bytes, offset + (sector * SECTOR_BYTES) as u64)
                .unwrap();
        }
    }
    lost.writes += u64::from(gone == of && of > 0);
    lost.parts_of_writes += u64::from(gone > 0 && gone < of);
    // A file that grew may be as short as before, whichever of its sectors are there.
    if let Some(length) = length_before
        && chance.is_lost()
    {
        lost.lengths += 1;
        file.set_len(*length).unwrap();
    }
}

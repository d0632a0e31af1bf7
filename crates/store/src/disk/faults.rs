//! Faults for tests: any step of [`super::Disk`] can fail or be the last, and what was not synced can
//! be lost, sector by sector and name by name, as a power cut loses it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits::SECTOR_BYTES;

/// A directory in memory, where the machine has such a place: for tests that open a store hundreds of
/// times, and to which it is all the same what `fsync` does, because they lose what was not synced.
pub(crate) fn directory_in_memory() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    tempfile::TempDir::new_in(place).unwrap()
}

/// What is to go wrong, and what could still be lost.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    plan: Arc<Mutex<Plan>>,
}

#[derive(Debug, Default)]
struct Plan {
    steps: u64,
    last_step: Option<u64>,
    failing: Option<(&'static str, io::ErrorKind)>,
    dead: bool,
    free_bytes: Option<u64>,
    log: Vec<(&'static str, PathBuf)>,
    unsynced: Vec<Unsynced>,
}

/// Something that a power cut may undo.
#[derive(Debug)]
enum Unsynced {
    /// Bytes that were overwritten.
    Bytes {
        path: PathBuf,
        offset: u64,
        before: Vec<u8>,
    },
    /// A file or directory that got a name.
    Named { path: PathBuf },
    /// A file that got another name, and perhaps took it from another file. File systems that are fit for
    /// a ledger rename as a whole: a rename that is lost leaves the file where it was, if that name was
    /// durable.
    Renamed {
        from: Option<PathBuf>,
        to: PathBuf,
        replaced: Option<Vec<u8>>,
    },
    /// A file that was removed.
    Removed { path: PathBuf, bytes: Vec<u8> },
}

impl Faults {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The machine stops in this step, counted from 1; a write is torn by it.
    pub(crate) fn stop_at(&self, step: u64) {
        self.plan().last_step = Some(step);
    }

    /// From now on every step of this kind fails, and the machine goes on.
    pub(crate) fn fail(&self, operation: &'static str, kind: io::ErrorKind) {
        self.plan().failing = Some((operation, kind));
    }

    /// Nothing fails any more.
    pub(crate) fn mend(&self) {
        let mut plan = self.plan();
        plan.failing = None;
        plan.free_bytes = None;
    }

    /// What the disk says is free.
    pub(crate) fn set_free_bytes(&self, bytes: u64) {
        self.plan().free_bytes = Some(bytes);
    }

    /// The machine is on again, and no step is its last.
    pub(crate) fn revive(&self) {
        let mut plan = self.plan();
        plan.dead = false;
        plan.last_step = None;
    }

    /// Whether something is still to go wrong, or has.
    pub(crate) fn is_armed(&self) -> bool {
        let plan = self.plan();
        plan.dead || plan.last_step.is_some() || plan.failing.is_some()
    }

    /// Whether the disk is full.
    pub(crate) fn is_full(&self) -> bool {
        let failing = self.plan().failing;
        failing.is_some_and(|(_, kind)| kind == io::ErrorKind::StorageFull)
    }

    /// The number of steps so far.
    pub(crate) fn steps(&self) -> u64 {
        self.plan().steps
    }

    /// The steps so far, and on which file; forgets them.
    pub(crate) fn take_log(&self) -> Vec<(&'static str, PathBuf)> {
        std::mem::take(&mut self.plan().log)
    }

    pub(super) fn free_bytes(&self) -> Option<u64> {
        self.plan().free_bytes
    }

    pub(super) fn step(&self, operation: &'static str, path: &Path) -> io::Result<()> {
        let mut plan = self.plan();
        plan.steps += 1;
        if plan.dead || plan.last_step.is_some_and(|last| plan.steps >= last) {
            plan.dead = true;
            return Err(io::Error::other("the machine stopped"));
        }
        if let Some((failing, kind)) = plan.failing
            && failing == operation
        {
            return Err(kind.into());
        }
        plan.log.push((operation, path.to_owned()));
        Ok(())
    }

    pub(super) fn step_write(&self, file: &File, path: &Path, bytes: &[u8], offset: u64) -> io::Result<()> {
        let was_dead = self.plan().dead;
        let result = self.step("write", path);
        let before = before(file, offset, bytes.len());
        if result.is_ok() {
            self.plan().unsynced.push(Unsynced::Bytes {
                path: path.to_owned(),
                offset,
                before,
            });
        } else if self.plan().dead && !was_dead {
            // What stops within a write leaves some of it.
            self.plan().unsynced.push(Unsynced::Bytes {
                path: path.to_owned(),
                offset,
                before,
            });
            file.write_all_at(&bytes[..bytes.len() * 2 / 3], offset)?;
        }
        result
    }

    pub(super) fn data_synced(&self, synced: &Path) {
        self.plan()
            .unsynced
            .retain(|what| !matches!(what, Unsynced::Bytes { path, .. } if path == synced));
    }

    pub(super) fn directory_synced(&self, synced: &Path) {
        let here = |path: &Path| path.parent() == Some(synced);
        self.plan().unsynced.retain(|what| match what {
            Unsynced::Bytes { .. } => true,
            Unsynced::Named { path } | Unsynced::Removed { path, .. } => !here(path),
            Unsynced::Renamed { to, .. } => !here(to),
        });
    }

    pub(super) fn everything_synced(&self) {
        self.plan().unsynced.clear();
    }

    pub(super) fn named(&self, path: &Path) {
        self.plan().unsynced.push(Unsynced::Named {
            path: path.to_owned(),
        });
    }

    pub(super) fn renamed(&self, from: &Path, to: &Path) {
        let mut plan = self.plan();
        for what in &mut plan.unsynced {
            if let Unsynced::Bytes { path, .. } = what
                && path == from
            {
                to.clone_into(path);
            }
        }
        // A staged name that is gone cannot be lost any more.
        let before = plan.unsynced.len();
        plan.unsynced
            .retain(|what| !matches!(what, Unsynced::Named { path } if path == from));
        let was_durable = plan.unsynced.len() == before;
        plan.unsynced.push(Unsynced::Renamed {
            from: was_durable.then(|| from.to_owned()),
            to: to.to_owned(),
            replaced: fs::read(to).ok(),
        });
    }

    pub(super) fn removing(&self, path: &Path) {
        let bytes = fs::read(path).unwrap_or_default();
        self.plan().unsynced.push(Unsynced::Removed {
            path: path.to_owned(),
            bytes,
        });
    }

    /// The power is cut: of what was not synced, some is lost, as `seed` chooses; with seed 0, all of it.
    pub(crate) fn cut_power(&self, seed: u64) {
        let mut choice = seed;
        let mut lost = move || {
            if seed == 0 {
                return true;
            }
            choice = choice
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            choice >> 62 & 1 == 0
        };
        let unsynced = std::mem::take(&mut self.plan().unsynced);
        let mut back: Vec<(PathBuf, PathBuf)> = Vec::new();
        for what in unsynced.into_iter().rev() {
            match what {
                Unsynced::Bytes { path, offset, before } => {
                    let moved = back.iter().find(|(to, _)| *to == path);
                    let path = moved.map_or(&path, |(_, from)| from);
                    // The file may be gone with its name.
                    let Ok(file) = File::options().write(true).open(path) else {
                        continue;
                    };
                    for (sector, bytes) in before.chunks(SECTOR_BYTES).enumerate() {
                        if lost() {
                            file.write_all_at(bytes, offset + (sector * SECTOR_BYTES) as u64)
                                .unwrap();
                        }
                    }
                }
                Unsynced::Named { path } if lost() => {
                    let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
                }
                Unsynced::Renamed { from, to, replaced } if lost() => {
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
                Unsynced::Removed { path, bytes } if lost() => {
                    let _ = fs::write(&path, bytes);
                }
                _ => {}
            }
        }
    }
}

/// What a write is about to overwrite: zeros where the file ends before.
fn before(file: &File, offset: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match file.read_at(&mut bytes[filled..], offset + filled as u64) {
            Ok(0) | Err(_) => break,
            Ok(count) => filled += count,
        }
    }
    bytes
}

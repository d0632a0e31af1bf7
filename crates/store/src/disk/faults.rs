//! Faults for tests: any step of [`super::Disk`] can fail or be the last, and what was not synced can
//! be lost, sector by sector, name by name and length by length, as a power cut loses it (see [`power`]).
//!
//! A sync that fails is worse than one that was never asked for: the system takes what it could not write for
//! written, shows it to whoever reads, and never tries again. What such a sync was to save is *doomed* here:
//! it is there until the power is cut or its pages are forgotten, whatever is synced later, unless it is
//! written anew.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod beside;
mod power;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits::{BLOCK_BYTES, SECTOR_BYTES};
pub(crate) use power::Lost;

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
    watching: Watching,
    beside: beside::Beside,
}

/// What is done between any two steps.
type Watch = dyn FnMut() + Send;

#[derive(Clone, Default)]
struct Watching(Arc<Mutex<Option<Box<Watch>>>>);

impl std::fmt::Debug for Watching {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Watching")
    }
}

#[derive(Debug, Default)]
struct Plan {
    steps: u64,
    last_step: Option<u64>,
    failing: Option<(&'static str, io::ErrorKind)>,
    failing_step: Option<u64>,
    dead: bool,
    free_bytes: Option<u64>,
    log: Vec<(&'static str, PathBuf)>,
    unsynced: Vec<Unsynced>,
    failed_syncs: u64,
    lost: Lost,
}

/// Something that a power cut may undo.
#[derive(Debug)]
enum Unsynced {
    /// Bytes that were overwritten.
    Bytes {
        path: PathBuf,
        offset: u64,
        before: Vec<u8>,
        /// How long the file was before; `None` where its length is not at stake.
        length_before: Option<u64>,
        /// A sync that was to save them has failed.
        doomed: bool,
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

    /// This step fails, counted from 1, and the machine goes on.
    pub(crate) fn fail_at(&self, step: u64) {
        self.plan().failing_step = Some(step);
    }

    /// From now on every step of this kind fails, and the machine goes on.
    pub(crate) fn fail(&self, operation: &'static str, kind: io::ErrorKind) {
        self.plan().failing = Some((operation, kind));
    }

    /// Nothing fails any more.
    pub(crate) fn mend(&self) {
        let mut plan = self.plan();
        plan.failing = None;
        plan.failing_step = None;
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

    /// Whether something that a power cut may undo is still open.
    pub(crate) fn is_all_synced(&self) -> bool {
        self.plan().unsynced.is_empty()
    }

    /// How many syncs have failed.
    pub(crate) fn failed_syncs(&self) -> u64 {
        self.plan().failed_syncs
    }

    /// What the cuts of power have cost so far.
    pub(crate) fn lost(&self) -> Lost {
        self.plan().lost
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

    /// Before each step from now on, `look` is called: what readers find between any two of them.
    pub(crate) fn watch(&self, look: Option<Box<Watch>>) {
        *self.watching.0.lock().unwrap_or_else(PoisonError::into_inner) = look;
    }

    pub(super) fn step(&self, operation: &'static str, path: &Path) -> io::Result<()> {
        self.beside.wait(path);
        if let Some(look) = &mut *self.watching.0.lock().unwrap_or_else(PoisonError::into_inner) {
            look();
        }
        let mut plan = self.plan();
        plan.steps += 1;
        if plan.dead || plan.last_step.is_some_and(|last| plan.steps >= last) {
            plan.dead = true;
            return Err(io::Error::other("the machine stopped"));
        }
        let failing = plan.failing.filter(|(failing, _)| *failing == operation);
        let at_step = plan.failing_step.filter(|failing| *failing == plan.steps);
        let failing = failing.or(at_step.map(|_| (operation, io::ErrorKind::Other)));
        if let Some((_, kind)) = failing {
            match operation {
                "fdatasync" | "fsync" => plan.doom(Some(path)),
                "syncfs" => plan.doom(None),
                _ => {}
            }
            return Err(kind.into());
        }
        plan.log.push((operation, path.to_owned()));
        Ok(())
    }

    pub(super) fn step_write(&self, file: &File, path: &Path, bytes: &[u8], offset: u64) -> io::Result<()> {
        let was_dead = self.plan().dead;
        let result = self.step("write", path);
        let is_torn = match &result {
            Ok(()) => false,
            // What stops within a write leaves some of it, and so does a disk that is full.
            Err(error) if self.plan().dead && !was_dead || error.kind() == io::ErrorKind::StorageFull => true,
            Err(_) => return result,
        };
        let before = before(file, offset, bytes.len());
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        let mut plan = self.plan();
        plan.unsynced.push(Unsynced::Bytes {
            path: path.to_owned(),
            offset,
            before,
            length_before: (length < offset + bytes.len() as u64).then_some(length),
            doomed: false,
        });
        if is_torn {
            // Between two sectors, and always the same two where the same steps led here.
            let share = usize::try_from(plan.steps * 31 % 100).unwrap_or(0);
            let end = (offset + (bytes.len() * share / 100) as u64) / SECTOR_BYTES as u64;
            let written = (end * SECTOR_BYTES as u64).saturating_sub(offset);
            let written = usize::try_from(written).unwrap_or(0);
            plan.lost.torn_writes += 1;
            file.write_all_at(&bytes[..written], offset)?;
        }
        result
    }

    /// What of this file waited is saved, and with it the pages that were written anew after a sync that
    /// failed.
    pub(super) fn data_synced(&self, synced: &Path) {
        self.plan().saved(|path| path == synced);
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
        let mut plan = self.plan();
        plan.saved(|_| true);
        plan.unsynced
            .retain(|what| matches!(what, Unsynced::Bytes { doomed: true, .. }));
    }

    /// A file was made, or emptied: what was written to it before is of no account.
    pub(super) fn created(&self, path: &Path) {
        self.plan()
            .unsynced
            .retain(|what| !matches!(what, Unsynced::Bytes { path: written, .. } if written == path));
        self.named(path);
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
}

impl Plan {
    /// A sync of this file, or of all, has failed: what it was to save is clean to the system, page by page,
    /// and not on the disk.
    fn doom(&mut self, synced: Option<&Path>) {
        self.failed_syncs += 1;
        for what in std::mem::take(&mut self.unsynced) {
            match what {
                Unsynced::Bytes {
                    path, offset, before, ..
                } if synced.is_none_or(|synced| synced == path) => {
                    self.unsynced.extend(in_pages(&path, offset, &before));
                }
                what => self.unsynced.push(what),
            }
        }
    }

    fn saved(&mut self, is_synced: impl Fn(&Path) -> bool) {
        let mut written_anew = BTreeSet::new();
        for what in &self.unsynced {
            if let Unsynced::Bytes {
                path,
                offset,
                before,
                doomed: false,
                ..
            } = what
                && is_synced(path)
            {
                let pages = page_of(*offset)..=page_of(offset + before.len().max(1) as u64 - 1);
                written_anew.extend(pages.map(|page| (path.clone(), page)));
            }
        }
        self.unsynced.retain(|what| match what {
            Unsynced::Bytes {
                path,
                offset,
                doomed: true,
                ..
            } => !written_anew.contains(&(path.clone(), page_of(*offset))),
            Unsynced::Bytes { path, .. } => !is_synced(path),
            _ => true,
        });
    }
}

fn page_of(offset: u64) -> u64 {
    offset / BLOCK_BYTES as u64
}

/// Bytes that are doomed, cut where pages end.
fn in_pages<'a>(path: &'a Path, offset: u64, before: &'a [u8]) -> impl Iterator<Item = Unsynced> + 'a {
    let first = (BLOCK_BYTES - usize::try_from(offset % BLOCK_BYTES as u64).unwrap_or(0)).min(before.len());
    let (head, rest) = before.split_at(first);
    let rest = rest.chunks(BLOCK_BYTES).zip(0_u64..);
    let rest = rest.map(move |(page, number)| (offset + first as u64 + number * BLOCK_BYTES as u64, page));
    std::iter::once((offset, head))
        .chain(rest)
        .map(|(offset, before)| Unsynced::Bytes {
            path: path.to_owned(),
            offset,
            before: before.to_vec(),
            length_before: None,
            doomed: true,
        })
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

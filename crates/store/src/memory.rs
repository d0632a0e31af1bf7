//! A store in memory that fails when it is told to: for tests of whatever uses a store.
//!
//! [`MemoryDisk`] is what survives a crash; [`Memory`] is a store that has it open. Dropping the store
//! without closing it is the crash, opening the disk again is the restart. The same contract suite runs
//! against it as against [`crate::Embedded`], so a test that passes here means something there.

mod reader;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ledger::hash::{EMPTY_ROOT, Hash};
use protocol::digest::Commitment;
use protocol::exchange::types::Commit;

use crate::contract::check::check;
use crate::contract::{Progress, Reader, Store, StoreError};
use crate::disk::DiskError;
use crate::embedded::{IndexReport, OpenError, OpenReport, TornTail};
use crate::head::Released;
use reader::Kept;

/// What happens to a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is refused before anything is written; the store can be used as before.
    DiskFull,
    /// The write fails: nothing is there after a restart. Final.
    WriteFails,
    /// Some of it is written, then the machine stops: cut at the next start. Final.
    Torn,
    /// All of it is written, and then `fsync` says that it failed: it is there after a restart, although
    /// nobody was told. Final.
    SyncFails,
    /// The disk says that it is durable, and loses it with the next crash, with all that follows.
    SyncLies,
}

/// What survives a crash. Cloning gives another handle on the same disk.
#[derive(Debug, Clone, Default)]
pub struct MemoryDisk {
    kept: Arc<Mutex<OnDisk>>,
}

#[derive(Debug, Default)]
struct OnDisk {
    batches: Vec<Commit>,
    /// How many of the batches survive a crash.
    survive: Option<usize>,
    released: Option<Released>,
    faults: BTreeMap<u64, Fault>,
    commits_seen: u64,
    torn_bytes: Option<u64>,
    in_use: bool,
}

impl MemoryDisk {
    /// An empty disk without faults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Plans a fault for the commit with this number, counted from 1 over all restarts.
    pub fn plan(&self, commit_number: u64, fault: Fault) {
        self.kept().faults.insert(commit_number, fault);
    }

    /// Opens the store on this disk, as after a crash or a start.
    ///
    /// # Errors
    /// [`OpenError::InUse`] when it is open, [`OpenError::BehindReleased`] when the disk lost what was
    /// released.
    pub fn open(&self) -> Result<(Memory, OpenReport), OpenError> {
        let mut on_disk = self.kept();
        if on_disk.in_use {
            return Err(OpenError::InUse {
                file: PathBuf::from("memory/lock"),
            });
        }
        if let Some(survive) = on_disk.survive.take() {
            on_disk.batches.truncate(survive);
        }
        let kept = Kept::new();
        for batch in &on_disk.batches {
            let levels = kept.levels();
            let checked = check(batch, &levels).map_err(|_| OpenError::Damaged {
                file: PathBuf::from("memory"),
                index: Some(batch.first_index),
                what: "a batch that cannot be committed",
            })?;
            kept.add(batch, checked);
        }
        let (size, root) = (kept.size(), kept.edge().root());
        let released = on_disk.released.unwrap_or(Released {
            size: 0,
            root: EMPTY_ROOT,
        });
        if released.size > size {
            return Err(OpenError::BehindReleased {
                size,
                released: released.size,
            });
        }
        on_disk.in_use = true;
        let torn = on_disk.torn_bytes.take().map(|bytes| TornTail {
            file: PathBuf::from("memory"),
            bytes,
            size,
        });
        let index = IndexReport::Rebuilt {
            reason: "there was none".to_owned(),
            set_aside: None,
        };
        let report = OpenReport {
            size,
            root,
            released,
            torn,
            rewritten_bytes: 0,
            index,
        };
        drop(on_disk);
        Ok((
            Memory {
                disk: self.clone(),
                kept: Arc::new(kept),
                stopped: false,
            },
            report,
        ))
    }

    fn kept(&self) -> MutexGuard<'_, OnDisk> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store that has a [`MemoryDisk`] open.
#[derive(Debug)]
pub struct Memory {
    disk: MemoryDisk,
    kept: Arc<Kept>,
    stopped: bool,
}

impl Memory {
    fn write(&mut self, commit: &Commit) -> Result<(), StoreError> {
        let mut disk = self.disk.kept();
        disk.commits_seen += 1;
        let seen = disk.commits_seen;
        let failed = |operation, kind: std::io::ErrorKind| {
            StoreError::Disk(DiskError {
                operation,
                path: PathBuf::from("memory"),
                source: kind.into(),
            })
        };
        match disk.faults.remove(&seen) {
            Some(Fault::DiskFull) => {
                return Err(StoreError::DiskFull {
                    free_bytes: 0,
                    needed_bytes: 1,
                });
            }
            Some(Fault::WriteFails) => return Err(failed("write", std::io::ErrorKind::Other)),
            Some(Fault::Torn) => {
                disk.torn_bytes = Some(commit.leaves.iter().map(|leaf| leaf.len() as u64).sum());
                return Err(failed("write", std::io::ErrorKind::WriteZero));
            }
            Some(Fault::SyncFails) => {
                disk.batches.push(commit.clone());
                return Err(failed("fdatasync", std::io::ErrorKind::Other));
            }
            Some(Fault::SyncLies) => {
                let survive = disk.batches.len();
                disk.survive.get_or_insert(survive);
            }
            None => {}
        }
        disk.batches.push(commit.clone());
        Ok(())
    }

    fn ending(&mut self, result: Result<(), StoreError>) -> Result<(), StoreError> {
        self.stopped |= result.as_ref().is_err_and(StoreError::is_final);
        result
    }

    fn check_running(&self) -> Result<(), StoreError> {
        if self.stopped {
            Err(StoreError::Stopped)
        } else {
            Ok(())
        }
    }
}

impl Store for Memory {
    fn commit(&mut self, commit: &Commit) -> Result<(), StoreError> {
        self.check_running()?;
        let checked = check(commit, &self.kept.levels())?;
        let written = self.write(commit);
        self.ending(written)?;
        self.kept.add(commit, checked);
        Ok(())
    }

    fn note_released(&mut self, size: u64, root: Hash) -> Result<(), StoreError> {
        self.check_running()?;
        let released = Released { size, root };
        let before = self.disk.kept().released.unwrap_or(Released {
            size: 0,
            root: EMPTY_ROOT,
        });
        let committed = self.kept.size();
        if released == before {
            return Ok(());
        }
        if size <= before.size || size > committed {
            let noted_size = before.size.min(committed);
            return Err(StoreError::ReleasedAnother { noted_size, size });
        }
        self.disk.kept().released = Some(released);
        Ok(())
    }

    fn maintain(&mut self) -> Result<Progress, StoreError> {
        self.check_running()?;
        Ok(Progress::Idle)
    }

    fn erase(&mut self, payloads: &BTreeSet<Commitment>) -> Result<Progress, StoreError> {
        self.check_running()?;
        for batch in &mut self.disk.kept().batches {
            let kept = batch.payloads.iter();
            batch.payloads = kept
                .filter(|payload| !payloads.contains(&payload.commitment()))
                .cloned()
                .collect();
        }
        self.kept.erase(payloads);
        Ok(Progress::Idle)
    }

    fn reader(&self) -> Arc<dyn Reader> {
        Arc::clone(&self.kept) as Arc<dyn Reader>
    }

    fn close(self: Box<Self>) -> Result<(), StoreError> {
        self.check_running()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.disk.kept().in_use = false;
    }
}

#[cfg(test)]
mod tests;

//! sled 0.34, contained (security.md, section 4).
//!
//! sled's `flush` calls `sync_file_range`, never `fsync`; opened on a full disk, or killed while it
//! opens, it may refuse to open for ever; a flipped bit makes it panic. So it holds nothing that a promise
//! rests on, and here stands everything that is done to live with it: the lock is taken before (by
//! [`crate::lock`]), unfinished snapshots are removed, it is opened only with space to spare, panics are
//! caught, and a sled that is not as it should be is moved aside, kept, and made anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;

use super::KeyValues;
use crate::disk::{self, Disk, DiskError};
use crate::embedded::{OpenError, Settings};
use crate::limits::INDEX_LOCK_PAUSE;

/// The directory's name of the store's own index.
pub(crate) const INDEX_DIRECTORY: &str = "index";
/// Where an index goes that is not to be used.
const ASIDE_DIRECTORY: &str = "set-aside";
/// sled's log, which it locks.
const LOG_FILE: &str = "db";
/// How sled 0.34 begins the error that it gives when it finds its log locked: it has no kind for it.
const LOCKED: &str = "could not acquire lock";
/// sled writes at least this much into a finished snapshot.
const SNAPSHOT_BYTES_MIN: u64 = 13;

/// An index that was asked to open.
#[derive(Debug)]
pub(crate) enum Opened {
    /// It opened. Whether it agrees with the ledger is still to be seen.
    Usable(KeyValues),
    /// It must be made anew, for this reason.
    Unusable(String),
}

/// Opens the index in the directory `name`.
pub(crate) fn open(disk: &Disk, name: &str, settings: &Settings) -> Result<Opened, OpenError> {
    let path = disk.root().join(name);
    if suspect_file(disk, name).exists() {
        return Ok(Opened::Unusable(
            "it was found to be wrong while it was used".to_owned(),
        ));
    }
    let needed_bytes = size_bytes(&path)?
        .saturating_mul(2)
        .saturating_add(settings.index_headroom_bytes);
    let free_bytes = disk.free_bytes()?;
    if free_bytes < needed_bytes {
        return Err(OpenError::DiskFull {
            free_bytes,
            needed_bytes,
        });
    }
    remove_unfinished_snapshots(&path)?;
    open_sled(&path, settings)
}

/// sled's own threads may hold its log a moment longer than the store that was closed before; so a locked
/// log is waited for, and never taken for a damaged one. The store's own lock is ours already.
fn open_sled(path: &Path, settings: &Settings) -> Result<Opened, OpenError> {
    let config = sled::Config::new()
        .path(path)
        .cache_capacity(settings.index_cache_bytes)
        .flush_every_ms(None);
    let opened = until_unlocked(settings, || {
        let error = match catch_unwind(AssertUnwindSafe(|| config.open())) {
            Ok(Ok(sled)) => return Some(Opened::Usable(KeyValues::over(sled))),
            Ok(Err(error)) => error.to_string(),
            Err(_) => return Some(Opened::Unusable("sled panicked while it opened".to_owned())),
        };
        (!error.contains(LOCKED)).then_some(Opened::Unusable(error))
    });
    opened.ok_or_else(|| OpenError::InUse {
        file: path.join(LOG_FILE),
    })
}

/// Asks until there is an answer, and as often again as the settings say where something is locked.
fn until_unlocked<T>(settings: &Settings, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    for _ in 0..settings.index_lock_tries {
        let answer = ask();
        if answer.is_some() {
            return answer;
        }
        thread::sleep(INDEX_LOCK_PAUSE);
    }
    ask()
}

/// Remembers, past the end of this process, that the index is to be made anew.
pub(crate) fn mark_suspect(disk: &Disk, name: &str) -> Result<(), DiskError> {
    disk.write_durably(&suspect_file(disk, name), b"")
}

/// Written when the index was found to be wrong: it is made anew at the next start.
fn suspect_file(disk: &Disk, name: &str) -> PathBuf {
    disk.root().join(format!("{name}-suspect"))
}

/// Moves the index aside; returns where it is now, `None` if there was none.
pub(crate) fn set_aside(disk: &Disk, name: &str) -> Result<Option<PathBuf>, DiskError> {
    let path = disk.root().join(name);
    let mut aside = None;
    if path.exists() {
        let directory = disk.root().join(ASIDE_DIRECTORY);
        disk.create_directory(&directory)?;
        let mut names = (1_u64..).map(|number| directory.join(format!("{name}-{number}")));
        aside = names.find(|name| !name.exists());
        if let Some(aside) = &aside {
            disk.set_aside(&path, aside)?;
        }
    }
    let suspect = suspect_file(disk, name);
    if suspect.exists() {
        disk.remove(&suspect)?;
    }
    Ok(aside)
}

/// Erases whatever was moved aside: it was kept for whoever wants to know why, and may hold what must not be
/// kept any more `[ERASE]`.
pub(crate) fn erase_set_aside(disk: &Disk) -> Result<(), DiskError> {
    disk.erase_directory(&disk.root().join(ASIDE_DIRECTORY))
}

/// Waits until sled's threads have let go of a log that was closed: they write no more then.
pub(crate) fn wait_until_closed(path: &Path, settings: &Settings) -> Result<(), OpenError> {
    let file = path.join(LOG_FILE);
    let log = std::fs::File::open(&file).map_err(disk::error("open", &file))?;
    let exclusive = rustix::fs::FlockOperation::NonBlockingLockExclusive;
    let locked = until_unlocked(settings, || rustix::fs::flock(&log, exclusive).ok());
    locked.ok_or(OpenError::InUse { file })
}

/// What sled leaves behind when it is killed or runs out of space while it writes a snapshot. It can
/// be made again from sled's log; left there, it keeps sled from opening.
fn remove_unfinished_snapshots(path: &Path) -> Result<(), DiskError> {
    for name in disk::list(path)?
        .into_iter()
        .filter(|name| name.starts_with("snap."))
    {
        let snapshot = path.join(&name);
        let length = snapshot.metadata().map_err(disk::error("stat", &snapshot))?.len();
        if name.ends_with(".generating") || length < SNAPSHOT_BYTES_MIN {
            tracing::warn!(file = %snapshot.display(), "removed an unfinished snapshot of the index");
            std::fs::remove_file(&snapshot).map_err(disk::error("remove", &snapshot))?;
        }
    }
    Ok(())
}

/// The bytes of all files in a directory and those below.
fn size_bytes(path: &Path) -> Result<u64, DiskError> {
    let mut total = 0_u64;
    for name in disk::list(path)? {
        let file = path.join(name);
        let metadata = file.symlink_metadata().map_err(disk::error("stat", &file))?;
        total = total.saturating_add(if metadata.is_dir() {
            size_bytes(&file)?
        } else {
            metadata.len()
        });
    }
    Ok(total)
}

#[cfg(test)]
mod tests;

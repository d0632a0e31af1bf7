//! Moving a log that has ended to cold storage, and putting it back. Both are done while no node runs.
//!
//! What leaves the store is a folder as everybody exports a ledger: checkpoint, tiles and bundles, its key
//! beside it. It verifies by itself, and as the log before the one that follows it. It is read back and
//! checked whole before the store gives up its own; a crash at any step leaves the log in the store, or in
//! both places.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use ledger::limits::MAX_BUNDLE_BYTES;
use ledger::note::VerifierKey;
use ledger::tile::tiles_for_size;
use protocol::entry::Entry;

use super::{Embedded, open};
use crate::away;
use crate::contract::{Kept, Log, ReadError, Reader, Store as _, StoreError};
use crate::disk::{self, Disk, DiskError};
use crate::embedded::{OpenError, Settings};
use crate::logs::{self, Ended};
use crate::tiles::{TileFiles, directory_name};

/// A log that was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedLog {
    /// Its origin.
    pub origin: String,
    /// The position of its first leaf.
    pub first: u64,
    /// Its leaves.
    pub size: u64,
}

/// Why a log was not moved. The store is as it was.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The store does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// No log that has ended has this year or origin: the newest one stays.
    #[error("no log that has ended is named {0}")]
    NoSuchLog(String),
    /// It is in cold storage, or not.
    #[error("the log {0} is not where it would have to be for this")]
    Elsewhere(String),
    /// Something that it recorded is not settled.
    #[error("the log is still needed: {0} of its entries wait to be delivered, opened or pulled")]
    StillNeeded(usize),
    /// There is something at the place where it is to go.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// The folder does not hold this log, whole.
    #[error("{} does not hold this log, whole", .0.display())]
    OtherLog(PathBuf),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// What is stored cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store could not be closed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A log that has ended, as the leaf says that begins the next one.
struct Found {
    log: Log,
    key: VerifierKey,
    checkpoint: String,
}

impl Embedded {
    /// Moves a log that has ended, named by its year or its origin, to the folder `to`, which must not be
    /// there
    /// yet. Its key goes beside the folder, as `to.vkey`.
    ///
    /// # Errors
    /// [`MoveError`]; among others while a node runs, and while something in the log is not settled.
    pub fn move_log_away(store: &Path, named: &str, to: &Path) -> Result<MovedLog, MoveError> {
        let disk = Disk::new(store);
        let (opened, _) = Self::open(store, &Settings::default())?;
        let reader = opened.reader();
        let found = find(&*reader, named)?;
        let log = found.log;
        if log.kept == Kept::Away {
            return Err(MoveError::Elsewhere(named.to_owned()));
        }
        let needed = still_needed(&*reader, &log)?;
        if needed > 0 {
            return Err(MoveError::StillNeeded(needed));
        }
        if to.exists() {
            return Err(MoveError::Exists(to.to_owned()));
        }
        copy(&*reader, &found, to)?;
        let levels = TileFiles::elsewhere(to).ended(log.size)?;
        let levels = levels.filter(|levels| levels.edge().root() == log.root);
        let levels = levels.ok_or_else(|| MoveError::OtherLog(to.to_owned()))?;
        TileFiles::elsewhere(to).check_all(&levels)?;

        let mut ended = logs::read(&disk)?;
        let mine = ended.iter_mut().find(|ended| ended.first == log.first);
        let mine = mine.ok_or_else(|| MoveError::NoSuchLog(named.to_owned()))?;
        mine.kept = Kept::Away;
        let mine = *mine;
        let mut positions = reader.key_changes()?;
        positions.retain(|position| (log.first..log.end()).contains(position));
        let kept = away::encode(&*reader, &mine, &positions)?;
        disk.write_durably(&away::file(&disk, log.first), &kept)?;
        logs::write(&disk, &ended)?;
        Box::new(opened).close()?;
        drop(reader);
        let directory = store.join(directory_name(log.first));
        fs::remove_dir_all(&directory).map_err(disk::error("remove", &directory))?;
        disk.sync_directory(store)?;
        Ok(found.moved())
    }

    /// Puts a log back from the folder `from`, which is left as it is.
    ///
    /// # Errors
    /// [`MoveError`]; among others while a node runs, and when the folder does not hold this log, whole.
    pub fn put_log_back(store: &Path, named: &str, from: &Path) -> Result<MovedLog, MoveError> {
        let disk = Disk::new(store);
        // Perhaps it is put back because the index is to be made anew.
        let opened = open::open_without_index(&disk)?;
        let found = find(&opened, named)?;
        let log = found.log;
        if log.kept == Kept::Here {
            return Err(MoveError::Elsewhere(named.to_owned()));
        }
        let outside = TileFiles::elsewhere(from);
        let levels = outside.ended(log.size)?;
        let levels = levels.filter(|levels| levels.edge().root() == log.root);
        let levels = levels.ok_or_else(|| MoveError::OtherLog(from.to_owned()))?;
        outside.check_all(&levels)?;
        let inside = TileFiles::new(store, log.first);
        for path in tiles_for_size(log.size) {
            let bytes = disk::read(&outside.file(&path), MAX_BUNDLE_BYTES)?;
            let bytes = bytes.ok_or_else(|| MoveError::OtherLog(from.to_owned()))?;
            inside.write(&disk, vec![(path, bytes)])?;
        }
        inside.check_all(&levels)?;
        let mut ended: Vec<Ended> = logs::read(&disk)?;
        for known in &mut ended {
            if known.first == log.first {
                known.kept = Kept::Here;
            }
        }
        logs::write(&disk, &ended)?;
        disk.remove(&away::file(&disk, log.first))?;
        Ok(found.moved())
    }
}

impl Found {
    fn moved(&self) -> MovedLog {
        MovedLog {
            origin: self.key.name().to_owned(),
            first: self.log.first,
            size: self.log.size,
        }
    }
}

/// The log that has ended under this name: what it was called, the next one's first leaf says.
fn find(reader: &dyn Reader, named: &str) -> Result<Found, MoveError> {
    let logs = reader.logs();
    for (log, next) in logs.iter().zip(logs.iter().skip(1)) {
        let begun = Entry::decode(&reader.leaf(next.first)?);
        let Ok(Entry::LogBegun { last, old, .. }) = begun else {
            continue;
        };
        if old.name() == named || old.name().rsplit('/').next() == Some(named) {
            return Ok(Found {
                log: *log,
                key: *old,
                checkpoint: last,
            });
        }
    }
    Err(MoveError::NoSuchLog(named.to_owned()))
}

/// How many of its entries must be at hand for what is still to be done.
fn still_needed(reader: &dyn Reader, log: &Log) -> Result<usize, ReadError> {
    let outbox = reader.outbox()?.into_iter().map(|record| record.index);
    let unopened = reader.unopened()?.into_iter().map(|(_, index)| index);
    let pulling = reader.pulling()?.into_iter().map(|(_, index)| index);
    let all = outbox.chain(unopened).chain(pulling);
    Ok(all.filter(|index| (log.first..log.end()).contains(index)).count())
}

/// Writes the log as files, each verified as it is read, and makes them durable.
fn copy(reader: &dyn Reader, found: &Found, to: &Path) -> Result<(), MoveError> {
    let log = &found.log;
    for path in tiles_for_size(log.size) {
        let bytes = reader.tile_of(log.first, &path)?;
        let bytes = bytes.ok_or(ReadError::OutOfRange {
            asked: log.first,
            size: reader.size(),
        })?;
        write(&to.join(path.to_string()), &bytes)?;
    }
    write(&to.join("checkpoint"), found.checkpoint.as_bytes())?;
    let mut key = to.as_os_str().to_owned();
    key.push(".vkey");
    write(Path::new(&key), format!("{}\n", found.key).as_bytes())?;
    sync_folders(to)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), MoveError> {
    let parent = disk::parent_of(path);
    fs::create_dir_all(parent).map_err(disk::error("create directory", parent))?;
    let write = || -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    Ok(write().map_err(disk::error("write", path))?)
}

/// Makes the names in a folder durable, and its own.
fn sync_folders(folder: &Path) -> Result<(), MoveError> {
    let mut open = vec![disk::parent_of(folder).to_owned(), folder.to_owned()];
    while let Some(path) = open.pop() {
        let sync = || File::open(&path)?.sync_all();
        sync().map_err(disk::error("fsync directory", &path))?;
        if path.starts_with(folder) {
            let names = disk::list(&path)?;
            open.extend(
                names
                    .iter()
                    .map(|name| path.join(name))
                    .filter(|path| path.is_dir()),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

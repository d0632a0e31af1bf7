//! The folder in which sets lie.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::format::{LedgerHead, SET_FILE, SetDocument, Sum, hex};
use super::{BackupError, at, damaged};

/// What a set begins with that is not complete.
const MAKING: &str = ".making-";
const LOCK: &str = ".lock";

/// A set, in one look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetSummary {
    /// Its name.
    pub set: String,
    /// The full set that its chain begins with.
    pub chain: String,
    /// The node.
    pub node: String,
    /// When its first file was copied.
    pub begun_at: Timestamp,
    /// How far the ledger went.
    pub ledger: LedgerHead,
    /// All files of the node.
    pub files: u64,
    /// How long they are together.
    pub bytes: u64,
    /// How long the set is, encrypted.
    pub stored_bytes: u64,
}

/// A set with its document.
#[derive(Debug, Clone)]
pub(super) struct Set {
    pub(super) folder: PathBuf,
    pub(super) document: SetDocument,
    /// The document as it lies there.
    pub(super) bytes: Vec<u8>,
}

impl Set {
    pub(super) fn summary(&self) -> SetSummary {
        let document = &self.document;
        SetSummary {
            set: document.set.clone(),
            chain: document.chain.clone(),
            node: document.node.clone(),
            begun_at: document.begun_at,
            ledger: document.ledger.clone(),
            files: document.files,
            bytes: document.bytes,
            stored_bytes: document.sums.iter().map(|sum| sum.bytes).sum(),
        }
    }

    pub(super) fn sha256(&self) -> String {
        hex(&Sha256::digest(&self.bytes))
    }

    /// Opens one of its files; what is read is hashed on the way.
    pub(super) fn open(&self, sum: &Sum) -> Result<Hashed<File>, BackupError> {
        let path = self.folder.join(&sum.file);
        let file = File::open(&path).map_err(at(&path))?;
        Ok(Hashed::new(file))
    }
}

/// All sets of a folder, the oldest first. What is not complete has no name, and is none.
pub(super) fn sets(folder: &Path) -> Result<Vec<Set>, BackupError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let entry = entry.map_err(at(folder))?;
        if entry.path().join(SET_FILE).is_file() {
            names.extend(entry.file_name().into_string().ok());
        }
    }
    names.retain(|name| !name.starts_with('.'));
    names.sort_unstable();
    names.into_iter().map(|name| set(folder, &name)).collect()
}

/// One set.
pub(super) fn set(folder: &Path, name: &str) -> Result<Set, BackupError> {
    let folder = folder.join(name);
    let (document, bytes) = SetDocument::read(&folder)?;
    Ok(Set {
        folder,
        document,
        bytes,
    })
}

/// The sets that a set is made of, from the full one on. Each says which one it goes on from, and its sum.
pub(super) fn chain(all: &[Set], newest: &Set) -> Result<Vec<Set>, BackupError> {
    let mut chain = vec![newest.clone()];
    let mut set = newest;
    while let Some(previous) = &set.document.previous {
        let found = all.iter().find(|other| other.document.set == previous.set);
        let before = found.ok_or_else(|| {
            damaged(
                &set.folder,
                format!("it goes on from the set {}, which is missing", previous.set),
            )
        })?;
        let is_before = before.document.set < set.document.set && before.document.chain == set.document.chain;
        if before.sha256() != previous.sha256 || !is_before {
            return Err(damaged(
                &before.folder,
                format!("it is not the set that {} goes on from", previous.set),
            ));
        }
        chain.push(before.clone());
        set = before;
    }
    chain.reverse();
    Ok(chain)
}

/// The right to make a set in a folder; goes with the process.
pub(super) struct Making {
    folder: PathBuf,
    pub(super) stage: PathBuf,
    _lock: File,
}

impl Making {
    /// Takes the right, makes the folder where it is missing, and removes what was never finished.
    pub(super) fn begin(folder: &Path) -> Result<Self, BackupError> {
        make_folder(folder)?;
        let lock = folder.join(LOCK);
        let mut options = File::options();
        options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&lock).map_err(at(&lock))?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| BackupError::Busy(folder.to_owned()))?;
        for entry in fs::read_dir(folder).map_err(at(folder))? {
            let entry = entry.map_err(at(folder))?;
            if entry.file_name().to_string_lossy().starts_with(MAKING) {
                fs::remove_dir_all(entry.path()).map_err(at(&entry.path()))?;
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            stage: folder.join(format!("{MAKING}{}", std::process::id())),
            _lock: file,
        })
    }

    /// An empty stage.
    pub(super) fn clear(&self) -> Result<(), BackupError> {
        match fs::remove_dir_all(&self.stage) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&self.stage)(error)),
            _ => {}
        }
        make_folder(&self.stage)
    }

    /// A file on the stage, hashed as it is written.
    pub(super) fn create(&self, name: &str) -> Result<Hashed<File>, BackupError> {
        let path = self.stage.join(name);
        let mut options = File::options();
        let file = options.write(true).create_new(true).mode(0o600).open(&path);
        file.map(Hashed::new).map_err(at(&path))
    }

    /// Makes a file durable, and gives its sum.
    pub(super) fn sum(&self, name: &str, written: Hashed<File>) -> Result<Sum, BackupError> {
        let path = self.stage.join(name);
        written.inner.sync_all().map_err(at(&path))?;
        let (bytes, sha256) = written.finish();
        Ok(Sum {
            file: name.to_owned(),
            bytes,
            sha256,
        })
    }

    /// All is on the disk: the stage gets the set's name.
    pub(super) fn publish(self, set: &str) -> Result<PathBuf, BackupError> {
        let synced = |path: &Path| {
            File::open(path)
                .and_then(|folder| folder.sync_all())
                .map_err(at(path))
        };
        synced(&self.stage)?;
        let named = self.folder.join(set);
        fs::rename(&self.stage, &named).map_err(at(&named))?;
        synced(&self.folder)?;
        Ok(named)
    }
}

/// Removes all chains but the newest `keep`. Gives the names of the sets that are gone.
pub(super) fn prune(folder: &Path, keep: usize) -> Result<Vec<String>, BackupError> {
    let all = sets(folder)?;
    let mut chains: Vec<&str> = all.iter().map(|set| set.document.chain.as_str()).collect();
    chains.sort_unstable();
    chains.dedup();
    let gone: Vec<&str> = chains.iter().rev().skip(keep.max(1)).copied().collect();
    let mut removed = Vec::new();
    // The newest of a chain first: what is left after a crash is a chain still.
    for set in all.iter().rev() {
        if gone.contains(&set.document.chain.as_str()) {
            // Without its document it is no set any more.
            let document = set.folder.join(SET_FILE);
            fs::remove_file(&document).map_err(at(&document))?;
            fs::remove_dir_all(&set.folder).map_err(at(&set.folder))?;
            removed.push(set.document.set.clone());
        }
    }
    Ok(removed)
}

fn make_folder(folder: &Path) -> Result<(), BackupError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(at(folder))
}

/// A file that is hashed as it is read or written.
pub(super) struct Hashed<T> {
    inner: T,
    hash: Sha256,
    bytes: u64,
}

impl<T> Hashed<T> {
    pub(super) fn new(inner: T) -> Self {
        Self {
            inner,
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    /// Length and SHA-256 of what passed.
    pub(super) fn finish(self) -> (u64, String) {
        (self.bytes, hex(&self.hash.finalize()))
    }
}

impl<T: Write> Write for Hashed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.inner.write(bytes)?;
        self.hash.update(&bytes[..length]);
        self.bytes += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Hashed<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.hash.update(&buffer[..length]);
        self.bytes += length as u64;
        Ok(length)
    }
}

/// Reads what is left, so that all of it is hashed, and compares.
pub(super) fn compare(path: &Path, mut read: Hashed<File>, sum: &Sum) -> Result<(), BackupError> {
    io::copy(&mut read, &mut io::sink()).map_err(at(path))?;
    let (bytes, sha256) = read.finish();
    if (bytes, &sha256) == (sum.bytes, &sum.sha256) {
        return Ok(());
    }
    Err(damaged(path, "it is not what was written: its SHA-256 differs"))
}

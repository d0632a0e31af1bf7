//! Whether the sets of a folder are what was written, and can be opened; and reading the packs of a chain,
//! which restoring does as well.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use seal::{LockedKey, OpenError, Password, UnlockedKey};
use serde::Serialize;
use zeroize::Zeroizing;

use super::folder::{self, Set, SetSummary, compare};
use super::format::Sum;
use super::list::Listed;
use super::opened::{List, Wanted};
use super::pack::Reading;
use super::{BackupError, Progress, at, damaged};
use crate::limits::{KEY_FILE_BYTES_MAX, backup::KEY_FOLDER_FILE_BYTES_MAX};
use crate::secret::read_secret;

/// What was checked.
#[derive(Debug, Clone, Serialize)]
pub struct Checked {
    /// The sets that are there, the oldest first. The sums of all their files are right.
    pub sets: Vec<SetSummary>,
    /// Files of the node that were opened and compared, of all chains; none without a key.
    pub files_opened: u64,
    /// How long these are.
    pub bytes_opened: u64,
}

/// A key file and the file of its password.
#[derive(Debug, Clone)]
pub struct KeyFiles {
    /// The OpenPGP secret key.
    pub key: PathBuf,
    /// One line.
    pub password: PathBuf,
}

impl KeyFiles {
    /// Unlocks the key.
    ///
    /// # Errors
    /// When a file cannot be read, or others can read it, or the password is another one.
    pub fn unlock(&self) -> Result<UnlockedKey, BackupError> {
        let wrong = |error: &dyn std::error::Error| BackupError::Key {
            path: self.key.clone(),
            what: error.to_string(),
        };
        let key = read_secret(&self.key, None, KEY_FOLDER_FILE_BYTES_MAX)?;
        let locked = LockedKey::from_bytes(&key).map_err(|error| wrong(&error))?;
        let text = read_secret(&self.password, None, KEY_FILE_BYTES_MAX)?;
        let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = Zeroizing::new(line.strip_suffix(b"\r").unwrap_or(line).to_vec());
        let password = Password::from(line.to_vec());
        locked.unlock(&password).map_err(|error| wrong(&error))
    }
}

/// Checks every set below `folder`: its sums, that chains are whole, and, with a key, that all of it opens
/// and is what the list says.
///
/// # Errors
/// The first thing that is not as it should be.
pub fn check(
    folder: &Path,
    key: Option<&UnlockedKey>,
    progress: Progress<'_>,
) -> Result<Checked, BackupError> {
    let all = folder::sets(folder)?;
    if all.is_empty() {
        return Err(BackupError::NoSet {
            path: folder.to_owned(),
            what: "there is no set here".to_owned(),
        });
    }
    let mut checked = Checked {
        sets: all.iter().map(Set::summary).collect(),
        files_opened: 0,
        bytes_opened: 0,
    };
    let mut read = (0, 0);
    for set in &all {
        folder::chain(&all, set)?;
        for sum in &set.document.sums {
            compare(&set.folder.join(&sum.file), set.open(sum)?, sum)?;
            read = (read.0 + 1, read.1 + sum.bytes);
            progress("read", read.0, read.1);
        }
    }
    let Some(key) = key else { return Ok(checked) };
    for set in newest_of_chains(&all) {
        let chain = folder::chain(&all, set)?;
        let list = List::open(set, key)?;
        for set in &chain {
            let counted = read_packs(set, key, &list, &mut |_| Ok(None))?;
            checked.files_opened += counted.0;
            checked.bytes_opened += counted.1;
            progress("opened", checked.files_opened, checked.bytes_opened);
        }
    }
    Ok(checked)
}

fn newest_of_chains(all: &[Set]) -> Vec<&Set> {
    let is_newest = |set: &&Set| {
        let mut later = all.iter().filter(|other| other.document.set > set.document.set);
        !later.any(|other| other.document.chain == set.document.chain)
    };
    all.iter().filter(is_newest).collect()
}

/// Where a file goes that was opened; nowhere, where it is only checked.
pub(super) type Sink = Option<File>;

/// Reads the packs of a set: each file that is wanted is compared with the list, and goes where `sink` says.
/// Gives how many there were, and how long they are.
pub(super) fn read_packs(
    set: &Set,
    key: &UnlockedKey,
    list: &List,
    sink: &mut dyn FnMut(&Listed) -> Result<Sink, BackupError>,
) -> Result<(u64, u64), BackupError> {
    let mut counted = (0, 0);
    for sum in &set.document.sums {
        let Some(number) = pack_number(&sum.file) else {
            continue;
        };
        let wanted = list.of_pack(&set.document.set, number)?;
        let read = read_pack(set, sum, key, wanted, sink)?;
        counted = (counted.0 + read.0, counted.1 + read.1);
    }
    Ok(counted)
}

fn pack_number(file: &str) -> Option<u32> {
    file.strip_prefix("pack-")?.strip_suffix(".pgp")?.parse().ok()
}

fn read_pack(
    set: &Set,
    sum: &Sum,
    key: &UnlockedKey,
    mut wanted: Wanted<'_>,
    sink: &mut dyn FnMut(&Listed) -> Result<Sink, BackupError>,
) -> Result<(u64, u64), BackupError> {
    let path = set.folder.join(&sum.file);
    let wrong = |error: io::Error| unreadable(&path, &error);
    let mut source = set.open(sum)?;
    let mut counted = (0, 0);
    {
        let mut reading = Reading::begin(decrypt(key, &mut source, &path)?).map_err(wrong)?;
        while let Some(name) = reading.next_path().map_err(wrong)? {
            let Some(listed) = wanted.take_if(&name)? else {
                reading.read_file(|_| Ok(())).map_err(wrong)?;
                continue;
            };
            let mut out = sink(&listed)?;
            let finished = reading.read_file(|piece| match &mut out {
                Some(file) => file.write_all(piece),
                None => Ok(()),
            });
            let finished = finished.map_err(wrong)?;
            if (finished.bytes, &finished.sha256) != (listed.bytes, &listed.sha256) {
                return Err(damaged(&path, format!("{name} is not what the list says")));
            }
            counted = (counted.0 + 1, counted.1 + finished.bytes);
        }
        if let Some(missing) = wanted.left() {
            return Err(damaged(
                &path,
                format!("{} is not in it, and should be", missing.path),
            ));
        }
    }
    compare(&path, source, sum)?;
    Ok(counted)
}

pub(super) fn decrypt<'a>(
    key: &'a UnlockedKey,
    source: &'a mut folder::Hashed<File>,
    path: &Path,
) -> Result<seal::backup::Decrypting<'a>, BackupError> {
    seal::backup::decrypt(key, source, SystemTime::now()).map_err(|error| match error {
        OpenError::NotForUs => BackupError::Key {
            path: path.to_owned(),
            what: "it is not encrypted to this key".to_owned(),
        },
        error => damaged(path, error.to_string()),
    })
}

/// What an error means: the system's own is told as it is.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> BackupError {
    match error.raw_os_error() {
        Some(code) => at(path)(io::Error::from_raw_os_error(code)),
        None => damaged(path, error.to_string()),
    }
}

//! Small files that are there tomorrow: the register of officers, drafts, reviews, directories.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

mod summed;

pub(crate) use summed::{with_sum, without_sum, write_summed};

/// Files written by this process.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// Folders whose names this process has synced.
static SYNCED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Writes a file that only this user can read, whole or not at all, also after a power cut: aside, synced,
/// renamed, and the folder synced.
///
/// Of two who write at once one is the last; neither is mixed with the other.
///
/// # Errors
/// What the system says; the file is then as it was.
pub(crate) fn write_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    write(file, bytes, 0o600)
}

/// The same for a file that everybody may read.
///
/// # Errors
/// What the system says; the file is then as it was.
pub(crate) fn write_public(file: &Path, bytes: &[u8]) -> io::Result<()> {
    write(file, bytes, 0o644)
}

fn write(file: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    // A name of its own, so that two who write at once do not write into each other's.
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let aside = file.with_extension(format!("{number}.new"));
    let mut options = OpenOptions::new();
    let mut out = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&aside)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    fs::rename(&aside, file)?;
    sync_folder_of(file)
}

/// Says of what cannot be read where it is, and what mends it.
pub(crate) fn unreadable(file: &Path, error: &io::Error) -> io::Error {
    let what = format!(
        "{}: {error}; mend: put the file back from a backup, or move it away",
        file.display()
    );
    io::Error::new(error.kind(), what)
}

/// Removes a file, durably. One that is not there is as good.
///
/// # Errors
/// What the system says.
pub(crate) fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Ok(()) => sync_folder_of(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Overwrites a file with zeros, durably, and removes it `[ERASE]`. One that is not there is as good.
///
/// # Errors
/// What the system says.
pub(crate) fn erase(file: &Path) -> io::Result<()> {
    let mut out = match OpenOptions::new().write(true).open(file) {
        Ok(out) => out,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    // Small files only: drafts, reviews, manifests.
    let length = usize::try_from(out.metadata()?.len()).map_err(io::Error::other)?;
    out.write_all(&vec![0; length])?;
    out.sync_all()?;
    remove(file)
}

/// Makes a folder that only this user can look into, where there is none, durably: what is written into it
/// must not be lost with its name.
///
/// One that is there may be what a process has left that was killed before it synced the name: so each is
/// synced once in the life of this process.
///
/// # Errors
/// What the system says.
pub(crate) fn make_private_folder(folder: &Path) -> io::Result<()> {
    let is_known = SYNCED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .contains(folder);
    if is_known && folder.is_dir() {
        return Ok(());
    }
    let missing: Vec<&Path> = folder.ancestors().take_while(|above| !above.is_dir()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // From the top down; the last is the folder itself, also when none was missing.
    for made in missing.into_iter().skip(1).rev().chain([folder]) {
        sync_folder_of(made)?;
    }
    SYNCED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(folder.to_owned());
    Ok(())
}

/// Makes durable what was made, renamed or removed in the folder that this file, or folder, lies in.
///
/// # Errors
/// What the system says.
pub(crate) fn sync_folder_of(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) if folder != Path::new("") => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests;

//! Erasing what is on the disk `[ERASE]`: overwritten first, then removed.
//!
//! Where the file system writes in place (ext4, XFS), nothing of a file is left on the disk then, not in free
//! blocks either. Where it does not (copy on write, flash memory that moves blocks, snapshots, backups), only
//! an encrypted disk whose key goes helps: the operator's manual says so.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{Disk, DiskError, STAGING, error, list, parent_of};

/// What a name in there begins with whose bytes are erased: see [`Disk::erase`].
pub(crate) const ERASING_PREFIX: &str = "erasing-";

/// How much of a file is overwritten with one write.
const OVERWRITE_STEP_BYTES: usize = 1024 * 1024;

impl Disk {
    /// Where a file of this name lies before it has its own.
    pub(crate) fn staged_path(&self, name: &str) -> PathBuf {
        self.root.join(STAGING).join(name)
    }

    /// Gives a file a second name, which nobody need find after a crash.
    pub(crate) fn link(&self, path: &Path, link: &Path) -> Result<(), DiskError> {
        self.step("link", link)?;
        match fs::hard_link(path, link) {
            // Left by a step that a full disk has ended.
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {
                fs::remove_file(link).map_err(error("remove", link))?;
                fs::hard_link(path, link).map_err(error("link", link))?;
            }
            linked => linked.map_err(error("link", link))?,
        }
        #[cfg(test)]
        self.faults.named(link);
        Ok(())
    }

    /// Overwrites a file's bytes with zeros, durably, and removes it `[ERASE]`. One that is not there is no
    /// error; of one that has another name as well, only this name goes.
    ///
    /// Where the file system writes in place, nothing of the file is left on the disk. Where it does not
    /// (copy on write, flash memory, snapshots), only an encrypted disk whose key goes helps.
    pub(crate) fn erase(&self, path: &Path) -> Result<(), DiskError> {
        let file = match OpenOptions::new().write(true).open(path) {
            Ok(file) => file,
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                // It may have been removed a moment before this process began, in memory only.
                let parent = parent_of(path);
                return if parent.is_dir() {
                    self.settle_names(parent)
                } else {
                    Ok(())
                };
            }
            Err(source) => return Err(error("open", path)(source)),
        };
        let metadata = file.metadata().map_err(error("stat", path))?;
        if metadata.nlink() > 1 {
            // A crash came before another file took its place: its bytes are in use under that name.
            return self.remove(path);
        }
        let length = metadata.len();
        let zeros = vec![0; OVERWRITE_STEP_BYTES];
        let mut place = 0;
        while place < length {
            let left = usize::try_from(length - place).unwrap_or(usize::MAX);
            let zeros = &zeros[..left.min(OVERWRITE_STEP_BYTES)];
            self.write_at(&file, path, zeros, place)?;
            place += zeros.len() as u64;
        }
        self.sync_data(&file, path)?;
        self.remove(path)
    }

    /// Erases all files in a directory and those below, and the directory itself. One that is not there is no
    /// error.
    pub(crate) fn erase_directory(&self, path: &Path) -> Result<(), DiskError> {
        if !path.exists() {
            return Ok(());
        }
        for name in list(path)? {
            let path = path.join(name);
            let metadata = path.symlink_metadata().map_err(error("stat", &path))?;
            if metadata.is_dir() {
                self.erase_directory(&path)?;
            } else {
                self.erase(&path)?;
            }
        }
        self.step("remove", path)?;
        fs::remove_dir(path).map_err(error("remove", path))?;
        self.sync_directory(parent_of(path))
    }
}

#[cfg(test)]
mod tests;

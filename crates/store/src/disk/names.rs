//! Names: a file is there tomorrow only if the directory that names it was synced, and that one's parent.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::PoisonError;

use super::{Disk, DiskError, error, parent_of};

impl Disk {
    /// Makes sure that a directory and all those above it, up to the root, exist durably: a new name is
    /// synced in the directory that holds it, level by level.
    ///
    /// A directory that is there may be what a process has left that was killed before it synced the name: so
    /// each one is synced once in the life of this process.
    pub(crate) fn create_directory(&self, path: &Path) -> Result<(), DiskError> {
        if self.is_durable(path) {
            return Ok(());
        }
        let parent = parent_of(path);
        if path != self.root {
            self.create_directory(parent)?;
        } else if !parent.is_dir() {
            fs::create_dir_all(parent).map_err(error("create directory", parent))?;
        }
        let is_there = path.is_dir();
        if !is_there {
            self.step("create directory", path)?;
            match fs::create_dir(path) {
                Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(error("create directory", path)(source));
                }
                _ => {}
            }
            #[cfg(test)]
            self.faults.named(path);
        }
        match self.sync_directory(parent) {
            // Somebody has made the root for us, in a directory that we may not even read.
            Err(unreadable) if is_there && path == self.root && unreadable.is_forbidden() => {}
            synced => synced?,
        }
        let mut durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        durable.insert(path.to_owned());
        Ok(())
    }

    /// Whether the name of a directory that is there was synced by this process.
    fn is_durable(&self, path: &Path) -> bool {
        let durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        durable.contains(path) && path.is_dir()
    }

    /// Makes the names in a directory durable.
    pub(crate) fn sync_directory(&self, path: &Path) -> Result<(), DiskError> {
        self.step("fsync directory", path)?;
        let directory = File::open(path).map_err(error("open directory", path))?;
        directory.sync_all().map_err(error("fsync directory", path))?;
        #[cfg(test)]
        self.faults.directory_synced(path);
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        settled.insert(path.to_owned());
        Ok(())
    }

    /// Makes sure that the names which an earlier process gave or took in a directory are durable: it may
    /// have been killed before it synced them, so that they are in memory only. Once in the life of this
    /// process, which syncs what it does itself.
    pub(crate) fn settle_names(&self, path: &Path) -> Result<(), DiskError> {
        let is_settled = {
            let settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
            settled.contains(path)
        };
        if is_settled {
            return Ok(());
        }
        self.sync_directory(path)
    }
}

#[cfg(test)]
mod tests;

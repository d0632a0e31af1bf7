//! `reserve`: space that is kept back, and given up when the disk is full.
//!
//! Work in hand (tiles, payload files) must be able to end, because only then is a journal segment
//! freed. While the reserve is given up, no commit is accepted; it comes back when there is space.

use std::fs::{self, OpenOptions};
use std::path::PathBuf;

use crate::disk::{self, Disk, DiskError};

/// The file's name.
const RESERVE_FILE: &str = "reserve";

/// The reserve of a store.
#[derive(Debug)]
pub(crate) struct Reserve {
    path: PathBuf,
    bytes: u64,
    held: bool,
}

impl Reserve {
    /// Takes the reserve, if there is space for it.
    pub(crate) fn take(disk: &Disk, bytes: u64) -> Result<Self, DiskError> {
        let mut reserve = Self {
            path: disk.root().join(RESERVE_FILE),
            bytes,
            held: false,
        };
        reserve.restore(disk)?;
        Ok(reserve)
    }

    /// Whether it is there.
    pub(crate) fn is_held(&self) -> bool {
        self.held
    }

    /// Gives the space up. Says whether there was any to give.
    pub(crate) fn give_up(&mut self, disk: &Disk) -> Result<Given, DiskError> {
        if !self.held {
            return Ok(Given::Nothing);
        }
        self.held = false;
        if self.bytes == 0 {
            return Ok(Given::Nothing);
        }
        disk.remove(&self.path)?;
        Ok(Given::Space)
    }

    /// Takes it again. A full disk is no error: it stays given up.
    pub(crate) fn restore(&mut self, disk: &Disk) -> Result<(), DiskError> {
        if self.held {
            return Ok(());
        }
        if self.bytes == 0 {
            self.held = true;
            return Ok(());
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let file = options
            .open(&self.path)
            .map_err(disk::error("open", &self.path))?;
        match disk.allocate(&file, &self.path, self.bytes) {
            Ok(()) => {
                self.held = true;
                Ok(())
            }
            Err(error) if error.is_disk_full() => {
                fs::remove_file(&self.path).map_err(disk::error("remove", &self.path))
            }
            Err(error) => Err(error),
        }
    }
}

/// What [`Reserve::give_up`] came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    /// There is more space now.
    Space,
    /// It was given up before.
    Nothing,
}

#[cfg(test)]
mod tests;

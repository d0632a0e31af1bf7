//! `lock`: one process has the store open.
//!
//! The kernel holds the lock for as long as the file is open, so a crash releases it and no stale
//! lock is ever in the way.

use std::fs::{File, OpenOptions};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::disk::{self, Disk};
use crate::embedded::OpenError;

/// The file's name.
const LOCK_FILE: &str = "lock";

/// The exclusive right to the store, until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    /// Held open: closing it releases the lock.
    _file: File,
}

impl Lock {
    /// Takes the lock, or says that somebody else has it. Never waits.
    pub(crate) fn take(disk: &Disk) -> Result<Self, OpenError> {
        let path = disk.root().join(LOCK_FILE);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&path).map_err(disk::error("open", &path))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { _file: file }),
            Err(Errno::WOULDBLOCK) => Err(OpenError::InUse { file: path }),
            Err(errno) => Err(OpenError::Disk(disk::error("lock", &path)(errno.into()))),
        }
    }
}

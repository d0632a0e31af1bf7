//! What opening a store comes to: why it was refused, or what was found and done.

use std::path::PathBuf;

use ledger::hash::Hash;

use crate::contract::ReadError;
use crate::disk::DiskError;
use crate::head::Released;

/// Why a store was not opened. Nothing was changed, and nothing is ever deleted to recover.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("another process has this store open (it holds {})", file.display())]
    InUse {
        /// The lock.
        file: PathBuf,
    },
    /// Written by a version that came later.
    #[error(
        "{} was written by a later version ({found}): start that one; nothing was changed",
        file.display()
    )]
    Later {
        /// The file.
        file: PathBuf,
        /// Its format.
        found: String,
    },
    /// What is stored is not what was stored.
    #[error("{} is damaged{}: {what}; nothing was changed", file.display(), at(*.index))]
    Damaged {
        /// The file.
        file: PathBuf,
        /// The first leaf that is touched, where one is.
        index: Option<u64>,
        /// What does not agree.
        what: &'static str,
    },
    /// `[ROLLBACK]` An old backup was put back, or bytes were lost that others were told of.
    #[error(
        "the ledger is behind what was signed: it has {size} leaves, a checkpoint of {released} was released"
    )]
    BehindReleased {
        /// The leaves that are there.
        size: u64,
        /// The leaves that were released.
        released: u64,
    },
    /// Too little space is left to open the index safely.
    #[error("the disk is full: {free_bytes} bytes are free, {needed_bytes} are needed to open the store")]
    DiskFull {
        /// What is free, in bytes.
        free_bytes: u64,
        /// What must be free, in bytes.
        needed_bytes: u64,
    },
    /// What is to be done needs a log that was moved to cold storage.
    #[error("the log of {size} leaves, from {first} on, is in cold storage, and must be put back first")]
    InColdStorage {
        /// The position at which the log begins.
        first: u64,
        /// Its leaves.
        size: u64,
    },
    /// The index could not be made anew.
    #[error("the index could not be made: {0}")]
    Index(String),
    /// The disk failed.
    #[error("the disk failed: {0}")]
    Disk(#[from] DiskError),
}

impl From<ReadError> for OpenError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Damaged { file, index, what } => Self::Damaged { file, index, what },
            ReadError::Index(what) => Self::Index(what),
            ReadError::Disk(error) => Self::Disk(error),
            ReadError::InColdStorage { first, size, .. } => Self::InColdStorage { first, size },
            ReadError::OutOfRange { asked, .. } => Self::Index(format!("leaf {asked} is not there")),
        }
    }
}

fn at(index: Option<u64>) -> String {
    index.map_or_else(String::new, |index| format!(" at leaf {index}"))
}

/// A batch that was being written when the machine stopped. Nobody was told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The journal segment.
    pub file: PathBuf,
    /// What was cut, in bytes.
    pub bytes: u64,
    /// The ledger's size without it.
    pub size: u64,
}

/// What became of the index at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexReport {
    /// It was up to date.
    UpToDate,
    /// It was behind, and these many leaves were folded in.
    Replayed {
        /// How many.
        leaves: u64,
    },
    /// It was made anew from all leaves.
    Rebuilt {
        /// Why.
        reason: String,
        /// Where the old one is now, if there was one.
        set_aside: Option<PathBuf>,
    },
}

/// What was found and done at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenReport {
    /// The ledger's size.
    pub size: u64,
    /// The ledger's root.
    pub root: Hash,
    /// The newest checkpoint that is known to have been released.
    pub released: Released,
    /// What was cut from the journal.
    pub torn: Option<TornTail>,
    /// What was written anew behind the released checkpoint, in bytes.
    pub rewritten_bytes: u64,
    /// What became of the index.
    pub index: IndexReport,
}

/// What [`Embedded::rebuild_index`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuildReport {
    /// The leaves that were read, hashed and folded in: all of them.
    pub leaves: u64,
    /// Where the old index is now.
    pub set_aside: Option<PathBuf>,
}

#[cfg(test)]
mod tests;

//! What can go wrong with a store, by who is at fault.

use std::path::PathBuf;

use crate::disk::DiskError;

/// Why a store did not do what its writer asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The commit is for another size than the ledger has. The caller is at fault; nothing was written.
    #[error("the commit begins at leaf {found}, but the ledger has {expected} leaves")]
    NotContinuing {
        /// The ledger's size.
        expected: u64,
        /// The commit's first index.
        found: u64,
    },
    /// The commit's own figures contradict each other. The caller is at fault; nothing was written.
    #[error("the commit is not what it says: {0}")]
    Inconsistent(&'static str),
    /// A leaf of the commit is no entry. The caller is at fault; nothing was written.
    #[error("leaf {index} of the commit is no entry: {reason}")]
    NotAnEntry {
        /// The index that the leaf would have.
        index: u64,
        /// Why it could not be decoded; says nothing of its content.
        reason: protocol::decode::DecodeError,
    },
    /// The commit is larger than a batch can be. The caller is at fault; nothing was written.
    #[error("the commit is too large: {0}")]
    TooLarge(&'static str),
    /// Too little space is left to promise anything. Nothing was written; try again when there is more.
    #[error("the disk is full: {free_bytes} bytes are free, {needed_bytes} are needed")]
    DiskFull {
        /// What is free, in bytes.
        free_bytes: u64,
        /// What must be free, in bytes.
        needed_bytes: u64,
    },
    /// The note of the released checkpoint contradicts an earlier one or the ledger `[ROLLBACK]`.
    #[error("a checkpoint of size {noted_size} was released before; {size} cannot follow it")]
    ReleasedAnother {
        /// The size noted earlier, or the ledger's where that is smaller.
        noted_size: u64,
        /// The size that was to be noted.
        size: u64,
    },
    /// The disk failed. Final.
    #[error("the disk failed: {0}")]
    Disk(#[from] DiskError),
    /// What was stored is damaged. Final.
    #[error(transparent)]
    Damaged(ReadError),
    /// The index failed. Final, but nothing is lost: the next start rebuilds it.
    #[error("the index failed, and will be rebuilt at the next start: {0}")]
    Index(String),
    /// An earlier error was final: what is in memory is not to be believed any more.
    #[error("the store stopped after an earlier error")]
    Stopped,
}

impl StoreError {
    /// Whether the process must stop. If not, nothing was written.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::NotContinuing { .. }
            | Self::Inconsistent(_)
            | Self::NotAnEntry { .. }
            | Self::TooLarge(_)
            | Self::DiskFull { .. }
            | Self::ReleasedAnother { .. } => false,
            Self::Disk(_) | Self::Damaged(_) | Self::Index(_) | Self::Stopped => true,
        }
    }
}

impl From<ReadError> for StoreError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Index(what) => Self::Index(what),
            ReadError::Disk(error) => Self::Disk(error),
            error => Self::Damaged(error),
        }
    }
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The ledger has no such leaf or size. The caller is at fault.
    #[error("the ledger has {size} leaves; {asked} was asked for")]
    OutOfRange {
        /// What was asked for.
        asked: u64,
        /// The ledger's size.
        size: u64,
    },
    /// What is stored is not what was stored. Nothing of it was returned.
    #[error("{} is damaged{}: {what}", file.display(), at(*.index))]
    Damaged {
        /// The file.
        file: PathBuf,
        /// The first leaf that is touched, where one is.
        index: Option<u64>,
        /// What does not agree.
        what: &'static str,
    },
    /// The leaf, or the tree, is of a log that was moved to cold storage. Nothing is wrong; it must be put
    /// back to be read.
    #[error("leaf {asked} is of a log of {size} leaves, from {first} on, that is in cold storage")]
    InColdStorage {
        /// What was asked for.
        asked: u64,
        /// The position at which the log begins.
        first: u64,
        /// Its leaves.
        size: u64,
    },
    /// The index does not agree with the ledger, or cannot be read; it is rebuilt at the next start.
    #[error("the index is damaged, and will be rebuilt at the next start: {0}")]
    Index(String),
    /// The disk failed.
    #[error("the disk failed: {0}")]
    Disk(#[from] DiskError),
}

fn at(index: Option<u64>) -> String {
    index.map_or_else(String::new, |index| format!(" at leaf {index}"))
}

#[cfg(test)]
mod tests;

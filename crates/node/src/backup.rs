//! Backups: what a node needs to go on after its machine is lost, encrypted to those who may restore it,
//! taken while messages flow.
//!
//! ```text
//! DIR/20261122T133105Z/       a set; the folder gets its name when it is complete and on the disk
//!     set.json                what it is, of which node, how long the ledger was, the sums of the other
//!     files set.mac                 a keyed hash of that: made with a key which only this node and its
//!     backups have files.pgp               the list of all files of the node, each with its sum and the
//!     pack that has it pack-0001.pgp           what the sets before it do not have; more packs where it is
//!     much DIR/.lock DIR/.making-…     while one is made; what a crash leaves is removed by the next one
//! ```
//!
//! A set is full, or says which one it goes on from: those are a *chain*, and restoring one reads the packs
//! of the chain up to it. The node itself cannot read its backups. Which files a chain has already, it
//! remembers in `backups/` beside its store; without that memory the next set is a full one.
//!
//! *What is in it*: the configuration, the keys, the ledger, sealed payloads, attachments, officers, drafts,
//! what was seen of other ledgers. *What is not*: what can be made anew (the indexes), files that are still
//! arriving, and logs in cold storage, which are folders of their own.
//!
//! *Why it is consistent*: see [`store::copying`]. Of the small files those come before the journal of which
//! a newer one would speak of entries that the copy does not have; all others come after it.
//!
//! `[ERASE]` A set that is made after an erasure has nothing of what was erased. Sets from before have it
//! until they are removed ([`MakeOptions::keep_chains`]): docs/erasure.md.
//!
//! `[ROLLBACK]` A node that was restored signs nothing before a witness has said what it knows of its ledger
//! ([`restored`]).

pub mod checking;
mod folder;
mod format;
mod known;
mod list;
pub mod making;
mod opened;
mod pack;
mod paths;
pub mod restored;
pub mod restoring;
mod sources;

use std::io;
use std::path::{Path, PathBuf};

use crate::config::ConfigError;
use crate::keys::KeysError;
use crate::secret::FileError;

pub use checking::{Checked, check};
pub use folder::SetSummary;
pub use known::{Last, last};
pub use making::{Made, MakeOptions, make};
pub use restoring::{RestoreOptions, Restored, restore};

/// Why there is no backup, or nothing is restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The system.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The node's store cannot be copied.
    #[error("the store cannot be copied: {0}")]
    Copy(#[from] store::copying::CopyError),
    /// So often something was erased, or moved, while it was copied.
    #[error("the store changed under the copy each of {0} times: something is being erased; try again later")]
    Restless(usize),
    /// A certificate or a key file.
    #[error("{}: {what}", .path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Encrypting.
    #[error(transparent)]
    Seal(#[from] seal::SealError),
    /// Another backup is being made there.
    #[error("{}: another backup is being made here", .0.display())]
    Busy(PathBuf),
    /// There is no set, or not that one.
    #[error("{}: {what}", .path.display())]
    NoSet {
        /// The folder.
        path: PathBuf,
        /// What is looked for.
        what: String,
    },
    /// Written by a version that came later.
    #[error(
        "{}: it has the format {found:?}, and this version knows {known:?}: use the newer program",
        .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: String,
        /// Ours.
        known: &'static str,
    },
    /// Not what was written.
    #[error("{}: {what}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The target of a restore is in use.
    #[error("{}: a node is restored into a new or empty folder only", .0.display())]
    NotEmpty(PathBuf),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A secret cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The node's keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The restored store does not open.
    #[error("the restored store does not open: {0}")]
    Open(#[from] store::OpenError),
    /// It cannot be read.
    #[error("the restored store cannot be read: {0}")]
    Read(#[from] store::ReadError),
    /// A log could not be put back from cold storage.
    #[error("the log {log} could not be put back: {source}")]
    Cold {
        /// Which.
        log: String,
        /// Why.
        source: store::MoveError,
    },
}

/// Says how long work goes on.
pub type Progress<'a> = &'a mut dyn FnMut(&str, u64, u64);

fn at(path: &Path) -> impl Fn(io::Error) -> BackupError + '_ {
    move |source| BackupError::Io {
        path: path.to_owned(),
        source,
    }
}

fn damaged(path: &Path, what: impl Into<String>) -> BackupError {
    BackupError::Damaged {
        path: path.to_owned(),
        what: what.into(),
    }
}

#[cfg(test)]
mod tests;

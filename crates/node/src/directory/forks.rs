//! Proofs that the secretariat, or whoever holds its keys, has signed two documents of one number: kept
//! beside the archive, never deleted, and an alarm for as long as they lie there `[DIRECTORY]`.
//!
//! ```text
//! directories/fork-7-5e0c1f2a.cbor            another directory of version 7: compare with 7.cbor
//! directories/fork-of-key-set-2-91d4e6b0.cbor another key set of number 2; the one in force is in 7.cbor
//! ```
//!
//! The operator ends the alarm by moving the proof elsewhere, once it is settled who was deceived.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use protocol::digest::Digest;

use crate::durable;
use crate::limits::FORKS_KEPT_MAX;

/// What there are two of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Forked {
    /// Directories of one version.
    Directory,
    /// Key sets of one number.
    KeySet,
}

/// A proof that is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForkProof {
    /// What there are two of.
    pub of: Forked,
    /// The version, or number, of both.
    pub number: u64,
    /// The file's name holds the first digits of the other one's digest.
    pub file: PathBuf,
}

/// The proofs.
#[derive(Debug)]
pub(super) struct Forks {
    folder: PathBuf,
    found: Mutex<Vec<ForkProof>>,
}

impl Forked {
    fn prefix(self) -> &'static str {
        match self {
            Self::Directory => "fork-",
            Self::KeySet => "fork-of-key-set-",
        }
    }

    /// For people: "directories of version", "key sets of number".
    #[must_use]
    pub fn what(self) -> &'static str {
        match self {
            Self::Directory => "directories of version",
            Self::KeySet => "key sets of number",
        }
    }
}

impl ForkProof {
    /// Says it in the log: when it is found, and again and again for as long as it stands.
    pub(super) fn raise_alarm(&self) {
        tracing::error!(
            number = self.number,
            proof = %self.file.display(),
            "there are two {} {}, both signed by the secretariat: somebody is told something else, or holds \
             its keys; call the secretariat, and other Parties",
            self.of.what(),
            self.number
        );
    }
}

impl Forks {
    /// Those that lie in the folder.
    pub(super) fn load(folder: &Path) -> Self {
        let forks = Self {
            folder: folder.to_owned(),
            found: Mutex::default(),
        };
        forks.look_again();
        forks
    }

    /// Looks into the folder again: an operator may have moved a proof elsewhere.
    pub(super) fn look_again(&self) {
        // Held while the folder is read, or a proof that is kept meanwhile would be forgotten.
        let mut known = self.lock();
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut found: Vec<ForkProof> = files.filter_map(|file| parse(&file.path())).collect();
        found.sort();
        *known = found;
    }

    /// Keeps the other one. Gives its proof if it was not known yet; when there are too many, more are not
    /// kept.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn note(
        &self,
        of: Forked,
        number: u64,
        digest: &Digest,
        bytes: &[u8],
    ) -> io::Result<Option<ForkProof>> {
        let start: String = digest.to_string().chars().take(8).collect();
        let file = self.folder.join(format!("{}{number}-{start}.cbor", of.prefix()));
        let proof = ForkProof { of, number, file };
        let mut found = self.lock();
        if found.contains(&proof) || found.len() >= FORKS_KEPT_MAX {
            return Ok(None);
        }
        durable::make_private_folder(&self.folder)?;
        durable::write_private(&proof.file, bytes)?;
        found.push(proof.clone());
        found.sort();
        Ok(Some(proof))
    }

    /// Those that lie there.
    pub(super) fn standing(&self) -> Vec<ForkProof> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ForkProof>> {
        // The list is whole at every step.
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn parse(file: &Path) -> Option<ForkProof> {
    let name = file.file_name()?.to_str()?.strip_suffix(".cbor")?;
    let kinds = [Forked::KeySet, Forked::Directory];
    kinds.into_iter().find_map(|of| {
        let (number, _) = name.strip_prefix(of.prefix())?.split_once('-')?;
        Some(ForkProof {
            of,
            number: number.parse().ok()?,
            file: file.to_owned(),
        })
    })
}

#[cfg(test)]
mod tests;

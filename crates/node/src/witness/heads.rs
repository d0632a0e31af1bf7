//! The heads that we have cosigned: one file for each ledger, named by the SHA-256 of its origin, never
//! deleted. Whoever forgets a ledger signs a second history of it.
//!
//! A file is the head as a signed note, with the ledger's own signatures only:
//!
//! ```text
//! witness/5e0c1f2a….head
//! ```

use std::io;
use std::path::{Path, PathBuf};

use ledger::head::{SignedHead, StoredHeadError};
use ledger::witness::monitoring_path;

use crate::durable;
use crate::limits::HEAD_FILE_BYTES_MAX;
use crate::secret::{self, FileError};

/// Where they lie.
#[derive(Debug)]
pub(super) struct Heads {
    folder: PathBuf,
}

/// Why a head cannot be read. The machine's fault, or whoever changed the file.
#[derive(Debug, thiserror::Error)]
pub(super) enum HeadError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{}: {source}", .file.display())]
    Damaged { file: PathBuf, source: StoredHeadError },
    #[error("{}: this is the head of another ledger", .0.display())]
    Other(PathBuf),
}

impl Heads {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// The head of a ledger; `None` if we never cosigned one.
    pub(super) fn read(&self, origin: &str) -> Result<Option<SignedHead>, HeadError> {
        let file = self.file(origin);
        let bytes = match secret::read_public(&file, HEAD_FILE_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(FileError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let damaged = |source| HeadError::Damaged {
            file: file.clone(),
            source,
        };
        let head = SignedHead::from_stored(&bytes).map_err(damaged)?;
        if head.checkpoint().origin != origin {
            return Err(HeadError::Other(file));
        }
        Ok(Some(head))
    }

    /// Stores a head in place of the one before. On return it is on stable storage, and so is its name.
    pub(super) fn write(&self, head: &SignedHead) -> io::Result<()> {
        if !self.folder.is_dir() {
            durable::make_private_folder(&self.folder)?;
            // The folder's own name as well, or a power cut loses all that we promised.
            durable::sync_folder_of(&self.folder)?;
        }
        let file = self.file(&head.checkpoint().origin);
        durable::write_private(&file, head.note().to_string().as_bytes())
    }

    fn file(&self, origin: &str) -> PathBuf {
        let path = monitoring_path(origin);
        let digest = path.split('/').next().unwrap_or_default();
        self.folder.join(format!("{digest}.head"))
    }
}

//! The files of an export, each read whole, within the length that it can have.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use ledger::hash::Hash;
use ledger::limits::{MAX_BUNDLE_BYTES, MAX_EXCERPT_BYTES, MAX_NOTE_BYTES, TILE_WIDTH};
use ledger::tile::{EXCERPT_FILE, TileKind, TilePath, decode_bundle};

/// A folder with an exported ledger.
#[derive(Debug, Clone)]
pub struct Export {
    folder: PathBuf,
}

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not there.
    #[error("the file is missing")]
    Missing,
    /// It is a folder, a link, or something else that is not a file.
    #[error("this is not a regular file")]
    NotAFile,
    /// It is longer than such a file can be.
    #[error("the file is longer than {0} bytes")]
    TooLong(usize),
    /// The machine cannot read it: this says nothing about the export.
    #[error("the file cannot be read: {0}")]
    Unreadable(io::Error),
}

impl Export {
    /// The export in this folder.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The bytes of the checkpoint.
    pub fn checkpoint(&self) -> Result<Vec<u8>, ReadError> {
        read_within(&self.folder.join("checkpoint"), MAX_NOTE_BYTES)
    }

    /// The bytes that say which part of a ledger this is; missing in an export of a whole one.
    pub fn excerpt(&self) -> Result<Vec<u8>, ReadError> {
        read_within(&self.folder.join(EXCERPT_FILE), MAX_EXCERPT_BYTES)
    }

    /// Whether there is a file for a tile or bundle.
    #[must_use]
    pub fn has(&self, path: TilePath) -> bool {
        self.folder.join(path.to_string()).is_file()
    }

    /// The bytes of a tile or bundle.
    pub fn tile(&self, path: TilePath) -> Result<Vec<u8>, ReadError> {
        let longest = match path.kind() {
            TileKind::Entries => MAX_BUNDLE_BYTES,
            TileKind::Hashes(_) => usize::from(TILE_WIDTH) * Hash::LENGTH_BYTES,
        };
        read_within(&self.folder.join(path.to_string()), longest)
    }

    /// One entry of the ledger of `size` entries; `None` if it cannot be read (any more).
    #[must_use]
    pub fn entry(&self, index: u64, size: u64) -> Option<Vec<u8>> {
        let width = u64::from(TILE_WIDTH);
        let path = TilePath::in_tree(TileKind::Entries, index / width, size)?;
        let bundle = self.tile(path).ok()?;
        let entries = decode_bundle(&bundle, path.width()).ok()?;
        let place = usize::try_from(index % width).ok()?;
        entries.get(place).map(|entry| (*entry).to_vec())
    }
}

/// Reads a file of at most `longest` bytes. Links are not followed: an export has none, and what a link
/// leads to may never end.
pub(crate) fn read_within(path: &Path, longest: usize) -> Result<Vec<u8>, ReadError> {
    let metadata = fs::symlink_metadata(path).map_err(ReadError::from_io)?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile);
    }
    let file = File::open(path).map_err(ReadError::from_io)?;
    // One byte more than allowed tells a file that is too long, also one that grows while it is read.
    let limit = longest as u64 + 1;
    // Room for the whole at once: a vector that grows by doubling would need up to twice as much.
    let expected = usize::try_from(metadata.len().min(limit)).unwrap_or_default();
    let mut bytes = Vec::with_capacity(expected);
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(ReadError::from_io)?;
    if bytes.len() > longest {
        Err(ReadError::TooLong(longest))
    } else {
        Ok(bytes)
    }
}

impl ReadError {
    fn from_io(error: io::Error) -> Self {
        match error.kind() {
            // A file where a folder should be makes the files under it missing.
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            _ => Self::Unreadable(error),
        }
    }
}

#[cfg(test)]
mod tests;

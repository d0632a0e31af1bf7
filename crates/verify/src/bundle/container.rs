//! The files of a bundle, whether they lie in a folder or in a zip file.
//!
//! Opening reads everything once, in a stream, and remembers of each file its length and its SHA-512. What is
//! read later must have the same sum: a bundle that changes under our hands is noticed.

mod folder;
mod zip;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use protocol::bundle::path::BundlePath;
use protocol::bundle::sums::Sum;
use sha2::{Digest as _, Sha256, Sha512};

use crate::limits::READ_AT_ONCE_BYTES;

/// The files of a bundle.
#[derive(Debug)]
pub struct Container {
    files: BTreeMap<BundlePath, Held>,
    place: Place,
}

/// A file of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// How long it is.
    pub length_bytes: u64,
    /// Its SHA-512.
    pub sum: Sum,
    /// Where it begins in the zip file; 0 in a folder.
    offset: u64,
}

#[derive(Debug)]
enum Place {
    Folder(std::path::PathBuf),
    Zip { file: File, top: String },
}

/// Why there is no bundle to look into.
#[derive(Debug, thiserror::Error)]
pub enum ContainerError {
    /// What is there has not the form that a bundle has. Whoever made it is at fault.
    #[error("{place}: {what}")]
    Form {
        /// A file's name, or where in the zip file.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// The machine cannot read it: this says nothing about the bundle.
    #[error("{place}: {error}")]
    Unreadable {
        /// The file's name.
        place: String,
        /// What the machine says.
        error: io::Error,
    },
}

/// Why a file of a bundle was not read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// There is no such file.
    #[error("the file is missing")]
    Missing,
    /// It is longer than such a file can be.
    #[error("the file is longer than {0} bytes")]
    TooLong(usize),
    /// It has another sum than when it was looked at first.
    #[error("the file changed while it was checked")]
    Changed,
    /// The machine cannot read it: this says nothing about the bundle.
    #[error("the file cannot be read: {0}")]
    Unreadable(io::Error),
}

impl Container {
    /// Opens the bundle in a folder or in a zip file.
    ///
    /// # Errors
    /// [`ContainerError`]: the first thing in it that no bundle has.
    pub fn open(path: &Path) -> Result<Self, ContainerError> {
        let unreadable = |error| ContainerError::Unreadable {
            place: path.display().to_string(),
            error,
        };
        // The auditor names the path: a link at its end is theirs.
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        if metadata.is_dir() {
            let files = folder::read(path)?;
            let place = Place::Folder(path.to_owned());
            return Ok(Self { files, place });
        }
        if !metadata.is_file() {
            return Err(form(path.display(), "this is neither a folder nor a zip file"));
        }
        let file = File::open(path).map_err(unreadable)?;
        let (top, files) = zip::read(&file, metadata.len())?;
        Ok(Self {
            files,
            place: Place::Zip { file, top },
        })
    }

    /// The folder at the top of the zip file; `None` in a folder.
    #[must_use]
    pub fn top(&self) -> Option<&str> {
        match &self.place {
            Place::Folder(_) => None,
            Place::Zip { top, .. } => Some(top),
        }
    }

    /// Every file, ascending by its path.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<BundlePath, Held> {
        &self.files
    }

    /// A file, if there is one.
    #[must_use]
    pub fn held(&self, name: &str) -> Option<&Held> {
        let path: BundlePath = name.parse().ok()?;
        self.files.get(&path)
    }

    /// The bytes of a file of at most `longest` bytes.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn read(&self, name: &str, longest: usize) -> Result<Vec<u8>, FileError> {
        let held = self.held(name).ok_or(FileError::Missing)?;
        let length = usize::try_from(held.length_bytes).ok();
        let length = length.filter(|length| *length <= longest);
        let mut bytes = Vec::with_capacity(length.ok_or(FileError::TooLong(longest))?);
        self.reader(name, held)?
            .read_to_end(&mut bytes)
            .map_err(FileError::Unreadable)?;
        let sum: Sum = Sha512::digest(&bytes).into();
        if sum == held.sum {
            Ok(bytes)
        } else {
            Err(FileError::Changed)
        }
    }

    /// The SHA-256 of a file of any length.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn sha256(&self, name: &str) -> Result<[u8; 32], FileError> {
        let held = self.held(name).ok_or(FileError::Missing)?;
        let (mut asked, mut known) = (Sha256::new(), Sha512::new());
        pass(&mut self.reader(name, held)?, |bytes| {
            asked.update(bytes);
            known.update(bytes);
        })
        .map_err(FileError::Unreadable)?;
        if known.finalize()[..] == held.sum {
            Ok(asked.finalize().into())
        } else {
            Err(FileError::Changed)
        }
    }

    /// The bytes of a file, and no byte more than it had.
    fn reader(&self, name: &str, held: &Held) -> Result<impl Read, FileError> {
        let (file, offset) = match &self.place {
            Place::Folder(folder) => (File::open(folder.join(name)), 0),
            Place::Zip { file, .. } => (file.try_clone(), held.offset),
        };
        let mut file = file.map_err(FileError::Unreadable)?;
        io::Seek::seek(&mut file, io::SeekFrom::Start(offset)).map_err(FileError::Unreadable)?;
        Ok(file.take(held.length_bytes))
    }
}

/// Reads a zip file of so many bytes from its beginning: the folder at its top, and the files in it.
///
/// # Errors
/// [`ContainerError`]: the first thing in it that no bundle has.
pub fn read_zip(
    reader: impl Read,
    length_bytes: u64,
) -> Result<(String, BTreeMap<BundlePath, Held>), ContainerError> {
    zip::read(reader, length_bytes)
}

impl Held {
    /// Where it begins in the zip file, in bytes; 0 in a folder.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }
}

/// Reads to the end, a part at a time; gives the number of bytes.
fn pass(reader: &mut impl Read, mut take: impl FnMut(&[u8])) -> io::Result<u64> {
    let mut buffer = vec![0; READ_AT_ONCE_BYTES];
    let mut length = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(length),
            Ok(count) => {
                length += count as u64;
                take(&buffer[..count]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn form(place: impl std::fmt::Display, what: impl std::fmt::Display) -> ContainerError {
    ContainerError::Form {
        place: place.to_string(),
        what: what.to_string(),
    }
}

#[cfg(test)]
pub(crate) mod tests;

//! Where a file that came is put. What it is called the sender chose, so its name is never a path, never a
//! hidden file, and never takes the place of something else by itself.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use protocol::attachment::FileName;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::failure::Failure;
use crate::files::folder_of;

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 256 * 1024;

/// What happens to a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    /// It stays.
    Kept,
    /// It is replaced (`--force`).
    Replaced,
}

/// A file that has no name yet, beside the place that it will have. It goes when it is dropped.
#[derive(Debug)]
pub(super) struct Unnamed {
    file: NamedTempFile,
    target: PathBuf,
    existing: Existing,
    hash: Sha256,
    length_bytes: u64,
}

/// The name under which a sender's file is put on this disk.
pub(super) fn safe_name(name: &str, otherwise: &str) -> String {
    let Ok(name) = name.parse::<FileName>() else {
        return otherwise.to_owned();
    };
    match name.as_str().strip_prefix(['.', '-', '~']) {
        Some(rest) => format!("_{rest}"),
        None => name.to_string(),
    }
}

/// The SHA-256 of a file that is there; `None` where none is.
pub(super) fn sha256_of(path: &Path) -> io::Result<Option<String>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; BUFFER_BYTES]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Some(digits(hash))),
            count => hash.update(buffer.get(..count).unwrap_or_default()),
        }
    }
}

impl Unnamed {
    /// Begins a file that only we can read, in the folder of `target`.
    pub(super) fn begin(target: PathBuf, existing: Existing) -> Result<Self, Failure> {
        let folder = folder_of(&target);
        let file = NamedTempFile::with_prefix_in(".ohrid-", folder);
        let file = file.map_err(|error| Failure::system("cannot write in", folder, &error))?;
        Ok(Self {
            file,
            target,
            existing,
            hash: Sha256::new(),
            length_bytes: 0,
        })
    }

    /// Adds to it.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| Failure::system("cannot write", &self.target, &error))?;
        self.hash.update(bytes);
        self.length_bytes += bytes.len() as u64;
        Ok(())
    }

    pub(super) fn length_bytes(&self) -> u64 {
        self.length_bytes
    }

    /// Gives it its name, if it is the file that the message speaks of, and makes it durable.
    pub(super) fn publish(self, size_bytes: u64, sha256: &str) -> Result<PathBuf, Failure> {
        if self.length_bytes != size_bytes || digits(self.hash) != sha256 {
            let what = "what the node gave is not the file that the message names: nothing was kept";
            return Err(
                Failure::invalid(what).mended_by("get it again; if it happens again, ask the operator")
            );
        }
        let target = self.target;
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => taken(&target),
            _ => Failure::system("cannot write", &target, &error),
        };
        self.file.as_file().sync_all().map_err(failed)?;
        match self.existing {
            Existing::Kept => self
                .file
                .persist_noclobber(&target)
                .map_err(|error| failed(error.error))?,
            Existing::Replaced => self.file.persist(&target).map_err(|error| failed(error.error))?,
        };
        File::open(folder_of(&target))
            .and_then(|folder| folder.sync_all())
            .map_err(failed)?;
        Ok(target)
    }
}

/// Another file has this name.
pub(super) fn taken(path: &Path) -> Failure {
    Failure::failed(format!(
        "{} is there already, and is another file",
        path.display()
    ))
    .mended_by("choose another place with --output, or write over it with --force")
}

fn digits(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

//! Every directory that was ever accepted, as it was signed, in a folder beside the store. Nothing in it is
//! ever deleted.
//!
//! ```text
//! directories/7.cbor          version 7, as it was signed
//! directories/accepted.txt    when each was accepted: version, digest, milliseconds since 1970
//! ```
//!
//! The newest is what the node starts with when the operator's file is older, damaged or gone; the others say
//! which certificates and keys counted when an old message was recorded. Writing one is the first step of
//! taking a directory into use: a crash afterwards finds it here and goes on.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use protocol::digest::Digest;
use protocol::directory::SignedDirectory;
use protocol::limits::DIRECTORY_BYTES_MAX;
use protocol::time::UnixMillis;

use super::digits;
use crate::durable;
use crate::secret::read_public;

/// What the name of an archived directory ends with; before it stands the version.
const SUFFIX: &str = ".cbor";
/// When each was accepted.
const ACCEPTED_NAME: &str = "accepted.txt";

/// The folder. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Archive {
    folder: PathBuf,
}

/// The archive cannot be read or written. The machine's fault.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", .file.display())]
pub struct ArchiveError {
    file: PathBuf,
    source: io::Error,
}

/// What keeping a directory came to.
#[derive(Debug)]
pub(super) enum Kept {
    /// It is in the archive.
    Yes,
    /// Another directory of its version is, with this digest: both were believed, so the secretariat, or
    /// whoever holds its keys, has signed two.
    Other(Digest),
}

impl Archive {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The versions that are there, in ascending order.
    pub(super) fn versions(&self) -> Result<Vec<u64>, ArchiveError> {
        let files = match fs::read_dir(&self.folder) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(failed(&self.folder, source)),
        };
        let mut versions = Vec::new();
        for file in files {
            let file = file.map_err(|source| failed(&self.folder, source))?;
            let name = file.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
            versions.extend(number.and_then(|number| number.parse::<u64>().ok()));
        }
        versions.sort_unstable();
        Ok(versions)
    }

    /// A version; `None` where it is not there, or is damaged.
    pub(super) fn read(&self, version: u64) -> Option<SignedDirectory> {
        let bytes = read_public(&self.file(version), DIRECTORY_BYTES_MAX as u64).ok()?;
        let signed = SignedDirectory::from_bytes(&bytes).ok()?;
        signed.digest().is_ok().then_some(signed)
    }

    /// Keeps a directory that is believed, durably. A damaged file in its place is set aside.
    pub(super) fn keep(
        &self,
        version: u64,
        signed: &SignedDirectory,
        digest: Digest,
        now: UnixMillis,
    ) -> Result<Kept, ArchiveError> {
        durable::make_private_folder(&self.folder).map_err(|source| failed(&self.folder, source))?;
        let file = self.file(version);
        match self.read(version).map(|there| there.digest()) {
            Some(Ok(there)) if there == digest => {}
            Some(Ok(there)) => return Ok(Kept::Other(there)),
            Some(Err(_)) | None => {
                if file.exists() {
                    let aside = file.with_extension("damaged");
                    fs::rename(&file, &aside).map_err(|source| failed(&aside, source))?;
                }
                durable::write_private(&file, signed.as_bytes()).map_err(|source| failed(&file, source))?;
            }
        }
        self.note_accepted(version, digest, now)?;
        Ok(Kept::Yes)
    }

    /// When each version was accepted here. A line that cannot be read is as good as none.
    pub(super) fn accepted_at(&self) -> BTreeMap<u64, UnixMillis> {
        let text = fs::read_to_string(self.folder.join(ACCEPTED_NAME)).unwrap_or_default();
        text.lines()
            .filter_map(|line| {
                let mut words = line.split(' ');
                let version = words.next()?.parse().ok()?;
                digits::parse(words.next()?)?;
                Some((version, UnixMillis(words.next()?.parse().ok()?)))
            })
            .collect()
    }

    fn note_accepted(&self, version: u64, digest: Digest, now: UnixMillis) -> Result<(), ArchiveError> {
        if self.accepted_at().contains_key(&version) {
            return Ok(());
        }
        let file = self.folder.join(ACCEPTED_NAME);
        let mut text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(failed(&file, source)),
        };
        text.push_str(&format!("{version} {digest} {}\n", now.0));
        durable::write_private(&file, text.as_bytes()).map_err(|source| failed(&file, source))
    }

    fn file(&self, version: u64) -> PathBuf {
        self.folder.join(format!("{version}{SUFFIX}"))
    }
}

fn failed(file: &Path, source: io::Error) -> ArchiveError {
    ArchiveError {
        file: file.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;

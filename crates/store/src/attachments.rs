//! `attachment/`: sealed files, whole ones and such as are still arriving `[TRANSFER]`.
//!
//! ```text
//! attachment/0a/0a1b...             a whole sealed file, named by the attachment's id; behind one that was
//!                                   sealed here, the sums of its chunks (see `sums`)
//! attachment/incoming/0a1b....data  one that arrives: as long as the whole, chunks where they belong
//! attachment/incoming/0a1b....have  which chunks of it are there (see `have`)
//! attachment/incoming/sealing-...   one that is being sealed here; begun anew after a crash
//! ```
//!
//! * [`Attachments::receive`] begins a file, or goes on with what is there of it: [`Receiving`].
//! * [`Attachments::begin_sealed`] takes a file that is sealed here: [`SealedFile`].
//! * [`Attachments::find`] reads a whole one: [`StoredFile`].
//!
//! What counts as there after a crash or a power cut is what the chunk's SHA-256 says: chunks before the
//! last sync were verified and are durable; those after it are read and hashed again when the file is taken
//! up. A chunk that is read to be served is held against the manifest first: a disk that forgets must not
//! make a liar of us.
//!
//! Room is looked for before anything is written, for the whole file and beyond it what the rest of the
//! store needs; then the blocks are reserved, so that a file which was begun can also be ended.

mod error;
pub(crate) mod have;
mod receiving;
mod sealed;
mod sums;

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use protocol::attachment::{Attachment, AttachmentId, AttachmentNumber};
use protocol::ids::MessageId;
use protocol::limits::CHUNK_BYTES;

pub use error::AttachmentError;
pub use receiving::{Receiving, Written};
pub use sealed::{SealedFile, SealedFileReader, StoredFile, WholeFile};

use crate::disk::bulk::{Buffers, Bulk};
use crate::disk::{self, Disk, parent_of};
use crate::limits;

/// The directory's name.
const ATTACHMENT_DIRECTORY: &str = "attachment";
/// The directory of files that are not whole.
const INCOMING_DIRECTORY: &str = "incoming";
const DATA_SUFFIX: &str = ".data";
const HAVE_SUFFIX: &str = ".have";
/// What a file that is sealed here begins with.
const SEALING_PREFIX: &str = "sealing-";
/// What a file that never got its name ends with.
const NEW_SUFFIX: &str = ".new";

/// How attachments are to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttachmentSettings {
    /// A file is refused when less than this would be left free.
    pub free_space_floor_bytes: u64,
    /// How much of a file may arrive between two syncs: what a power cut may cost.
    pub sync_interval_bytes: u64,
}

impl Default for AttachmentSettings {
    fn default() -> Self {
        Self {
            free_space_floor_bytes: limits::ATTACHMENT_FREE_SPACE_FLOOR_BYTES_DEFAULT,
            sync_interval_bytes: limits::ATTACHMENT_SYNC_INTERVAL_BYTES_DEFAULT,
        }
    }
}

/// The sealed files of a store. Cheap to clone; each file is written by one at a time.
#[derive(Debug, Clone)]
pub struct Attachments {
    disk: Disk,
    directory: PathBuf,
    settings: AttachmentSettings,
    buffers: Buffers,
    /// The files that somebody writes.
    in_use: Arc<Mutex<BTreeSet<AttachmentId>>>,
}

/// The right to write a file, until it is dropped.
#[derive(Debug)]
struct InUse {
    id: AttachmentId,
    in_use: Arc<Mutex<BTreeSet<AttachmentId>>>,
}

impl Attachments {
    /// Opens the directory, and removes what no file can be made of: files that were being sealed here, and
    /// halves of pairs that a crash has left. Nothing of that was ever promised to anybody.
    pub(crate) fn open(disk: &Disk, settings: AttachmentSettings) -> Result<Self, AttachmentError> {
        let attachments = Self {
            disk: disk.clone(),
            directory: disk.root().join(ATTACHMENT_DIRECTORY),
            settings,
            buffers: Buffers::of(CHUNK_BYTES),
            in_use: Arc::default(),
        };
        let incoming = attachments.incoming_directory();
        disk.create_directory(&incoming)?;
        let names = disk::list(&incoming)?;
        for name in &names {
            let other = match (name.strip_suffix(DATA_SUFFIX), name.strip_suffix(HAVE_SUFFIX)) {
                (Some(id), _) => Some(format!("{id}{HAVE_SUFFIX}")),
                (_, Some(id)) => Some(format!("{id}{DATA_SUFFIX}")),
                _ => None,
            };
            // Neither is a file that was being sealed, nor a list that never got its name.
            let is_one_of_two = other.is_some_and(|other| names.contains(&other));
            if !is_one_of_two {
                disk.remove(&incoming.join(name))?;
            }
        }
        Ok(attachments)
    }

    /// Begins to receive a file, or goes on where it was left. Takes the room for all of it at once.
    ///
    /// # Errors
    /// [`AttachmentError::DiskFull`] before anything was written, [`AttachmentError::InUse`] while somebody
    /// else receives it, [`AttachmentError::Stored`] when it is there already, and what the disk says.
    pub fn receive(&self, attachment: Arc<Attachment>) -> Result<Receiving, AttachmentError> {
        let in_use = self.use_alone(attachment.id())?;
        if self.whole_length(attachment.id())?.is_some() {
            return Err(AttachmentError::Stored);
        }
        Receiving::begin_or_resume(self, attachment, in_use)
    }

    /// Begins a file that is sealed here; `expected_bytes` is about how long it will be. A file of the same
    /// message and number that was begun before is dropped.
    ///
    /// # Errors
    /// [`AttachmentError::DiskFull`] before anything was written, and what the disk says.
    pub fn begin_sealed(
        &self,
        message: MessageId,
        number: AttachmentNumber,
        expected_bytes: u64,
    ) -> Result<SealedFile, AttachmentError> {
        self.check_room(expected_bytes)?;
        let name = format!("{SEALING_PREFIX}{message}-{number}");
        SealedFile::begin(self, self.incoming_directory().join(name))
    }

    /// A whole file, for reading; `None` when it is not there, or not all of it.
    ///
    /// # Errors
    /// [`AttachmentError::Damaged`] when it is there in another length, and what the disk says.
    pub fn find(&self, attachment: Arc<Attachment>) -> Result<Option<StoredFile>, AttachmentError> {
        let path = self.whole_path(attachment.id());
        match self.whole_length(attachment.id())? {
            None => Ok(None),
            Some(length) if is_whole(&attachment, length) => {
                let file = OpenOptions::new().read(true).open(&path);
                let file = file.map_err(disk::error("open", &path))?;
                let file = Bulk::readable(file, &path);
                let has_sums = length > attachment.sealed_length_bytes();
                let stored = StoredFile::new(file, path, attachment, self.buffers.clone());
                Ok(Some(if has_sums { stored.with_sums() } else { stored }))
            }
            Some(_) => Err(AttachmentError::Damaged {
                file: path,
                index: None,
            }),
        }
    }

    /// The ids of the files that are still arriving.
    ///
    /// # Errors
    /// What the disk says.
    pub fn incoming(&self) -> Result<Vec<AttachmentId>, AttachmentError> {
        let names = disk::list(&self.incoming_directory())?;
        let ids = names
            .iter()
            .filter_map(|name| parse_id(name.strip_suffix(HAVE_SUFFIX)?));
        Ok(ids.collect())
    }

    /// Removes a file, durably, whole or not. One that is not there is no error. To leave nothing of it on
    /// the disk, see [`Attachments::erase`].
    ///
    /// # Errors
    /// [`AttachmentError::InUse`] while somebody receives it, and what the disk says.
    pub fn remove(&self, id: AttachmentId) -> Result<(), AttachmentError> {
        let _in_use = self.use_alone(id)?;
        // The list of chunks first: without it, what is left of the file is removed at the next start.
        for path in [self.have_path(id), self.data_path(id), self.whole_path(id)] {
            if path.exists() {
                self.disk.remove(&path)?;
            }
        }
        Ok(())
    }

    /// As [`Attachments::remove`], but what there is of the file is overwritten first `[ERASE]`.
    ///
    /// # Errors
    /// [`AttachmentError::InUse`] while somebody receives it, and what the disk says.
    pub fn erase(&self, id: AttachmentId) -> Result<(), AttachmentError> {
        let _in_use = self.use_alone(id)?;
        for path in [self.have_path(id), self.data_path(id), self.whole_path(id)] {
            self.disk.erase(&path)?;
        }
        Ok(())
    }

    /// Refuses files of so many bytes that would leave too little for the rest of the store. Whoever receives
    /// several looks for all of them first.
    ///
    /// # Errors
    /// [`AttachmentError::DiskFull`], and what the disk says.
    pub fn check_room(&self, bytes: u64) -> Result<(), AttachmentError> {
        let free_bytes = self.disk.free_bytes()?;
        let needed_bytes = bytes.saturating_add(self.settings.free_space_floor_bytes);
        if free_bytes < needed_bytes {
            return Err(AttachmentError::DiskFull {
                free_bytes,
                needed_bytes,
            });
        }
        Ok(())
    }

    fn use_alone(&self, id: AttachmentId) -> Result<InUse, AttachmentError> {
        let mut in_use = self.in_use.lock().unwrap_or_else(PoisonError::into_inner);
        if !in_use.insert(id) {
            return Err(AttachmentError::InUse);
        }
        Ok(InUse {
            id,
            in_use: Arc::clone(&self.in_use),
        })
    }

    fn whole_length(&self, id: AttachmentId) -> Result<Option<u64>, AttachmentError> {
        let path = self.whole_path(id);
        match std::fs::metadata(&path) {
            Ok(metadata) => {
                // Whoever is told that it is here promises it to others: its name must be durable.
                self.disk.settle_names(parent_of(&path))?;
                Ok(Some(metadata.len()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(disk::error("look at", &path)(error).into()),
        }
    }

    /// Gives a file that is whole and durable its name, and makes that durable.
    fn give_name(&self, path: &Path, id: AttachmentId) -> Result<(), AttachmentError> {
        let whole = self.whole_path(id);
        self.disk.create_directory(parent_of(&whole))?;
        self.disk.rename(path, &whole)?;
        self.disk.sync_directory(parent_of(&whole))?;
        self.disk.sync_directory(parent_of(path))?;
        Ok(())
    }

    fn incoming_directory(&self) -> PathBuf {
        self.directory.join(INCOMING_DIRECTORY)
    }

    fn whole_path(&self, id: AttachmentId) -> PathBuf {
        let name = id.to_string();
        self.directory.join(&name[..2]).join(name)
    }

    fn data_path(&self, id: AttachmentId) -> PathBuf {
        self.incoming_directory().join(format!("{id}{DATA_SUFFIX}"))
    }

    fn have_path(&self, id: AttachmentId) -> PathBuf {
        self.incoming_directory().join(format!("{id}{HAVE_SUFFIX}"))
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let mut in_use = self.in_use.lock().unwrap_or_else(PoisonError::into_inner);
        in_use.remove(&self.id);
    }
}

/// Whether a file of this length can be the whole of it, with or without sums.
fn is_whole(attachment: &Attachment, length_bytes: u64) -> bool {
    [
        attachment.sealed_length_bytes(),
        sums::length_with_sums(attachment),
    ]
    .contains(&length_bytes)
}

/// 64 hexadecimal digits in lower case.
fn parse_id(text: &str) -> Option<AttachmentId> {
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    let id = AttachmentId::from_bytes(bytes);
    (id.to_string() == text).then_some(id)
}

#[cfg(test)]
mod tests;

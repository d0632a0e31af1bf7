//! A file that arrives, chunk by chunk, in any order.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use protocol::attachment::{Attachment, ChunkIndex, ChunkSet, VerifiedChunk};

use super::have::{self, HAVE_BYTES_MAX};
use super::sealed::{StoredFile, read_chunk};
use super::{AttachmentError, Attachments, InUse, NEW_SUFFIX};
use crate::disk::bulk::{Buffer, Bulk};
use crate::disk::{self, Disk, DiskError, parent_of};

/// A file that is being received. What was written and not synced may be lost in a power cut, and then is
/// asked for again; dropping it loses nothing.
#[derive(Debug)]
pub struct Receiving {
    attachments: Attachments,
    attachment: Arc<Attachment>,
    data: Bulk,
    buffer: Buffer,
    pub(super) data_path: PathBuf,
    list: File,
    pub(super) list_path: PathBuf,
    list_writer: have::Writer,
    have: ChunkSet,
    pub(super) unsynced_bytes: u64,
    stopped: bool,
    _in_use: InUse,
}

/// What writing a chunk came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is there now, and will be durable after the next sync.
    New,
    /// It was there.
    Again,
}

impl Receiving {
    pub(super) fn begin_or_resume(
        attachments: &Attachments,
        attachment: Arc<Attachment>,
        in_use: InUse,
    ) -> Result<Self, AttachmentError> {
        let disk = &attachments.disk;
        let data_path = attachments.data_path(attachment.id());
        let list_path = attachments.have_path(attachment.id());
        let listed = disk::read(&list_path, HAVE_BYTES_MAX)?;
        let mut have = ChunkSet::none_of(&attachment);
        let data = match listed.filter(|_| data_path.exists()) {
            None => create_data(attachments, &attachment, &data_path)?,
            Some(bytes) => {
                let data = open_for_writing(&data_path)?;
                let listed = have::read(&bytes, &attachment);
                have = listed.synced;
                for index in listed.in_doubt {
                    let in_doubt = || read_chunk(&data, &data_path, &attachment, index, &attachments.buffers);
                    if !have.contains(index)
                        && let Ok(chunk) = in_doubt()
                    {
                        // It may be in memory only, and after a sync that failed no other sync saves it
                        // `[DURABLE]`: so it is written anew.
                        let mut buffer = attachments.buffers.take();
                        write_chunk(disk, (&data, &data_path), &mut buffer, &attachment, &chunk)?;
                        have.insert(index);
                    }
                }
                // The list says next that it is durable.
                disk.sync_data(data.file(), &data_path)?;
                data
            }
        };
        let (list_writer, bytes) = have::Writer::begin(&attachment, &have);
        let list = replace_list(disk, &list_path, &bytes)?;
        Ok(Self {
            attachments: attachments.clone(),
            attachment,
            data,
            buffer: attachments.buffers.take(),
            data_path,
            list,
            list_path,
            list_writer,
            have,
            unsynced_bytes: 0,
            stopped: false,
            _in_use: in_use,
        })
    }

    /// The attachment.
    #[must_use]
    pub fn attachment(&self) -> &Arc<Attachment> {
        &self.attachment
    }

    /// Which chunks are there: what [`protocol::attachment::Pull`] begins with.
    #[must_use]
    pub fn have(&self) -> &ChunkSet {
        &self.have
    }

    /// Writes a chunk, and syncs when enough has come.
    ///
    /// # Errors
    /// [`AttachmentError::Foreign`]; and what the disk says, after which this is of no use any more: an
    /// error of a sync is never retried `[DURABLE]`. A full disk is one, where the file system reserves no
    /// blocks.
    pub fn write(&mut self, chunk: &VerifiedChunk) -> Result<Written, AttachmentError> {
        self.check_running()?;
        if chunk.attachment() != self.attachment.id() {
            return Err(AttachmentError::Foreign);
        }
        if self.have.contains(chunk.index()) {
            return Ok(Written::Again);
        }
        let written = self.write_new(chunk);
        self.ending(written)?;
        Ok(Written::New)
    }

    /// Makes everything durable that was written.
    ///
    /// # Errors
    /// What the disk says; see [`Receiving::write`].
    pub fn sync(&mut self) -> Result<(), AttachmentError> {
        self.check_running()?;
        if self.unsynced_bytes == 0 {
            return Ok(());
        }
        let synced = self.sync_all();
        self.ending(synced)
    }

    /// Reads a chunk that is there, verified: to serve it, or to begin opening the file.
    ///
    /// # Errors
    /// [`AttachmentError::NoSuchChunk`], [`AttachmentError::Damaged`], and what the disk says.
    pub fn read_chunk(&self, index: ChunkIndex) -> Result<VerifiedChunk, AttachmentError> {
        if !self.have.contains(index) {
            return Err(AttachmentError::NoSuchChunk(index));
        }
        let buffers = &self.attachments.buffers;
        read_chunk(&self.data, &self.data_path, &self.attachment, index, buffers)
    }

    /// Ends the file: all chunks are there, durable, and it has its name. Only then is it complete for the
    /// ledger.
    ///
    /// # Errors
    /// [`AttachmentError::Incomplete`], and what the disk says. The file can be taken up again then.
    pub fn finish(mut self) -> Result<StoredFile, AttachmentError> {
        self.check_running()?;
        if !self.have.is_full() {
            return Err(AttachmentError::Incomplete {
                present: self.have.present(),
                chunk_count: self.have.chunk_count(),
            });
        }
        self.sync()?;
        let disk = &self.attachments.disk;
        // The length too, where the file system reserved no blocks.
        disk.sync_all(self.data.file(), &self.data_path)?;
        self.attachments
            .give_name(&self.data_path, self.attachment.id())?;
        disk.remove(&self.list_path)?;
        let path = self.attachments.whole_path(self.attachment.id());
        let buffers = self.attachments.buffers.clone();
        Ok(StoredFile::new(self.data, path, self.attachment, buffers))
    }

    fn write_new(&mut self, chunk: &VerifiedChunk) -> Result<(), AttachmentError> {
        let index = chunk.index();
        let disk = &self.attachments.disk;
        let place = (&self.data, self.data_path.as_path());
        write_chunk(disk, place, &mut self.buffer, &self.attachment, chunk)?;
        let at = self.list_writer.length_bytes();
        let record = self.list_writer.written(index);
        disk.write_at(&self.list, &self.list_path, &record, at)?;
        self.have.insert(index);
        self.unsynced_bytes += chunk.bytes().len() as u64;
        if self.unsynced_bytes >= self.attachments.settings.sync_interval_bytes {
            self.sync_all()?;
        }
        Ok(())
    }

    fn sync_all(&mut self) -> Result<(), AttachmentError> {
        let disk = &self.attachments.disk;
        disk.sync_data(self.data.file(), &self.data_path)?;
        let at = self.list_writer.length_bytes();
        let record = self.list_writer.synced();
        disk.write_at(&self.list, &self.list_path, &record, at)?;
        disk.sync_data(&self.list, &self.list_path)?;
        self.unsynced_bytes = 0;
        Ok(())
    }

    fn check_running(&self) -> Result<(), AttachmentError> {
        if self.stopped {
            Err(AttachmentError::Stopped)
        } else {
            Ok(())
        }
    }

    fn ending(&mut self, result: Result<(), AttachmentError>) -> Result<(), AttachmentError> {
        self.stopped |= result.is_err();
        result
    }
}

/// Writes a chunk where it belongs.
fn write_chunk(
    disk: &Disk,
    (data, path): (&Bulk, &Path),
    buffer: &mut Buffer,
    attachment: &Attachment,
    chunk: &VerifiedChunk,
) -> Result<(), AttachmentError> {
    let range = attachment.chunk_range(chunk.index());
    let start = range.ok_or(AttachmentError::NoSuchChunk(chunk.index()))?.start;
    buffer.clear();
    buffer.push(chunk.bytes());
    Ok(disk.write_bulk(data, path, buffer, start)?)
}

/// Takes the room for a whole file.
fn create_data(
    attachments: &Attachments,
    attachment: &Attachment,
    path: &Path,
) -> Result<Bulk, AttachmentError> {
    let disk = &attachments.disk;
    attachments.check_room(attachment.sealed_length_bytes())?;
    let file = disk.create(path)?;
    match disk.allocate(&file, path, attachment.sealed_length_bytes()) {
        Ok(()) => {}
        Err(error) if error.is_disk_full() => {
            // Somebody else was quicker. What was taken is given back.
            disk.remove(path)?;
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    }
    disk.sync_all(&file, path)?;
    disk.sync_directory(parent_of(path))?;
    Ok(Bulk::writable(file, path))
}

/// Writes a list beside the old one, and then in its place.
fn replace_list(disk: &Disk, path: &Path, bytes: &[u8]) -> Result<File, DiskError> {
    let mut name = path.as_os_str().to_owned();
    name.push(NEW_SUFFIX);
    let new = PathBuf::from(name);
    let file = disk.create(&new)?;
    disk.write_at(&file, &new, bytes, 0)?;
    disk.sync_all(&file, &new)?;
    disk.rename(&new, path)?;
    disk.sync_directory(parent_of(path))?;
    Ok(file)
}

fn open_for_writing(path: &Path) -> Result<Bulk, DiskError> {
    let file = OpenOptions::new().read(true).write(true).open(path);
    let file = file.map_err(disk::error("open", path))?;
    Ok(Bulk::writable(file, path))
}

//! Whole files: one that is sealed here, and one that is read.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use protocol::attachment::{
    Attachment, AttachmentParts, ChunkDigests, ChunkIndex, FileName, MediaType, VerifiedChunk,
};
use protocol::digest::Digest;

use super::{AttachmentError, Attachments, sums};
use crate::disk::bulk::{Buffer, Buffers, Bulk};
use crate::disk::{self, DiskError};
use crate::limits::SEALED_SYNC_STEPS;

/// A file that is being sealed here: takes its bytes, and computes what the manifest says of them. Dropped
/// before its end, it is removed.
#[derive(Debug)]
pub struct SealedFile {
    attachments: Attachments,
    file: Bulk,
    path: PathBuf,
    /// What is not written yet, and where it begins.
    buffer: Buffer,
    written_bytes: u64,
    digests: ChunkDigests,
    sums: Vec<u8>,
    is_named: bool,
    unsynced_bytes: u64,
    /// Syncs what was written before, while more is written.
    syncing: Option<JoinHandle<Result<(), DiskError>>>,
}

/// A whole sealed file, for reading. Cheap to clone.
#[derive(Debug, Clone)]
pub struct StoredFile {
    file: Arc<Bulk>,
    path: PathBuf,
    attachment: Arc<Attachment>,
    buffers: Buffers,
    /// Whether sums stand behind the file: where it was sealed here.
    pub(super) has_sums: bool,
}

/// Reads a whole sealed file from its beginning; every chunk is held against the manifest first, so that
/// reading it twice gives the same bytes or an error.
#[derive(Debug)]
pub struct SealedFileReader {
    stored: StoredFile,
    next: ChunkIndex,
    chunk: Vec<u8>,
    at: usize,
}

/// A file that was sealed here to its end, and has no name yet: whoever keeps a list of such files notes it
/// first. Dropped without its name, it is removed.
#[derive(Debug)]
pub struct WholeFile {
    sealed: SealedFile,
    attachment: Arc<Attachment>,
}

impl SealedFile {
    pub(super) fn begin(attachments: &Attachments, path: PathBuf) -> Result<Self, AttachmentError> {
        let file = attachments.disk.create(&path)?;
        Ok(Self {
            attachments: attachments.clone(),
            file: Bulk::writable(file, &path),
            path,
            buffer: attachments.buffers.take(),
            written_bytes: 0,
            digests: ChunkDigests::new(),
            sums: Vec::new(),
            is_named: false,
            unsynced_bytes: 0,
            syncing: None,
        })
    }

    /// Ends the file: it is durable, and has its name; see [`SealedFile::whole`] and [`WholeFile::publish`].
    ///
    /// # Errors
    /// As both of them.
    pub fn finish(
        self,
        name: FileName,
        media_type: MediaType,
        plaintext_length_bytes: u64,
        plaintext: Digest,
    ) -> Result<StoredFile, AttachmentError> {
        self.whole(name, media_type, plaintext_length_bytes, plaintext)?
            .publish()
    }

    /// Ends the file: it is durable. `plaintext_length_bytes` and `plaintext` are what sealing it said of the
    /// file inside.
    ///
    /// # Errors
    /// [`AttachmentError::Impossible`], and what the disk says. The file is removed then.
    pub fn whole(
        mut self,
        name: FileName,
        media_type: MediaType,
        plaintext_length_bytes: u64,
        plaintext: Digest,
    ) -> Result<WholeFile, AttachmentError> {
        let (sealed_length_bytes, chunks) = std::mem::take(&mut self.digests).finish();
        let attachment = Arc::new(Attachment::new(AttachmentParts {
            name,
            media_type,
            plaintext_length_bytes,
            plaintext,
            sealed_length_bytes,
            chunks,
        })?);
        self.write_out()?;
        let disk = &self.attachments.disk;
        disk.write_at(self.file.file(), &self.path, &self.sums, self.written_bytes)?;
        self.wait_for_sync()?;
        self.attachments.disk.sync_all(self.file.file(), &self.path)?;
        Ok(WholeFile {
            sealed: self,
            attachment,
        })
    }
}

impl SealedFile {
    /// Has what was written so far synced by another thread, one at a time: whoever syncs the ledger
    /// meanwhile never waits for more than two such steps to be written, and sealing waits for the disk only
    /// when that is slower.
    fn sync_behind(&mut self) -> Result<(), DiskError> {
        self.wait_for_sync()?;
        let (disk, path) = (self.attachments.disk.clone(), self.path.clone());
        let file = self.file.file().try_clone();
        let file = file.map_err(disk::error("open", &path))?;
        self.syncing = Some(thread::spawn(move || disk.sync_data(&file, &path)));
        self.unsynced_bytes = 0;
        Ok(())
    }

    /// Writes what the buffer holds: a chunk, or the last part of one.
    fn write_out(&mut self) -> Result<(), DiskError> {
        if self.buffer.filled().is_empty() {
            return Ok(());
        }
        sums::add(&mut self.sums, self.buffer.filled());
        let (disk, length) = (&self.attachments.disk, self.buffer.filled().len() as u64);
        disk.write_bulk(&self.file, &self.path, &self.buffer, self.written_bytes)?;
        self.buffer.clear();
        self.written_bytes += length;
        self.unsynced_bytes += length;
        if self.unsynced_bytes >= SEALED_SYNC_STEPS * self.attachments.settings.sync_interval_bytes {
            self.sync_behind()?;
        }
        Ok(())
    }

    fn wait_for_sync(&mut self) -> Result<(), DiskError> {
        match self.syncing.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(synced)) => synced,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
        }
    }
}

impl WholeFile {
    /// What it is.
    #[must_use]
    pub fn attachment(&self) -> &Arc<Attachment> {
        &self.attachment
    }

    /// Gives it its name: it can be found from now on.
    ///
    /// # Errors
    /// What the disk says. The file is removed then.
    pub fn publish(mut self) -> Result<StoredFile, AttachmentError> {
        let sealed = &mut self.sealed;
        let attachments = &sealed.attachments;
        attachments.give_name(&sealed.path, self.attachment.id())?;
        let path = attachments.whole_path(self.attachment.id());
        sealed.is_named = true;
        let file = sealed.file.file().try_clone();
        let file = Bulk::readable(file.map_err(disk::error("open", &path))?, &path);
        Ok(StoredFile::new(file, path, self.attachment, attachments.buffers.clone()).with_sums())
    }
}

impl Write for SealedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.digests.update(bytes).map_err(io::Error::other)?;
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = &rest[self.buffer.push(rest)..];
            if self.buffer.is_full() {
                let written = self.write_out();
                written.map_err(|error| io::Error::new(error.source.kind(), error))?;
            }
        }
        Ok(bytes.len())
    }

    /// [`SealedFile::finish`] writes what is held back of the last chunk, and makes it all durable.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for SealedFile {
    fn drop(&mut self) {
        if !self.is_named {
            // If this fails, the next start removes it.
            let _ = self.attachments.disk.remove(&self.path);
        }
    }
}

impl StoredFile {
    pub(super) fn new(file: Bulk, path: PathBuf, attachment: Arc<Attachment>, buffers: Buffers) -> Self {
        Self {
            file: Arc::new(file),
            path,
            attachment,
            buffers,
            has_sums: false,
        }
    }

    /// The same, where sums stand behind it (see [`super::sums`]).
    pub(super) fn with_sums(mut self) -> Self {
        self.has_sums = true;
        self
    }

    /// What it is.
    #[must_use]
    pub fn attachment(&self) -> &Arc<Attachment> {
        &self.attachment
    }

    /// Reads a chunk to serve it: held against its sum, or else against the manifest. Whoever gets it holds
    /// it against the manifest in any case `[TRANSFER]`.
    ///
    /// # Errors
    /// See [`StoredFile::read_chunk`].
    pub fn read_to_serve(&self, index: ChunkIndex) -> Result<Vec<u8>, AttachmentError> {
        if self.has_sums {
            let bytes = read_bytes(&self.file, &self.path, &self.attachment, index, &self.buffers)?;
            if sums::holds(&self.file, &self.attachment, index, &bytes) {
                return Ok(bytes);
            }
            // It may be the sum that is damaged.
        }
        Ok(self.read_chunk(index)?.into_bytes())
    }

    /// Reads a chunk, verified.
    ///
    /// # Errors
    /// [`AttachmentError::NoSuchChunk`], [`AttachmentError::Damaged`], and what the disk says.
    pub fn read_chunk(&self, index: ChunkIndex) -> Result<VerifiedChunk, AttachmentError> {
        read_chunk(&self.file, &self.path, &self.attachment, index, &self.buffers)
    }

    /// Reads the whole file: to open it.
    #[must_use]
    pub fn reader(&self) -> SealedFileReader {
        SealedFileReader {
            stored: self.clone(),
            next: ChunkIndex(0),
            chunk: Vec::new(),
            at: 0,
        }
    }
}

impl Read for SealedFileReader {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.at == self.chunk.len() && self.next.0 < self.stored.attachment.chunk_count() {
            let chunk = self.stored.read_chunk(self.next).map_err(io::Error::other)?;
            self.next = ChunkIndex(self.next.0 + 1);
            (self.chunk, self.at) = (chunk.into_bytes(), 0);
        }
        let count = (&self.chunk[self.at..]).read(bytes)?;
        self.at += count;
        Ok(count)
    }
}

/// Reads a chunk and holds it against the manifest.
pub(super) fn read_chunk(
    file: &Bulk,
    path: &Path,
    attachment: &Attachment,
    index: ChunkIndex,
    buffers: &Buffers,
) -> Result<VerifiedChunk, AttachmentError> {
    let bytes = read_bytes(file, path, attachment, index, buffers)?;
    let checked = attachment.check_chunk(index, bytes);
    checked.map_err(|_| damaged(path, index))
}

fn read_bytes(
    file: &Bulk,
    path: &Path,
    attachment: &Attachment,
    index: ChunkIndex,
    buffers: &Buffers,
) -> Result<Vec<u8>, AttachmentError> {
    let range = attachment
        .chunk_range(index)
        .ok_or(AttachmentError::NoSuchChunk(index))?;
    // A chunk is at most 1 MiB.
    let length = usize::try_from(range.end - range.start).unwrap_or(0);
    let read = file.read_at(path, length, range.start, buffers);
    read.map_err(|error| match error.source.kind() {
        io::ErrorKind::UnexpectedEof => damaged(path, index),
        _ => error.into(),
    })
}

fn damaged(path: &Path, index: ChunkIndex) -> AttachmentError {
    AttachmentError::Damaged {
        file: path.to_owned(),
        index: Some(index),
    }
}

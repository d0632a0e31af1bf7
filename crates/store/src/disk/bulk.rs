//! Files of gigabytes, written and read past the page cache.
//!
//! What is written once and read once gains nothing from the cache, and pays for it: on the machine that the
//! benchmark was made on, copying into fresh pages took a third of the processor time of a transfer, more
//! than hashing and encryption together. And it would push out of memory what the node reads all day.
//!
//! Direct I/O takes whole blocks only: memory, place and length. What does not end on one goes through the
//! cache, and so does everything where the file system knows no direct I/O. Which way it went makes no
//! difference to what is durable: nothing is, before a sync.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::OFlags;

use super::{Disk, DiskError, error};

/// What direct I/O counts in: a multiple of every common disk's sector, and a page.
const BLOCK_BYTES: usize = 4096;

/// Buffers that are kept for the next who needs one.
const IDLE_BUFFERS_MAX: usize = 4;

/// A file that is opened both ways.
#[derive(Debug)]
pub(crate) struct Bulk {
    cached: File,
    direct: Option<File>,
}

/// Memory that begins on a block, and what is in it. Goes back to its [`Buffers`] when it is dropped.
#[derive(Debug)]
pub(crate) struct Buffer {
    memory: Vec<u8>,
    start: usize,
    filled: usize,
    home: Arc<Idle>,
}

/// Buffers of one size. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Buffers {
    size_bytes: usize,
    idle: Arc<Idle>,
}

/// Memory that was used and can be used again.
type Idle = Mutex<Vec<Vec<u8>>>;

impl Bulk {
    /// For a file that was opened for reading and writing.
    pub(crate) fn writable(cached: File, path: &Path) -> Self {
        let direct = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(direct_flag())
            .open(path);
        // Some file systems have no direct I/O, and say so here.
        Self {
            cached,
            direct: direct.ok(),
        }
    }

    /// For a file that was opened for reading.
    pub(crate) fn readable(cached: File, path: &Path) -> Self {
        let direct = OpenOptions::new()
            .read(true)
            .custom_flags(direct_flag())
            .open(path);
        Self {
            cached,
            direct: direct.ok(),
        }
    }

    /// The file as everybody else uses it: to sync it.
    pub(crate) fn file(&self) -> &File {
        &self.cached
    }

    /// Reads so many bytes, at most as many as a buffer has; fewer are an error.
    pub(crate) fn read_at(
        &self,
        path: &Path,
        length_bytes: usize,
        offset: u64,
        buffers: &Buffers,
    ) -> Result<Vec<u8>, DiskError> {
        if let Some(bytes) = self
            .read_direct(length_bytes, offset, buffers)
            .map_err(error("read", path))?
        {
            return Ok(bytes);
        }
        let mut bytes = vec![0; length_bytes];
        super::read_at(&self.cached, path, &mut bytes, offset)?;
        Ok(bytes)
    }

    /// `None` where direct I/O cannot do it.
    fn read_direct(
        &self,
        length_bytes: usize,
        offset: u64,
        buffers: &Buffers,
    ) -> io::Result<Option<Vec<u8>>> {
        let Some(direct) = self.direct.as_ref().filter(|_| is_on_block(offset)) else {
            return Ok(None);
        };
        let mut buffer = buffers.take();
        let wanted = length_bytes.next_multiple_of(BLOCK_BYTES);
        if wanted > buffers.size_bytes {
            return Ok(None);
        }
        let read = |free: &mut [u8], filled: usize| direct.read_at(free, offset + filled as u64);
        let is_filled = fill(&mut buffer.space()[..wanted], length_bytes, read)?;
        Ok(is_filled.then(|| buffer.space()[..length_bytes].to_vec()))
    }

    /// Writes the whole blocks of `bytes`, which begin on a block; says how many bytes these were.
    fn write_direct(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let Some(direct) = self.direct.as_ref().filter(|_| is_on_block(offset)) else {
            return Ok(0);
        };
        let whole = bytes.len() / BLOCK_BYTES * BLOCK_BYTES;
        match direct.write_all_at(&bytes[..whole], offset) {
            Ok(()) => Ok(whole),
            // This disk has larger blocks, or a short write left the next one off its block.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(0),
            Err(error) => Err(error),
        }
    }
}

impl Disk {
    /// Writes what is in the buffer at `offset`.
    pub(crate) fn write_bulk(
        &self,
        bulk: &Bulk,
        path: &Path,
        buffer: &Buffer,
        offset: u64,
    ) -> Result<(), DiskError> {
        let bytes = buffer.filled();
        self.step_write(&bulk.cached, path, bytes, offset)?;
        let written = bulk.write_direct(bytes, offset).map_err(error("write", path))?;
        let rest = bulk
            .cached
            .write_all_at(&bytes[written..], offset + written as u64);
        rest.map_err(error("write", path))
    }
}

impl Buffers {
    /// Buffers of so many bytes.
    pub(crate) fn of(size_bytes: usize) -> Self {
        Self {
            size_bytes,
            idle: Arc::default(),
        }
    }

    /// An empty buffer.
    pub(crate) fn take(&self) -> Buffer {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let memory = idle.unwrap_or_else(|| vec![0; self.size_bytes + BLOCK_BYTES]);
        let start = memory.as_ptr().align_offset(BLOCK_BYTES).min(BLOCK_BYTES);
        Buffer {
            memory,
            start,
            filled: 0,
            home: Arc::clone(&self.idle),
        }
    }
}

impl Buffer {
    /// Takes in as much as there is room for; says how much.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> usize {
        let filled = self.filled;
        let free = &mut self.space()[filled..];
        let taken = bytes.len().min(free.len());
        free[..taken].copy_from_slice(&bytes[..taken]);
        self.filled += taken;
        taken
    }

    /// What was taken in.
    pub(crate) fn filled(&self) -> &[u8] {
        &self.memory[self.start..self.start + self.filled]
    }

    /// Whether there is no room left.
    pub(crate) fn is_full(&self) -> bool {
        self.filled == self.memory.len() - BLOCK_BYTES
    }

    /// Makes room again.
    pub(crate) fn clear(&mut self) {
        self.filled = 0;
    }

    fn space(&mut self) -> &mut [u8] {
        let end = self.start + self.memory.len() - BLOCK_BYTES;
        &mut self.memory[self.start..end]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut idle = self.home.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_BUFFERS_MAX {
            idle.push(std::mem::take(&mut self.memory));
        }
    }
}

/// Has `read` fill so much of the memory at least, which is told what is free of it and how much is filled;
/// `false` where direct I/O cannot do it.
fn fill(
    memory: &mut [u8],
    length_bytes: usize,
    read: impl Fn(&mut [u8], usize) -> io::Result<usize>,
) -> io::Result<bool> {
    let mut filled = 0;
    while filled < length_bytes {
        match read(&mut memory[filled..], filled) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            // Also when a short read left the next one off its block.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

fn is_on_block(offset: u64) -> bool {
    offset.is_multiple_of(BLOCK_BYTES as u64)
}

/// The flag as the standard library takes it.
fn direct_flag() -> i32 {
    OFlags::DIRECT.bits().cast_signed()
}

#[cfg(test)]
mod tests;

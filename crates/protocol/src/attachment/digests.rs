//! The SHA-256 of each chunk of a sealed file, while it is written.

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::limits::{ATTACHMENT_CHUNKS_MAX, CHUNK_BYTES};

/// Cuts a stream into chunks and computes their digests; for whoever makes a manifest.
#[derive(Debug, Clone, Default)]
pub struct ChunkDigests {
    hash: Sha256,
    /// How much of the chunk at hand was hashed.
    hashed_bytes: usize,
    length_bytes: u64,
    chunks: Vec<Digest>,
}

/// The file is longer than an attachment may be: [`ATTACHMENT_CHUNKS_MAX`] chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed file has at most {ATTACHMENT_CHUNKS_MAX} chunks of {CHUNK_BYTES} bytes")]
pub struct FileTooLong;

impl ChunkDigests {
    /// Begins a file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what comes next.
    ///
    /// # Errors
    /// When the file is too long; nothing was taken in then.
    pub fn update(&mut self, mut bytes: &[u8]) -> Result<(), FileTooLong> {
        const LENGTH_BYTES_MAX: u64 = (ATTACHMENT_CHUNKS_MAX * CHUNK_BYTES) as u64;
        let length_bytes = self.length_bytes.saturating_add(bytes.len() as u64);
        if length_bytes > LENGTH_BYTES_MAX {
            return Err(FileTooLong);
        }
        self.length_bytes = length_bytes;
        while !bytes.is_empty() {
            let room = CHUNK_BYTES - self.hashed_bytes;
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.hash.update(now);
            self.hashed_bytes += now.len();
            bytes = later;
            if self.hashed_bytes == CHUNK_BYTES {
                self.end_chunk();
            }
        }
        Ok(())
    }

    /// The file's length, and the digests of all its chunks.
    #[must_use]
    pub fn finish(mut self) -> (u64, Vec<Digest>) {
        if self.hashed_bytes > 0 {
            self.end_chunk();
        }
        (self.length_bytes, self.chunks)
    }

    fn end_chunk(&mut self) {
        self.chunks
            .push(Digest::from_bytes(self.hash.finalize_reset().into()));
        self.hashed_bytes = 0;
    }
}

#[cfg(test)]
mod tests;

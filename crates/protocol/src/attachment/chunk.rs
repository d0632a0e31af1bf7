//! The pieces of a sealed file: one by its index, one that was verified, and which ones are there.

use std::fmt;

use super::id::AttachmentId;
use super::manifest::Attachment;
use crate::digest::Digest;

/// A chunk's place in its attachment, counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkIndex(pub u32);

/// A chunk whose bytes have the length and the SHA-256 that the manifest names. Nothing else is ever
/// written to disk or counted; [`Attachment::check_chunk`] is the only way to one `[TRANSFER]`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedChunk {
    attachment: AttachmentId,
    index: ChunkIndex,
    bytes: Vec<u8>,
}

/// Bytes that are not the chunk that they were said to be. Whoever sent them is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongChunk {
    /// The attachment has no such chunk.
    #[error("the attachment has {chunk_count} chunks, none with the index {index}")]
    NoSuchChunk {
        /// What was asked about.
        index: ChunkIndex,
        /// How many there are.
        chunk_count: u32,
    },
    /// The chunk has another length.
    #[error("chunk {index} has {expected_bytes} bytes, these are {found_bytes}")]
    Length {
        /// Which one.
        index: ChunkIndex,
        /// How long it is, by the manifest.
        expected_bytes: u64,
        /// How long what came is.
        found_bytes: u64,
    },
    /// The chunk has another SHA-256.
    #[error("chunk {index} is not what the manifest says")]
    Content {
        /// Which one.
        index: ChunkIndex,
    },
}

/// Which chunks of an attachment are there. One bit each: 8 KiB for the largest attachment.
#[derive(Clone, PartialEq, Eq)]
pub struct ChunkSet {
    words: Vec<u64>,
    chunk_count: u32,
    present: u32,
}

impl Attachment {
    /// Holds bytes against the manifest. Costs one SHA-256 over them.
    ///
    /// # Errors
    /// When they are not this chunk.
    pub fn check_chunk(&self, index: ChunkIndex, bytes: Vec<u8>) -> Result<VerifiedChunk, WrongChunk> {
        let chunk_count = self.chunk_count();
        let known = self.chunk_range(index).zip(self.chunk_digest(index));
        let (range, digest) = known.ok_or(WrongChunk::NoSuchChunk { index, chunk_count })?;
        let (expected_bytes, found_bytes) = (range.end - range.start, bytes.len() as u64);
        if expected_bytes != found_bytes {
            return Err(WrongChunk::Length {
                index,
                expected_bytes,
                found_bytes,
            });
        }
        if Digest::of(&bytes) != digest {
            return Err(WrongChunk::Content { index });
        }
        Ok(VerifiedChunk {
            attachment: self.id(),
            index,
            bytes,
        })
    }
}

impl VerifiedChunk {
    /// The attachment that it is a part of.
    #[must_use]
    pub fn attachment(&self) -> AttachmentId {
        self.attachment
    }

    /// Which part.
    #[must_use]
    pub fn index(&self) -> ChunkIndex {
        self.index
    }

    /// Its bytes: ciphertext.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives the bytes back, so that their buffer can be used again.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl ChunkIndex {
    /// As an index into a slice.
    pub(crate) fn place(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl ChunkSet {
    /// None of `chunk_count` chunks.
    #[must_use]
    pub fn none(chunk_count: u32) -> Self {
        Self {
            words: vec![0; ChunkIndex(chunk_count).place().div_ceil(64)],
            chunk_count,
            present: 0,
        }
    }

    /// None of an attachment's chunks.
    #[must_use]
    pub fn none_of(attachment: &Attachment) -> Self {
        Self::none(attachment.chunk_count())
    }

    /// Whether a chunk is there.
    #[must_use]
    pub fn contains(&self, index: ChunkIndex) -> bool {
        let word = self.words.get(index.place() / 64);
        word.is_some_and(|word| word >> (index.0 % 64) & 1 == 1)
    }

    /// Notes a chunk. Says whether it is new; one that the attachment does not have is not.
    pub fn insert(&mut self, index: ChunkIndex) -> bool {
        if index.0 >= self.chunk_count || self.contains(index) {
            return false;
        }
        self.words[index.place() / 64] |= 1 << (index.0 % 64);
        self.present += 1;
        true
    }

    /// How many are there.
    #[must_use]
    pub fn present(&self) -> u32 {
        self.present
    }

    /// How many there can be.
    #[must_use]
    pub fn chunk_count(&self) -> u32 {
        self.chunk_count
    }

    /// Whether all are there.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.present == self.chunk_count
    }

    /// The first chunk from `from` on that is not there.
    #[must_use]
    pub fn first_missing(&self, from: ChunkIndex) -> Option<ChunkIndex> {
        let mut index = from.0;
        while index < self.chunk_count {
            let word = self.words[ChunkIndex(index).place() / 64];
            // Ones where a chunk is there, and below `index`.
            let skipped = word | ((1_u64 << (index % 64)) - 1);
            let found = (index / 64) * 64 + skipped.trailing_ones();
            if skipped != u64::MAX {
                return (found < self.chunk_count).then_some(ChunkIndex(found));
            }
            index = found;
        }
        None
    }
}

impl fmt::Display for ChunkIndex {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

impl fmt::Debug for ChunkIndex {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "#{}", self.0)
    }
}

impl fmt::Debug for VerifiedChunk {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "VerifiedChunk({} of {}, {} bytes)",
            self.index,
            self.attachment,
            self.bytes.len()
        )
    }
}

impl fmt::Debug for ChunkSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ChunkSet({} of {})", self.present, self.chunk_count)
    }
}

#[cfg(test)]
mod tests;

//! A journal segment: a file of fixed length that is filled with zeros before it is used.
//!
//! ```text
//! header   "ohrid-journal/1\n"  length u32  sequence u64  capacity u64  first index u64
//!          hash of the trailer before [32]  hashes of the tiles that were not full then [32]...
//!          CRC32C u32, zeros up to a multiple of 4,096
//!          In a log that is not the ledger's first the header is "ohrid-journal/2\n", and behind the hash
//!          of the trailer before stands the position u64 at which that log begins.
//! batches  one after the other, each at a multiple of 4,096
//! zeros    up to the end
//! ```
//!
//! The zeros are really written, not only reserved: then a commit changes nothing but blocks that are
//! there already, and its one `fdatasync` has no metadata to write. Segments are never used twice, so
//! that what follows the last batch is zeros or torn, never something old that could be believed.
//!
//! The header carries what is needed to go on when all earlier segments are gone: the chain, and the
//! right side of the tree. It is durable before the segment's first batch is written.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::hash::Hash;
use protocol::digest::Digest;

use super::batch::{Fields, padded};
use crate::disk::{self, Disk, DiskError};
use crate::levels::Levels;
use crate::limits::{BLOCK_BYTES, FILL_STEP_BYTES, SEGMENT_BYTES_MAX, SEGMENT_HEADER_BYTES_MAX};

/// The header of a segment that begins in the ledger's first log.
const MAGIC: &[u8; 16] = b"ohrid-journal/1\n";
/// The header of a segment that begins in a later log.
const MAGIC_OF_LATER: &[u8; 16] = b"ohrid-journal/2\n";
/// Everything in a header but the hashes, and the position of a later log's beginning.
const FIXED_BYTES: usize = 16 + 4 + 8 + 8 + 8 + 32 + 4;
/// How long that position is.
const LOG_FIRST_BYTES: usize = 8;

/// What the header of a segment says.
#[derive(Debug, Clone)]
pub(crate) struct SegmentHeader {
    pub(crate) sequence: u64,
    pub(crate) capacity_bytes: u64,
    /// The hash of the trailer before the segment, which is also the key of its batches.
    pub(crate) previous: Digest,
    /// The right side of the tree before the segment.
    pub(crate) levels: Levels,
}

/// A segment's file. Readers hold it too: it stays readable after it was removed.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) sequence: u64,
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) capacity_bytes: u64,
}

/// Where something lies in the journal.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) segment: Arc<Segment>,
    pub(crate) offset: u64,
    pub(crate) length: usize,
}

impl Place {
    /// Reads what lies there.
    pub(crate) fn read(&self) -> Result<Vec<u8>, DiskError> {
        let mut bytes = vec![0; self.length];
        disk::read_at(&self.segment.file, &self.segment.path, &mut bytes, self.offset)?;
        Ok(bytes)
    }
}

impl SegmentHeader {
    /// The length of the header, with padding.
    pub(crate) fn padded_bytes(levels: &Levels) -> usize {
        padded(length_bytes(levels, levels.partials().len()))
    }

    /// Appends the header, with padding, to an empty buffer.
    pub(crate) fn encode(&self, buffer: &mut Vec<u8>) {
        let partials = self.levels.partials();
        let length = length_bytes(&self.levels, partials.len());
        let is_first = self.levels.first() == 0;
        buffer.extend_from_slice(if is_first { MAGIC } else { MAGIC_OF_LATER });
        // At most 72 KiB: eight levels of 255 hashes.
        buffer.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        buffer.extend_from_slice(&self.sequence.to_be_bytes());
        buffer.extend_from_slice(&self.capacity_bytes.to_be_bytes());
        buffer.extend_from_slice(&self.levels.end().to_be_bytes());
        buffer.extend_from_slice(self.previous.as_bytes());
        if !is_first {
            buffer.extend_from_slice(&self.levels.first().to_be_bytes());
        }
        partials
            .iter()
            .for_each(|hash| buffer.extend_from_slice(hash.as_bytes()));
        buffer.extend_from_slice(&crc32c::crc32c(buffer).to_be_bytes());
        buffer.resize(padded(length), 0);
    }

    /// The length without padding that the beginning of a segment tells, if it can be one.
    pub(crate) fn decode_length(bytes: &[u8]) -> Option<usize> {
        let mut fields = Fields(bytes);
        let magic = fields.take(MAGIC.len())?;
        let length = usize::try_from(fields.u32()?).ok()?;
        let possible = (magic == MAGIC || magic == MAGIC_OF_LATER)
            && (FIXED_BYTES..=SEGMENT_HEADER_BYTES_MAX).contains(&length);
        possible.then_some(length)
    }

    /// Reads a header from the beginning of a segment; `None` unless it is whole. Also gives its length
    /// with padding: where the batches begin.
    pub(crate) fn decode(bytes: &[u8]) -> Option<(Self, usize)> {
        let length = Self::decode_length(bytes)?;
        let is_first = bytes.starts_with(MAGIC);
        let mut fields = Fields(bytes.get(MAGIC.len() + 4..)?);
        let sequence = fields.u64()?;
        let capacity_bytes = fields.u64()?;
        let first_index = fields.u64()?;
        let previous = Digest::from_bytes(fields.array()?);
        let (log_first, fixed) = if is_first {
            (0, FIXED_BYTES)
        } else {
            (fields.u64()?, FIXED_BYTES + LOG_FIRST_BYTES)
        };
        let hashes = fields.take(length.checked_sub(fixed)?)?;
        let checksum = fields.u32()?;
        let (hashes, rest) = hashes.as_chunks::<{ Hash::LENGTH_BYTES }>();
        if checksum != crc32c::crc32c(&bytes[..length - 4]) || !rest.is_empty() {
            return None;
        }
        let partials: Vec<Hash> = hashes.iter().copied().map(Hash::from_bytes).collect();
        // One form for each: a log that begins at 0 is the first.
        let size = first_index.checked_sub(log_first)?;
        if !is_first && log_first == 0 {
            return None;
        }
        // No such segment was ever made.
        if capacity_bytes > SEGMENT_BYTES_MAX || !capacity_bytes.is_multiple_of(BLOCK_BYTES as u64) {
            return None;
        }
        let levels = Levels::from_partials(size, &partials)?.at(log_first);
        Some((
            Self {
                sequence,
                capacity_bytes,
                previous,
                levels,
            },
            padded(length),
        ))
    }
}

/// The length of a header without padding.
fn length_bytes(levels: &Levels, partials: usize) -> usize {
    let log_first = if levels.first() == 0 { 0 } else { LOG_FIRST_BYTES };
    FIXED_BYTES + log_first + partials * Hash::LENGTH_BYTES
}

/// The name of a segment's file.
pub(crate) fn file_name(sequence: u64) -> String {
    format!("{sequence:012}.segment")
}

/// The sequence number in a segment's name; `None` for other files.
pub(crate) fn parse_file_name(name: &str) -> Option<u64> {
    let sequence = name.strip_suffix(".segment")?.parse().ok()?;
    (file_name(sequence) == name).then_some(sequence)
}

/// A segment that is being filled with zeros, ahead of need.
#[derive(Debug)]
pub(crate) struct Filling {
    sequence: u64,
    capacity_bytes: u64,
    filled_bytes: u64,
    staged: PathBuf,
    file: File,
    /// Written before the file gets its name: the header, for a journal's first segment.
    header: Vec<u8>,
}

impl Filling {
    /// Begins a segment of at least `capacity_bytes`.
    pub(crate) fn begin(disk: &Disk, sequence: u64, capacity_bytes: u64) -> Result<Self, DiskError> {
        let (staged, file) = disk.create_staged(&file_name(sequence))?;
        let capacity_bytes = capacity_bytes.next_multiple_of(BLOCK_BYTES as u64);
        disk.allocate(&file, &staged, capacity_bytes)?;
        Ok(Self {
            sequence,
            capacity_bytes,
            filled_bytes: 0,
            staged,
            file,
            header: Vec::new(),
        })
    }

    /// The segment will begin with the header of the empty tree: nothing comes before it.
    pub(crate) fn beginning_with(mut self, seed: Digest) -> Self {
        let header = SegmentHeader {
            sequence: self.sequence,
            capacity_bytes: self.capacity_bytes,
            previous: seed,
            levels: Levels::new(),
        };
        header.encode(&mut self.header);
        self
    }

    /// Its length, in bytes.
    pub(crate) fn capacity_bytes(&self) -> u64 {
        self.capacity_bytes
    }

    /// Fills and syncs a piece more; returns the segment once it is full, durable and has its name.
    pub(crate) fn step(mut self, disk: &Disk, directory: &Path) -> Result<FillStep, DiskError> {
        self.fill(disk)?;
        // Piece by piece, so that no commit waits for all of it.
        disk.sync_data(&self.file, &self.staged)?;
        if self.is_full() {
            self.name(disk, directory).map(FillStep::Done)
        } else {
            Ok(FillStep::More(self))
        }
    }

    /// Fills the rest at once.
    pub(crate) fn finish(mut self, disk: &Disk, directory: &Path) -> Result<Segment, DiskError> {
        while !self.is_full() {
            self.fill(disk)?;
        }
        self.name(disk, directory)
    }

    fn is_full(&self) -> bool {
        self.filled_bytes == self.capacity_bytes
    }

    fn fill(&mut self, disk: &Disk) -> Result<(), DiskError> {
        let length = FILL_STEP_BYTES.min(self.capacity_bytes - self.filled_bytes);
        let zeros = vec![0; usize::try_from(length).unwrap_or(0)];
        disk.write_at(&self.file, &self.staged, &zeros, self.filled_bytes)?;
        self.filled_bytes += length;
        Ok(())
    }

    fn name(self, disk: &Disk, directory: &Path) -> Result<Segment, DiskError> {
        disk.write_at(&self.file, &self.staged, &self.header, 0)?;
        disk.sync_all(&self.file, &self.staged)?;
        let path = directory.join(file_name(self.sequence));
        disk.rename(&self.staged, &path)?;
        disk.sync_directory(directory)?;
        Ok(Segment {
            sequence: self.sequence,
            path,
            file: self.file,
            capacity_bytes: self.capacity_bytes,
        })
    }
}

/// What one step of filling came to.
#[derive(Debug)]
pub(crate) enum FillStep {
    /// More zeros are to be written.
    More(Filling),
    /// The segment can be used.
    Done(Segment),
}

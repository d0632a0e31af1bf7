//! Reading the journal at start: what is whole, what was torn, and what is damaged.
//!
//! Only what was written last can be torn, because nothing is written before the `fdatasync` of the
//! batch before it returned. So a batch that is not whole is a *torn tail*, never acknowledged, if and
//! only if
//!
//! 1. nothing whole follows: no batch of this segment, no byte in a later segment, and no byte behind
//!    the batch's own end where its head tells it;
//! 2. it looks unwritten: the segment was zeros before, and disks write sectors, so somewhere a
//!    sector begins or ends with zeros, or the file ends too early.
//!
//! Everything else is damage: bytes that were on the disk once, and changed. Then the node does not
//! start, and nothing is touched.

use std::fs::File;
use std::path::Path;

use protocol::digest::Digest;

use super::batch::{self, BatchHead, Layout, padded};
use super::segment::{Segment, SegmentHeader};
use crate::disk::{self, DiskError};
use crate::later::{WRITTEN_LATER, format_of_later};
use crate::limits::{
    BATCH_BYTES_MAX, BLOCK_BYTES, SECTOR_BYTES, SEGMENT_HEADER_BYTES_MAX, UNWRITTEN_RUN_BYTES,
};

/// Read at a time where a whole segment is looked through.
const CHUNK_BYTES: usize = 256 * BLOCK_BYTES;

/// What stands at a place of a segment where a header or a batch should begin.
#[derive(Debug)]
pub(crate) enum Found<T> {
    /// It is whole.
    Whole(T),
    /// Nothing was written from here to the end.
    Unwritten,
    /// It was being written when the machine stopped: up to this place there are bytes of it.
    Torn { end: u64 },
    /// It was changed.
    Damaged(&'static str),
}

/// A whole batch: its bytes without padding, and where things lie in them.
#[derive(Debug)]
pub(crate) struct WholeBatch {
    pub(crate) head: BatchHead,
    pub(crate) bytes: Vec<u8>,
    pub(crate) layout: Layout,
}

/// A segment's bytes, where those that the file lacks read as zeros.
#[derive(Debug)]
pub(crate) struct Bytes<'segment> {
    file: &'segment File,
    path: &'segment Path,
    /// The file's length.
    pub(crate) present: u64,
    /// The length that it should have.
    pub(crate) capacity: u64,
}

impl<'segment> Bytes<'segment> {
    pub(crate) fn of(segment: &'segment Segment) -> Result<Self, DiskError> {
        let metadata = segment
            .file
            .metadata()
            .map_err(disk::error("stat", &segment.path))?;
        Ok(Self {
            file: &segment.file,
            path: &segment.path,
            present: metadata.len(),
            capacity: segment.capacity_bytes,
        })
    }

    /// Reads from `offset`, at most up to the capacity.
    fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, DiskError> {
        let length = to_usize(self.capacity.saturating_sub(offset)).min(length);
        let available = to_usize(self.present.saturating_sub(offset)).min(length);
        let mut bytes = vec![0; length];
        disk::read_at(self.file, self.path, &mut bytes[..available], offset)?;
        Ok(bytes)
    }

    /// The offset behind the last byte that is not zero, from `offset` on; `None` when all are.
    pub(crate) fn last_written(&self, offset: u64) -> Result<Option<u64>, DiskError> {
        let mut last = None;
        let mut place = offset;
        while place < self.present.min(self.capacity) {
            let chunk = self.read(place, CHUNK_BYTES)?;
            if let Some(byte) = chunk.iter().rposition(|byte| *byte != 0) {
                last = Some(place + byte as u64 + 1);
            }
            place += chunk.len() as u64;
        }
        Ok(last)
    }

    /// What stands at the beginning of the segment. `key` is the hash of the trailer before it, where
    /// that is known.
    pub(crate) fn header(&self, key: Option<&Digest>) -> Result<Found<(SegmentHeader, u64)>, DiskError> {
        let start = self.read(0, padded(SEGMENT_HEADER_BYTES_MAX))?;
        if let Some((header, length)) = SegmentHeader::decode(&start) {
            return Ok(Found::Whole((header, length as u64)));
        }
        if format_of_later(&start, "ohrid-journal/", 2).is_some() {
            return Ok(Found::Damaged(WRITTEN_LATER));
        }
        let Some(key) = key else {
            return Ok(Found::Damaged("the header of the journal's first segment"));
        };
        // The header was durable before its first batch was written, so a batch behind it shows damage.
        self.unfinished(0, SegmentHeader::decode_length(&start), key)
    }

    /// What stands at `offset`, where a batch should begin.
    pub(crate) fn batch(&self, offset: u64, key: &Digest) -> Result<Found<WholeBatch>, DiskError> {
        let start = self.read(offset, BLOCK_BYTES)?;
        let Some(head) = batch::decode_head(&start, key) else {
            if format_of_later(&start, "ohbatch", 2).is_some() {
                return Ok(Found::Damaged(WRITTEN_LATER));
            }
            return self.unfinished(offset, None, key);
        };
        if offset + padded(head.length_bytes) as u64 > self.capacity {
            return Ok(Found::Damaged("a batch that is longer than its segment"));
        }
        let bytes = self.read(offset, head.length_bytes)?;
        match batch::decode(&bytes, &head) {
            Some(layout) => Ok(Found::Whole(WholeBatch { head, bytes, layout })),
            None => self.unfinished(offset, Some(head.length_bytes), key),
        }
    }

    /// Tells torn from damaged, where something should begin at `offset` and is not whole. `length` is
    /// its own, if its head is whole.
    fn unfinished<T>(&self, offset: u64, length: Option<usize>, key: &Digest) -> Result<Found<T>, DiskError> {
        let Some(written) = self.last_written(offset)? else {
            return Ok(Found::Unwritten);
        };
        let end = length.map_or(written, |length| offset + length as u64);
        if written > end {
            return Ok(Found::Damaged(
                "a batch that is not whole, with bytes behind its end",
            ));
        }
        if is_longer_than_a_batch(offset, end) {
            return Ok(Found::Damaged("bytes where no batch begins"));
        }
        if self.batch_begins_within(offset + BLOCK_BYTES as u64, written, key)? {
            return Ok(Found::Damaged(
                "a hole: whole batches follow one that is not whole",
            ));
        }
        let torn = match length {
            Some(_) => written < end || self.looks_unwritten(offset, end)?,
            None => self.head_looks_unwritten(offset, written)?,
        };
        if torn {
            return Ok(Found::Torn {
                end: end.min(self.capacity),
            });
        }
        Ok(Found::Damaged("bytes that changed after they were written"))
    }

    /// Whether the sector of a head that is not whole was never written, or not to its end.
    fn head_looks_unwritten(&self, offset: u64, written: u64) -> Result<bool, DiskError> {
        let sector = self.read(offset, SECTOR_BYTES)?;
        if all_zeros(&sector) {
            return Ok(true);
        }
        // If the end was written, and this sector too, then it was written differently.
        let magic_bytes = batch::TRAILER_MAGIC.len() as u64;
        let last = self.read(written.saturating_sub(magic_bytes), batch::TRAILER_MAGIC.len())?;
        if last == batch::TRAILER_MAGIC {
            return Ok(false);
        }
        self.looks_unwritten(offset, offset + SECTOR_BYTES as u64)
    }

    /// Whether a batch of this segment begins at some block from `offset` on.
    fn batch_begins_within(&self, offset: u64, end: u64, key: &Digest) -> Result<bool, DiskError> {
        for place in (offset..end).step_by(BLOCK_BYTES) {
            if batch::decode_head(&self.read(place, batch::HEAD_BYTES)?, key).is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether some sector between `offset` and `end` begins or ends with bytes that were never written.
    fn looks_unwritten(&self, offset: u64, end: u64) -> Result<bool, DiskError> {
        let mut place = offset;
        while place < end {
            let chunk = self.read(place, CHUNK_BYTES)?;
            if chunk.is_empty() {
                // The file ends before the sector does: what it lacks was not written.
                return Ok(true);
            }
            let length = to_usize(end - place).min(chunk.len());
            let unwritten = chunk[..length].chunks(SECTOR_BYTES).any(|sector| {
                let run = UNWRITTEN_RUN_BYTES.min(sector.len());
                all_zeros(&sector[..run]) || all_zeros(&sector[sector.len() - run..])
            });
            if unwritten {
                return Ok(true);
            }
            place += length as u64;
        }
        Ok(false)
    }
}

/// Whether so much was written that no batch can have begun there.
pub(super) fn is_longer_than_a_batch(offset: u64, end: u64) -> bool {
    end - offset > BATCH_BYTES_MAX as u64
}

fn all_zeros(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// Lengths within a segment; on a 32-bit machine a longer one reads as the longest there can be.
fn to_usize(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

//! The journal: where a commit becomes durable, with one write and one `fdatasync` `[DURABLE]`.
//!
//! Segments are numbered files ([`segment`]), filled one after the other with batches ([`batch`]). Each
//! batch carries the hash of the trailer before it, across segments, so that none can be taken out or put
//! elsewhere. The next segment is prepared ahead of need. A segment is removed when all that it holds is
//! durable elsewhere and was read back from there; who decides that is `embedded::maintain`.

pub(crate) mod batch;
pub(crate) mod recovery;
mod rewriting;
pub(crate) mod scan;
pub(crate) mod segment;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::digest::{Commitment, Digest};
use protocol::exchange::types::Commit;

use crate::contract::StoreError;
use crate::disk::{Disk, DiskError};
use crate::levels::Levels;
use crate::limits::{BUFFER_KEPT_BYTES, SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN};
pub(crate) use rewriting::Rewritten;
use segment::{FillStep, Filling, Place, Segment, SegmentHeader};

/// The directory's name.
pub(crate) const JOURNAL_DIRECTORY: &str = "journal";

/// The journal, open for appending.
#[derive(Debug)]
pub(crate) struct Journal {
    disk: Disk,
    directory: PathBuf,
    segment_bytes: u64,
    /// Those with batches, or about to have some; the last is written to.
    segments: VecDeque<LiveSegment>,
    /// Where the next batch begins in the last segment.
    offset: u64,
    /// The hash of the last trailer.
    chain: Digest,
    /// Prepared, and without a header.
    spare: Option<Segment>,
    filling: Option<Filling>,
    buffer: Vec<u8>,
    /// How long the last batch waited for the disk.
    synced_in: Duration,
}

/// A segment in use.
#[derive(Debug, Clone)]
pub(crate) struct LiveSegment {
    pub(crate) segment: Arc<Segment>,
    /// The hash of the trailer before it.
    pub(crate) key: Digest,
    /// The index of its first leaf.
    pub(crate) first_index: u64,
}

/// Where the parts of a batch lie now.
#[derive(Debug)]
pub(crate) struct Appended {
    pub(crate) leaves: Vec<Place>,
    pub(crate) payloads: Vec<(Commitment, Place)>,
}

impl Journal {
    /// Makes a commit durable: one write, one `fdatasync`. `levels` is the tree before it.
    ///
    /// Only [`StoreError::DiskFull`] and [`StoreError::TooLarge`] leave the journal as it was.
    pub(crate) fn append(&mut self, commit: &Commit, levels: &Levels) -> Result<Appended, StoreError> {
        let length = batch::length_bytes(commit).ok_or(StoreError::TooLarge("a batch of this length"))?;
        let needed = batch::padded(length) as u64;
        if !self.has_room(needed) {
            self.begin_segment(needed, levels)?;
        }
        let live = self.active()?.clone();
        self.buffer.clear();
        let layout = batch::encode(&mut self.buffer, commit, &live.key, &self.chain)
            .ok_or(StoreError::TooLarge("a leaf or payload of this length"))?;
        let Segment { file, path, .. } = &*live.segment;
        self.disk.write_at(file, path, &self.buffer, self.offset)?;
        let syncing = Instant::now();
        self.disk.sync_data(file, path)?;
        self.synced_in = syncing.elapsed();

        let start = self.offset;
        self.offset += self.buffer.len() as u64;
        self.chain = layout.trailer_hash;
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_KEPT_BYTES);
        Ok(Appended::new(&live.segment, start, &layout))
    }

    /// How long the `fdatasync` of the last batch took; zero before the first.
    pub(crate) fn synced_in(&self) -> Duration {
        self.synced_in
    }

    fn has_room(&self, bytes: u64) -> bool {
        let capacity = self.segments.back().map_or(0, |live| live.segment.capacity_bytes);
        self.offset + bytes <= capacity
    }

    fn active(&self) -> Result<&LiveSegment, StoreError> {
        // A journal is opened with a segment, and the last one is never retired.
        self.segments.back().ok_or(StoreError::Stopped)
    }

    /// Goes on in a new segment that has room for a batch of `bytes`.
    fn begin_segment(&mut self, bytes: u64, levels: &Levels) -> Result<(), StoreError> {
        let header_bytes = SegmentHeader::padded_bytes(levels) as u64;
        let spare = self
            .take_spare(header_bytes + bytes)
            .map_err(|error| self.not_prepared(error))?;
        let header = SegmentHeader {
            sequence: spare.sequence,
            capacity_bytes: spare.capacity_bytes,
            previous: self.chain,
            levels: levels.clone(),
        };
        self.buffer.clear();
        header.encode(&mut self.buffer);
        // Durable before the first batch: so a header that is not whole has no batch behind it, and one
        // that was changed is told from one that was torn.
        self.disk.write_at(&spare.file, &spare.path, &self.buffer, 0)?;
        self.disk.sync_data(&spare.file, &spare.path)?;
        self.offset = header_bytes;
        self.segments.push_back(LiveSegment {
            segment: Arc::new(spare),
            key: self.chain,
            first_index: levels.end(),
        });
        Ok(())
    }

    /// A full disk leaves everything as it was, as long as only a spare was to be made.
    fn not_prepared(&self, error: DiskError) -> StoreError {
        if error.is_disk_full() {
            StoreError::DiskFull {
                free_bytes: 0,
                needed_bytes: self.segment_bytes,
            }
        } else {
            StoreError::Disk(error)
        }
    }

    /// The spare, if it is large enough; otherwise one is made in its place, at once.
    fn take_spare(&mut self, bytes: u64) -> Result<Segment, DiskError> {
        let fits = |spare: &mut Segment| {
            let length = spare.capacity_bytes;
            length >= bytes && length == possible_segment_bytes(length)
        };
        if let Some(spare) = self.spare.take_if(fits) {
            return Ok(spare);
        }
        let filling = match self.filling.take() {
            Some(filling) if filling.capacity_bytes() >= bytes => filling,
            // A spare that is too small, or of a length that no segment has, is replaced under its name: it
            // has nothing but zeros.
            _ => Filling::begin(&self.disk, self.next_sequence(), self.segment_bytes.max(bytes))?,
        };
        let segment = filling.finish(&self.disk, &self.directory)?;
        self.spare = None;
        Ok(segment)
    }

    fn next_sequence(&self) -> u64 {
        self.segments.back().map_or(0, |live| live.segment.sequence + 1)
    }

    /// The number of segments that have batches.
    pub(crate) fn segments_in_use(&self) -> usize {
        self.segments.len()
    }

    /// Whether the next segment is still to be prepared.
    pub(crate) fn lacks_spare(&self) -> bool {
        self.spare.is_none()
    }

    /// Prepares a piece of the next segment.
    pub(crate) fn prepare_step(&mut self) -> Result<(), DiskError> {
        let filling = match self.filling.take() {
            Some(filling) => filling,
            None => Filling::begin(&self.disk, self.next_sequence(), self.segment_bytes)?,
        };
        match filling.step(&self.disk, &self.directory)? {
            FillStep::More(filling) => self.filling = Some(filling),
            FillStep::Done(segment) => self.spare = Some(segment),
        }
        Ok(())
    }

    /// Gives up a segment that is not full of zeros yet.
    pub(crate) fn drop_filling(&mut self) {
        self.filling = None;
    }

    /// The oldest segment, with the index behind its last leaf, unless it is the one written to.
    pub(crate) fn oldest(&self) -> Option<(&LiveSegment, u64)> {
        let next = self.segments.get(1)?;
        Some((self.segments.front()?, next.first_index))
    }

    /// Removes the oldest segment. All that it holds must be durable elsewhere.
    pub(crate) fn retire_oldest(&mut self) -> Result<(), DiskError> {
        if self.segments.len() > 1
            && let Some(oldest) = self.segments.pop_front()
        {
            self.disk.remove(&oldest.segment.path)?;
        }
        Ok(())
    }
}

impl Appended {
    /// Turns places within a batch into places within the journal.
    pub(crate) fn new(segment: &Arc<Segment>, start: u64, layout: &batch::Layout) -> Self {
        let place = |span: &batch::Span| Place {
            segment: Arc::clone(segment),
            offset: start + span.offset as u64,
            length: span.length,
        };
        Self {
            leaves: layout.leaves.iter().map(place).collect(),
            payloads: layout
                .payloads
                .iter()
                .map(|(commitment, span)| (*commitment, place(span)))
                .collect(),
        }
    }
}

/// The length of segments that a setting asks for, as it can be.
pub(crate) fn possible_segment_bytes(asked: u64) -> u64 {
    asked
        .clamp(SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX)
        .next_multiple_of(crate::limits::BLOCK_BYTES as u64)
}

#[cfg(test)]
mod tests;

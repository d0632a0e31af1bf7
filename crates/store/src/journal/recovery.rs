//! Opening a journal: every batch that is in it is checked, and the tail is made sure of.
//!
//! Checked are the checksum of each batch, the chain of trailers, the indices, and that the leaves give
//! the recorded roots. A torn tail is cut, that is: made zeros again. What lies behind the last released
//! checkpoint, headers of segments as well, is written anew and synced, because after a failed `fsync` the
//! kernel may show bytes that the disk does not have `[DURABLE]`.

mod segments;

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ledger::hash::{Hash, leaf_hash};
use protocol::digest::{Commitment, Digest};
use protocol::entry::begins_log;

use super::batch::Span;
use super::scan::{Bytes, Found, WholeBatch};
use super::segment::{self, Filling, Place, Segment, SegmentHeader};
use super::{Appended, JOURNAL_DIRECTORY, Journal, LiveSegment, possible_segment_bytes};
use crate::disk::{self, Disk};
use crate::embedded::{OpenError, TornTail};
use crate::head::Released;
use crate::later::WRITTEN_LATER;
use crate::levels::Levels;
use crate::limits::BLOCK_BYTES;
use crate::logs::Ended;
use segments::open_segments;

/// What the journal tells at start.
#[derive(Debug)]
pub(crate) struct Recovered {
    /// The tree of the newest log; only tiles before the journal's first leaf are taken for stored.
    pub(crate) levels: Levels,
    /// The logs that end in the journal, in order.
    pub(crate) ended: Vec<Ended>,
    /// The first leaf of the newest log that is in the journal, counted within that log.
    pub(crate) leaves_from: u64,
    /// Where the leaves from there on lie.
    pub(crate) leaves: VecDeque<Place>,
    pub(crate) payloads: Vec<(Commitment, Place)>,
    pub(crate) torn: Option<TornTail>,
    /// What was written anew, in bytes.
    pub(crate) rewritten_bytes: u64,
}

impl Journal {
    /// Begins the journal of a new store. `seed` makes this journal unlike every other.
    pub(crate) fn create(disk: &Disk, segment_bytes: u64, seed: Digest) -> Result<(), OpenError> {
        let directory = disk.root().join(JOURNAL_DIRECTORY);
        disk.create_directory(&directory)?;
        let filling = Filling::begin(disk, 1, possible_segment_bytes(segment_bytes))?;
        filling.beginning_with(seed).finish(disk, &directory)?;
        Ok(())
    }

    /// Opens the journal, and checks all that is in it.
    pub(crate) fn open(
        disk: &Disk,
        segment_bytes: u64,
        released: &Released,
    ) -> Result<(Self, Recovered), OpenError> {
        let directory = disk.root().join(JOURNAL_DIRECTORY);
        let mut scan = Scan::new(disk, *released);
        for (segment, is_first) in open_segments(&directory)?
            .into_iter()
            .zip(std::iter::once(true).chain(std::iter::repeat(false)))
        {
            scan.segment(segment, is_first)?;
        }
        if scan.live.is_empty() {
            return Err(damaged(
                &directory,
                Some(released.size),
                "there is no journal segment",
            ));
        }
        scan.settle(&directory)?;
        let recovered = Recovered {
            levels: scan.levels,
            ended: scan.ended,
            leaves_from: scan.leaves_from,
            leaves: scan.leaves,
            payloads: scan.payloads,
            torn: scan.torn,
            rewritten_bytes: scan.rewritten_bytes,
        };
        let journal = Self {
            disk: disk.clone(),
            directory,
            segment_bytes: possible_segment_bytes(segment_bytes),
            segments: scan.live,
            offset: scan.offset,
            chain: scan.chain,
            spare: scan.spare,
            filling: None,
            buffer: Vec::new(),
            synced_in: Duration::ZERO,
        };
        Ok((journal, recovered))
    }
}

/// What is known while the segments are read one after the other.
struct Scan<'disk> {
    disk: &'disk Disk,
    released: Released,
    levels: Levels,
    ended: Vec<Ended>,
    leaves_from: u64,
    chain: Digest,
    live: VecDeque<LiveSegment>,
    spare: Option<Segment>,
    offset: u64,
    leaves: VecDeque<Place>,
    payloads: Vec<(Commitment, Place)>,
    torn: Option<TornTail>,
    /// The bytes to make zeros again, and the segment they are in: a torn tail, and in each segment that is
    /// shorter than it was made, what lacks.
    cuts: Vec<(Arc<Segment>, u64, u64)>,
    /// Whole batches behind the released checkpoint, and the headers before them.
    unreleased: Vec<(Arc<Segment>, u64, u64)>,
    rewritten_bytes: u64,
    /// The root at the size of the released checkpoint, where a batch ended there.
    root_at_released: Option<Hash>,
}

impl<'disk> Scan<'disk> {
    fn new(disk: &'disk Disk, released: Released) -> Self {
        Self {
            disk,
            released,
            levels: Levels::new(),
            ended: Vec::new(),
            leaves_from: 0,
            chain: Digest::from_bytes([0; 32]),
            live: VecDeque::new(),
            spare: None,
            offset: 0,
            leaves: VecDeque::new(),
            payloads: Vec::new(),
            torn: None,
            cuts: Vec::new(),
            unreleased: Vec::new(),
            rewritten_bytes: 0,
            root_at_released: None,
        }
    }

    fn segment(&mut self, segment: Segment, is_first: bool) -> Result<(), OpenError> {
        let size = self.levels.end();
        let path = segment.path.clone();
        let bytes = Bytes::of(&segment)?;
        if self.torn.is_some() || self.spare.is_some() {
            // Nothing is written behind what was torn, and a spare is the last: it must be empty.
            return match bytes.last_written(0)? {
                Some(_) => Err(damaged(
                    &path,
                    Some(size),
                    "batches follow where the journal ended",
                )),
                None if self.spare.is_some() => Err(damaged(&path, Some(size), "a second empty segment")),
                None => {
                    self.spare = Some(segment);
                    Ok(())
                }
            };
        }
        let key = (!is_first).then_some(&self.chain);
        match bytes.header(key)? {
            Found::Whole((header, offset)) => self.begin(segment, &header, offset, is_first),
            Found::Unwritten => {
                self.spare = Some(segment);
                Ok(())
            }
            Found::Torn { end } => {
                self.torn = Some(TornTail {
                    file: path,
                    bytes: end,
                    size,
                });
                let segment = Arc::new(segment);
                self.cuts.push((segment, 0, end));
                Ok(())
            }
            Found::Damaged(what) => Err(damaged(&path, Some(size), what)),
        }
    }

    fn begin(
        &mut self,
        segment: Segment,
        header: &SegmentHeader,
        offset: u64,
        is_first: bool,
    ) -> Result<(), OpenError> {
        let size = self.levels.end();
        if header.sequence != segment.sequence {
            return Err(damaged(
                &segment.path,
                Some(size),
                "this segment belongs under another name",
            ));
        }
        if is_first {
            self.levels = header.levels.clone();
            self.leaves_from = self.levels.size();
            self.chain = header.previous;
            if self.levels.end() == self.released.size {
                self.root_at_released = Some(self.levels.edge().root());
            }
        } else if header.previous != self.chain || !header.levels.is_same_tree(&self.levels) {
            return Err(damaged(
                &segment.path,
                Some(size),
                "a hole: it does not continue the segment before",
            ));
        }
        let capacity_bytes = header.capacity_bytes;
        let segment = Arc::new(Segment {
            capacity_bytes,
            ..segment
        });
        self.live.push_back(LiveSegment {
            segment: Arc::clone(&segment),
            key: self.chain,
            first_index: self.levels.end(),
        });
        self.offset = offset;
        if self.levels.end() >= self.released.size {
            // No batch in it was released: its header may be in memory only, like these.
            self.unreleased.push((Arc::clone(&segment), 0, offset));
        }
        self.batches(&segment)
    }

    fn batches(&mut self, segment: &Arc<Segment>) -> Result<(), OpenError> {
        let key = self.chain;
        let bytes = Bytes::of(segment)?;
        let mut end = None;
        loop {
            let size = self.levels.end();
            match bytes.batch(self.offset, &key)? {
                Found::Whole(batch) => self.batch(segment, &batch)?,
                Found::Unwritten => break,
                Found::Torn { end: torn_end } => {
                    let torn_bytes = torn_end - self.offset;
                    self.torn = Some(TornTail {
                        file: segment.path.clone(),
                        bytes: torn_bytes,
                        size,
                    });
                    end = Some(torn_end);
                    break;
                }
                Found::Damaged(what) => return Err(damaged(&segment.path, Some(size), what)),
            }
        }
        let is_short = bytes.present != bytes.capacity;
        if let Some(end) = end.or(is_short.then_some(self.offset)) {
            self.cuts.push((Arc::clone(segment), self.offset, end));
        }
        Ok(())
    }

    fn batch(&mut self, segment: &Arc<Segment>, batch: &WholeBatch) -> Result<(), OpenError> {
        let size = self.levels.end();
        let wrong = |what| Err(damaged(&segment.path, Some(size), what));
        if batch.head.first_index != size {
            return wrong("a batch of other leaves than follow");
        }
        if batch.layout.previous != self.chain {
            return wrong("a batch that does not continue the chain");
        }
        let leaf = |span: &Span| &batch.bytes[span.offset..span.offset + span.length];
        if batch
            .layout
            .leaves
            .first()
            .is_some_and(|span| begins_log(leaf(span)))
        {
            if self.levels.size() == 0 {
                return wrong("a log that follows an empty one");
            }
            self.ended.push(Ended::of(&self.levels));
            self.levels = Levels::of_log(size);
            // All of the log that ended is in its files.
            self.leaves.clear();
            self.leaves_from = 0;
        }
        for span in &batch.layout.leaves {
            self.levels.append(leaf_hash(leaf(span)));
        }
        if self.levels.edge().root() != batch.layout.root_after {
            return wrong("leaves that do not give the recorded root");
        }
        if self.levels.end() == self.released.size {
            self.root_at_released = Some(batch.layout.root_after);
        }
        let appended = Appended::new(segment, self.offset, &batch.layout);
        self.leaves.extend(appended.leaves);
        self.payloads.extend(appended.payloads);
        let padded = super::batch::padded(batch.bytes.len()) as u64;
        if self.levels.end() > self.released.size {
            self.unreleased.push((Arc::clone(segment), self.offset, padded));
        }
        self.offset += padded;
        self.chain = batch.layout.trailer_hash;
        Ok(())
    }

    /// Cuts the torn tail, and writes anew what nobody was told of yet. Only now is anything changed: the
    /// whole journal was found in order.
    fn settle(&mut self, directory: &Path) -> Result<(), OpenError> {
        let first = self.live.front().map_or(0, |live| live.first_index);
        if self.released.size > self.levels.end() {
            return Err(OpenError::BehindReleased {
                size: self.levels.end(),
                released: self.released.size,
            });
        }
        if self.released.size >= first && self.root_at_released != Some(self.released.root) {
            let head = self.disk.root().join(crate::head::HEAD_FILE);
            return Err(damaged(
                &head,
                Some(self.released.size),
                "the ledger has another root at this size",
            ));
        }
        for (segment, start, end) in std::mem::take(&mut self.cuts) {
            self.make_unwritten(&segment, start, end)?;
            // One without a header is empty now; all others are in use.
            if self.spare.is_none() {
                self.spare = Arc::into_inner(segment);
            }
        }
        for (segment, offset, length) in std::mem::take(&mut self.unreleased) {
            let place = Place {
                segment,
                offset,
                length: usize::try_from(length).unwrap_or(usize::MAX),
            };
            let bytes = place.read()?;
            self.disk
                .write_at(&place.segment.file, &place.segment.path, &bytes, offset)?;
            self.rewritten_bytes += length;
        }
        if self.rewritten_bytes != 0 {
            for live in &self.live {
                self.disk.sync_data(&live.segment.file, &live.segment.path)?;
            }
        }
        self.disk.sync_directory(directory)?;
        Ok(())
    }

    /// Writes zeros from `start` to the end of what is there, and gives the file its length again.
    fn make_unwritten(&self, segment: &Segment, start: u64, end: u64) -> Result<(), OpenError> {
        let present = segment
            .file
            .metadata()
            .map_err(disk::error("stat", &segment.path))?
            .len();
        // What lacks was read as zeros, the padding of a last batch as well, which `start` is behind.
        let (start, end) = if present != segment.capacity_bytes {
            (start.min(present), segment.capacity_bytes)
        } else {
            (start, end)
        };
        let zeros = vec![0; 256 * BLOCK_BYTES];
        for place in (start..end).step_by(zeros.len()) {
            let length = usize::try_from(end - place)
                .unwrap_or(usize::MAX)
                .min(zeros.len());
            self.disk
                .write_at(&segment.file, &segment.path, &zeros[..length], place)?;
        }
        self.disk.sync_all(&segment.file, &segment.path)?;
        Ok(())
    }
}

fn damaged(file: &Path, index: Option<u64>, what: &'static str) -> OpenError {
    if what == WRITTEN_LATER {
        return OpenError::Later {
            file: PathBuf::from(file),
            found: "the journal's format".to_owned(),
        };
    }
    OpenError::Damaged {
        file: PathBuf::from(file),
        index,
        what,
    }
}

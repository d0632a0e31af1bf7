//! Which chunk to ask whom for next `[TRANSFER]`.
//!
//! A [`Pull`] is a state machine without I/O, in the manner of `exchange`: times come in as arguments, and
//! it knows sources only by numbers. A *source* is one connection to somebody who may have the file.
//!
//! * inputs: [`Pull::handle_connected`], [`Pull::handle_disconnected`], [`Pull::handle_chunk`] (verified, see
//!   [`super::Attachment::check_chunk`]), [`Pull::handle_wrong`], [`Pull::handle_absent`],
//!   [`Pull::handle_busy`], [`Pull::handle_unanswered`], [`Pull::handle_timeout`]
//! * outputs: [`Pull::poll_request`] and [`Pull::poll_event`], each until `None`, then [`Pull::poll_timeout`]
//!
//! What it promises:
//!
//! * Chunks are asked for in their order, so that opening the file may begin before its end is there.
//! * A chunk is out at one source at a time; it is asked for again when that source is silent for too long,
//!   goes away, refuses, or sends something else. A chunk that comes late is taken all the same.
//! * A source that sent a wrong chunk is named and never asked again. One that does not have the file is not
//!   asked again either, but is not blamed. One that was silent waits, twice as long each time.
//! * No more than [`PullSettings::in_flight_max`] chunks are out, whatever happens: that bounds the memory.
//! * What is on disk at the beginning is never asked for: a pull resumes from any set of chunks.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::chunk::{ChunkIndex, ChunkSet, VerifiedChunk, WrongChunk};
use super::id::AttachmentId;
use super::manifest::Attachment;
use super::request::ChunkRequest;
use crate::limits::{
    CHUNK_TIMEOUT, CHUNKS_IN_FLIGHT_MAX, CHUNKS_IN_FLIGHT_PER_SOURCE_MAX, PULL_SOURCES_MAX, RETRY_DELAY_MAX,
    RETRY_DELAY_MIN,
};
use crate::time::UnixMillis;

/// A connection to somebody who may have the file; the driver numbers them, and uses no number twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u64);

/// How a pull is to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PullSettings {
    /// Chunks that are out, over all sources.
    pub in_flight_max: usize,
    /// Chunks that are out at one source.
    pub in_flight_per_source_max: usize,
    /// How long a chunk may take.
    pub timeout: Duration,
}

/// What a verified chunk came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// It is new: write it to disk.
    New,
    /// It is there already: drop it.
    Again,
    /// It belongs to another attachment: the driver is at fault.
    Foreign,
}

/// What the driver must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullEvent {
    /// The source sent bytes that are not the chunk that it was asked for: a breach of the protocol.
    Misbehaved {
        /// Who.
        source: SourceId,
        /// What was wrong.
        wrong: WrongChunk,
    },
    /// The source says that it does not have the file, or not for us.
    Lacking {
        /// Who.
        source: SourceId,
    },
    /// All chunks are there.
    Complete,
}

/// Pulls one attachment.
#[derive(Debug)]
pub struct Pull {
    attachment: AttachmentId,
    settings: PullSettings,
    have: ChunkSet,
    /// Every chunk before this one was asked for, or is there.
    next: ChunkIndex,
    /// Chunks before `next` that must be asked for again.
    again: BTreeSet<ChunkIndex>,
    asked: BTreeMap<ChunkIndex, Asked>,
    sources: BTreeMap<SourceId, Source>,
    events: VecDeque<PullEvent>,
}

#[derive(Debug)]
struct Asked {
    source: SourceId,
    deadline: UnixMillis,
}

#[derive(Debug, Default)]
struct Source {
    in_flight: usize,
    standing: Standing,
    /// How often in a row it was silent or busy.
    failures: u32,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Standing {
    #[default]
    Willing,
    /// It is asked again then.
    Paused(UnixMillis),
    /// It is not asked again.
    Excluded,
}

impl Default for PullSettings {
    fn default() -> Self {
        Self {
            in_flight_max: CHUNKS_IN_FLIGHT_MAX,
            in_flight_per_source_max: CHUNKS_IN_FLIGHT_PER_SOURCE_MAX,
            timeout: CHUNK_TIMEOUT,
        }
    }
}

impl Pull {
    /// Begins, or goes on: `have` is what is on disk. A set of another attachment's size counts as none.
    #[must_use]
    pub fn new(attachment: &Attachment, have: ChunkSet, settings: PullSettings) -> Self {
        let fits = have.chunk_count() == attachment.chunk_count();
        let have = if fits { have } else { ChunkSet::none_of(attachment) };
        let mut events = VecDeque::new();
        if have.is_full() {
            events.push_back(PullEvent::Complete);
        }
        Self {
            attachment: attachment.id(),
            settings,
            have,
            next: ChunkIndex(0),
            again: BTreeSet::new(),
            asked: BTreeMap::new(),
            sources: BTreeMap::new(),
            events,
        }
    }

    /// Which chunks are there.
    #[must_use]
    pub fn have(&self) -> &ChunkSet {
        &self.have
    }

    /// Whether all chunks are there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.have.is_full()
    }

    /// Whether there is nobody left to ask, now or later: only a new source helps.
    #[must_use]
    pub fn is_stalled(&self) -> bool {
        let mut sources = self.sources.values();
        !self.is_complete() && sources.all(|source| source.standing == Standing::Excluded)
    }

    /// How many chunks are out.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.asked.len()
    }

    /// A connection is there. More than [`PULL_SOURCES_MAX`] are passed over.
    pub fn handle_connected(&mut self, source: SourceId) {
        if self.sources.len() < PULL_SOURCES_MAX {
            self.sources.entry(source).or_default();
        }
    }

    /// A connection is gone, and with it whatever was out there.
    pub fn handle_disconnected(&mut self, source: SourceId) {
        self.take_back(source);
        self.sources.remove(&source);
    }

    /// A verified chunk came from `source`.
    pub fn handle_chunk(&mut self, source: SourceId, chunk: &VerifiedChunk) -> Arrival {
        if chunk.attachment() != self.attachment {
            return Arrival::Foreign;
        }
        if self.settle(source, chunk.index())
            && let Some(source) = self.sources.get_mut(&source)
        {
            source.failures = 0;
        }
        if !self.have.insert(chunk.index()) {
            return Arrival::Again;
        }
        self.again.remove(&chunk.index());
        if self.have.is_full() {
            self.events.push_back(PullEvent::Complete);
        }
        Arrival::New
    }

    /// What came from `source` when it was asked for a chunk is not that chunk.
    pub fn handle_wrong(&mut self, source: SourceId, wrong: WrongChunk) {
        if self.exclude(source) {
            self.events.push_back(PullEvent::Misbehaved { source, wrong });
        }
    }

    /// `source` says that it does not have the file, or not for us.
    pub fn handle_absent(&mut self, source: SourceId) {
        if self.exclude(source) {
            self.events.push_back(PullEvent::Lacking { source });
        }
    }

    /// `source` says: not now. It is asked for nothing before that time, which has the bounds of other
    /// retries whatever the peer says.
    pub fn handle_busy(
        &mut self,
        source: SourceId,
        index: ChunkIndex,
        retry_after: Duration,
        now: UnixMillis,
    ) {
        self.give_up(source, index);
        self.pause(source, now, retry_after);
    }

    /// The stream on which `source` was asked for a chunk broke.
    pub fn handle_unanswered(&mut self, source: SourceId, index: ChunkIndex, now: UnixMillis) {
        self.give_up(source, index);
        self.pause(source, now, RETRY_DELAY_MIN);
    }

    /// Time has passed: what is out for too long is asked for again, preferably elsewhere.
    pub fn handle_timeout(&mut self, now: UnixMillis) {
        let late = self.asked.iter().filter(|(_, asked)| asked.deadline <= now);
        let late: Vec<_> = late.map(|(index, asked)| (*index, asked.source)).collect();
        let mut silent = BTreeSet::new();
        for (index, source) in late {
            self.give_up(source, index);
            silent.insert(source);
        }
        // Once for each source, not for each chunk: they are late together.
        for source in silent {
            self.pause(source, now, RETRY_DELAY_MIN);
        }
        for source in self.sources.values_mut() {
            if matches!(source.standing, Standing::Paused(until) if until <= now) {
                source.standing = Standing::Willing;
            }
        }
    }

    /// The next chunk to ask for, and whom.
    pub fn poll_request(&mut self, now: UnixMillis) -> Option<(SourceId, ChunkRequest)> {
        if self.asked.len() >= self.settings.in_flight_max {
            return None;
        }
        let source = self.least_busy()?;
        let index = self.next_wanted()?;
        let deadline = now.plus(self.settings.timeout);
        self.asked.insert(index, Asked { source, deadline });
        if let Some(source) = self.sources.get_mut(&source) {
            source.in_flight += 1;
        }
        let attachment = self.attachment;
        Some((source, ChunkRequest { attachment, index }))
    }

    /// The next thing that the driver must know.
    pub fn poll_event(&mut self) -> Option<PullEvent> {
        self.events.pop_front()
    }

    /// When [`Pull::handle_timeout`] is to be called next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<UnixMillis> {
        if self.is_complete() {
            return None;
        }
        let deadlines = self.asked.values().map(|asked| asked.deadline);
        let pauses = self.sources.values().filter_map(|source| match source.standing {
            Standing::Paused(until) => Some(until),
            Standing::Willing | Standing::Excluded => None,
        });
        deadlines.chain(pauses).min()
    }

    /// The willing source with the fewest chunks out; the oldest of several.
    fn least_busy(&self) -> Option<SourceId> {
        let willing = self.sources.iter().filter(|(_, source)| {
            source.standing == Standing::Willing && source.in_flight < self.settings.in_flight_per_source_max
        });
        let least = willing.min_by_key(|(id, source)| (source.in_flight, **id));
        least.map(|(id, _)| *id)
    }

    /// The first chunk that is neither there nor out.
    fn next_wanted(&mut self) -> Option<ChunkIndex> {
        if let Some(index) = self.again.pop_first() {
            return Some(index);
        }
        let index = self.have.first_missing(self.next);
        // Where nothing is missing any more, nothing is looked through again.
        self.next = index.map_or(ChunkIndex(self.have.chunk_count()), |index| {
            ChunkIndex(index.0 + 1)
        });
        index
    }

    /// Ends what is out at `source` for this chunk. Says whether there was anything.
    fn settle(&mut self, source: SourceId, index: ChunkIndex) -> bool {
        if self.asked.get(&index).is_none_or(|asked| asked.source != source) {
            return false;
        }
        self.asked.remove(&index);
        if let Some(source) = self.sources.get_mut(&source) {
            source.in_flight = source.in_flight.saturating_sub(1);
        }
        true
    }

    /// Ends what is out at `source` for this chunk, without success.
    fn give_up(&mut self, source: SourceId, index: ChunkIndex) {
        if self.settle(source, index) && !self.have.contains(index) {
            self.again.insert(index);
        }
    }

    /// Ends all that is out at `source`.
    fn take_back(&mut self, source: SourceId) {
        let out = self.asked.iter().filter(|(_, asked)| asked.source == source);
        let out: Vec<ChunkIndex> = out.map(|(index, _)| *index).collect();
        for index in out {
            self.give_up(source, index);
        }
    }

    /// Asks a source for nothing any more. Says whether that is new.
    fn exclude(&mut self, source: SourceId) -> bool {
        self.take_back(source);
        let Some(source) = self.sources.get_mut(&source) else {
            return false;
        };
        std::mem::replace(&mut source.standing, Standing::Excluded) != Standing::Excluded
    }

    /// Leaves a source in peace for at least `at_least`, and twice as long each time in a row.
    fn pause(&mut self, source: SourceId, now: UnixMillis, at_least: Duration) {
        let Some(source) = self.sources.get_mut(&source) else {
            return;
        };
        if source.standing == Standing::Excluded {
            return;
        }
        let doubled = RETRY_DELAY_MIN.saturating_mul(1 << source.failures.min(16));
        let pause = doubled.max(at_least).min(RETRY_DELAY_MAX);
        source.failures = source.failures.saturating_add(1);
        let until = now.plus(pause);
        source.standing = match source.standing {
            Standing::Paused(before) => Standing::Paused(before.max(until)),
            _ => Standing::Paused(until),
        };
    }
}

#[cfg(test)]
mod tests;

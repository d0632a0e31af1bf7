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
//! * A source is asked for a few chunks at first, for one more after each that came soon, and for half as
//!   many after a silence: on a slow line, many at once would all be late together, for ever.
//! * What is on disk at the beginning is never asked for: a pull resumes from any set of chunks.

mod types;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::chunk::{ChunkIndex, ChunkSet, VerifiedChunk, WrongChunk};
use super::id::AttachmentId;
use super::manifest::Attachment;
use super::request::ChunkRequest;
use crate::limits::{PULL_SOURCES_MAX, RETRY_DELAY_MAX, RETRY_DELAY_MIN};
use crate::time::UnixMillis;
pub use types::{Arrival, PullEvent, PullSettings, SourceId};

/// A chunk that came within this part of its time-out came soon: twice as many at once would not be late.
const SOON_PART: u32 = 4;

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
    at: UnixMillis,
    deadline: UnixMillis,
}

#[derive(Debug)]
struct Source {
    in_flight: usize,
    /// How many chunks may be out here, for now.
    window: usize,
    standing: Standing,
    /// How often in a row it was silent or busy.
    failures: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Willing,
    /// It is asked again then.
    Paused(UnixMillis),
    /// It is not asked again.
    Excluded,
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
            let window = self.settings.in_flight_per_source_first;
            self.sources.entry(source).or_insert(Source {
                in_flight: 0,
                window: window.clamp(1, self.settings.in_flight_per_source_max.max(1)),
                standing: Standing::Willing,
                failures: 0,
            });
        }
    }

    /// A connection is gone, and with it whatever was out there.
    pub fn handle_disconnected(&mut self, source: SourceId) {
        self.take_back(source);
        self.sources.remove(&source);
    }

    /// A verified chunk came from `source`.
    pub fn handle_chunk(&mut self, source: SourceId, chunk: &VerifiedChunk, now: UnixMillis) -> Arrival {
        if chunk.attachment() != self.attachment {
            return Arrival::Foreign;
        }
        if let Some(asked_at) = self.settle(source, chunk.index())
            && let Some(source) = self.sources.get_mut(&source)
        {
            source.failures = 0;
            let came_soon = now.since(asked_at) <= self.settings.timeout / SOON_PART;
            if came_soon && source.window < self.settings.in_flight_per_source_max {
                source.window += 1;
            }
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
            self.events.push_back(PullEvent::Late { source, index });
            silent.insert(source);
        }
        // Once for each source, not for each chunk: they are late together.
        for source in silent {
            self.pause(source, now, RETRY_DELAY_MIN);
            if let Some(source) = self.sources.get_mut(&source) {
                source.window = (source.window / 2).max(1);
            }
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
        let asked = Asked {
            source,
            at: now,
            deadline,
        };
        self.asked.insert(index, asked);
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
        let willing = self
            .sources
            .iter()
            .filter(|(_, source)| source.standing == Standing::Willing && source.in_flight < source.window);
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

    /// Ends what is out at `source` for this chunk. Says when it was asked for, if it was.
    fn settle(&mut self, source: SourceId, index: ChunkIndex) -> Option<UnixMillis> {
        if self.asked.get(&index).is_none_or(|asked| asked.source != source) {
            return None;
        }
        let asked_at = self.asked.remove(&index).map(|asked| asked.at);
        if let Some(source) = self.sources.get_mut(&source) {
            source.in_flight = source.in_flight.saturating_sub(1);
        }
        asked_at
    }

    /// Ends what is out at `source` for this chunk, without success.
    fn give_up(&mut self, source: SourceId, index: ChunkIndex) {
        if self.settle(source, index).is_some() && !self.have.contains(index) {
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

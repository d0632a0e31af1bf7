//! A network in virtual time: sources that answer late, twice, wrongly or not at all, as a seed says.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::attachment::AttachmentParts;
use crate::digest::Digest;
use crate::limits::CHUNK_BYTES;

/// A file whose chunks are alike but for their last one, which is short: hashing them all would be slow.
pub(super) struct File {
    pub(super) attachment: Attachment,
    tail: Vec<u8>,
}

const TAIL_BYTES: usize = 100;

/// The digest of a chunk of zeros, worked out once.
fn body_digest() -> Digest {
    static DIGEST: std::sync::LazyLock<Digest> =
        std::sync::LazyLock::new(|| Digest::of(&vec![0; CHUNK_BYTES]));
    *DIGEST
}

pub(super) fn file_of(chunk_count: usize) -> File {
    let tail = vec![9; TAIL_BYTES];
    let mut chunks = vec![body_digest(); chunk_count - 1];
    chunks.push(Digest::of(&tail));
    let attachment = Attachment::new(AttachmentParts {
        name: "file".parse().unwrap(),
        media_type: "text/csv".parse().unwrap(),
        plaintext_length_bytes: 1,
        plaintext: Digest::from_bytes([0x11; 32]),
        sealed_length_bytes: ((chunk_count - 1) * CHUNK_BYTES + TAIL_BYTES) as u64,
        chunks,
    });
    File {
        attachment: attachment.unwrap(),
        tail,
    }
}

impl File {
    pub(super) fn chunk(&self, index: u32) -> VerifiedChunk {
        let is_last = index + 1 == self.attachment.chunk_count();
        let bytes = if is_last {
            self.tail.clone()
        } else {
            vec![0; CHUNK_BYTES]
        };
        self.attachment.check_chunk(ChunkIndex(index), bytes).unwrap()
    }
}

/// How a source behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conduct {
    /// Loses a quarter, doubles some, and is busy or breaks off now and then.
    Lossy,
    /// Answers mostly after the time-out.
    Slow,
    /// Sends a wrong chunk sooner or later.
    Liar,
    /// Does not have the file.
    Lacking,
}

enum Answer {
    Chunk,
    Wrong,
    Absent,
    Busy,
    Broken,
}

pub(super) struct Network {
    file: File,
    seed: u64,
    now: UnixMillis,
    sources: BTreeMap<SourceId, Conduct>,
    on_the_way: BTreeMap<(UnixMillis, u64), (SourceId, ChunkIndex, Answer)>,
    sent: u64,
    pub(super) written: BTreeSet<u32>,
    pub(super) writes: u32,
    pub(super) misbehaved: Vec<SourceId>,
}

impl Network {
    pub(super) fn new(seed: u64, chunk_count: usize) -> Self {
        Self {
            file: file_of(chunk_count),
            seed,
            now: NOW,
            sources: BTreeMap::new(),
            on_the_way: BTreeMap::new(),
            sent: 0,
            written: BTreeSet::new(),
            writes: 0,
            misbehaved: Vec::new(),
        }
    }

    pub(super) fn attachment(&self) -> Attachment {
        self.file.attachment.clone()
    }

    pub(super) fn nothing(&self) -> ChunkSet {
        ChunkSet::none_of(&self.file.attachment)
    }

    pub(super) fn connect(&mut self, source: u64, conduct: Conduct) {
        self.sources.insert(SourceId(source), conduct);
    }

    fn chance(&mut self, of: u64) -> u64 {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % of
    }

    fn send(&mut self, source: SourceId, index: ChunkIndex, answer: Answer, delay_ms: u64) {
        self.sent += 1;
        let at = self.now.plus(Duration::from_millis(delay_ms));
        self.on_the_way.insert((at, self.sent), (source, index, answer));
    }

    fn ask(&mut self, source: SourceId, index: ChunkIndex) {
        let delay_ms = 10 + self.chance(500);
        match (self.sources[&source], self.chance(8)) {
            (Conduct::Lossy, 0 | 1) => {}
            (Conduct::Lossy, 2) => self.send(source, index, Answer::Busy, delay_ms),
            (Conduct::Lossy, 3) => self.send(source, index, Answer::Broken, delay_ms),
            (Conduct::Lossy, 4) => {
                self.send(source, index, Answer::Chunk, delay_ms);
                self.send(source, index, Answer::Chunk, 2 * delay_ms);
            }
            (Conduct::Slow, 0..6) => self.send(source, index, Answer::Chunk, 25_000 + 50 * delay_ms),
            (Conduct::Liar, 0) => self.send(source, index, Answer::Wrong, delay_ms),
            (Conduct::Lacking, _) => self.send(source, index, Answer::Absent, delay_ms),
            _ => self.send(source, index, Answer::Chunk, delay_ms),
        }
    }

    /// Drives a pull until it is complete; a day of virtual time must be enough.
    pub(super) fn run(&mut self, pull: &mut Pull) {
        for source in self.sources.keys() {
            pull.handle_connected(*source);
        }
        let mut is_complete = false;
        while !is_complete {
            while let Some((source, request)) = pull.poll_request(self.now) {
                assert!(pull.in_flight() <= small().in_flight_max);
                assert!(
                    !self.written.contains(&request.index.0),
                    "{request:?} is there already"
                );
                self.ask(source, request.index);
            }
            while let Some(event) = pull.poll_event() {
                match event {
                    PullEvent::Complete => is_complete = true,
                    PullEvent::Misbehaved { source, .. } => self.misbehaved.push(source),
                    PullEvent::Late { source, .. } => assert_ne!(self.sources[&source], Conduct::Lacking),
                    PullEvent::Lacking { source } => assert_eq!(self.sources[&source], Conduct::Lacking),
                }
            }
            if is_complete {
                break;
            }
            let arrival = self.on_the_way.keys().next().map(|(at, _)| *at);
            let timeout = pull.poll_timeout();
            let next = arrival.into_iter().chain(timeout).min();
            self.now = next
                .expect("nothing is on the way, and nobody waits for anything")
                .max(self.now);
            assert!(
                self.now.since(NOW) < Duration::from_secs(86_400),
                "no end in sight"
            );
            if timeout.is_some_and(|timeout| timeout <= self.now) {
                pull.handle_timeout(self.now);
            }
            while let Some(first) = self.on_the_way.first_entry() {
                if first.key().0 > self.now {
                    break;
                }
                let (source, index, answer) = first.remove();
                self.deliver(pull, source, index, answer);
            }
        }
    }

    fn deliver(&mut self, pull: &mut Pull, source: SourceId, index: ChunkIndex, answer: Answer) {
        match answer {
            Answer::Chunk => {
                let arrival = pull.handle_chunk(source, &self.file.chunk(index.0), self.now);
                let is_new = self.written.insert(index.0);
                assert_eq!(arrival == Arrival::New, is_new);
                self.writes += u32::from(is_new);
            }
            Answer::Wrong => {
                let wrong = self
                    .file
                    .attachment
                    .check_chunk(index, vec![1; TAIL_BYTES])
                    .unwrap_err();
                pull.handle_wrong(source, wrong);
            }
            Answer::Absent => pull.handle_absent(source),
            Answer::Busy => pull.handle_busy(source, index, Duration::from_secs(1), self.now),
            Answer::Broken => pull.handle_unanswered(source, index, self.now),
        }
    }

    pub(super) fn assert_whole(&self) {
        let all: BTreeSet<u32> = (0..self.file.attachment.chunk_count()).collect();
        assert_eq!(self.written, all);
    }
}

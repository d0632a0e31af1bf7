//! The nodes, the network between them, their officers and their misfortunes, in virtual time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use protocol::consignment::Verdict;
use protocol::exchange::{Event, Request, StreamId, Submission, SubmitError};
use protocol::index::InboxKey;
use protocol::time::UnixMillis;

use super::Told;
use super::keys::Turn;
use super::network::decode;
use super::node::Node;
use super::parties::{MANIFEST, START, directory, party, submission};
use super::random::Random;
use super::trace::Trace;
use super::weather::{CALM, Weather};

/// When the sky clears: everything must come to its end then.
const CLEARS_UP: UnixMillis = UnixMillis(START.0 + 60_000);

/// How long a report is tried to be delivered.
const REPORT_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3_600);

pub(super) struct World {
    pub(super) now: UnixMillis,
    pub(super) random: Random,
    pub(super) weather: Weather,
    pub(super) nodes: Vec<Node>,
    pub(super) told: Told,
    pub(super) trace: Trace,
    /// The number of the connection between two nodes, the smaller first.
    pub(super) connections: BTreeMap<(usize, usize), u64>,
    queue: BTreeMap<(UnixMillis, u64), Happening>,
    /// Streams that a node was asked on: over which connection, by whom, what.
    pub(super) streams: BTreeMap<StreamId, (u64, usize, Request)>,
    pub(super) numbers: u64,
}

pub(super) enum Happening {
    Submit {
        node: usize,
        submission: Submission,
    },
    Durable {
        node: usize,
        life: u64,
    },
    Open {
        node: usize,
        life: u64,
        key: InboxKey,
    },
    Ask {
        node: usize,
        from: usize,
        connection: u64,
        stream: StreamId,
        frame: Vec<u8>,
    },
    Answer {
        node: usize,
        from: usize,
        connection: u64,
        request: Request,
        frame: Vec<u8>,
    },
    Connect {
        pair: (usize, usize),
    },
    Start {
        node: usize,
    },
    Mend {
        node: usize,
    },
    Turn {
        node: usize,
        turn: Turn,
    },
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::of(seed);
        let count = 2 + random.place(3);
        let directory = Arc::new(directory(count));
        let nodes = (0..count)
            .map(|number| Node::new(number, &directory, &mut random))
            .collect();
        let mut world = Self {
            now: START,
            weather: Weather::of(&mut random),
            random,
            nodes,
            told: Told::default(),
            trace: Trace::new(),
            connections: BTreeMap::new(),
            queue: BTreeMap::new(),
            streams: BTreeMap::new(),
            numbers: 0,
        };
        for node in 0..count {
            world.later(0, Happening::Start { node });
        }
        for number in 0..4 + world.random.below(8) {
            let node = world.random.place(count);
            let submission = submission(number, node, count, &mut world.random);
            let after_ms = world.random.below(20_000);
            world.later(after_ms, Happening::Submit { node, submission });
        }
        for _ in 0..world.random.below(5) {
            let (node, after_ms) = (world.random.place(count), world.random.below(40_000));
            let turn = [Turn::EnvelopeKey, Turn::LedgerKey, Turn::Log][world.random.place(3)];
            world.later(after_ms, Happening::Turn { node, turn });
        }
        world
    }

    /// Lets the next thing happen; `false` when nothing ever will.
    pub(super) fn step(&mut self) -> bool {
        if self.now >= CLEARS_UP && self.weather.misfortune > 0 {
            self.clear_up();
        }
        let timer = |node: usize| {
            let due = self.nodes[node].life.as_ref()?.exchange.poll_timeout()?;
            Some((due, node))
        };
        let timer = (0..self.nodes.len()).filter_map(timer).min();
        let head = self.queue.first_key_value().map(|((due, _), _)| *due);
        match (timer, head) {
            (Some((due, node)), head) if head.is_none_or(|head| due <= head) => {
                self.now = self.now.max(due);
                let now = self.now;
                self.life(node).exchange.handle_timeout(now);
                self.collect(node);
            }
            (_, Some(due)) => {
                self.now = self.now.max(due);
                self.misfortunes();
                if let Some((_, happening)) = self.queue.pop_first() {
                    self.happen(happening);
                }
            }
            (_, None) => return false,
        }
        true
    }

    fn clear_up(&mut self) {
        self.weather = CALM;
        for node in 0..self.nodes.len() {
            self.nodes[node].faults.mend();
            self.nodes[node].faults.revive();
        }
    }

    pub(super) fn life(&mut self, node: usize) -> &mut super::life::Life {
        self.nodes[node].life.as_mut().expect("only who lives is asked")
    }

    pub(super) fn later(&mut self, after_ms: u64, happening: Happening) {
        self.numbers += 1;
        let due = self.now.plus(Duration::from_millis(after_ms));
        self.queue.insert((due, self.numbers), happening);
    }

    pub(super) fn delay_ms(&mut self) -> u64 {
        1 + self.random.below(self.weather.delay_max_ms)
    }

    pub(super) fn open_later(&mut self, node: usize, key: InboxKey) {
        let (after_ms, life) = (self.delay_ms(), self.nodes[node].lives);
        self.later(after_ms, Happening::Open { node, life, key });
    }

    fn happen(&mut self, happening: Happening) {
        let now = self.now;
        match happening {
            Happening::Start { node } => self.start(node),
            Happening::Mend { node } => self.nodes[node].faults.mend(),
            Happening::Turn { node, turn } => self.turn(node, turn),
            Happening::Submit { node, submission } => self.submit(node, submission),
            Happening::Durable { node, life } if life == self.nodes[node].lives => self.commit(node),
            Happening::Open { node, life, key } if life == self.nodes[node].lives => self.open(node, key),
            Happening::Ask {
                node,
                from,
                connection,
                stream,
                frame,
            } if self.is_up(node, from, connection) => {
                self.life(node).asked(now, party(from), stream, decode(&frame));
                self.collect(node);
            }
            Happening::Answer {
                node,
                from,
                connection,
                request,
                frame,
            } if self.is_up(node, from, connection) => {
                self.life(node)
                    .answered(now, party(from), &request, decode(&frame));
                self.collect(node);
            }
            Happening::Connect { pair } => self.connect(pair),
            // Void: it belongs to an earlier life or connection.
            _ => {}
        }
    }

    /// The officer, or the node, has opened a message; its attachments are all here.
    fn open(&mut self, node: usize, key: InboxKey) {
        let (now, expires_at) = (self.now, self.now.plus(REPORT_LIFETIME));
        let life = self.life(node);
        let Some(record) = life.reader.inbox(&key).unwrap() else {
            return;
        };
        let envelope = record.envelope;
        let is_in = |list: Vec<(InboxKey, u64)>| list.iter().any(|(waiting, _)| *waiting == key);
        let (is_unopened, is_pulling) = (
            is_in(life.reader.unopened().unwrap()),
            is_in(life.reader.pulling().unwrap()),
        );
        if is_unopened {
            life.exchange
                .consign(now, key.clone(), envelope, Verdict::Readable, expires_at);
        }
        if is_pulling {
            life.exchange.complete(now, key, envelope, MANIFEST, expires_at);
        }
        self.collect(node);
    }

    /// An officer who has not seen the message recorded sends it again: the same message.
    fn submit(&mut self, node: usize, submission: Submission) {
        let now = self.now;
        let Some(life) = &mut self.nodes[node].life else {
            return self.later(500, Happening::Submit { node, submission });
        };
        if !life
            .reader
            .message_entries(submission.message)
            .unwrap()
            .is_empty()
        {
            return;
        }
        match life.exchange.submit(now, submission.clone()) {
            Ok(()) | Err(SubmitError::Busy | SubmitError::AlreadySubmitted) => {
                self.later(200, Happening::Submit { node, submission });
            }
            Err(SubmitError::Expired) => {}
            Err(error) => panic!("{error}"),
        }
        self.collect(node);
    }

    /// A key changes, or a log, if the node lives; a crash may take it back, and then it is over.
    fn turn(&mut self, node: usize, turn: Turn) {
        let now = self.now;
        let Some(life) = &mut self.nodes[node].life else {
            return self.later(500, Happening::Turn { node, turn });
        };
        if life.turn(now, turn) {
            // Of a node that has nothing to say, for ever.
            if now.0 < START.0 + 100_000 {
                self.later(700, Happening::Turn { node, turn });
            }
        } else {
            self.trace.note(now, format_args!("{}: {turn:?}", party(node)));
        }
        self.collect(node);
    }

    /// Puts into the queue what follows from what a node just gave out.
    pub(super) fn collect(&mut self, node: usize) {
        let one = &mut self.nodes[node];
        let Some(life) = &mut one.life else { return };
        let was_writing = life.in_flight.is_some();
        let outcome = life.drain(&mut one.watch);
        if !was_writing && life.in_flight.is_some() {
            let (after_ms, life) = (1 + self.random.below(10), self.nodes[node].lives);
            self.later(after_ms, Happening::Durable { node, life });
        }
        for transmit in outcome.transmits {
            self.send(node, transmit);
        }
        for event in outcome.events {
            self.trace
                .note(self.now, format_args!("{}: {}", party(node), name_of(&event)));
            if let Event::Received { key, .. } = event {
                self.open_later(node, key);
            }
        }
    }
}

/// What happened, in a word and its place in the ledger.
fn name_of(event: &Event) -> String {
    let all = format!("{event:?}");
    let name = all.split([' ', '{', '(']).next().unwrap_or_default().to_owned();
    let index = all
        .rsplit_once("index: ")
        .map(|(_, rest)| rest.trim_end_matches([' ', '}']).to_owned());
    let size = all
        .rsplit_once("size: ")
        .map(|(_, rest)| rest.trim_end_matches([' ', '}']).to_owned());
    format!("{name} {}", index.or(size).unwrap_or_default())
}

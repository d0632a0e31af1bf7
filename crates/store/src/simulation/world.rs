//! The nodes, the network between them, their officers and their misfortunes, in virtual time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use protocol::consignment::Verdict;
use protocol::exchange::{Event, Request, StreamId, Submission, SubmitError};
use protocol::index::InboxKey;
use protocol::time::UnixMillis;

use super::clocks::Jump;
use super::files::{Sealed, Traces};
use super::happening::{Happening, Own};
use super::keys::Turn;
use super::network::decode;
use super::node::{Node, Stops};
use super::parties::{START, directory, is_long_lived, party, submission};
use super::publishing::Needed;
use super::random::Random;
use super::tally::Tally;
use super::trace::Trace;
use super::weather::{CALM, Weather};

/// When the sky clears: everything must come to its end then.
const CLEARS_UP: UnixMillis = UnixMillis(START.0 + 60_000);

/// How long a report is tried to be delivered.
pub(super) const REPORT_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3_600);

pub(super) struct World {
    /// The true time. Nodes go by what their clocks show.
    pub(super) now: UnixMillis,
    pub(super) random: Random,
    pub(super) weather: Weather,
    pub(super) nodes: Vec<Node>,
    /// How many witnesses must have answered before a node signs.
    pub(super) needed: Needed,
    /// The files that are sent along.
    pub(super) sealed: Sealed,
    pub(super) traces: Traces,
    pub(super) told: Tally,
    pub(super) trace: Trace,
    /// The number of the connection between two nodes, the smaller first.
    pub(super) connections: BTreeMap<(usize, usize), u64>,
    queue: BTreeMap<(UnixMillis, u64), Happening>,
    /// Streams that a node was asked on: over which connection, by whom, what.
    pub(super) streams: BTreeMap<StreamId, (u64, usize, Request)>,
    pub(super) numbers: u64,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random::of(seed);
        let count = 2 + random.place(3);
        let directory = Arc::new(directory(count));
        let needed = [Needed::None, Needed::One, Needed::All, Needed::All][random.place(4)];
        let mut sealed = BTreeMap::new();
        let submissions: Vec<(usize, Submission)> = (0..4 + random.below(8))
            .map(|number| {
                let node = random.place(count);
                (node, submission(number, (node, count), &mut sealed, &mut random))
            })
            .collect();
        let sealed = Arc::new(sealed);
        let payloads = submissions.iter().map(|(_, submission)| &submission.payload);
        let salts = payloads.map(|payload| (payload.commitment(), *payload.salt.as_bytes()));
        let traces = Traces {
            sealed: Arc::clone(&sealed),
            salts: Arc::new(salts.collect()),
        };
        let nodes = (0..count)
            .map(|number| Node::new(number, &directory, needed, &sealed, &mut random))
            .collect();
        let mut world = Self {
            now: START,
            weather: Weather::of(&mut random),
            needed,
            sealed,
            traces,
            random,
            nodes,
            told: Tally::default(),
            trace: Trace::new(),
            connections: BTreeMap::new(),
            queue: BTreeMap::new(),
            streams: BTreeMap::new(),
            numbers: 0,
        };
        world.begin(submissions);
        world
    }

    /// What is to happen whatever happens.
    fn begin(&mut self, submissions: Vec<(usize, Submission)>) {
        let count = self.nodes.len();
        for node in 0..count {
            self.later(0, Happening::Start { node });
            // Nobody has looked at the clock of a new machine yet.
            if self.random.chance(50) {
                let jump = Jump::any(&mut self.random);
                self.told.count(jump.name());
                self.nodes[node].clock.jump(START, jump);
                self.later(20_000, Happening::SetClock { node });
            }
        }
        for (node, submission) in submissions {
            let after_ms = self.random.below(20_000);
            self.later(after_ms, Happening::Submit { node, submission });
        }
        for _ in 0..self.random.below(5) {
            let (node, after_ms) = (self.random.place(count), self.random.below(40_000));
            let turn = [Turn::EnvelopeKey, Turn::LedgerKey, Turn::Log][self.random.place(3)];
            self.later(after_ms, Happening::Turn { node, turn });
        }
        for _ in 0..self.random.below(4) {
            let (node, after_ms) = (self.random.place(count), 5_000 + self.random.below(50_000));
            self.later(after_ms, Happening::Erase { node });
        }
    }

    /// Lets the next thing happen; `false` when nothing ever will.
    pub(super) fn step(&mut self) -> bool {
        if self.now >= CLEARS_UP && self.weather.misfortune > 0 {
            self.clear_up();
        }
        let timer = (0..self.nodes.len()).filter_map(|node| self.timer(node)).min();
        let head = self.queue.first_key_value().map(|((due, _), _)| *due);
        match (timer, head) {
            (Some((due, node)), head) if head.is_none_or(|head| due <= head) => {
                self.now = self.now.max(due);
                let time = self.time_of(node);
                self.life(node).exchange.handle_timeout(time);
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

    /// When a node wakes for its timer, by the true time: it sleeps as long as its own clock says.
    fn timer(&mut self, node: usize) -> Option<(UnixMillis, usize)> {
        let due = self.nodes[node].life.as_ref()?.exchange.poll_timeout()?;
        let wait = due.since(self.time_of(node));
        Some((self.now.plus(wait), node))
    }

    /// The time that a node goes by.
    pub(super) fn time_of(&mut self, node: usize) -> UnixMillis {
        let (clock, now) = (self.nodes[node].clock, self.now);
        self.life(node).time(clock, now)
    }

    fn clear_up(&mut self) {
        self.weather = CALM;
        for node in 0..self.nodes.len() {
            self.nodes[node].faults.mend();
            self.nodes[node].faults.revive();
            self.nodes[node].clock.set_right();
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

    /// A node does something by itself, if it lives so long.
    pub(super) fn own(&mut self, after_ms: u64, node: usize, what: Own) {
        let life = self.nodes[node].lives;
        self.later(after_ms, Happening::Own { node, life, what });
    }

    pub(super) fn open_later(&mut self, node: usize, key: InboxKey) {
        let after_ms = self.delay_ms();
        self.own(after_ms, node, Own::Open(key.clone()));
        let after_ms = self.delay_ms();
        self.own(after_ms, node, Own::Fetch(key));
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Start { node } => self.start(node),
            Happening::Mend { node } => self.nodes[node].faults.mend(),
            Happening::SetClock { node } => self.nodes[node].clock.set_right(),
            Happening::Turn { node, turn } => self.turn(node, turn),
            Happening::Erase { node } => self.erase(node),
            Happening::Submit { node, submission } => self.submit(node, submission),
            Happening::Own { node, life, what } if life == self.nodes[node].lives => self.act(node, what),
            Happening::Ask {
                node,
                from,
                connection,
                stream,
                frame,
            } if self.is_up(node, from, connection) => {
                let time = self.time_of(node);
                self.life(node).asked(time, party(from), stream, decode(&frame));
                self.collect(node);
            }
            Happening::Answer {
                node,
                from,
                connection,
                request,
                frame,
            } if self.is_up(node, from, connection) => {
                let time = self.time_of(node);
                self.life(node)
                    .answered(time, party(from), &request, decode(&frame));
                self.collect(node);
            }
            Happening::AskWitness {
                node,
                from,
                connection,
                asking,
            } if self.is_up(node, from, connection) => self.witness_asked(node, from, connection, &asking),
            Happening::WitnessSays {
                node,
                from,
                connection,
                asking,
                reply,
            } if self.is_up(node, from, connection) => self.witness_says(node, from, &asking, &reply),
            Happening::Connect { pair } => self.connect(pair),
            // Void: it belongs to an earlier life or connection.
            _ => {}
        }
    }

    fn act(&mut self, node: usize, what: Own) {
        if self.nodes[node].life.is_none() {
            return;
        }
        match what {
            Own::Write => self.commit(node),
            Own::Open(key) => self.open(node, &key),
            Own::Fetch(key) => self.fetch(node, key),
            Own::EraseOn => self.erase_on(node),
            Own::Publish => self.publish(node),
            Own::CheckStart => self.check_start(node),
            Own::PutBack => self.stop(node, Stops::PowerCut(0)),
        }
    }

    /// The node opens a message.
    fn open(&mut self, node: usize, key: &InboxKey) {
        let (time, expires_at) = (self.time_of(node), self.now.plus(REPORT_LIFETIME));
        let life = self.life(node);
        let Some(record) = life.reader.inbox(key).unwrap() else {
            return;
        };
        let unopened = life.reader.unopened().unwrap();
        if unopened.iter().any(|(waiting, _)| waiting == key) {
            life.exchange
                .consign(time, key.clone(), record.envelope, Verdict::Readable, expires_at);
        }
        self.collect(node);
    }

    /// An officer who has not seen the message recorded sends it again: the same message.
    fn submit(&mut self, node: usize, submission: Submission) {
        if self.nodes[node].life.is_none() || self.nodes[node].is_old_copy() {
            return self.later(500, Happening::Submit { node, submission });
        }
        let time = self.time_of(node);
        let life = self.life(node);
        let is_recorded = life.reader.message_entries(submission.message).unwrap();
        if !is_recorded.is_empty() {
            return;
        }
        if let Some(manifest) = submission.attachments
            && !self.seals(node, submission.message, manifest)
        {
            return self.later(500, Happening::Submit { node, submission });
        }
        match self.life(node).exchange.submit(time, submission.clone()) {
            Ok(()) | Err(SubmitError::Busy | SubmitError::AlreadySubmitted | SubmitError::NotSigning) => {
                self.later(200, Happening::Submit { node, submission });
            }
            Err(SubmitError::Expired) => assert!(!is_long_lived(submission.expires_at), "expired too soon"),
            Err(error) => panic!("{error}"),
        }
        self.collect(node);
    }

    /// A key changes, or a log, if the node lives; a crash may take it back, and then it is over.
    fn turn(&mut self, node: usize, turn: Turn) {
        if self.nodes[node].life.is_none() || self.nodes[node].is_old_copy() {
            return self.later(500, Happening::Turn { node, turn });
        }
        let time = self.time_of(node);
        if self.life(node).turn(time, turn) {
            // Of a node that has nothing to say, for ever.
            if self.now.0 < START.0 + 100_000 {
                self.later(700, Happening::Turn { node, turn });
            }
        } else {
            self.trace
                .note(self.now, format_args!("{}: {turn:?}", party(node)));
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
            let after_ms = 1 + self.random.below(10);
            self.own(after_ms, node, Own::Write);
        }
        for transmit in outcome.transmits {
            self.send(node, transmit);
        }
        for event in outcome.events {
            self.trace
                .note(self.now, format_args!("{}: {}", party(node), name_of(&event)));
            match event {
                Event::Received { key, .. } => self.open_later(node, key),
                Event::Recorded { .. } => self.begin_erasing(node),
                Event::CheckpointSigned { note, .. } if self.life(node).publishing.signed(&note) => {
                    let after_ms = 500 + self.random.below(3_000);
                    self.own(after_ms, node, Own::Publish);
                }
                _ => {}
            }
        }
    }
}

/// What happened, in a word and its place in the ledger.
fn name_of(event: &Event) -> String {
    let (name, at) = match event {
        Event::Submitted { index, .. } => ("Submitted", *index),
        Event::Received { index, .. } => ("Received", *index),
        Event::Delivered { index, .. } => ("Delivered", *index),
        Event::Consigned { index, .. } => ("Consigned", *index),
        Event::ReportDelivered { index, .. } => ("ReportDelivered", *index),
        Event::Completed { index, .. } => ("Completed", *index),
        Event::CompletionDelivered { index, .. } => ("CompletionDelivered", *index),
        Event::Rejected { index, .. } => ("Rejected", *index),
        Event::Expired { index, .. } => ("Expired", *index),
        Event::Recorded { index } => ("Recorded", *index),
        Event::CheckpointSigned { size, root, .. } => return format!("CheckpointSigned {size}, {root}"),
        other => return format!("{other:?}"),
    };
    format!("{name} {at}")
}

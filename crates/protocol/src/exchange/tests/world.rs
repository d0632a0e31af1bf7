//! Two machines, the network between them, their officers and their disks, in virtual time. Everything
//! that happens follows from one seed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::machine::{Finished, Machine};

use super::network::decode;
use super::parties::{MANIFEST, START, directory, signed_header, xa, xb};
use super::random::Random;
use crate::consignment::Verdict;
use crate::digest::Digest;
use crate::entry::Entry;
use crate::exchange::{Event, Quotas, Request, Settings, StreamId, Submission, SubmitError};
use crate::index::InboxKey;
use crate::time::UnixMillis;

/// How bad things are; chances are in thousandths.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weather {
    pub(super) loss: u64,
    pub(super) duplication: u64,
    pub(super) cut: u64,
    pub(super) crash: u64,
    pub(super) delay_max_ms: u64,
}

/// Nothing goes wrong.
pub(super) const CALM: Weather = Weather {
    loss: 0,
    duplication: 0,
    cut: 0,
    crash: 0,
    delay_max_ms: 20,
};

pub(super) struct World {
    pub(super) now: UnixMillis,
    pub(super) random: Random,
    pub(super) weather: Weather,
    pub(super) machines: [Machine; 2],
    pub(super) crashes: u64,
    /// Which life each machine is in: what was under way in an earlier one is void.
    lives: [u64; 2],
    /// The commit of each machine whose end is in the queue, by its first index.
    writing: [Option<u64>; 2],
    events_seen: [usize; 2],
    /// The number of the connection; `None` while there is none.
    pub(super) connection: Option<u64>,
    queue: BTreeMap<(UnixMillis, u64), Happening>,
    /// Streams that the machines were asked on: of which connection, and what for.
    pub(super) streams: BTreeMap<StreamId, (u64, Request)>,
    pub(super) numbers: u64,
}

pub(super) enum Happening {
    Submit {
        machine: usize,
        submission: Submission,
    },
    Durable {
        machine: usize,
        life: u64,
    },
    Open {
        machine: usize,
        life: u64,
        key: InboxKey,
        envelope: Digest,
    },
    Ask {
        machine: usize,
        connection: u64,
        stream: StreamId,
        frame: Vec<u8>,
    },
    Answer {
        machine: usize,
        connection: u64,
        request: Request,
        frame: Vec<u8>,
    },
    Break {
        machine: usize,
        connection: u64,
        item: Digest,
    },
    Connect,
}

impl World {
    pub(super) fn new(seed: u64, weather: Weather) -> Self {
        Self::with_quotas(seed, weather, Quotas::default())
    }

    pub(super) fn with_quotas(seed: u64, weather: Weather, quotas: Quotas) -> Self {
        let settings = |jitter_seed| Settings {
            jitter_seed,
            request_timeout: Duration::from_secs(5),
            // Small, so that commits are full and peers are told to wait now and then.
            commit_entries_max: 4,
            pending_entries_max: 24,
            quotas,
            ..Settings::default()
        };
        let machines = [
            Machine::new(xa(), directory(), START, settings(seed)),
            Machine::new(xb(), directory(), START, settings(!seed)),
        ];
        let mut world = Self {
            now: START,
            random: Random(seed),
            weather,
            machines,
            crashes: 0,
            lives: [0; 2],
            writing: [None; 2],
            events_seen: [0; 2],
            connection: None,
            queue: BTreeMap::new(),
            streams: BTreeMap::new(),
            numbers: 0,
        };
        world.later(0, Happening::Connect);
        world
    }

    /// An officer of this machine sends a message `after_ms` from now, and again if a crash loses it.
    pub(super) fn submit(&mut self, machine: usize, after_ms: u64, submission: Submission) {
        self.later(after_ms, Happening::Submit { machine, submission });
    }

    /// Lets the next thing happen; `false` when nothing ever will.
    pub(super) fn step(&mut self) -> bool {
        let timer = |machine: usize| {
            self.machines[machine]
                .exchange
                .poll_timeout()
                .map(|due| (due, machine))
        };
        let timer = [timer(0), timer(1)].into_iter().flatten().min();
        let head = self.queue.first_key_value().map(|((due, _), _)| *due);
        match (timer, head) {
            (Some((due, machine)), head) if head.is_none_or(|head| due <= head) => {
                self.now = self.now.max(due);
                self.machines[machine].exchange.handle_timeout(self.now);
                self.collect(machine);
            }
            (_, Some(due)) => {
                self.now = self.now.max(due);
                self.misfortune();
                if let Some((_, happening)) = self.queue.pop_first() {
                    self.happen(happening);
                }
            }
            (_, None) => return false,
        }
        true
    }

    pub(super) fn later(&mut self, after_ms: u64, happening: Happening) {
        self.numbers += 1;
        let due = self.now.plus(Duration::from_millis(after_ms));
        self.queue.insert((due, self.numbers), happening);
    }

    pub(super) fn delay_ms(&mut self) -> u64 {
        1 + self.random.below(self.weather.delay_max_ms)
    }

    pub(super) fn chance(&mut self, thousandths: u64) -> bool {
        self.random.below(1_000) < thousandths
    }

    fn misfortune(&mut self) {
        if self.chance(self.weather.cut) {
            self.cut();
        }
        if self.chance(self.weather.crash) {
            let machine = usize::from(self.chance(500));
            let finished = if self.chance(500) {
                Finished::Yes
            } else {
                Finished::No
            };
            self.crash(machine, finished);
        }
    }

    fn cut(&mut self) {
        if self.connection.take().is_none() {
            return;
        }
        for (machine, peer) in [(0, xb()), (1, xa())] {
            self.machines[machine]
                .exchange
                .handle_disconnected(self.now, peer);
            self.collect(machine);
        }
        let after_ms = self.random.below(3_000);
        self.later(after_ms, Happening::Connect);
    }

    fn crash(&mut self, machine: usize, finished: Finished) {
        self.cut();
        self.crashes += 1;
        self.lives[machine] += 1;
        self.writing[machine] = None;
        self.machines[machine].crash(self.now, finished);
        // The node opens what it had not opened yet.
        let index = &self.machines[machine].disk.index;
        let waiting: BTreeSet<InboxKey> = index
            .unopened
            .keys()
            .chain(index.pulling.keys())
            .cloned()
            .collect();
        for key in waiting {
            let envelope = self.machines[machine].disk.index.inbox[&key].envelope;
            self.open_later(machine, key, envelope);
        }
        self.collect(machine);
    }

    fn open_later(&mut self, machine: usize, key: InboxKey, envelope: Digest) {
        let (after_ms, life) = (self.delay_ms(), self.lives[machine]);
        self.later(
            after_ms,
            Happening::Open {
                machine,
                life,
                key,
                envelope,
            },
        );
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Submit { machine, submission } => self.try_submission(machine, submission),
            Happening::Durable { machine, life } if life == self.lives[machine] => {
                self.writing[machine] = None;
                self.machines[machine].commit(self.now);
                self.collect(machine);
            }
            Happening::Open {
                machine,
                life,
                key,
                envelope,
            } if life == self.lives[machine] => {
                let expires_at = self.now.plus(Duration::from_secs(7 * 24 * 3600));
                // Opened, or its attachments are all here, or both: whatever the ledger says is missing.
                let index = &self.machines[machine].disk.index;
                let (is_unopened, is_pulling) = (
                    index.unopened.contains_key(&key),
                    index.pulling.contains_key(&key),
                );
                let exchange = &mut self.machines[machine].exchange;
                if is_unopened {
                    exchange.consign(self.now, key.clone(), envelope, Verdict::Readable, expires_at);
                }
                if is_pulling {
                    exchange.complete(self.now, key, envelope, MANIFEST, expires_at);
                }
                self.collect(machine);
            }
            Happening::Ask {
                machine,
                connection,
                stream,
                frame,
            } if self.is_up(connection) => {
                let peer = self.machines[1 - machine].party;
                self.machines[machine].asked(self.now, peer, stream.0, decode(&frame));
                self.collect(machine);
            }
            Happening::Answer {
                machine,
                connection,
                request,
                frame,
            } if self.is_up(connection) => {
                let peer = self.machines[1 - machine].party;
                self.machines[machine].answered(self.now, peer, &request, decode(&frame));
                self.collect(machine);
            }
            Happening::Break {
                machine,
                connection,
                item,
            } if self.is_up(connection) => {
                self.machines[machine].exchange.handle_unanswered(self.now, item);
                self.collect(machine);
            }
            Happening::Connect if self.connection.is_none() => {
                self.numbers += 1;
                self.connection = Some(self.numbers);
                for (machine, peer) in [(0, xb()), (1, xa())] {
                    self.machines[machine].exchange.handle_connected(self.now, peer);
                    self.collect(machine);
                }
            }
            // Void: it belongs to an earlier life or connection.
            _ => {}
        }
    }

    fn is_up(&self, connection: u64) -> bool {
        self.connection == Some(connection)
    }

    /// An officer who has not seen the message recorded sends it again: the same message.
    fn try_submission(&mut self, machine: usize, submission: Submission) {
        let digest = signed_header(&submission).digest();
        let is_recorded = self.machines[machine]
            .disk
            .entries()
            .any(|entry| matches!(entry, Entry::Submitted { header, .. } if header.digest() == digest));
        if is_recorded {
            return;
        }
        let taken = self.machines[machine]
            .exchange
            .submit(self.now, submission.clone());
        match taken {
            Ok(()) | Err(SubmitError::Busy | SubmitError::AlreadySubmitted) => {
                self.later(200, Happening::Submit { machine, submission });
            }
            Err(SubmitError::Expired) => {}
            Err(error) => panic!("{error}"),
        }
        self.collect(machine);
    }

    /// Puts into the queue what follows from what a machine just gave out.
    fn collect(&mut self, machine: usize) {
        self.machines[machine].drain();
        let first_index = self.machines[machine]
            .in_flight
            .as_ref()
            .map(|commit| commit.first_index);
        if first_index.is_some() && first_index != self.writing[machine] {
            self.writing[machine] = first_index;
            let (after_ms, life) = (1 + self.random.below(10), self.lives[machine]);
            self.later(after_ms, Happening::Durable { machine, life });
        }
        for transmit in std::mem::take(&mut self.machines[machine].transmits) {
            self.send(machine, transmit);
        }
        let seen = std::mem::replace(
            &mut self.events_seen[machine],
            self.machines[machine].events.len(),
        );
        let fresh: Vec<Event> = self.machines[machine].events[seen..].to_vec();
        for event in fresh {
            if let Event::Received { key, envelope, .. } = event {
                self.open_later(machine, key, envelope);
            }
        }
    }
}

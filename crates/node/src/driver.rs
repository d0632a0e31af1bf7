//! The driver of the core: takes what comes in, calls the matching method of the exchange, drains its
//! outputs, arms one timer. It decides nothing.
//!
//! One task owns the exchange. It takes as many wakes as wait, up to a limit, before it looks at the
//! outputs: so what arrives while a commit is being written joins the next one.
//!
//! A panic in here ends the process: half a step of the core is no state to go on from.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use protocol::digest::Digest;
use protocol::entry::Entry;
use protocol::exchange::{Exchange, Incoming, Signing, StreamId, Transmit};
use protocol::frame::Frame;
use protocol::ids::PartyCode;
use protocol::time::UnixMillis;
use store::known::LookupError;
use store::{ReadError, Reader};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use crate::attachments::Transfers;
use crate::clock::Clock;
use crate::health::Health;
use crate::limits;
use crate::metrics::Metrics;
use crate::news::News;
use crate::opening::Opener;
use crate::session::{Link, Outgoing, Peers};
use crate::stop::Stop;
use crate::wake::{Command, Refused, Wake};
use crate::witness::Witnessing;
use crate::writer::Job;

mod events;
mod signing;
mod waiting;

use waiting::Waiting;

/// How often the newest released checkpoint is noted in the store, at most.
const NOTE_RELEASED_EVERY: Duration = Duration::from_secs(1);

/// What the driver works with.
pub struct Parts {
    /// The core.
    pub exchange: Exchange,
    /// What comes in.
    pub wakes: mpsc::Receiver<Wake>,
    /// The writer.
    pub jobs: SyncSender<Job>,
    /// What is durable.
    pub reader: Arc<dyn Reader>,
    /// The clock.
    pub clock: Arc<Clock>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// How the node is.
    pub health: Arc<Health>,
    /// Opens what was received.
    pub opener: Opener,
    /// Pulls what was sent along.
    pub transfers: Arc<Transfers>,
    /// Tells people.
    pub news: News,
    /// Who is connected; here it is told who is needed.
    pub peers: Arc<Peers>,
    /// Knows whose ledger has forked, and which checkpoints of peers are news.
    pub witnessing: Witnessing,
    /// Whether the node stops.
    pub stop: Stop,
}

/// The driver.
pub struct Driver {
    parts: Parts,
    links: HashMap<PartyCode, Link>,
    /// Connections to Parties whose ledgers have forked: they stand, and nothing is exchanged over them.
    shunned: HashMap<PartyCode, Link>,
    /// Streams of peers that wait for an answer.
    streams: HashMap<StreamId, (PartyCode, oneshot::Sender<Frame>)>,
    next_stream: u64,
    waiting: Waiting,
    commit_in_flight: bool,
    /// Size and root of the newest commit, and when its predecessor was noted as released.
    newest: Option<(u64, ledger::hash::Hash)>,
    noted_at: Option<Instant>,
    noted_size: u64,
    stopping: bool,
}

impl Driver {
    /// A driver that has seen nothing yet.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            parts,
            links: HashMap::new(),
            shunned: HashMap::new(),
            streams: HashMap::new(),
            next_stream: 0,
            waiting: Waiting::default(),
            commit_in_flight: false,
            newest: None,
            noted_at: None,
            noted_size: 0,
            stopping: false,
        }
    }

    /// Runs until the node stops and the last commit and its answers are out.
    pub async fn run(mut self) {
        let mut batch = Vec::with_capacity(limits::WAKES_PER_TURN_MAX);
        let mut stop = self.parts.stop.clone();
        self.drain();
        while !self.stopping || self.commit_in_flight {
            let timer = self.timer();
            tokio::select! {
                taken = self.parts.wakes.recv_many(&mut batch, limits::WAKES_PER_TURN_MAX) => {
                    if taken == 0 {
                        break;
                    }
                }
                () = sleep(timer.unwrap_or(Duration::MAX)), if timer.is_some() => {
                    let now = self.now();
                    self.parts.exchange.handle_timeout(now);
                }
                () = stop.stopping(), if !self.stopping => self.stopping = true,
            }
            for wake in batch.drain(..) {
                self.take(wake);
            }
            self.drain();
        }
        self.note_released(Instant::now(), Duration::ZERO);
        // Answers that hung on the last commit are with their streams; whoever still waits gets none.
        self.waiting.refuse_all(&Refused::Stopping);
    }

    fn now(&self) -> UnixMillis {
        self.parts.clock.now()
    }

    fn timer(&self) -> Option<Duration> {
        let due = self.parts.exchange.poll_timeout()?;
        Some(due.since(self.now()))
    }

    fn take(&mut self, wake: Wake) {
        let now = self.now();
        match wake {
            Wake::Command(command) => self.command(now, command),
            Wake::Frame { incoming, answer } => self.frame(now, *incoming, answer),
            Wake::Misbehaved { peer, what } => self.parts.exchange.handle_misbehaved(now, peer, what),
            Wake::Connected(link) => self.connected(now, link),
            Wake::Disconnected { peer, link } => {
                self.shunned.retain(|_, known| known.id != link);
                if self.links.get(&peer).is_some_and(|known| known.id == link) {
                    self.links.remove(&peer);
                    self.parts.exchange.handle_disconnected(now, peer);
                }
                self.streams.retain(|_, (_, answer)| !answer.is_closed());
            }
            Wake::Forked(peer) => self.shun(now, peer),
            Wake::Unanswered(item) => self.parts.exchange.handle_unanswered(now, item),
            Wake::Committed => {
                self.commit_in_flight = false;
                self.parts.exchange.handle_committed(now);
            }
            Wake::Arrived {
                key,
                envelope,
                manifest,
                expires_at,
            } => self
                .parts
                .exchange
                .complete(now, key, envelope, manifest, expires_at),
            Wake::Opened {
                key,
                envelope,
                verdict,
                expires_at,
            } => self
                .parts
                .exchange
                .consign(now, key, envelope, verdict, expires_at),
        }
    }

    fn command(&mut self, now: UnixMillis, command: Command) {
        match command {
            // Whoever asked may have given up.
            Command::Pulse(answer) => answer.send(()).unwrap_or_default(),
            Command::Submit { submission, answer } => {
                if self.stopping {
                    let _ = answer.send(Err(Refused::Stopping));
                } else if self.waiting.is_full() {
                    let _ = answer.send(Err(Refused::Busy));
                } else {
                    let (message, to) = (submission.message, submission.to.clone());
                    match self.parts.exchange.submit(now, *submission) {
                        Ok(()) => self.waiting.add(message, to, answer),
                        Err(error) => drop(answer.send(Err(error.into()))),
                    }
                }
            }
            Command::Approve {
                message,
                actor,
                answer,
            } => {
                let at = now;
                let entry = Entry::Approved { at, message, actor };
                if self.stopping {
                    let _ = answer.send(Err(Refused::Stopping));
                } else if let Err(error) = self.parts.exchange.record(now, entry) {
                    let _ = answer.send(Err(error.into()));
                } else {
                    self.waiting.add_approval(message, actor, at, answer);
                }
            }
            Command::AllowSigning(cleared) => self.parts.exchange.allow_signing(now, &cleared),
            Command::StopSigning => self.stop_signing(now),
            Command::Witnessed(note) => self.parts.exchange.set_witnessed(note.as_deref()),
            Command::ChangeEnvelopeKey { key, answer } => {
                // Whoever asked may be gone: the change stands, and is found in the ledger.
                let _ = answer.send(self.parts.exchange.change_envelope_key(now, *key));
            }
            Command::ChangeLedgerKey { signer, answer } => {
                let _ = answer.send(self.parts.exchange.change_ledger_key(now, *signer));
            }
            Command::BeginLog {
                signer,
                witnessed,
                answer,
            } => {
                let _ = answer.send(self.parts.exchange.begin_log(now, *signer, witnessed));
            }
            Command::RecordDurably { entry, answer } => {
                let (at, leaf) = (entry.at(), entry.encode());
                if self.stopping {
                    let _ = answer.send(Err(Refused::Stopping));
                } else if let Err(error) = self.parts.exchange.record(now, *entry) {
                    let _ = answer.send(Err(error.into()));
                } else {
                    self.waiting.add_fact(leaf, at, answer);
                }
            }
            Command::TellQueued(answer) => drop(answer.send(self.parts.exchange.queued().collect())),
            Command::Record(entry) => {
                if let Err(error) = self.parts.exchange.record(now, *entry) {
                    tracing::error!(%error, "a fact of the node was not recorded");
                }
            }
        }
    }

    fn frame(&mut self, now: UnixMillis, mut incoming: Incoming, answer: Option<oneshot::Sender<Frame>>) {
        if let Some(answer) = answer {
            // A node that stops takes nothing new: the peer's stream ends, and it tries again.
            if self.stopping {
                return;
            }
            match store::known::lookup(&*self.parts.reader, &incoming.frame) {
                Ok(known) => incoming.known = known,
                Err(LookupError::Read(error @ ReadError::InColdStorage { .. })) => {
                    let peer = incoming.peer;
                    tracing::error!(%peer, %error, "a first answer is asked for again: put the log back");
                    return;
                }
                Err(error) => {
                    // To treat it as unknown could record it twice.
                    tracing::error!(%error, "what is known of a request cannot be read; it is not answered");
                    self.parts.health.set_store_damaged();
                    return;
                }
            }
            let stream = StreamId(self.next_stream);
            self.next_stream += 1;
            incoming.stream = Some(stream);
            self.streams.insert(stream, (incoming.peer, answer));
        }
        self.parts.exchange.handle_frame(now, incoming);
    }

    fn connected(&mut self, now: UnixMillis, link: Link) {
        let peer = link.peer;
        if self.parts.witnessing.has_forked(peer) {
            self.shunned.insert(peer, link);
            return;
        }
        // Two connections that come up together may be told of in the other order: the newer one is kept.
        // Dropping the older one's link ends it.
        if self.links.get(&peer).is_some_and(|known| known.id > link.id) {
            return;
        }
        // Requests on a connection that was replaced will never be answered.
        if self.links.insert(peer, link).is_some() {
            self.parts.exchange.handle_disconnected(now, peer);
        }
        self.parts.exchange.handle_connected(now, peer);
    }

    /// Takes every output of the exchange, in its order.
    fn drain(&mut self) {
        if let Some(commit) = self.parts.exchange.poll_commit() {
            self.newest = Some((commit.size_after, commit.root_after));
            self.commit_in_flight = true;
            // One commit is in flight, and the queue has room for it and a note.
            if self.parts.jobs.try_send(Job::Commit(commit)).is_err() {
                tracing::error!("the writer is gone; the process ends");
                std::process::exit(crate::writer::EXIT_STORE_FAILED);
            }
        }
        while let Some(transmit) = self.parts.exchange.poll_transmit() {
            self.transmit(transmit);
        }
        while let Some(event) = self.parts.exchange.poll_event() {
            self.event(event);
        }
        let outbox = self.parts.exchange.outbox_len();
        self.parts.health.set_outbox(outbox);
        self.parts
            .metrics
            .outbox_items
            .set(i64::try_from(outbox).unwrap_or(i64::MAX));
    }

    fn transmit(&mut self, transmit: Transmit) {
        match transmit {
            Transmit::Request {
                peer,
                item,
                priority,
                request,
            } => {
                let outgoing = Outgoing::Request {
                    item,
                    priority,
                    request,
                };
                let handed_over = self.links.get(&peer).is_some_and(|link| link.hand_over(outgoing));
                if !handed_over {
                    let now = self.now();
                    self.parts.exchange.handle_unanswered(now, item);
                }
            }
            Transmit::Reply { stream, frame, .. } => {
                note_receipt(&frame);
                if let Some((_, answer)) = self.streams.remove(&stream) {
                    // A stream that broke meanwhile gets the same answer when the peer asks again.
                    let _ = answer.send(frame);
                }
            }
            Transmit::Close { peer, code } => {
                if let Some(link) = self.links.get(&peer)
                    && !link.hand_over(Outgoing::Close(code))
                {
                    // Its queue is full of requests that it does not answer: dropping the link ends it.
                    self.links.remove(&peer);
                    let now = self.now();
                    self.parts.exchange.handle_disconnected(now, peer);
                }
            }
        }
    }

    /// Has the newest released checkpoint noted, unless that was done less than `at_least` ago.
    fn note_released(&mut self, now: Instant, at_least: Duration) {
        let Some((size, root)) = self.newest else {
            return;
        };
        // What became durable after signing had ended was never signed.
        if self.parts.exchange.signing() != Signing::Allowed {
            return;
        }
        let due = self
            .noted_at
            .is_none_or(|noted| now.duration_since(noted) >= at_least);
        let released = !self.commit_in_flight && size > self.noted_size;
        if due && released && self.parts.jobs.try_send(Job::Released { size, root }).is_ok() {
            self.noted_at = Some(now);
            self.noted_size = size;
        }
    }
}

/// Says which receipt goes out, before it does: the first time, and whenever the first is given again.
fn note_receipt(frame: &Frame) {
    if let Frame::Receipt(signed) = frame
        && let Ok((receipt, _)) = signed.peek()
    {
        let digest = Digest::of(signed.as_bytes());
        tracing::info!(ohrid.message = %receipt.message, receipt = %digest, "receipt released");
    }
}

//! What is counted, in Prometheus' terms: base units, `_total`, and no label that names a person. The
//! only label for a peer is its Party code.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use convention::clock::AlarmKind;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use protocol::ids::PartyCode;
use protocol::time::UnixMillis;

mod classic;
mod directory;
mod machine;
mod outside;
mod people;
mod queues;
mod transfers;
mod witness;

pub use classic::classic;
pub use directory::{DirectoryMetrics, DirectoryState};
pub use machine::{MachineMetrics, MachineState, Room};
pub use outside::OutsideMetrics;
pub use people::{Deadlines, PeopleMetrics};
pub use queues::{PeerStanding, QueueMetrics};
pub use transfers::TransferMetrics;
pub use witness::WitnessMetrics;

/// A label `reason`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Reason {
    reason: &'static str,
}

/// A label `peer`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Peer {
    peer: String,
}

/// Labels `peer` and `reason`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct PeerReason {
    peer: String,
    reason: &'static str,
}

/// A label `event`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Happening {
    event: &'static str,
}

/// A label `kind`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Kind {
    kind: &'static str,
}

/// A label `check`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Check {
    check: &'static str,
}

/// A label `outcome`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Ended {
    outcome: &'static str,
}

/// Every metric of the node.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    process: Registry,
    /// Held from setting to writing out, so that no scrape sees what another one has just cleared.
    scraping: Mutex<()>,
    handshakes_refused: Family<Reason, Counter>,
    peers_misbehaved: Family<Peer, Counter>,
    answers_ignored: Family<Peer, Counter>,
    requests_put_off: Family<PeerReason, Counter>,
    streams_given_up: Family<PeerReason, Counter>,
    peers_throttled: Family<Peer, Counter>,
    events: Family<Happening, Counter>,
    alarms: Family<Kind, Gauge>,
    checks: Family<Check, Gauge>,
    dials: Counter,
    commits: Counter,
    commit_entries: Counter,
    commit_seconds: Histogram,
    commit_sync_seconds: Histogram,
    commit_batch: Histogram,
    /// What is known of the directory and of keys.
    pub directory: DirectoryMetrics,
    /// What waits for peers.
    pub queues: QueueMetrics,
    /// What waits for people.
    pub people: PeopleMetrics,
    /// What is below the node.
    pub machine: MachineMetrics,
    /// What is counted of attachments.
    pub transfers: TransferMetrics,
    /// What is counted of outsiders.
    pub outside: OutsideMetrics,
    /// What is counted of witnesses.
    pub witness: WitnessMetrics,
    /// Messages and reports that wait for a peer's answer.
    pub outbox_items: Gauge,
    /// Leaves of the ledger.
    pub ledger_size: Gauge,
    /// Peers that are connected.
    pub peers_connected: Gauge,
    /// Connections whose handshake is done: strangers, and the second of two for a moment, included.
    pub connections: Gauge,
    /// Peers that have been over their quota for long.
    pub peers_over_quota: Gauge,
    /// 1 while the system's clock is not believed.
    pub clock_doubted: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("ohrid"),
            process: machine::process_registry(),
            scraping: Mutex::default(),
            handshakes_refused: Family::default(),
            peers_misbehaved: Family::default(),
            answers_ignored: Family::default(),
            requests_put_off: Family::default(),
            streams_given_up: Family::default(),
            peers_throttled: Family::default(),
            events: Family::default(),
            alarms: Family::default(),
            checks: Family::default(),
            dials: Counter::default(),
            commits: Counter::default(),
            commit_entries: Counter::default(),
            // From 0.1 ms to 3.3 s.
            commit_seconds: Histogram::new(exponential_buckets(0.0001, 2.0, 16)),
            commit_sync_seconds: Histogram::new(exponential_buckets(0.0001, 2.0, 16)),
            commit_batch: Histogram::new(exponential_buckets(1.0, 2.0, 13)),
            directory: DirectoryMetrics::default(),
            queues: QueueMetrics::default(),
            people: PeopleMetrics::default(),
            machine: MachineMetrics::default(),
            transfers: TransferMetrics::default(),
            outside: OutsideMetrics::default(),
            witness: WitnessMetrics::default(),
            outbox_items: Gauge::default(),
            ledger_size: Gauge::default(),
            peers_connected: Gauge::default(),
            connections: Gauge::default(),
            peers_over_quota: Gauge::default(),
            clock_doubted: Gauge::default(),
        };
        metrics.register_network();
        metrics.register_ledger();
        metrics.directory.register(&mut metrics.registry);
        metrics.queues.register(&mut metrics.registry);
        metrics.people.register(&mut metrics.registry);
        metrics.machine.register(&mut metrics.registry);
        metrics.transfers.register(&mut metrics.registry);
        metrics.outside.register(&mut metrics.registry);
        metrics.witness.register(&mut metrics.registry);
        metrics
    }

    /// The text that Prometheus reads (OpenMetrics 1.0).
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode_registry(&mut text, &self.registry);
        let _ = encode_registry(&mut text, &self.process);
        let _ = encode_eof(&mut text);
        text
    }

    /// Held by whoever sets what is only known when somebody asks, until [`Metrics::text`] is written.
    pub fn scrape(&self) -> MutexGuard<'_, ()> {
        // What it guards is whole at every step.
        self.scraping.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody was not let in.
    pub fn handshake_refused(&self, reason: &'static str) {
        self.handshakes_refused.get_or_create(&Reason { reason }).inc();
    }

    /// A peer broke the protocol.
    pub fn peer_misbehaved(&self, peer: PartyCode) {
        self.peers_misbehaved.get_or_create(&label(peer)).inc();
    }

    /// A peer's answer changed nothing.
    pub fn answer_ignored(&self, peer: PartyCode) {
        self.answers_ignored.get_or_create(&label(peer)).inc();
    }

    /// A peer's request was answered with `Busy`.
    pub fn put_off(&self, peer: PartyCode, reason: &'static str) {
        self.requests_put_off.get_or_create(&because(peer, reason)).inc();
    }

    /// A stream was given up since the peer was too slow.
    pub fn stream_given_up(&self, peer: PartyCode, reason: &'static str) {
        self.streams_given_up.get_or_create(&because(peer, reason)).inc();
    }

    /// A peer sent frames faster than it may, and was made to wait.
    pub fn throttled(&self, peer: PartyCode) {
        self.peers_throttled.get_or_create(&label(peer)).inc();
    }

    /// Something durable happened: the word of the event.
    pub fn happened(&self, event: &'static str) {
        self.events.get_or_create(&Happening { event }).inc();
    }

    /// The alarms that stand now, by the names of their kinds.
    pub fn alarms<'a>(&self, standing: impl Iterator<Item = &'a str> + Clone) {
        for kind in AlarmKind::NAMES {
            let count = standing.clone().filter(|one| *one == kind).count();
            let gauge = self.alarms.get_or_create(&Kind { kind });
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// How each check of the node's readiness came out: see [`crate::readiness`].
    pub fn checks(&self, outcomes: impl Iterator<Item = (&'static str, i64)>) {
        for (check, outcome) in outcomes {
            self.checks.get_or_create(&Check { check }).set(outcome);
        }
    }

    /// A peer was dialled.
    pub fn dialled(&self) {
        self.dials.inc();
    }

    /// A commit became durable.
    pub fn committed(&self, entries: usize, took: Duration, synced_in: Option<Duration>) {
        self.commits.inc();
        self.commit_entries
            .inc_by(u64::try_from(entries).unwrap_or(u64::MAX));
        self.commit_batch
            .observe(f64::from(u32::try_from(entries).unwrap_or(u32::MAX)));
        self.commit_seconds.observe(took.as_secs_f64());
        if let Some(synced_in) = synced_in {
            self.commit_sync_seconds.observe(synced_in.as_secs_f64());
        }
    }

    fn register_network(&mut self) {
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        let r = &mut self.registry;
        r.register("build", "What this program is", build);
        r.register(
            "check",
            "How each check of /readyz came out: 2 well, 1 a warning, 0 failed and not ready",
            self.checks.clone(),
        );
        r.register(
            "handshakes_refused",
            "Connections that were not let in, by reason",
            self.handshakes_refused.clone(),
        );
        r.register(
            "peers_misbehaved",
            "Breaches of the protocol by a peer",
            self.peers_misbehaved.clone(),
        );
        r.register(
            "answers_ignored",
            "Answers of a peer that were about nothing",
            self.answers_ignored.clone(),
        );
        r.register(
            "requests_put_off",
            "Requests of a peer that were answered with busy, by reason",
            self.requests_put_off.clone(),
        );
        r.register(
            "streams_given_up",
            "Streams given up since the peer was too slow, by reason",
            self.streams_given_up.clone(),
        );
        r.register(
            "peers_throttled",
            "Times that a peer was made to wait since it sent frames too fast",
            self.peers_throttled.clone(),
        );
        r.register("dials", "Attempts to reach a peer", self.dials.clone());
        r.register(
            "peers_connected",
            "Peers that are connected",
            self.peers_connected.clone(),
        );
        r.register(
            "connections",
            "Connections whose handshake is done",
            self.connections.clone(),
        );
        r.register(
            "peers_over_quota",
            "Peers that have been over their quota for long: an alarm",
            self.peers_over_quota.clone(),
        );
        r.register(
            "clock_doubted",
            "1 while the system's clock has leapt and is not believed",
            self.clock_doubted.clone(),
        );
    }

    fn register_ledger(&mut self) {
        let r = &mut self.registry;
        r.register(
            "events",
            "What happened to messages, each after it was durable",
            self.events.clone(),
        );
        r.register("alarms", "Alarms that stand now, by kind", self.alarms.clone());
        r.register("commits", "Durable commits", self.commits.clone());
        r.register("commit_entries", "Entries in them", self.commit_entries.clone());
        r.register(
            "commit_duration_seconds",
            "How long a commit took, its fdatasync included",
            self.commit_seconds.clone(),
        );
        r.register(
            "commit_sync_duration_seconds",
            "How long a commit waited for its fdatasync alone",
            self.commit_sync_seconds.clone(),
        );
        r.register(
            "commit_batch_entries",
            "Entries of a commit: what waited together is written together",
            self.commit_batch.clone(),
        );
        r.register(
            "outbox_items",
            "Messages and reports that wait for a peer's answer",
            self.outbox_items.clone(),
        );
        r.register("ledger_size", "Leaves of the ledger", self.ledger_size.clone());
    }
}

fn because(peer: PartyCode, reason: &'static str) -> PeerReason {
    let Peer { peer } = label(peer);
    PeerReason { peer, reason }
}

fn label(peer: PartyCode) -> Peer {
    Peer {
        peer: peer.as_str().to_owned(),
    }
}

/// A count as a gauge has it.
fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A moment as Prometheus has it: whole seconds since 1970.
fn seconds(at: UnixMillis) -> i64 {
    i64::try_from(at.0 / 1_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;

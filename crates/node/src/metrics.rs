//! What is counted, in Prometheus' terms: base units, `_total`, and no label that names a person. The
//! only label for a peer is its Party code.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use convention::clock::AlarmKind;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use protocol::ids::PartyCode;

use crate::rotation::terms::{Stage, Term};
mod directory;
mod outside;
mod transfers;
mod witness;

pub use outside::OutsideMetrics;
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

/// The labels of a key's end.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct KeyLabel {
    kind: &'static str,
    stage: &'static str,
}

/// A label `kind`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Kind {
    kind: &'static str,
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
    handshakes_refused: Family<Reason, Counter>,
    peers_misbehaved: Family<Peer, Counter>,
    answers_ignored: Family<Peer, Counter>,
    requests_put_off: Family<PeerReason, Counter>,
    streams_given_up: Family<PeerReason, Counter>,
    peers_throttled: Family<Peer, Counter>,
    clock_skew: Family<Peer, Gauge<f64, AtomicU64>>,
    events: Family<Happening, Counter>,
    alarms: Family<Kind, Gauge>,
    key_expiry: Family<KeyLabel, Gauge>,
    directories_asked_for: Family<Ended, Counter>,
    dials: Counter,
    commits: Counter,
    commit_entries: Counter,
    commit_seconds: Histogram,
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
    /// Messages that were sent without the approval they need, and that nobody has reviewed.
    pub reviews_outstanding: Gauge,
    /// The directory's version.
    pub directory_version: Gauge,
    /// 1 while the system's clock is not believed.
    pub clock_doubted: Gauge,
    /// When the directory ends, in seconds since 1970.
    pub directory_expiry_seconds: Gauge,
    /// How long ago the directory was signed, in seconds.
    pub directory_age_seconds: Gauge,
    /// Proofs that there are two directories, or key sets, of one number.
    pub directory_forks: Gauge,
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
            handshakes_refused: Family::default(),
            peers_misbehaved: Family::default(),
            answers_ignored: Family::default(),
            requests_put_off: Family::default(),
            streams_given_up: Family::default(),
            peers_throttled: Family::default(),
            clock_skew: Family::default(),
            events: Family::default(),
            alarms: Family::default(),
            key_expiry: Family::default(),
            directories_asked_for: Family::default(),
            dials: Counter::default(),
            commits: Counter::default(),
            commit_entries: Counter::default(),
            // From 0.1 ms to 3.3 s.
            commit_seconds: Histogram::new(exponential_buckets(0.0001, 2.0, 16)),
            transfers: TransferMetrics::default(),
            outside: OutsideMetrics::default(),
            witness: WitnessMetrics::default(),
            outbox_items: Gauge::default(),
            ledger_size: Gauge::default(),
            peers_connected: Gauge::default(),
            connections: Gauge::default(),
            peers_over_quota: Gauge::default(),
            reviews_outstanding: Gauge::default(),
            directory_version: Gauge::default(),
            clock_doubted: Gauge::default(),
            directory_expiry_seconds: Gauge::default(),
            directory_age_seconds: Gauge::default(),
            directory_forks: Gauge::default(),
        };
        metrics.register_directory();
        metrics.register_network();
        metrics.register_ledger();
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
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
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

    /// How far a peer's clock is from ours.
    pub fn clock_skew(&self, peer: PartyCode, skew: Duration) {
        self.clock_skew
            .get_or_create(&label(peer))
            .set(skew.as_secs_f64());
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

    /// When the first of the node's keys of each kind ends, of those in use and of those that come next. A
    /// key without an end has no line.
    pub fn key_terms(&self, terms: &[Term]) {
        self.key_expiry.clear();
        let mut first: BTreeMap<(&'static str, &'static str), u64> = BTreeMap::new();
        for term in terms {
            let stage = match term.stage {
                Stage::InUse => "in_use",
                Stage::Next => "next",
                Stage::Overlap | Stage::Former => continue,
            };
            if let Some(until) = term.valid_until {
                let end = first.entry((term.kind.as_str(), stage)).or_insert(u64::MAX);
                *end = until.0.min(*end);
            }
        }
        for ((kind, stage), end) in first {
            let seconds = i64::try_from(end / 1_000).unwrap_or(i64::MAX);
            self.key_expiry
                .get_or_create(&KeyLabel { kind, stage })
                .set(seconds);
        }
    }

    /// A peer was asked for a newer directory, and this came of it.
    pub fn directory_asked(&self, outcome: &'static str) {
        self.directories_asked_for.get_or_create(&Ended { outcome }).inc();
    }

    /// A peer was dialled.
    pub fn dialled(&self) {
        self.dials.inc();
    }

    /// A commit became durable.
    pub fn committed(&self, entries: usize, took: Duration) {
        self.commits.inc();
        self.commit_entries
            .inc_by(u64::try_from(entries).unwrap_or(u64::MAX));
        self.commit_seconds.observe(took.as_secs_f64());
    }

    fn register_network(&mut self) {
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        let r = &mut self.registry;
        r.register("build", "What this program is", build);
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
        r.register(
            "peer_clock_skew_seconds",
            "How far a peer's clock is from ours",
            self.clock_skew.clone(),
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
            "reviews_outstanding",
            "Messages sent without the approval they need that nobody has reviewed",
            self.reviews_outstanding.clone(),
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

#[cfg(test)]
mod tests;

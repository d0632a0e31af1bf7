//! What waits for peers, and how long it took them to answer.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use protocol::envelope::Priority;
use protocol::exchange::Queued;
use protocol::ids::PartyCode;
use protocol::time::UnixMillis;

use super::{Peer, label, whole};

/// A label `priority`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HowSoon {
    priority: &'static str,
}

/// From a fast line to a week without the peer.
const RECEIPT_SECONDS: [f64; 16] = [
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0,
    604_800.0,
];

/// All priorities, with their words.
const PRIORITIES: [(Priority, &str); 3] = [
    (Priority::Emergency, "emergency"),
    (Priority::Urgent, "urgent"),
    (Priority::Routine, "routine"),
];

/// How a peer stands.
#[derive(Debug, Clone, Default)]
pub struct PeerStanding {
    /// Whether a connection stands.
    pub connected: bool,
    /// When a frame last came.
    pub last_seen: Option<UnixMillis>,
    /// By how many seconds its clock was ahead of ours, by its last hello.
    pub clock_ahead_seconds: Option<f64>,
}

/// Figures of queues and peers.
#[derive(Debug)]
pub struct QueueMetrics {
    oldest: Family<HowSoon, Gauge<f64, AtomicU64>>,
    receipts: Family<HowSoon, Histogram>,
    known: Gauge,
    connected: Family<Peer, Gauge>,
    connections: Family<Peer, Counter>,
    last_seen: Family<Peer, Gauge>,
    items: Family<Peer, Gauge>,
    peer_oldest: Family<Peer, Gauge<f64, AtomicU64>>,
    clock_ahead: Family<Peer, Gauge<f64, AtomicU64>>,
    core_answering: Gauge,
}

impl Default for QueueMetrics {
    fn default() -> Self {
        let receipts: Family<HowSoon, Histogram> =
            Family::new_with_constructor(|| Histogram::new(RECEIPT_SECONDS));
        let oldest = Family::<HowSoon, Gauge<f64, AtomicU64>>::default();
        for (_, priority) in PRIORITIES {
            // There from the start: what was never counted is zero, and not unknown.
            drop(receipts.get_or_create(&HowSoon { priority }));
            drop(oldest.get_or_create(&HowSoon { priority }));
        }
        Self {
            oldest,
            receipts,
            known: Gauge::default(),
            connected: Family::default(),
            connections: Family::default(),
            last_seen: Family::default(),
            items: Family::default(),
            peer_oldest: Family::default(),
            clock_ahead: Family::default(),
            core_answering: Gauge::default(),
        }
    }
}

impl QueueMetrics {
    /// A receipt came so long after its message was recorded.
    pub fn receipt(&self, priority: Priority, took: Duration) {
        let priority = word(priority);
        self.receipts
            .get_or_create(&HowSoon { priority })
            .observe(took.as_secs_f64());
    }

    /// A connection to a peer stands.
    pub fn connected(&self, peer: PartyCode) {
        self.connections.get_or_create(&label(peer)).inc();
    }

    /// What waits, as the core says; `None` when the core does not say: what was shown before stays.
    pub fn set_queued(&self, queued: Option<&[Queued]>, now: UnixMillis) {
        self.core_answering.set(i64::from(queued.is_some()));
        let Some(queued) = queued else { return };
        for (priority, word) in PRIORITIES {
            let oldest = queued.iter().filter(|one| one.priority == priority);
            let oldest = oldest
                .map(|one| now.since(one.oldest_at))
                .max()
                .unwrap_or_default();
            let label = HowSoon { priority: word };
            self.oldest.get_or_create(&label).set(oldest.as_secs_f64());
        }
    }

    /// How each peer of the directory stands, and what waits for it. Those that are no longer in it go.
    pub fn set_peers(
        &self,
        known: usize,
        peers: &BTreeMap<PartyCode, PeerStanding>,
        queued: Option<&[Queued]>,
        now: UnixMillis,
    ) {
        self.known.set(whole(known));
        for gauges in [&self.connected, &self.last_seen] {
            gauges.clear();
        }
        self.clock_ahead.clear();
        for (peer, standing) in peers {
            let label = label(*peer);
            let connected = i64::from(standing.connected);
            self.connected.get_or_create(&label).set(connected);
            if let Some(at) = standing.last_seen {
                self.last_seen.get_or_create(&label).set(super::seconds(at));
            }
            if let Some(ahead) = standing.clock_ahead_seconds {
                self.clock_ahead.get_or_create(&label).set(ahead);
            }
        }
        let Some(queued) = queued else { return };
        self.items.clear();
        self.peer_oldest.clear();
        for peer in peers.keys() {
            let of_peer = || queued.iter().filter(|one| one.peer == *peer);
            let oldest = of_peer().map(|one| now.since(one.oldest_at)).max();
            let items = of_peer().map(|one| one.items).sum();
            let label = label(*peer);
            self.items.get_or_create(&label).set(whole(items));
            self.peer_oldest
                .get_or_create(&label)
                .set(oldest.unwrap_or_default().as_secs_f64());
        }
    }

    pub(super) fn register(&self, r: &mut Registry) {
        r.register(
            "outbox_oldest_seconds",
            "Age of the oldest message or report that waits for a peer's answer, by priority; 0 for none",
            self.oldest.clone(),
        );
        r.register(
            "receipt_duration_seconds",
            "From the moment when a message is durable to its recipient's verified receipt, by priority",
            self.receipts.clone(),
        );
        r.register(
            "core_answering",
            "1 while the core answers within two seconds",
            self.core_answering.clone(),
        );
        r.register(
            "peers",
            "Other Parties in the directory in use",
            self.known.clone(),
        );
        r.register(
            "peer_connected",
            "1 while a connection to the peer stands; for the first hundred peers, as all with this label",
            self.connected.clone(),
        );
        r.register(
            "peer_connections",
            "Connections to the peer that came to stand: many in little time are a line that breaks",
            self.connections.clone(),
        );
        r.register(
            "peer_last_seen_timestamp_seconds",
            "When a frame of the peer last came; absent for one that was never connected",
            self.last_seen.clone(),
        );
        r.register(
            "peer_outbox_items",
            "Messages and reports that wait for the peer's answer",
            self.items.clone(),
        );
        r.register(
            "peer_outbox_oldest_seconds",
            "Age of the oldest of them; 0 for none",
            self.peer_oldest.clone(),
        );
        r.register(
            "peer_clock_ahead_seconds",
            "How far the peer's clock was ahead of ours when it last said hello, its travel included",
            self.clock_ahead.clone(),
        );
    }
}

fn word(priority: Priority) -> &'static str {
    match priority {
        Priority::Emergency => "emergency",
        Priority::Urgent => "urgent",
        Priority::Routine => "routine",
    }
}

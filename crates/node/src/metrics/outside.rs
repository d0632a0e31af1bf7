//! What is counted of outsiders: who read our ledger, and whether it is time-stamped.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use protocol::time::UnixMillis;

use super::Reason;

/// What was asked, and the HTTP status of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    what: &'static str,
    status: u16,
}

/// Figures of outsiders.
#[derive(Debug, Default)]
pub struct OutsideMetrics {
    requests: Family<Asked, Counter>,
    stamps: Counter,
    stamps_missed: Family<Reason, Counter>,
    stamp_seconds: Gauge,
    stamp_failing: Gauge,
}

impl OutsideMetrics {
    /// An outsider asked for something.
    pub fn asked(&self, what: &'static str, status: u16) {
        self.requests.get_or_create(&Asked { what, status }).inc();
    }

    /// A checkpoint has its time stamp.
    pub fn stamped(&self, at: UnixMillis) {
        self.stamps.inc();
        self.newest_stamp(at);
        self.stamp_failing.set(0);
    }

    /// When the newest stamp was given.
    pub fn newest_stamp(&self, at: UnixMillis) {
        self.stamp_seconds
            .set(i64::try_from(at.0 / 1_000).unwrap_or(i64::MAX));
    }

    /// A stamp could not be had.
    pub fn stamp_missed(&self, reason: &'static str) {
        self.stamps_missed.get_or_create(&Reason { reason }).inc();
        self.stamp_failing.set(1);
    }

    pub(super) fn register(&self, r: &mut Registry) {
        r.register(
            "public_requests",
            "Requests of outsiders for the ledger or a cosignature, by status",
            self.requests.clone(),
        );
        r.register("time_stamps", "Time stamps of checkpoints", self.stamps.clone());
        r.register(
            "time_stamps_missed",
            "Time stamps that could not be had, by reason; they are asked for again",
            self.stamps_missed.clone(),
        );
        r.register(
            "time_stamp_newest_timestamp_seconds",
            "When the newest checkpoint was stamped, by the service's clock",
            self.stamp_seconds.clone(),
        );
        r.register(
            "time_stamp_failing",
            "1 while the day's time stamp could not be had: an alarm",
            self.stamp_failing.clone(),
        );
    }
}

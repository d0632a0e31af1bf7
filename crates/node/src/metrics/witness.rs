//! What is counted of witnesses and of publishing.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// A label `status`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    status: u32,
}

/// Figures of witnesses.
#[derive(Debug, Default)]
pub struct WitnessMetrics {
    asked: Family<Answered, Counter>,
    published_size: Gauge,
    lag_seconds: Gauge,
    signing_refused: Gauge,
    /// Proofs that a ledger has forked, ours or a peer's.
    pub forks: Gauge,
}

impl WitnessMetrics {
    /// Somebody asked for a cosignature, and got this status.
    pub fn asked(&self, status: u16) {
        let status = status.into();
        self.asked.get_or_create(&Answered { status }).inc();
    }

    /// A head of this size was published.
    pub fn set_published(&self, size: u64) {
        self.published_size.set(i64::try_from(size).unwrap_or(i64::MAX));
    }

    /// For how long something released has been without its quorum.
    pub fn set_lag(&self, lag: Option<Duration>) {
        let seconds = lag.unwrap_or_default().as_secs();
        self.lag_seconds.set(i64::try_from(seconds).unwrap_or(i64::MAX));
    }

    /// Nothing is signed any more.
    pub fn set_signing_refused(&self) {
        self.signing_refused.set(1);
    }

    pub(super) fn register(&self, r: &mut Registry) {
        r.register(
            "cosignatures_asked_for",
            "Requests for a cosignature that were answered, by HTTP status",
            self.asked.clone(),
        );
        r.register(
            "ledger_published_size",
            "Leaves of the newest head of the ledger that has its quorum of cosignatures",
            self.published_size.clone(),
        );
        r.register(
            "ledger_unpublished_seconds",
            "How long something released has been without its quorum of cosignatures",
            self.lag_seconds.clone(),
        );
        r.register(
            "signing_refused",
            "1 when nothing is signed since witnesses know more of the ledger than it does: an alarm",
            self.signing_refused.clone(),
        );
        r.register(
            "ledger_forks",
            "Proofs that a ledger has shown two histories, or lost what it signed: an alarm",
            self.forks.clone(),
        );
    }
}

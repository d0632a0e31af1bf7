//! What is counted of attachments.

use std::collections::BTreeMap;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use protocol::ids::PartyCode;

use super::{Peer, Reason, label};

/// Figures of transfers.
#[derive(Debug, Default)]
pub struct TransferMetrics {
    received_bytes: Counter,
    received_chunks: Counter,
    served_bytes: Counter,
    served_chunks: Counter,
    wrong: Family<Peer, Counter>,
    withheld: Family<Reason, Counter>,
    active: Gauge,
    waiting: Family<Reason, Gauge>,
}

impl TransferMetrics {
    /// A verified chunk of so many bytes came.
    pub fn received(&self, bytes: usize) {
        self.received_bytes.inc_by(bytes as u64);
        self.received_chunks.inc();
    }

    /// A chunk of so many bytes was read to be sent.
    pub fn served(&self, bytes: usize) {
        self.served_bytes.inc_by(bytes as u64);
        self.served_chunks.inc();
    }

    /// A peer sent what it was not asked for.
    pub fn wrong(&self, peer: PartyCode) {
        self.wrong.get_or_create(&label(peer)).inc();
    }

    /// A peer asked for what it is not given.
    pub fn withheld(&self, reason: &'static str) {
        self.withheld.get_or_create(&Reason { reason }).inc();
    }

    /// So many messages' attachments are being pulled, and so many wait, for what.
    pub fn set_state(&self, active: usize, waiting: &BTreeMap<&'static str, usize>) {
        let figure = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.active.set(figure(active));
        self.waiting.clear();
        for (reason, count) in waiting {
            self.waiting.get_or_create(&Reason { reason }).set(figure(*count));
        }
    }

    pub(super) fn register(&self, r: &mut Registry) {
        r.register(
            "attachment_received_bytes",
            "Bytes of attachments that came, verified",
            self.received_bytes.clone(),
        );
        r.register(
            "attachment_received_chunks",
            "Chunks of attachments that came, verified",
            self.received_chunks.clone(),
        );
        r.register(
            "attachment_served_bytes",
            "Bytes of attachments that peers asked for and were given",
            self.served_bytes.clone(),
        );
        r.register(
            "attachment_served_chunks",
            "Chunks of attachments that peers asked for and were given",
            self.served_chunks.clone(),
        );
        r.register(
            "attachment_wrong_answers",
            "Answers of a peer that were not the chunk or manifest that it was asked for",
            self.wrong.clone(),
        );
        r.register(
            "attachment_requests_withheld",
            "Requests for attachments that were answered with absent, by reason",
            self.withheld.clone(),
        );
        r.register(
            "attachment_transfers_active",
            "Messages whose attachments are being pulled",
            self.active.clone(),
        );
        r.register(
            "attachment_transfers_waiting",
            "Messages whose attachments wait, by what they wait for",
            self.waiting.clone(),
        );
    }
}

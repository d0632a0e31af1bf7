//! What the exchange says that happened: to the log, the metrics, whoever waits, and the opener.
//!
//! Every line of the log about a message names it in the field `ohrid.message` (`message` alone is the
//! name that `tracing` gives to the line's own text), and a receipt by the SHA-256 of its signed bytes.

use std::time::Instant;

use control::events::EventKind;
use ledger::hash::Hash;
use protocol::digest::Digest;
use protocol::exchange::{Deed, Event, PutOff, Quota, Waited};
use protocol::ids::PartyCode;
use protocol::time::UnixMillis;

use super::{Driver, NOTE_RELEASED_EVERY};
use crate::health::Head;
use crate::news::Item;

impl Driver {
    pub(super) fn event(&mut self, event: Event) {
        let now = self.now();
        match event {
            Event::Submitted { message, to, index } => {
                tracing::info!(ohrid.message = %message, %to, index, "submitted");
                self.waiting.recorded(message, to.clone(), index, now);
                self.tell(EventKind::Submitted, Item::new(message).to(to));
            }
            Event::Received {
                key,
                header,
                envelope,
                index,
            } => {
                let (from, to) = (key.from, &key.to);
                tracing::info!(ohrid.message = %key.message, %from, %to, index, "received");
                let item = Item::new(key.message).to(key.to.clone()).case(header.case);
                let transfers = &self.parts.transfers;
                transfers.received(key.clone(), &header, envelope, index);
                self.entangle(now, from, &header);
                self.parts.opener.open(key, envelope, index);
                self.tell(EventKind::Received, item);
            }
            Event::Delivered {
                message,
                to,
                receipt,
                waited,
                index,
            } => {
                self.note_wait(now, waited);
                let receipt = Digest::of(receipt.as_bytes());
                tracing::info!(ohrid.message = %message, %receipt, %to, index, "receipt recorded");
                self.tell(EventKind::Delivered, Item::new(message).to(to));
            }
            Event::Consigned {
                message,
                to,
                side,
                index,
                ..
            } => {
                tracing::info!(ohrid.message = %message, %to, ?side, index, "consigned");
                self.tell(EventKind::Consigned, Item::new(message).to(to));
            }
            Event::Rejected {
                side,
                peer,
                message,
                to,
                reason,
                index,
                ..
            } => {
                let named = message.map(|message| message.to_string()).unwrap_or_default();
                tracing::warn!(ohrid.message = named, %peer, ?side, ?reason, index, "rejected");
                match message {
                    Some(message) => self.tell(EventKind::Rejected, Item::new(message).to_if_known(to)),
                    None => self.parts.metrics.happened(EventKind::Rejected.as_str()),
                }
            }
            Event::Expired {
                message, to, index, ..
            } => {
                tracing::error!(ohrid.message = %message, %to, index, "expired: nobody took it in time");
                self.tell(EventKind::Expired, Item::new(message).to(to));
            }
            other => self.aside(other),
        }
    }

    /// What no officer waits for.
    fn aside(&mut self, event: Event) {
        let now = self.now();
        match event {
            Event::ReportDelivered { message, index, .. } => {
                tracing::debug!(ohrid.message = %message, index, "the peer has recorded our report");
                self.parts.metrics.happened("report_delivered");
            }
            Event::Completed { .. } | Event::CompletionDelivered { .. } => self.attached(event),
            Event::Acted {
                deed,
                message,
                actor,
                index,
            } => {
                tracing::info!(ohrid.message = %message, ?deed, index, "recorded");
                if deed == Deed::Approved {
                    self.waiting.approved(message, actor, index);
                }
            }
            Event::Recorded { index } => {
                tracing::debug!(index, "recorded");
                if self.waiting.awaits_facts() {
                    match self.parts.reader.leaf(index) {
                        Ok(leaf) => self.waiting.fact_recorded(&leaf, index),
                        Err(error) => tracing::error!(index, %error, "a leaf cannot be read"),
                    }
                }
            }
            Event::ReceiptOverdue { message, to } => {
                let what = "an emergency has no receipt: use the telephone";
                tracing::error!(ohrid.message = %message, %to, "{what}");
                self.parts.metrics.happened("receipt_overdue");
                // At once: the watch over the alarms may take some seconds to come round.
                let item = Item::new(message).to(to);
                self.parts.news.tell(EventKind::Alarm, item, now);
            }
            Event::PeerNeeded { peer } => self.parts.peers.need(peer),
            Event::CheckpointSigned { note, size, root } => self.signed(note, size, root),
            Event::PeerMisbehaved { peer, what } => {
                tracing::warn!(%peer, %what, "the peer broke the protocol");
                self.parts.metrics.peer_misbehaved(peer);
            }
            Event::AnswerLost { peer, item } => {
                let what = "a first receipt cannot be given again: an old key is missing, put its file back";
                tracing::error!(%peer, %item, "{what}");
                self.parts.metrics.happened("receipt_lost");
            }
            Event::PutOff { peer, why } => self.put_off(peer, why),
            Event::Ignored { peer, why } => {
                tracing::info!(%peer, ?why, "an answer changed nothing");
                self.parts.metrics.answer_ignored(peer);
            }
            other => tracing::debug!(?other, "an event that this program does not know"),
        }
    }

    /// What is about attachments `[TRANSFER]`.
    fn attached(&self, event: Event) {
        match event {
            Event::Completed {
                message,
                to,
                side,
                index,
            } => {
                tracing::info!(ohrid.message = %message, %to, ?side, index, "attachments complete");
                self.tell(EventKind::AttachmentsComplete, Item::new(message).to(to));
            }
            Event::CompletionDelivered { message, index, .. } => {
                tracing::debug!(ohrid.message = %message, index, "the sender has recorded our completion");
                self.parts.metrics.happened("completion_delivered");
            }
            _ => {}
        }
    }

    /// A peer that is over its quota for long is a matter for people: either it is broken or hostile, or its
    /// quota is too small.
    fn put_off(&self, peer: PartyCode, why: PutOff) {
        self.parts.metrics.put_off(peer, word(why));
        tracing::debug!(%peer, ?why, "a request was put off");
        if let PutOff::OverQuota(quota) = why
            && let Some(since) = self.parts.peers.note_over_quota(peer, self.now())
        {
            let what = "the peer is over its quota, and what it sends waits: see [limits], ask its operator";
            let minutes = self.now().since(since).as_secs() / 60;
            tracing::error!(%peer, ?quota, minutes, "{what}");
        }
    }

    /// How long a message waited for its receipt.
    fn note_wait(&self, now: UnixMillis, waited: Option<Waited>) {
        if let Some(Waited { priority, since }) = waited {
            self.parts.metrics.queues.receipt(priority, now.since(since));
        }
    }

    fn tell(&self, kind: EventKind, item: Item) {
        self.parts.metrics.happened(kind.as_str());
        self.parts.news.tell(kind, item, self.now());
    }

    fn signed(&mut self, note: String, size: u64, root: Hash) {
        self.parts
            .metrics
            .ledger_size
            .set(i64::try_from(size).unwrap_or(i64::MAX));
        self.parts.health.set_head(Head {
            size,
            root: Some(root),
            checkpoint: Some(note),
            signed_at: Some(self.now()),
        });
        self.note_released(Instant::now(), NOTE_RELEASED_EVERY);
    }
}

/// The reason's word in `ohrid_requests_put_off_total{reason}`.
fn word(why: PutOff) -> &'static str {
    match why {
        PutOff::OverQuota(Quota::Messages) => "quota_messages",
        PutOff::OverQuota(Quota::MessageBytes) => "quota_message_bytes",
        PutOff::OverQuota(Quota::Reports) => "quota_reports",
        PutOff::OverQuota(Quota::Rejections) => "quota_rejections",
        PutOff::Crowded => "crowded",
        PutOff::AskedTooOften => "asked_too_often",
        PutOff::UnknownKey => "unknown_key",
        PutOff::FalseDate => "false_date",
        PutOff::NotSigning => "not_signing",
    }
}

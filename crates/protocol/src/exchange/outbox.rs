//! What was promised to peers and not yet answered for: queues, retries, expiry `[RETRY]`.
//!
//! The outbox is a fold of the ledger: an item enters when the commit with its entry is durable, and
//! leaves when the commit with its outcome (delivered, rejected, expired) is. In between it moves
//! through four stages:
//!
//! ```text
//!             a slot is free                 answered
//!    Ready ------------------> Sent ------------------------> Settled --> (commit) removed
//!      ^                        |                                ^
//!      | peer connects,         | no answer in time              | expires_at reached,
//!      | or the delay is over   v                                | from any stage but Sent
//!      +------------------ BackingOff ---------------------------+
//! ```
//!
//! An item is known inside by the index of its leaf, so that "oldest first" is the order of numbers.
//! Every item has at most one timer, and all look-ups are in ordered maps: a hundred thousand items for
//! a peer that is away cost nothing until it comes back. No payload is held: the driver reads it from
//! the store when the request goes out.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::time::Duration;

use super::item::{Item, Stage};
use super::lane::Peer;
use super::retry::BackOff;
use super::types::{Queued, Settings, Transmit};
use crate::decode::DecodeError;
use crate::digest::Digest;
use crate::envelope::Priority;
use crate::ids::{ContactPoint, MessageId, PartyCode};
use crate::index::OutboxRecord;
use crate::time::UnixMillis;

/// All items, by the index of their leaf, and what is to be done next.
#[derive(Debug)]
pub(super) struct Outbox {
    items: BTreeMap<u64, Item>,
    by_digest: BTreeMap<Digest, u64>,
    /// Of those that are envelopes: which message, to whom.
    envelopes: BTreeSet<(MessageId, ContactPoint)>,
    /// The same items, by whom and how soon: so that the oldest of each is found without looking at all.
    queues: BTreeMap<(PartyCode, Priority), BTreeSet<u64>>,
    peers: BTreeMap<PartyCode, Peer>,
    /// The one timer of each item that has one.
    timers: BTreeSet<(UnixMillis, u64)>,
    /// The peers to which something can be sent now.
    sendable: BTreeSet<PartyCode>,
    /// Whose turn it was last, so that every peer gets its turn.
    last_served: Option<PartyCode>,
    back_off: BackOff,
    request_timeout: Duration,
    overdue_after: Duration,
    requests_per_peer_max: usize,
}

/// What a timer brought to light.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// The item was settled: it is to be recorded as expired.
    Expired(Digest),
    /// An emergency has no receipt after [`EMERGENCY_RECEIPT_DUE`].
    Overdue(Digest),
}

impl Outbox {
    /// An empty outbox.
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            items: BTreeMap::new(),
            by_digest: BTreeMap::new(),
            envelopes: BTreeSet::new(),
            queues: BTreeMap::new(),
            peers: BTreeMap::new(),
            timers: BTreeSet::new(),
            sendable: BTreeSet::new(),
            last_served: None,
            back_off: BackOff::new(settings),
            request_timeout: settings.request_timeout,
            overdue_after: settings.emergency_overdue_after,
            requests_per_peer_max: settings.requests_per_peer_max,
        }
    }

    /// How many items there are, in any stage.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Takes an item whose entry is durable.
    ///
    /// # Errors
    /// When what it holds cannot be read; then nothing has changed.
    pub(super) fn insert(&mut self, record: OutboxRecord) -> Result<(), DecodeError> {
        let index = record.index;
        let digest = record.item;
        let item = Item::new(record, self.overdue_after)?;
        let queue = (item.peer, item.priority);
        self.by_digest.insert(digest, index);
        self.envelopes.extend(item.envelope());
        self.queues.entry(queue).or_default().insert(index);
        self.items.insert(index, item);
        self.move_to(index, Stage::Ready);
        Ok(())
    }

    /// Forgets an item whose outcome is durable.
    pub(super) fn remove(&mut self, digest: &Digest) {
        let Some(index) = self.by_digest.remove(digest) else {
            return;
        };
        self.move_to(index, Stage::Settled);
        let Some(item) = self.items.remove(&index) else {
            return;
        };
        if let Some(envelope) = item.envelope() {
            self.envelopes.remove(&envelope);
        }
        if let Entry::Occupied(mut queue) = self.queues.entry((item.peer, item.priority)) {
            queue.get_mut().remove(&index);
            if queue.get().is_empty() {
                queue.remove();
            }
        }
    }

    /// What waits for each peer, by priority. It costs as much as there are peers, not items.
    pub(super) fn queued(&self) -> impl Iterator<Item = Queued> {
        self.queues.iter().filter_map(|((peer, priority), indices)| {
            let oldest = self.items.get(indices.first()?)?;
            Some(Queued {
                peer: *peer,
                priority: *priority,
                items: indices.len(),
                oldest_at: oldest.recorded_at,
            })
        })
    }

    /// The item with this digest, in any stage.
    pub(super) fn get(&self, digest: &Digest) -> Option<&Item> {
        self.items.get(self.by_digest.get(digest)?)
    }

    /// Whether this message to this recipient is among them, whatever its header's bytes are.
    pub(super) fn has_envelope(&self, envelope: &(MessageId, ContactPoint)) -> bool {
        self.envelopes.contains(envelope)
    }

    /// The item that an answer by `peer` is about, unless it has been answered or has expired.
    pub(super) fn open(&self, digest: &Digest, peer: PartyCode) -> Option<&Item> {
        self.get(digest)
            .filter(|item| item.peer == peer && item.stage != Stage::Settled)
    }

    /// Whether the peer is away while something waits for it.
    pub(super) fn needs(&self, peer: PartyCode) -> bool {
        self.peers.get(&peer).is_some_and(Peer::is_needed)
    }

    /// All such peers.
    pub(super) fn needed(&self) -> impl Iterator<Item = PartyCode> {
        let peers = self.peers.iter();
        peers
            .filter(|(_, peer)| peer.is_needed())
            .map(|(party, _)| *party)
    }

    /// The item's outcome is known and waits for its commit.
    pub(super) fn settle(&mut self, digest: &Digest) {
        if let Some(&index) = self.by_digest.get(digest) {
            self.move_to(index, Stage::Settled);
        }
    }

    /// The peer is there: what was backing off is sent at once, oldest first within its priority.
    pub(super) fn connected(&mut self, peer: PartyCode) {
        self.peer(peer).is_connected = true;
        for index in self.attempted(peer) {
            let Some(item) = self.items.get_mut(&index) else {
                continue;
            };
            item.attempts = 0;
            if matches!(item.stage, Stage::BackingOff { .. }) {
                self.move_to(index, Stage::Ready);
            }
        }
        self.refresh(peer);
    }

    /// The peer is gone, and every request with it.
    pub(super) fn disconnected(&mut self, peer: PartyCode) {
        self.peer(peer).is_connected = false;
        for index in self.attempted(peer) {
            let Some(item) = self.items.get_mut(&index) else {
                continue;
            };
            item.attempts = 0;
            self.move_to(index, Stage::Ready);
        }
        self.refresh(peer);
    }

    /// The request for this item got no answer, or the peer asked for `patience`.
    pub(super) fn unanswered(&mut self, now: UnixMillis, digest: &Digest, patience: Duration) {
        if let Some(&index) = self.by_digest.get(digest) {
            self.retry_later(now, index, patience);
        }
    }

    /// The next request to send, which counts as sent from now on.
    pub(super) fn next_request(&mut self, now: UnixMillis) -> Option<Transmit> {
        let peer = self.next_peer()?;
        let index = self.peers.get(&peer)?.next_ready()?;
        self.last_served = Some(peer);
        let travel = self.items.get(&index).map(Item::travel).unwrap_or_default();
        let until = now.plus(self.request_timeout).plus(travel);
        self.move_to(index, Stage::Sent { until });
        self.items.get(&index).map(Item::transmit)
    }

    /// When [`Outbox::next_due`] has something to do.
    pub(super) fn next_timer(&self) -> Option<UnixMillis> {
        self.timers.first().map(|(due, _)| *due)
    }

    /// Works off the timers up to `now`, and stops at the first that somebody else must act on.
    pub(super) fn next_due(&mut self, now: UnixMillis) -> Option<Due> {
        while let Some(&(due, index)) = self.timers.first() {
            if due > now {
                break;
            }
            if let Some(found) = self.fire(now, index) {
                return Some(found);
            }
        }
        None
    }

    /// Does what is due for one item; afterwards its timer lies in the future, or it is reported.
    fn fire(&mut self, now: UnixMillis, index: u64) -> Option<Due> {
        let item = self.items.get_mut(&index)?;
        let digest = item.digest;
        let expires_at = item.expires_at;
        if item.overdue_at.is_some_and(|due| due <= now) {
            item.overdue_at = None;
            self.rearm(index);
            return Some(Due::Overdue(digest));
        }
        match item.stage {
            // Its only other timer is the one above.
            Stage::Sent { .. } => self.retry_later(now, index, Duration::ZERO),
            Stage::Settled => self.rearm(index),
            Stage::Ready | Stage::BackingOff { .. } if expires_at <= now => {
                self.move_to(index, Stage::Settled);
                return Some(Due::Expired(digest));
            }
            Stage::BackingOff { .. } => self.move_to(index, Stage::Ready),
            Stage::Ready => self.rearm(index),
        }
        None
    }

    fn retry_later(&mut self, now: UnixMillis, index: u64, patience: Duration) {
        let Some(item) = self.items.get_mut(&index) else {
            return;
        };
        // An answer that comes twice, or after a time-out, must not count as two attempts.
        if !matches!(item.stage, Stage::Sent { .. }) {
            return;
        }
        item.attempts = item.attempts.saturating_add(1);
        let delay = self.back_off.delay(item.attempts, patience);
        self.move_to(
            index,
            Stage::BackingOff {
                until: now.plus(delay),
            },
        );
    }

    /// The only way from one stage to another: lanes, timer and turn follow.
    fn move_to(&mut self, index: u64, stage: Stage) {
        let Some(item) = self.items.get_mut(&index) else {
            return;
        };
        let party = item.peer;
        let requests_max = self.requests_per_peer_max;
        let peer = self.peers.entry(party).or_insert_with(|| Peer::new(requests_max));
        peer.leave(index, item.priority, item.stage);
        item.stage = stage;
        peer.enter(index, item.priority, item.stage);
        self.rearm(index);
        self.refresh(party);
    }

    /// Sets the item's timer to the first moment at which something is due for it.
    fn rearm(&mut self, index: u64) {
        let Some(item) = self.items.get_mut(&index) else {
            return;
        };
        let wanted = item.first_due();
        if wanted == item.timer {
            return;
        }
        if let Some(old) = item.timer {
            self.timers.remove(&(old, index));
        }
        item.timer = wanted;
        self.timers.extend(wanted.map(|due| (due, index)));
    }

    fn refresh(&mut self, party: PartyCode) {
        if self
            .peers
            .get(&party)
            .is_some_and(|peer| peer.next_ready().is_some())
        {
            self.sendable.insert(party);
        } else {
            self.sendable.remove(&party);
        }
    }

    fn next_peer(&self) -> Option<PartyCode> {
        let after = self.last_served.map_or(Bound::Unbounded, Bound::Excluded);
        self.sendable
            .range((after, Bound::Unbounded))
            .next()
            .or_else(|| self.sendable.first())
            .copied()
    }

    fn peer(&mut self, party: PartyCode) -> &mut Peer {
        let requests_max = self.requests_per_peer_max;
        self.peers.entry(party).or_insert_with(|| Peer::new(requests_max))
    }

    fn attempted(&self, peer: PartyCode) -> Vec<u64> {
        self.peers
            .get(&peer)
            .map_or_else(Vec::new, |peer| peer.attempted.iter().copied().collect())
    }
}

#[cfg(test)]
mod tests;

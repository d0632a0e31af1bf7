//! From facts that wait to the one commit in flight: the group commit `[DURABLE]`.
//!
//! While a commit is being made durable, what arrives waits here; the next commit takes all of it, up
//! to its limits. There is no timer: a lone fact is committed at once, and a busy node makes larger
//! commits. The tree is extended when a commit is *sealed*, which is when its size, and so what a
//! `Received` entry says of it, becomes known.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use ledger::hash::leaf_hash;
use ledger::tree::{Batch, Edge};

use super::types::{Commit, Settings};
use crate::entry::Entry;
use crate::ids::PartyCode;
use crate::payload::SealedPayload;

/// Facts that become durable together or not at all, with the payload that they speak of.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) entries: Vec<Entry>,
    pub(super) payload: Option<SealedPayload>,
    /// The peer whose frame this is; `None` for what the node itself has to say.
    pub(super) peer: Option<PartyCode>,
}

/// The commit that the driver is making durable.
#[derive(Debug)]
pub(super) struct InFlight {
    /// The position in the ledger at which its log begins.
    pub(super) log_first: u64,
    pub(super) batch: Batch,
    pub(super) facts: Vec<Fact>,
}

/// One entry of a commit, and the peer whose frame it records.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) entry: Entry,
    pub(super) peer: Option<PartyCode>,
}

/// What waits, and what is in flight.
#[derive(Debug)]
pub(super) struct Pipeline {
    /// The position at which the newest log begins.
    log_first: u64,
    /// The tree of the newest log, up to and including what is durable.
    edge: Edge,
    waiting: VecDeque<Group>,
    waiting_size: Size,
    waiting_by_peer: BTreeMap<PartyCode, Size>,
    in_flight: Option<InFlight>,
    commit_max: Size,
    waiting_max: Size,
}

/// What is counted against the limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Size {
    entries: usize,
    bytes: usize,
}

impl Pipeline {
    /// Goes on from a tree that is durable up to `edge`, of a log that begins at `log_first`.
    pub(super) fn new(log_first: u64, edge: Edge, settings: &Settings) -> Self {
        Self {
            log_first,
            edge,
            waiting: VecDeque::new(),
            waiting_size: Size::default(),
            waiting_by_peer: BTreeMap::new(),
            in_flight: None,
            commit_max: Size {
                entries: settings.commit_entries_max,
                bytes: settings.commit_bytes_max,
            },
            waiting_max: Size {
                entries: settings.pending_entries_max,
                bytes: settings.pending_bytes_max,
            },
        }
    }

    /// The edge of the durable tree of the newest log.
    pub(super) fn edge(&self) -> &Edge {
        &self.edge
    }

    /// How many leaves are durable, of all logs.
    pub(super) fn position(&self) -> u64 {
        self.log_first + self.edge.size()
    }

    /// Whether there is no leaf at all, and none on its way.
    pub(super) fn has_nothing(&self) -> bool {
        self.position() == 0 && self.waiting.is_empty() && self.in_flight.is_none()
    }

    /// Whether the commit that [`Pipeline::seal`] would give begins a log: then the one before has ended, and
    /// all of it is durable.
    pub(super) fn log_ends(&self) -> bool {
        self.in_flight.is_none() && self.waiting.front().is_some_and(Group::begins_log)
    }

    /// Whether a group may wait. A peer may take a share only, so that no peer can keep out the others,
    /// nor our own officers; the first of anybody is never too large.
    ///
    /// What closes a matter that is open already (a delivery, an expiry) need not ask: there is one at
    /// most for each item of the outbox, which has its own limit.
    pub(super) fn has_room(&self, group: &Group) -> bool {
        let more = group.size();
        let of_peer = group
            .peer
            .and_then(|peer| self.waiting_by_peer.get(&peer))
            .copied();
        let peer_fits = of_peer.is_none_or(|size| size.plus(more).fits(self.waiting_max.share()));
        peer_fits && (self.waiting.is_empty() || self.waiting_size.plus(more).fits(self.waiting_max))
    }

    /// Lets a group join the next commit.
    pub(super) fn join(&mut self, group: Group) {
        let size = group.size();
        self.waiting_size = self.waiting_size.plus(size);
        if let Some(peer) = group.peer {
            let of_peer = self.waiting_by_peer.entry(peer).or_default();
            *of_peer = of_peer.plus(size);
        }
        self.waiting.push_back(group);
    }

    /// Seals the next commit, unless one is in flight or nothing waits. `last` is the last checkpoint of the
    /// log that ends, where [`Pipeline::log_ends`].
    pub(super) fn seal(&mut self, last: Option<&str>) -> Option<Commit> {
        if self.in_flight.is_some() || self.waiting.is_empty() {
            return None;
        }
        let ends = self.log_ends();
        let (mut facts, payloads) = self.take_waiting();
        let first_index = self.position();
        let (log_first, before) = if ends {
            (first_index, &Edge::default())
        } else {
            (self.log_first, &self.edge)
        };
        let sealed = Sealed {
            commit_size: before.size() + facts.len() as u64,
            position: first_index,
            last: last.unwrap_or_default(),
        };
        let leaves: Arc<[Vec<u8>]> = facts
            .iter_mut()
            .map(|fact| seal_leaf(&mut fact.entry, &sealed))
            .collect();
        let batch = Batch::new(before, leaves.iter().map(|leaf| leaf_hash(leaf)).collect());
        let root_after = batch.root_after();
        let size_after = first_index + facts.len() as u64;
        self.in_flight = Some(InFlight {
            log_first,
            batch,
            facts,
        });
        Some(Commit {
            first_index,
            leaves,
            payloads: payloads.into(),
            size_after,
            root_after,
        })
    }

    /// The commit in flight is durable: from now on the tree ends with it.
    pub(super) fn committed(&mut self) -> Option<InFlight> {
        let durable = self.in_flight.take()?;
        self.log_first = durable.log_first;
        self.edge = durable.batch.edge_after().clone();
        Some(durable)
    }

    /// Takes whole groups from the front, as many as one commit may hold, and at least one. A change of the
    /// ledger key begins a commit, and so does a log.
    fn take_waiting(&mut self) -> (Vec<Fact>, Vec<SealedPayload>) {
        let mut taken = Size::default();
        let (mut facts, mut payloads) = (Vec::new(), Vec::new());
        while let Some((next, begins)) = self
            .waiting
            .front()
            .map(|group| (group.size(), group.begins_commit()))
        {
            if !facts.is_empty() && (begins || !taken.plus(next).fits(self.commit_max)) {
                break;
            }
            let Some(group) = self.waiting.pop_front() else {
                break;
            };
            taken = taken.plus(next);
            self.forget_size(group.peer, next);
            let peer = group.peer;
            facts.extend(group.entries.into_iter().map(|entry| Fact { entry, peer }));
            payloads.extend(group.payload);
        }
        (facts, payloads)
    }

    fn forget_size(&mut self, peer: Option<PartyCode>, size: Size) {
        self.waiting_size = self.waiting_size.minus(size);
        let Some(peer) = peer else { return };
        if let Some(of_peer) = self.waiting_by_peer.get_mut(&peer) {
            *of_peer = of_peer.minus(size);
            if *of_peer == Size::default() {
                self.waiting_by_peer.remove(&peer);
            }
        }
    }
}

impl InFlight {
    /// The position of its first leaf.
    pub(super) fn position(&self) -> u64 {
        self.log_first + self.batch.first_index()
    }
}

impl Group {
    /// One fact of the node's own, without a payload.
    pub(super) fn fact(entry: Entry) -> Self {
        Self {
            entries: vec![entry],
            payload: None,
            peer: None,
        }
    }

    /// One fact from a peer's frame, without a payload.
    pub(super) fn from_peer(peer: PartyCode, entry: Entry) -> Self {
        Self {
            peer: Some(peer),
            ..Self::fact(entry)
        }
    }

    /// How many bytes of statements and payload it holds.
    pub(super) fn length_bytes(&self) -> usize {
        self.size().bytes
    }

    /// A commit's checkpoint is signed with one key: leaves from before a change are none of its concern.
    fn begins_commit(&self) -> bool {
        self.begins_log() || matches!(self.entries.first(), Some(Entry::LedgerKeyChanged { .. }))
    }

    fn begins_log(&self) -> bool {
        matches!(self.entries.first(), Some(Entry::LogBegun { .. }))
    }

    fn size(&self) -> Size {
        let statements: usize = self.entries.iter().map(statement_length_bytes).sum();
        let payload = self.payload.as_ref().map_or(0, |payload| payload.bytes.len());
        Size {
            entries: self.entries.len(),
            bytes: statements + payload,
        }
    }
}

impl Size {
    fn plus(self, other: Self) -> Self {
        Self {
            entries: self.entries.saturating_add(other.entries),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            entries: self.entries.saturating_sub(other.entries),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }

    fn fits(self, limit: Self) -> bool {
        self.entries <= limit.entries && self.bytes <= limit.bytes
    }

    /// What one peer may take of this: a quarter.
    fn share(self) -> Self {
        Self {
            entries: self.entries / 4,
            bytes: self.bytes / 4,
        }
    }
}

/// How much of an entry is a statement that somebody signed: the part whose length peers choose.
fn statement_length_bytes(entry: &Entry) -> usize {
    match entry {
        Entry::Submitted { header, .. } | Entry::Received { header, .. } => header.as_bytes().len(),
        Entry::Delivered { receipt, .. } => receipt.as_bytes().len(),
        Entry::Consigned { report, .. } => report.as_bytes().len(),
        Entry::Completed { statement, .. } => statement.as_bytes().len(),
        Entry::Rejected { rejection, .. } => rejection.as_bytes().len(),
        _ => 0,
    }
}

/// What only the sealing of a commit shows.
struct Sealed<'a> {
    /// The size of its log with it.
    commit_size: u64,
    /// The position of its first leaf.
    position: u64,
    /// The last checkpoint of the log that ends.
    last: &'a str,
}

/// Writes down, in the entries that say so, where they came to stand.
fn seal_leaf(entry: &mut Entry, sealed: &Sealed<'_>) -> Vec<u8> {
    match entry {
        Entry::Received { commit_size, .. } => *commit_size = sealed.commit_size,
        Entry::LogBegun { position, last, .. } => {
            *position = sealed.position;
            sealed.last.clone_into(last);
        }
        _ => {}
    }
    entry.encode()
}

#[cfg(test)]
mod tests;

//! A store in memory that keeps what is durable and nothing else, and rebuilds its index from the leaves.

use std::collections::BTreeMap;

use ledger::hash::{EMPTY_ROOT, Hash, leaf_hash, node_hash};
use ledger::proof::{InclusionProof, prove_inclusion};
use ledger::tree::Edge;

use crate::check::Checked;
use crate::digest::{Commitment, Digest};
use crate::entry::{Entry, begins_log};
use crate::exchange::{Commit, Known, Restored};
use crate::index::{InboxKey, InboxOutcome, InboxRecord, IndexChange, OutboxRecord, index_changes};
use crate::payload::SealedPayload;

/// What would be on the disk after a crash.
#[derive(Debug, Default)]
pub(super) struct Disk {
    pub(super) leaves: Vec<Vec<u8>>,
    pub(super) payloads: BTreeMap<Commitment, SealedPayload>,
    pub(super) index: Index,
}

/// A fold of the leaves.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) outbox: BTreeMap<Digest, OutboxRecord>,
    pub(super) inbox: BTreeMap<InboxKey, InboxRecord>,
    pub(super) reports: BTreeMap<Digest, u64>,
    pub(super) unopened: BTreeMap<InboxKey, u64>,
    pub(super) pulling: BTreeMap<InboxKey, u64>,
}

impl Disk {
    /// Makes a commit durable, after checking that it continues the ledger and says so rightly.
    pub(super) fn write(&mut self, commit: &Commit) {
        assert_eq!(commit.first_index, self.leaves.len() as u64);
        for payload in commit.payloads.iter() {
            self.payloads.insert(payload.commitment(), payload.clone());
        }
        for leaf in commit.leaves.iter() {
            let index = self.leaves.len() as u64;
            let entry = Entry::decode(leaf).unwrap();
            assert!(!begins_log(leaf) || index == commit.first_index && index > 0);
            self.index.apply(index, &entry);
            self.leaves.push(leaf.clone());
        }
        assert_eq!(commit.size_after, self.leaves.len() as u64);
        let log_first = self.log_first(commit.first_index);
        let in_log = commit.size_after - log_first;
        for leaf in commit.leaves.iter() {
            if let Entry::Received { commit_size, .. } = Entry::decode(leaf).unwrap() {
                assert_eq!(commit_size, in_log);
            }
        }
        assert_eq!(commit.root_after, self.root_in(log_first, in_log));
    }

    /// Where the log begins that the leaf at this position is in.
    pub(super) fn log_first(&self, position: u64) -> u64 {
        let mut first = 0;
        for (place, leaf) in (0..=position).zip(&self.leaves) {
            if begins_log(leaf) {
                first = place;
            }
        }
        first
    }

    /// Where the logs begin, oldest first.
    pub(super) fn logs(&self) -> Vec<u64> {
        let begun = (0..).zip(&self.leaves).filter(|(_, leaf)| begins_log(leaf));
        std::iter::once(0).chain(begun.map(|(place, _)| place)).collect()
    }

    /// What a restarted node begins with: everything is made anew from the leaves.
    pub(super) fn restored(&self) -> Restored {
        let mut edge = Edge::new();
        let mut index = Index::default();
        for (number, leaf) in (0..).zip(&self.leaves) {
            if begins_log(leaf) {
                edge = Edge::new();
            }
            edge.append(leaf_hash(leaf));
            index.apply(number, &Entry::decode(leaf).unwrap());
        }
        assert_eq!(index, self.index);
        Restored {
            log_first: self.leaves.len() as u64 - edge.size(),
            edge,
            outbox: index.outbox.into_values().collect(),
        }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.leaves.iter().map(|leaf| Entry::decode(leaf).unwrap())
    }

    /// What a driver looks up for a frame.
    pub(super) fn known(&self, frame: &Checked) -> Option<Known> {
        match frame {
            Checked::Envelope(envelope) => {
                let header = envelope.header();
                let (from, message) = (header.from.party(), header.message);
                self.known_under(&InboxKey {
                    from,
                    message,
                    to: header.to.clone(),
                })
            }
            Checked::Refusable(refusable) => self.known_under(refusable.key.as_ref()?),
            Checked::Consignment(report) => {
                let index = *self.index.reports.get(&report.digest())?;
                Some(Known::Report { index })
            }
            Checked::Completion(statement) => {
                let index = *self.index.reports.get(&statement.digest())?;
                Some(Known::Report { index })
            }
            _ => None,
        }
    }

    fn known_under(&self, key: &InboxKey) -> Option<Known> {
        let record = *self.index.inbox.get(key)?;
        let (InboxOutcome::Received { index, .. } | InboxOutcome::Rejected { index }) = record.outcome;
        let leaf = Entry::decode(&self.leaves[usize::try_from(index).unwrap()]).unwrap();
        Some(match (record.outcome, leaf) {
            (InboxOutcome::Received { commit_size, .. }, Entry::Received { header, .. }) => {
                let log_first = self.log_first(index);
                Known::Received {
                    record,
                    header,
                    inclusion: self.prove(index, commit_size),
                    root: self.root_in(log_first, commit_size),
                }
            }
            (InboxOutcome::Rejected { .. }, Entry::Rejected { rejection, .. }) => {
                Known::Rejected { record, rejection }
            }
            (outcome, leaf) => panic!("{outcome:?} is not what {leaf:?} says"),
        })
    }

    fn prove(&self, index: u64, size: u64) -> InclusionProof {
        let log_first = self.log_first(index);
        prove_inclusion(index - log_first, size, &mut |id| {
            let first = log_first + (id.index << id.level);
            Ok::<_, ()>(self.root_of(first, first + (1 << id.level)))
        })
        .unwrap()
    }

    /// The root of the first `size` leaves of the log that begins there, straight from the definition (RFC
    /// 6962 section 2.1).
    pub(super) fn root_in(&self, log_first: u64, size: u64) -> Hash {
        if size == 0 {
            EMPTY_ROOT
        } else {
            self.root_of(log_first, log_first + size)
        }
    }

    /// The same of the first log.
    pub(super) fn root_at(&self, size: u64) -> Hash {
        self.root_in(0, size)
    }

    fn root_of(&self, start: u64, end: u64) -> Hash {
        if end - start == 1 {
            return leaf_hash(&self.leaves[usize::try_from(start).unwrap()]);
        }
        let middle = start + (1 << (end - start - 1).ilog2());
        node_hash(&self.root_of(start, middle), &self.root_of(middle, end))
    }
}

impl Index {
    fn apply(&mut self, index: u64, entry: &Entry) {
        for change in index_changes(index, entry).unwrap() {
            match change {
                IndexChange::PutOutbox(record) => {
                    assert!(
                        self.outbox.insert(record.item, record).is_none(),
                        "an item came twice"
                    );
                }
                IndexChange::RemoveOutbox(item) => {
                    assert!(self.outbox.remove(&item).is_some(), "an item went twice");
                }
                IndexChange::PutInbox(key, record) => {
                    assert!(self.inbox.insert(key, record).is_none(), "an id has two outcomes");
                }
                IndexChange::PutReport(report, index) => {
                    assert!(
                        self.reports.insert(report, index).is_none(),
                        "a report came twice"
                    );
                }
                IndexChange::PutUnopened(key, index) => {
                    self.unopened.insert(key, index);
                }
                IndexChange::RemoveUnopened(key) => {
                    assert!(self.unopened.remove(&key).is_some(), "a message was opened twice");
                }
                IndexChange::PutPulling(key, index) => {
                    self.pulling.insert(key, index);
                }
                IndexChange::RemovePulling(key) => {
                    assert!(
                        self.pulling.remove(&key).is_some(),
                        "attachments were complete twice"
                    );
                }
                IndexChange::PutShared { .. }
                | IndexChange::LinkCase { .. }
                | IndexChange::LinkMessage { .. }
                | IndexChange::PutErased { .. }
                | IndexChange::LinkErasure(_)
                | IndexChange::PutHold(..)
                | IndexChange::RemoveHold(_)
                | IndexChange::LinkKeyChange(_) => {}
            }
        }
    }
}

//! What the index must answer, kept the simple way.

use std::collections::{BTreeMap, BTreeSet};

use protocol::digest::{Commitment, Digest};
use protocol::ids::{CaseId, MessageId, PartyCode};
use protocol::index::{InboxKey, InboxRecord, IndexChange, OutboxRecord};

/// What the index must answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) outbox: BTreeMap<u64, OutboxRecord>,
    pub(crate) inbox: BTreeMap<InboxKey, InboxRecord>,
    pub(crate) reports: BTreeMap<Digest, u64>,
    pub(crate) unopened: BTreeMap<u64, InboxKey>,
    pub(crate) pulling: BTreeMap<u64, InboxKey>,
    pub(crate) shared: BTreeMap<(Commitment, PartyCode), u64>,
    pub(crate) cases: BTreeMap<CaseId, BTreeSet<(u64, MessageId)>>,
    pub(crate) messages: BTreeMap<MessageId, BTreeSet<u64>>,
    pub(crate) key_changes: Vec<u64>,
    pub(crate) erasures: Vec<u64>,
    pub(crate) erased: BTreeMap<u64, u64>,
    pub(crate) holds: BTreeMap<CaseId, u64>,
}

impl Model {
    pub(super) fn apply(&mut self, change: IndexChange) {
        match change {
            IndexChange::PutOutbox(record) => {
                self.outbox.insert(record.index, record);
            }
            IndexChange::RemoveOutbox(item) => self.outbox.retain(|_, record| record.item != item),
            IndexChange::PutInbox(key, record) => {
                self.inbox.insert(key, record);
            }
            IndexChange::PutReport(report, index) => {
                self.reports.insert(report, index);
            }
            IndexChange::PutUnopened(key, index) => {
                self.unopened.insert(index, key);
            }
            IndexChange::RemoveUnopened(key) => self.unopened.retain(|_, unopened| *unopened != key),
            IndexChange::PutPulling(key, index) => {
                self.pulling.insert(index, key);
            }
            IndexChange::RemovePulling(key) => self.pulling.retain(|_, pulling| *pulling != key),
            IndexChange::PutShared {
                manifest,
                peer,
                index,
            } => {
                self.shared.insert((manifest, peer), index);
            }
            IndexChange::LinkCase { case, message, index } => {
                self.cases.entry(case).or_default().insert((index, message));
            }
            IndexChange::LinkKeyChange(index) => self.key_changes.push(index),
            IndexChange::LinkErasure(index) => self.erasures.push(index),
            IndexChange::PutErased { entry, notice } => drop(self.erased.insert(entry, notice)),
            IndexChange::PutHold(case, index) => drop(self.holds.insert(case, index)),
            IndexChange::RemoveHold(case) => drop(self.holds.remove(&case)),
            IndexChange::LinkMessage { message, index } => {
                self.messages.entry(message).or_default().insert(index);
            }
        }
    }
}

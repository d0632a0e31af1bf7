//! Questions to the index, answered from the leaves that it points to.

mod erasure;

use protocol::digest::{Commitment, Digest};
use protocol::ids::{CaseId, ContactPoint, MessageId, PartyCode};
use protocol::index::{InboxKey, InboxRecord, IndexChange, OutboxRecord};

use super::{KeyValues, changes_of, inbox_key, outbox_key, report_key, shared_key};
use crate::contract::ReadError;

/// An index, and the ledger that it is about.
pub(crate) struct Queries<'store> {
    pub(crate) values: &'store KeyValues,
    pub(crate) leaf: &'store dyn Fn(u64) -> Result<Vec<u8>, ReadError>,
}

impl Queries<'_> {
    pub(crate) fn inbox(&self, key: &InboxKey) -> Result<Option<InboxRecord>, ReadError> {
        let Some(index) = self.index_at(&inbox_key(b'I', key))? else {
            return Ok(None);
        };
        // The leaf that a record is made of is the one that decided.
        let record = self.changes(index)?.into_iter().find_map(|change| match change {
            IndexChange::PutInbox(found, record) if found == *key => Some(record),
            _ => None,
        });
        record.map(Some).ok_or_else(|| self.disagrees(index))
    }

    pub(crate) fn report(&self, report: &Digest) -> Result<Option<u64>, ReadError> {
        let Some(index) = self.index_at(&report_key(report))? else {
            return Ok(None);
        };
        let expected = IndexChange::PutReport(*report, index);
        if self.changes(index)?.contains(&expected) {
            Ok(Some(index))
        } else {
            Err(self.disagrees(index))
        }
    }

    pub(crate) fn outbox(&self) -> Result<Vec<OutboxRecord>, ReadError> {
        let mut items = Vec::new();
        for (key, value) in self.values.scan(b"O", b"", usize::MAX)? {
            let item = key
                .get(1..)
                .and_then(|bytes| bytes.try_into().ok())
                .map(Digest::from_bytes);
            items.push((self.index_in(&value)?, item.ok_or_else(|| self.malformed())?));
        }
        items.sort_unstable();
        items
            .into_iter()
            .map(|(index, item)| self.outbox_record(index, &item))
            .collect()
    }

    pub(crate) fn outbox_item(&self, item: &Digest) -> Result<Option<OutboxRecord>, ReadError> {
        let index = self.index_at(&outbox_key(item))?;
        index.map(|index| self.outbox_record(index, item)).transpose()
    }

    fn outbox_record(&self, index: u64, item: &Digest) -> Result<OutboxRecord, ReadError> {
        let record = self.changes(index)?.into_iter().find_map(|change| match change {
            IndexChange::PutOutbox(record) if record.item == *item => Some(record),
            _ => None,
        });
        record.ok_or_else(|| self.disagrees(index))
    }

    pub(crate) fn unopened(&self) -> Result<Vec<(InboxKey, u64)>, ReadError> {
        self.waiting(b"U")
    }

    pub(crate) fn pulling(&self) -> Result<Vec<(InboxKey, u64)>, ReadError> {
        self.waiting(b"P")
    }

    pub(crate) fn shared(&self, manifest: &Commitment, peer: PartyCode) -> Result<Option<u64>, ReadError> {
        let Some(index) = self.index_at(&shared_key(manifest, peer))? else {
            return Ok(None);
        };
        let expected = IndexChange::PutShared {
            manifest: *manifest,
            peer,
            index,
        };
        if self.changes(index)?.contains(&expected) {
            Ok(Some(index))
        } else {
            Err(self.disagrees(index))
        }
    }

    /// What is in a table of received messages, in the order of the ledger.
    fn waiting(&self, table: &[u8]) -> Result<Vec<(InboxKey, u64)>, ReadError> {
        let mut found = Vec::new();
        for (key, value) in self.values.scan(table, b"", usize::MAX)? {
            let inbox_key = parse_inbox_key(&key).ok_or_else(|| self.malformed())?;
            found.push((inbox_key, self.index_in(&value)?));
        }
        found.sort_unstable_by_key(|(_, index)| *index);
        Ok(found)
    }

    pub(crate) fn cases(&self, after: Option<CaseId>, limit: usize) -> Result<Vec<CaseId>, ReadError> {
        let mut cases = Vec::new();
        let mut behind = after.map_or_else(|| b"C".to_vec(), |case| behind_case(&case));
        while cases.len() < limit {
            let Some((key, _)) = self.values.scan(b"C", &behind, 1)?.pop() else {
                break;
            };
            let case = message_at(&key, 1)
                .map(CaseId::opened_by)
                .ok_or_else(|| self.malformed())?;
            behind = behind_case(&case);
            cases.push(case);
        }
        Ok(cases)
    }

    pub(crate) fn case_messages(&self, case: CaseId) -> Result<Vec<(MessageId, u64)>, ReadError> {
        let prefix = [&b"C"[..], case.first_message().as_bytes()].concat();
        let rows = self.values.scan(&prefix, &prefix, usize::MAX)?;
        let parse = |key: &[u8]| Some((message_at(key, 25)?, u64_at(key, 17)?));
        rows.iter()
            .map(|(key, _)| parse(key).ok_or_else(|| self.malformed()))
            .collect()
    }

    pub(crate) fn message_entries(&self, message: MessageId) -> Result<Vec<u64>, ReadError> {
        let prefix = [&b"M"[..], message.as_bytes()].concat();
        let rows = self.values.scan(&prefix, &prefix, usize::MAX)?;
        rows.iter()
            .map(|(key, _)| u64_at(key, 17).ok_or_else(|| self.malformed()))
            .collect()
    }

    pub(crate) fn key_changes(&self) -> Result<Vec<u64>, ReadError> {
        let rows = self.values.scan(b"K", b"", usize::MAX)?;
        rows.iter()
            .map(|(key, _)| {
                let index = u64_at(key, 1).ok_or_else(|| self.malformed())?;
                if self.changes(index)?.contains(&IndexChange::LinkKeyChange(index)) {
                    Ok(index)
                } else {
                    Err(self.disagrees(index))
                }
            })
            .collect()
    }

    fn index_at(&self, key: &[u8]) -> Result<Option<u64>, ReadError> {
        self.values
            .get(key)?
            .map(|value| self.index_in(&value))
            .transpose()
    }

    fn index_in(&self, value: &[u8]) -> Result<u64, ReadError> {
        value
            .try_into()
            .map(u64::from_be_bytes)
            .map_err(|_| self.malformed())
    }

    fn changes(&self, index: u64) -> Result<Vec<IndexChange>, ReadError> {
        let leaf = match (self.leaf)(index) {
            Err(ReadError::OutOfRange { .. }) => return Err(self.disagrees(index)),
            leaf => leaf?,
        };
        // The leaf was verified, and only entries are committed.
        changes_of(index, &leaf).map_err(|_| self.disagrees(index))
    }

    fn disagrees(&self, index: u64) -> ReadError {
        self.values
            .suspect(format!("it says of leaf {index} what the leaf does not say"))
    }

    fn malformed(&self) -> ReadError {
        self.values
            .suspect("a key or value has not the form that it must have")
    }
}

/// The greatest key that a case can have, and more.
fn behind_case(case: &CaseId) -> Vec<u8> {
    [&b"C"[..], case.first_message().as_bytes(), &[0xff; 25]].concat()
}

fn u64_at(key: &[u8], offset: usize) -> Option<u64> {
    Some(u64::from_be_bytes(*key.get(offset..)?.first_chunk()?))
}

fn message_at(key: &[u8], offset: usize) -> Option<MessageId> {
    MessageId::from_bytes(*key.get(offset..)?.first_chunk()?).ok()
}

pub(crate) fn parse_inbox_key(key: &[u8]) -> Option<InboxKey> {
    let from: PartyCode = std::str::from_utf8(key.get(1..3)?).ok()?.parse().ok()?;
    let to: ContactPoint = std::str::from_utf8(key.get(19..)?).ok()?.parse().ok()?;
    Some(InboxKey {
        from,
        message: message_at(key, 3)?,
        to,
    })
}

#[cfg(test)]
mod tests;

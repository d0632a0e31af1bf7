//! The index: where in the ledger the answer to a question stands.
//!
//! It holds keys and leaf indices, and nothing that is not in the ledger. Every record that is returned
//! is made anew from its leaf, so that an index that lies is found out. What a commit changes is visible
//! at once, in memory ([`KeyValues::put`]); it goes to sled later, in batches that carry the size of the
//! ledger they were made from. After a crash the leaves behind that size are folded in again.
//!
//! | key | value |
//! |---|---|
//! | `O` item digest | index of the leaf |
//! | `I` Party, message, contact point | index of the leaf that decided |
//! | `R` report digest | index of the leaf |
//! | `U` Party, message, contact point | index of the leaf |
//! | `P` Party, message, contact point | index of the leaf |
//! | `A` manifest's commitment, Party | index of the leaf |
//! | `C` case, index, message | nothing |
//! | `M` message, index | nothing |
//! | `K` index | nothing |
//! | `E` index of a notice | nothing |
//! | `X` index of an entry | index of the notice that it is erased by |
//! | `L` case | index of the leaf that placed the hold |
//! | `size` | size of the ledger, its root, and the version of this table |
//!
//! Keys hold whole digests and whole ids: a part of one could be the part of another's.

pub(crate) mod home;
pub(crate) mod queries;
mod renewal;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use ledger::hash::Hash;
use protocol::decode::DecodeError;
use protocol::digest::{Commitment, Digest};
use protocol::entry::Entry;
use protocol::ids::{CaseId, PartyCode};
use protocol::index::{InboxKey, InboxOutcome, InboxRecord, IndexChange, index_changes};

use crate::contract::ReadError;
use crate::limits::INDEX_VALUE_BYTES_MAX;

/// The size that the index was made from stands here.
const SIZE_KEY: &[u8] = b"size";
/// Changed whenever the table above changes: an index of another version is rebuilt.
const INDEX_VERSION: u8 = 2;
/// How much of the hash of key and value follows each value.
const SEAL_BYTES: usize = 16;

/// A key and its value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);
/// A change of one key: its new value, or none.
pub(crate) type Change = (Vec<u8>, Option<Vec<u8>>);

/// What a leaf changes.
pub(crate) fn changes_of(index: u64, leaf: &[u8]) -> Result<Vec<IndexChange>, DecodeError> {
    index_changes(index, &Entry::decode(leaf)?)
}

/// What a leaf changes, as keys and values.
pub(crate) fn rows_of(index: u64, leaf: &[u8]) -> Result<Vec<Change>, DecodeError> {
    Ok(changes_of(index, leaf)?.iter().map(row_of).collect())
}

fn row_of(change: &IndexChange) -> Change {
    let index_of = |index: u64| Some(index.to_be_bytes().to_vec());
    match change {
        IndexChange::PutOutbox(record) => (outbox_key(&record.item), index_of(record.index)),
        IndexChange::RemoveOutbox(item) => (outbox_key(item), None),
        IndexChange::PutInbox(key, record) => (inbox_key(b'I', key), index_of(deciding_leaf(record))),
        IndexChange::PutReport(report, index) => (report_key(report), index_of(*index)),
        IndexChange::PutUnopened(key, index) => (inbox_key(b'U', key), index_of(*index)),
        IndexChange::RemoveUnopened(key) => (inbox_key(b'U', key), None),
        IndexChange::PutPulling(key, index) => (inbox_key(b'P', key), index_of(*index)),
        IndexChange::RemovePulling(key) => (inbox_key(b'P', key), None),
        IndexChange::PutShared {
            manifest,
            peer,
            index,
        } => (shared_key(manifest, *peer), index_of(*index)),
        IndexChange::LinkCase { case, message, index } => {
            let mut key = vec![b'C'];
            key.extend_from_slice(case.first_message().as_bytes());
            key.extend_from_slice(&index.to_be_bytes());
            key.extend_from_slice(message.as_bytes());
            (key, Some(Vec::new()))
        }
        IndexChange::LinkKeyChange(index) => (numbered(b'K', *index), Some(Vec::new())),
        IndexChange::LinkErasure(index) => (numbered(b'E', *index), Some(Vec::new())),
        IndexChange::PutErased { entry, notice } => (numbered(b'X', *entry), index_of(*notice)),
        IndexChange::PutHold(case, index) => (hold_key(case), index_of(*index)),
        IndexChange::RemoveHold(case) => (hold_key(case), None),
        IndexChange::LinkMessage { message, index } => {
            let mut key = vec![b'M'];
            key.extend_from_slice(message.as_bytes());
            key.extend_from_slice(&index.to_be_bytes());
            (key, Some(Vec::new()))
        }
    }
}

/// The leaf that an inbox record was made from.
pub(crate) fn deciding_leaf(record: &InboxRecord) -> u64 {
    match record.outcome {
        InboxOutcome::Received { index, .. } | InboxOutcome::Rejected { index } => index,
    }
}

/// The key of a leaf in a table of leaves.
pub(crate) fn numbered(table: u8, index: u64) -> Vec<u8> {
    [&[table][..], &index.to_be_bytes()].concat()
}

pub(crate) fn hold_key(case: &CaseId) -> Vec<u8> {
    [&b"L"[..], case.first_message().as_bytes()].concat()
}

pub(crate) fn outbox_key(item: &Digest) -> Vec<u8> {
    [&b"O"[..], item.as_bytes()].concat()
}

pub(crate) fn report_key(report: &Digest) -> Vec<u8> {
    [&b"R"[..], report.as_bytes()].concat()
}

pub(crate) fn shared_key(manifest: &Commitment, peer: PartyCode) -> Vec<u8> {
    [&b"A"[..], manifest.as_bytes(), peer.as_str().as_bytes()].concat()
}

pub(crate) fn inbox_key(table: u8, key: &InboxKey) -> Vec<u8> {
    let mut bytes = vec![table];
    bytes.extend_from_slice(key.from.as_str().as_bytes());
    bytes.extend_from_slice(key.message.as_bytes());
    bytes.extend_from_slice(key.to.to_string().as_bytes());
    bytes
}

/// Keys and values: those changed last in memory, the others in sled.
#[derive(Debug)]
pub(crate) struct KeyValues {
    pending: RwLock<BTreeMap<Vec<u8>, Option<Vec<u8>>>>,
    sled: Option<sled::Db>,
    suspect: AtomicBool,
}

impl KeyValues {
    /// In memory only.
    pub(crate) fn in_memory() -> Self {
        Self {
            pending: RwLock::default(),
            sled: None,
            suspect: AtomicBool::new(false),
        }
    }

    /// On top of an open sled.
    pub(crate) fn over(sled: sled::Db) -> Self {
        Self {
            pending: RwLock::default(),
            sled: Some(sled),
            suspect: AtomicBool::new(false),
        }
    }

    /// Whether something was read that cannot be: the index must be made anew.
    pub(crate) fn is_suspect(&self) -> bool {
        self.suspect.load(Ordering::Relaxed)
    }

    /// Says what is wrong with the index, and remembers that something is.
    pub(crate) fn suspect(&self, what: impl Into<String>) -> ReadError {
        self.suspect.store(true, Ordering::Relaxed);
        ReadError::Index(what.into())
    }

    /// Makes changes visible, in this order.
    pub(crate) fn put(&self, changes: impl IntoIterator<Item = Change>) {
        let in_memory = self.sled.is_none();
        let mut pending = self.pending.write().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in changes {
            if in_memory && value.is_none() {
                pending.remove(&key);
            } else {
                pending.insert(key, value);
            }
        }
    }

    /// The number of changes that sled does not have.
    pub(crate) fn pending_count(&self) -> usize {
        self.pending.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        if let Some(value) = self
            .pending
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
        {
            return Ok(value.clone());
        }
        let Some(sled) = &self.sled else { return Ok(None) };
        let found = self.guarded(|| sled.get(key))?;
        found.map(|value| self.unsealed(key, &value)).transpose()
    }

    /// At most `limit` keys and values that begin with `prefix` and come after `after`, in order.
    pub(crate) fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Row>, ReadError> {
        let in_range = |key: &[u8]| key.starts_with(prefix) && key > after;
        // Memory is asked first: what moves to sled in between is then seen twice, not missed.
        let start = if after > prefix { after } else { prefix };
        let pending: BTreeMap<Vec<u8>, Option<Vec<u8>>> = {
            let pending = self.pending.read().unwrap_or_else(PoisonError::into_inner);
            let rows = pending
                .range(start.to_vec()..)
                .take_while(|(key, _)| key.starts_with(prefix));
            rows.filter(|(key, _)| in_range(key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        };
        let mut rows = BTreeMap::new();
        if let Some(sled) = &self.sled {
            // So many at most are hidden by changes in memory.
            let enough = limit.saturating_add(pending.len());
            let stored: Vec<(sled::IVec, sled::IVec)> = self.guarded(|| {
                let rows = sled.range(start..).filter(|row| {
                    row.as_ref()
                        .map_or(true, |(key, _)| in_range(key) || !key.starts_with(prefix))
                });
                rows.take_while(|row| row.as_ref().map_or(true, |(key, _)| key.starts_with(prefix)))
                    .take(enough)
                    .collect()
            })?;
            for (key, value) in stored {
                let value = self.unsealed(&key, &value)?;
                rows.insert(key.to_vec(), value);
            }
        }
        for (key, value) in pending {
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
        Ok(rows.into_iter().take(limit).collect())
    }

    /// The last `limit` keys and values that begin with `prefix` and come before `before` (all, where that is
    /// empty), the last one first.
    pub(crate) fn scan_back(
        &self,
        prefix: &[u8],
        before: &[u8],
        limit: usize,
    ) -> Result<Vec<Row>, ReadError> {
        let in_range =
            |key: &[u8]| key.starts_with(prefix) && key >= prefix && (before.is_empty() || key < before);
        let pending: BTreeMap<Vec<u8>, Option<Vec<u8>>> = {
            let pending = self.pending.read().unwrap_or_else(PoisonError::into_inner);
            let rows = pending
                .range(prefix.to_vec()..)
                .take_while(|(key, _)| key.starts_with(prefix));
            rows.filter(|(key, _)| in_range(key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        };
        let mut rows = BTreeMap::new();
        if let Some(sled) = &self.sled {
            // So many at most are hidden by changes in memory.
            let enough = limit.saturating_add(pending.len());
            let end = if before.is_empty() {
                behind(prefix)
            } else {
                before.to_vec()
            };
            let stored: Vec<(sled::IVec, sled::IVec)> = self.guarded(|| {
                let rows = sled.range(prefix.to_vec()..end).rev();
                rows.take_while(|row| row.as_ref().map_or(true, |(key, _)| in_range(key)))
                    .take(enough)
                    .collect()
            })?;
            for (key, value) in stored {
                let value = self.unsealed(&key, &value)?;
                rows.insert(key.to_vec(), value);
            }
        }
        for (key, value) in pending {
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
        Ok(rows.into_iter().rev().take(limit).collect())
    }

    /// The size and root of the ledger that sled was made from; none if it is new, or of another version.
    pub(crate) fn made_from(&self) -> Result<Option<(u64, Hash)>, ReadError> {
        let Some(value) = self.get(SIZE_KEY)? else {
            return Ok(None);
        };
        let size = value
            .get(..8)
            .and_then(|bytes| bytes.try_into().ok())
            .map(u64::from_be_bytes);
        let root = value
            .get(8..40)
            .and_then(|bytes| bytes.try_into().ok())
            .map(Hash::from_bytes);
        match (size, root, value.get(40..)) {
            (Some(size), Some(root), Some([INDEX_VERSION])) => Ok(Some((size, root))),
            _ => Err(self.suspect("it was made by another version")),
        }
    }

    /// Moves all pending changes to sled, with the size and root of the ledger that they were made from.
    /// Called by the writer only, so that nothing is added meanwhile. Returns how many.
    pub(crate) fn apply(&self, size: u64, root: &Hash) -> Result<usize, ReadError> {
        let mut made_from = size.to_be_bytes().to_vec();
        made_from.extend_from_slice(root.as_bytes());
        made_from.push(INDEX_VERSION);
        self.move_to_sled(Some((SIZE_KEY, &made_from)))
    }

    /// Moves all pending changes to sled in one batch, with one more row. Called by one writer only, so that
    /// nothing is added meanwhile. Returns how many.
    pub(crate) fn move_to_sled(&self, last: Option<(&[u8], &[u8])>) -> Result<usize, ReadError> {
        let Some(sled) = &self.sled else { return Ok(0) };
        let mut batch = sled::Batch::default();
        let count = {
            let pending = self.pending.read().unwrap_or_else(PoisonError::into_inner);
            for (key, value) in pending.iter() {
                match value {
                    Some(value) => batch.insert(key.as_slice(), sealed(key, value)),
                    None => batch.remove(key.as_slice()),
                }
            }
            pending.len()
        };
        if let Some((key, value)) = last {
            batch.insert(key, sealed(key, value));
        }
        self.guarded(|| sled.apply_batch(batch))?;
        self.pending
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        Ok(count)
    }

    /// Lets sled write out what it has. It is not trusted to have done so.
    pub(crate) fn flush(&self) -> Result<(), ReadError> {
        let Some(sled) = &self.sled else { return Ok(()) };
        self.guarded(|| sled.flush()).map(|_| ())
    }

    /// sled panics on some damage: that is an answer too.
    fn guarded<T>(&self, work: impl FnOnce() -> sled::Result<T>) -> Result<T, ReadError> {
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.suspect(error.to_string())),
            Err(_) => Err(self.suspect("sled panicked")),
        }
    }

    fn unsealed(&self, key: &[u8], stored: &[u8]) -> Result<Vec<u8>, ReadError> {
        let value = stored
            .len()
            .checked_sub(SEAL_BYTES)
            .map(|length| &stored[..length]);
        value
            .filter(|value| sealed(key, value) == stored)
            .map(<[u8]>::to_vec)
            .ok_or_else(|| self.suspect("a value has not the hash that was stored with it"))
    }
}

/// The first key after all that begin with `prefix`, for prefixes as short as ours.
fn behind(prefix: &[u8]) -> Vec<u8> {
    [prefix, &[0xff; 64]].concat()
}

/// A value followed by a part of the hash of its key and itself.
fn sealed(key: &[u8], value: &[u8]) -> Vec<u8> {
    debug_assert!(value.len() + SEAL_BYTES <= INDEX_VALUE_BYTES_MAX);
    let length = u64::try_from(key.len()).unwrap_or(u64::MAX).to_be_bytes();
    let hash = Digest::of(&[&length, key, value].concat());
    [value, &hash.as_bytes()[..SEAL_BYTES]].concat()
}

#[cfg(test)]
mod tests;

//! The rows of an index, for one writer and any number of readers: those changed last in memory, the others
//! in sled.
//!
//! A change is visible when [`KeyValues::put`] returns, and stays so while it moves to sled: it is in sled
//! before it leaves memory, and whoever reads looks into memory first. So a row is found twice, or once, and
//! never missed. A scan is no snapshot: of two rows that changed together, it may show one as it was before.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use ledger::hash::Hash;
use protocol::digest::Digest;

use super::sync::{AtomicBool, Ordering, PoisonError, RwLock, catch_unwind};
use crate::contract::ReadError;
use crate::index::{Change, INDEX_VERSION, Row};
use crate::limits::INDEX_VALUE_BYTES_MAX;

/// The size that the index was made from stands here.
const SIZE_KEY: &[u8] = b"size";
/// One call frees up to 512 pieces of memory (crossbeam-epoch, `COLLECT_STEPS` bags of `MAX_OBJECTS`), and a
/// row leaves a few; one call too many costs less than a microsecond.
const ROWS_FREED_AT_ONCE: usize = 16;
/// How much of the hash of key and value follows each value.
const SEAL_BYTES: usize = 16;

/// Keys and values: those changed last in memory, the others in sled.
#[derive(Debug)]
pub(crate) struct KeyValues {
    pub(super) pending: RwLock<BTreeMap<Vec<u8>, Option<Vec<u8>>>>,
    pub(super) sled: Option<sled::Db>,
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
        let start = after.max(prefix);
        let rows = self.merged(start, prefix, in_range, |sled, waiting| {
            let rows = sled.range(start..).filter(|row| {
                row.as_ref()
                    .map_or(true, |(key, _)| in_range(key) || !key.starts_with(prefix))
            });
            rows.take_while(|row| row.as_ref().map_or(true, |(key, _)| key.starts_with(prefix)))
                .take(limit.saturating_add(waiting))
                .collect()
        })?;
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
        let end = if before.is_empty() {
            behind(prefix)
        } else {
            before.to_vec()
        };
        let rows = self.merged(prefix, prefix, in_range, |sled, waiting| {
            let rows = sled.range(prefix.to_vec()..end).rev();
            rows.take_while(|row| row.as_ref().map_or(true, |(key, _)| in_range(key)))
                .take(limit.saturating_add(waiting))
                .collect()
        })?;
        Ok(rows.into_iter().rev().take(limit).collect())
    }

    /// The rows in memory from `start` on that begin with `prefix` and are in range, over those that `stored`
    /// finds in sled; it is told how many there are in memory, since so many of its own may be hidden by
    /// them.
    fn merged(
        &self,
        start: &[u8],
        prefix: &[u8],
        in_range: impl Fn(&[u8]) -> bool,
        stored: impl FnOnce(&sled::Db, usize) -> sled::Result<Vec<(sled::IVec, sled::IVec)>>,
    ) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, ReadError> {
        // Memory is asked first: what moves to sled in between is then seen twice, not missed.
        let waiting: BTreeMap<Vec<u8>, Option<Vec<u8>>> = {
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
            for (key, value) in self.guarded(|| stored(sled, waiting.len()))? {
                let value = self.unsealed(&key, &value)?;
                rows.insert(key.to_vec(), value);
            }
        }
        for (key, value) in waiting {
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
        Ok(rows)
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
        give_back(count);
        Ok(count)
    }

    /// Lets sled write out what it has. It is not trusted to have done so.
    pub(crate) fn flush(&self) -> Result<(), ReadError> {
        let Some(sled) = &self.sled else { return Ok(()) };
        self.guarded(|| sled.flush()).map(|_| ())
    }

    /// sled panics on some damage: that is an answer too.
    pub(super) fn guarded<T>(&self, work: impl FnOnce() -> sled::Result<T>) -> Result<T, ReadError> {
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.suspect(error.to_string())),
            Err(_) => Err(self.suspect("sled panicked")),
        }
    }

    pub(super) fn unsealed(&self, key: &[u8], stored: &[u8]) -> Result<Vec<u8>, ReadError> {
        unsealed(key, stored)
            .map(<[u8]>::to_vec)
            .ok_or_else(|| self.suspect("a value has not the hash that was stored with it"))
    }
}

/// Has sled's memory freed that so many changed rows left behind. It frees a little each time it is asked for
/// something, and a batch is one question, however many pages it replaces: where large batches are written
/// and little is read, what is left to free grew without end (3 KiB a row; found by `cargo xtask bench --only
/// growth`).
pub(super) fn give_back(count: usize) {
    for _ in 0..=count / ROWS_FREED_AT_ONCE {
        sled::pin().flush();
    }
}

/// The first key after all that begin with `prefix`, for prefixes as short as ours.
fn behind(prefix: &[u8]) -> Vec<u8> {
    [prefix, &[0xff; 64]].concat()
}

/// A value followed by a part of the hash of its key and itself.
pub(crate) fn sealed(key: &[u8], value: &[u8]) -> Vec<u8> {
    debug_assert!(value.len() + SEAL_BYTES <= INDEX_VALUE_BYTES_MAX);
    let length = u64::try_from(key.len()).unwrap_or(u64::MAX).to_be_bytes();
    let hash = Digest::of(&[&length, key, value].concat());
    [value, &hash.as_bytes()[..SEAL_BYTES]].concat()
}

/// The value without that hash; `None` where it is that of another key or value.
pub(crate) fn unsealed<'stored>(key: &[u8], stored: &'stored [u8]) -> Option<&'stored [u8]> {
    let (value, _) = stored.split_at_checked(stored.len().checked_sub(SEAL_BYTES)?)?;
    (value.len() + SEAL_BYTES <= INDEX_VALUE_BYTES_MAX && sealed(key, value) == stored).then_some(value)
}

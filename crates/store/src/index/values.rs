//! The rows of an index, for one writer and any number of readers: those changed last in memory, the others
//! in sled.
//!
//! A change is visible when [`KeyValues::put`] returns, and stays so while it moves to sled: it is in sled
//! before it leaves memory, and whoever reads looks into memory first. So a row is found twice, or once, and
//! never missed. A scan is no snapshot: of two rows that changed together, it may show one as it was before.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::panic::AssertUnwindSafe;

use ledger::hash::Hash;

use super::blocks;
use super::sync::{AtomicBool, Ordering, PoisonError, RwLock, catch_unwind};
use crate::contract::ReadError;
use crate::index::{Change, INDEX_VERSION, Row};

/// The size that the index was made from stands here.
const SIZE_KEY: &[u8] = b"size";
/// One call frees up to 512 pieces of memory (crossbeam-epoch, `COLLECT_STEPS` bags of `MAX_OBJECTS`), and a
/// row leaves a few; one call too many costs less than a microsecond.
const BLOCKS_FREED_AT_ONCE: usize = 16;
/// Keys and values: those changed last in memory, the others in sled.
#[derive(Debug)]
pub(crate) struct KeyValues {
    pub(super) pending: RwLock<BTreeMap<Vec<u8>, Option<Vec<u8>>>>,
    sled: Option<sled::Db>,
    /// Held while blocks change: a row may go from one to another, and whoever looks for it is not to come
    /// too late for the one and too early for the other.
    changing: RwLock<()>,
    suspect: AtomicBool,
}

/// What is stored under one of sled's keys.
type Stored = sled::Result<Option<(sled::IVec, sled::IVec)>>;

impl KeyValues {
    /// In memory only.
    pub(crate) fn in_memory() -> Self {
        Self {
            pending: RwLock::default(),
            sled: None,
            changing: RwLock::new(()),
            suspect: AtomicBool::new(false),
        }
    }

    /// On top of an open sled.
    pub(crate) fn over(sled: sled::Db) -> Self {
        Self {
            pending: RwLock::default(),
            sled: Some(sled),
            changing: RwLock::new(()),
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
        let _standing = self.changing.read().unwrap_or_else(PoisonError::into_inner);
        match self.guarded(|| block_of(sled, key))? {
            Some((first, stored)) => blocks::find(&first, &stored, key).ok_or_else(|| self.changed()),
            None => Ok(None),
        }
    }

    /// At most `limit` keys and values that begin with `prefix` and come after `after`, in order.
    pub(crate) fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<Row>, ReadError> {
        let in_range = |key: &[u8]| key.starts_with(prefix) && key > after;
        let start = after.max(prefix);
        let rows = self.merged(start, prefix, in_range, |sled, waiting| {
            let wanted = limit.saturating_add(waiting);
            let mut found = Vec::new();
            let begun = self.guarded(|| block_of(sled, start))?;
            let later = sled.range::<&[u8], _>((Bound::Excluded(start), Bound::Unbounded));
            let mut blocks = begun.map(Ok).into_iter().chain(later);
            while found.len() < wanted
                && let Some((first, stored)) = self.guarded(|| blocks.next().transpose())?
            {
                if first.as_ref() > prefix && !first.starts_with(prefix) {
                    break;
                }
                let rows = self.rows_of(&first, &stored)?;
                found.extend(rows.into_iter().filter(|(key, _)| in_range(key)));
            }
            Ok(found)
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
            let wanted = limit.saturating_add(waiting);
            let mut found = Vec::new();
            let mut earlier = sled.range(..end);
            while found.len() < wanted
                && let Some((first, stored)) = self.guarded(|| earlier.next_back().transpose())?
            {
                let rows = self.rows_of(&first, &stored)?;
                found.extend(rows.into_iter().rev().filter(|(key, _)| in_range(key)));
                if first.as_ref() <= prefix {
                    break;
                }
            }
            Ok(found)
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
        stored: impl FnOnce(&sled::Db, usize) -> Result<Vec<Row>, ReadError>,
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
            let _standing = self.changing.read().unwrap_or_else(PoisonError::into_inner);
            rows.extend(stored(sled, waiting.len())?);
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
        let mut changes: BTreeMap<Vec<u8>, Option<Vec<u8>>> = {
            let pending = self.pending.read().unwrap_or_else(PoisonError::into_inner);
            pending.clone()
        };
        let count = changes.len();
        changes.extend(last.map(|(key, value)| (key.to_vec(), Some(value.to_vec()))));
        let (batch, written) = self.blocks_of(sled, changes)?;
        {
            let _changing = self.changing.write().unwrap_or_else(PoisonError::into_inner);
            self.guarded(|| sled.apply_batch(batch))?;
        }
        self.pending
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        give_back(written);
        Ok(count)
    }

    /// The blocks that take the place of others when these changes are made, and how many they are.
    fn blocks_of(
        &self,
        sled: &sled::Db,
        changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    ) -> Result<(sled::Batch, usize), ReadError> {
        let mut batch = sled::Batch::default();
        let mut written = 0;
        let mut changes = changes.into_iter().peekable();
        while let Some((key, _)) = changes.peek() {
            let found = self.guarded(|| block_of(sled, key))?;
            let from = found
                .as_ref()
                .map_or_else(|| key.clone(), |(first, _)| first.to_vec());
            let next = self.guarded(|| sled.get_gt(&from))?;
            let is_here = |key: &[u8]| next.as_ref().is_none_or(|(next, _)| key < next.as_ref());
            let here = std::iter::from_fn(|| changes.next_if(|(key, _)| is_here(key)));
            let old = match &found {
                Some((first, stored)) => self.rows_of(first, stored)?,
                None => Vec::new(),
            };
            let end = old.last().map(|(key, _)| key.clone());
            let rows = blocks::merged(old, here);
            let is_appended = rows.last().map(|(key, _)| key) > end.as_ref();
            if found.is_some() && rows.first().is_none_or(|(key, _)| *key != from) {
                batch.remove(from);
            }
            for piece in blocks::cut(&rows, is_appended) {
                if let Some((first, _)) = piece.first() {
                    batch.insert(first.as_slice(), blocks::encode(piece));
                    written += 1;
                }
            }
        }
        Ok((batch, written))
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

    /// How many blocks there are in sled.
    #[cfg(test)]
    pub(crate) fn block_count(&self) -> Option<usize> {
        self.sled.as_ref().map(|sled| sled.len())
    }

    fn rows_of(&self, first: &[u8], stored: &[u8]) -> Result<Vec<Row>, ReadError> {
        blocks::decode(first, stored).ok_or_else(|| self.changed())
    }

    fn changed(&self) -> ReadError {
        self.suspect("rows have not the hash that was stored with them, or another version wrote them")
    }
}

/// The block in which a key is, if it is anywhere.
fn block_of(sled: &sled::Db, key: &[u8]) -> Stored {
    match sled.range(..=key).next_back() {
        Some(block) => block.map(Some),
        None => Ok(None),
    }
}

/// Has sled's memory freed that so many changed blocks left behind. It frees a little each time it is asked
/// for something, and a batch is one question, however many pages it replaces: where large batches are
/// written and little is read, what is left to free grew without end (3 KiB a row; found by `cargo xtask
/// bench --only growth`).
fn give_back(count: usize) {
    for _ in 0..=count / BLOCKS_FREED_AT_ONCE {
        sled::pin().flush();
    }
}

/// The first key after all that begin with `prefix`, for prefixes as short as ours.
fn behind(prefix: &[u8]) -> Vec<u8> {
    [prefix, &[0xff; 64]].concat()
}

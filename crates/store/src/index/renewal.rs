//! Copying what an index holds, and only that: what sled's files hold beside it stays behind `[ERASE]`.

use std::ops::Bound;
use std::sync::PoisonError;

use super::KeyValues;
use super::values::give_back;
use crate::contract::ReadError;
use crate::limits::INDEX_COPIED_ROWS;

impl KeyValues {
    /// Copies the rows whose keys `is_kept`, each checked, into an empty index. All of this one must be in
    /// sled already; nothing is written to it meanwhile.
    pub(crate) fn copy_to(&self, other: &Self, is_kept: &dyn Fn(&[u8]) -> bool) -> Result<(), ReadError> {
        let (Some(from), Some(to)) = (&self.sled, &other.sled) else {
            return Ok(());
        };
        let mut after: Option<sled::IVec> = None;
        loop {
            let page: Vec<(sled::IVec, sled::IVec)> = self.guarded(|| {
                let rows = match &after {
                    Some(last) => from.range::<&[u8], _>((Bound::Excluded(last.as_ref()), Bound::Unbounded)),
                    None => from.iter(),
                };
                rows.take(INDEX_COPIED_ROWS).collect()
            })?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after = Some(last.clone());
            let count = page.len();
            let mut batch = sled::Batch::default();
            for (key, value) in page {
                self.unsealed(&key, &value)?;
                if is_kept(&key) {
                    batch.insert(key, value);
                }
            }
            other.guarded(|| to.apply_batch(batch))?;
            give_back(count);
        }
    }

    /// The same for an index in memory: forgets the others.
    pub(crate) fn retain(&self, is_kept: &dyn Fn(&[u8]) -> bool) {
        let mut pending = self.pending.write().unwrap_or_else(PoisonError::into_inner);
        pending.retain(|key, _| is_kept(key));
    }
}

//! Copying what an index holds, and only that: what sled's files hold beside it stays behind `[ERASE]`.

use std::sync::PoisonError;

use super::KeyValues;
use crate::contract::ReadError;
use crate::limits::INDEX_COPIED_ROWS;

impl KeyValues {
    /// Copies the rows whose keys `is_kept`, each checked, into an empty index. All of this one must be in
    /// sled already; nothing is written to it meanwhile.
    pub(crate) fn copy_to(&self, other: &Self, is_kept: &dyn Fn(&[u8]) -> bool) -> Result<(), ReadError> {
        let mut after = Vec::new();
        loop {
            let page = self.scan(b"", &after, INDEX_COPIED_ROWS)?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after.clone_from(last);
            let kept = page.into_iter().filter(|(key, _)| is_kept(key));
            other.put(kept.map(|(key, value)| (key, Some(value))));
            other.move_to_sled(None)?;
        }
    }

    /// The same for an index in memory: forgets the others.
    pub(crate) fn retain(&self, is_kept: &dyn Fn(&[u8]) -> bool) {
        let mut pending = self.pending.write().unwrap_or_else(PoisonError::into_inner);
        pending.retain(|key, _| is_kept(key));
    }
}

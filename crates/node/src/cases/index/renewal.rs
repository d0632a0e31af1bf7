//! The case index without what was erased `[ERASE]`.
//!
//! Following the notice replaced the rows of the case. But sled's files keep what was replaced for as long as
//! it pleases sled; and the marks of selectors that the case had stay in the table, since nobody knows any
//! more which they were. So the rows are copied into a new table: of the cases that were touched, only what
//! they say now.

use std::collections::BTreeSet;

use protocol::entry::Entry;
use protocol::ids::CaseId;
use store::OpenError;

use super::{IndexError, keys};
use crate::cases::{CaseError, Cases};

/// Why the index was not renewed: it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum RenewalError {
    /// It does not follow the ledger, or a case cannot be folded.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The new table.
    #[error(transparent)]
    Table(#[from] OpenError),
}

impl Cases {
    /// Puts a new table in the place of the index, with nothing of these cases but what they say now; the old
    /// one's files are overwritten and removed, with all that was moved aside before. Blocks.
    ///
    /// # Errors
    /// [`RenewalError`].
    pub fn renew_index(&self, ids: &BTreeSet<CaseId>) -> Result<(), RenewalError> {
        self.caught_up()?;
        // Whoever writes waits.
        let _progress = self.index.progress();
        let mut now = Vec::new();
        for id in ids {
            for case in self.with_id(*id).map_err(IndexError::from)? {
                self.index.add(&case, &mut now)?;
            }
        }
        let said: BTreeSet<Vec<u8>> = now
            .into_iter()
            .filter_map(|(key, value)| value.map(|_| key))
            .collect();
        let is_kept = |key: &[u8]| {
            let touched = keys::case_in(key).is_some_and(|id| ids.contains(&id));
            !touched || said.contains(key)
        };
        Ok(self.index.table.renew(&is_kept)?)
    }

    /// The cases of these entries, as their headers say.
    pub(super) fn cases_of(&self, entries: &[u64]) -> Result<BTreeSet<CaseId>, CaseError> {
        let mut ids = BTreeSet::new();
        for index in entries.iter().copied() {
            let failed = |error| CaseError::Leaf { index, error };
            match Entry::decode(&self.reader.leaf(index)?).map_err(failed)? {
                Entry::Submitted { header, .. } | Entry::Received { header, .. } => {
                    ids.insert(header.peek().map_err(failed)?.0.case);
                }
                _ => {}
            }
        }
        Ok(ids)
    }
}

//! What is erased, and what is held `[ERASE]`.

use protocol::ids::CaseId;
use protocol::index::IndexChange;

use super::{Queries, message_at, u64_at};
use crate::contract::ReadError;
use crate::index::{hold_key, numbered};

impl Queries<'_> {
    pub(crate) fn erased_by(&self, entry: u64) -> Result<Option<u64>, ReadError> {
        let Some(notice) = self.index_at(&numbered(b'X', entry))? else {
            return Ok(None);
        };
        let expected = IndexChange::PutErased { entry, notice };
        if self.changes(notice)?.contains(&expected) {
            Ok(Some(notice))
        } else {
            Err(self.disagrees(notice))
        }
    }

    pub(crate) fn erasures(&self, from: u64) -> Result<Vec<u64>, ReadError> {
        let after = from
            .checked_sub(1)
            .map_or_else(|| b"E".to_vec(), |before| numbered(b'E', before));
        let rows = self.values.scan(b"E", &after, usize::MAX)?;
        rows.iter()
            .map(|(key, _)| {
                let index = u64_at(key, 1).ok_or_else(|| self.malformed())?;
                if self.changes(index)?.contains(&IndexChange::LinkErasure(index)) {
                    Ok(index)
                } else {
                    Err(self.disagrees(index))
                }
            })
            .collect()
    }

    pub(crate) fn hold(&self, case: CaseId) -> Result<Option<u64>, ReadError> {
        let Some(index) = self.index_at(&hold_key(&case))? else {
            return Ok(None);
        };
        self.held(case, index).map(Some)
    }

    pub(crate) fn holds(&self) -> Result<Vec<(CaseId, u64)>, ReadError> {
        let rows = self.values.scan(b"L", b"", usize::MAX)?;
        rows.iter()
            .map(|(key, value)| {
                let case = message_at(key, 1).map(CaseId::opened_by);
                let case = case.ok_or_else(|| self.malformed())?;
                Ok((case, self.held(case, self.index_in(value)?)?))
            })
            .collect()
    }

    /// The leaf that placed a hold, if it did.
    fn held(&self, case: CaseId, index: u64) -> Result<u64, ReadError> {
        if self.changes(index)?.contains(&IndexChange::PutHold(case, index)) {
            Ok(index)
        } else {
            Err(self.disagrees(index))
        }
    }
}

//! The cases that may be over a term of the retention policy `[ERASE]`, told from the index, so that nobody
//! has to look at all of them several times a day.

use protocol::time::UnixMillis;

use super::keys::{self, CaseKey};
use super::*;
use crate::cases::Cases;
use crate::limits::INDEX_PAGE_ROWS;

impl Cases {
    /// The cases of which something is over a term at a time. Whether it may be erased by now, the case
    /// itself says, and what of it has yet to be delivered.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn over_a_term(&self, now: UnixMillis) -> Result<BTreeSet<CaseKey>, IndexError> {
        self.caught_up()?;
        let mut found = BTreeSet::new();
        let mut after = Vec::new();
        loop {
            let rows = self.index.scan(keys::TERMS, &after, INDEX_PAGE_ROWS)?;
            let Some((last, _)) = rows.last() else { break };
            after = last.clone();
            for (key, _) in rows {
                let (Some(at), Some(case)) = (keys::time_in(&key), keys::case_at_end(&key)) else {
                    continue;
                };
                if i64::try_from(now.0).is_ok_and(|now| at > now) {
                    return Ok(found);
                }
                found.insert(case);
            }
        }
        Ok(found)
    }
}

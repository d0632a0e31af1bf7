//! Our policies, on which the tables of times depend: deadlines, alarms, and terms of retention.

use super::keys::{self, CaseKey};
use super::row::{CaseRow, Ended, Timed};
use super::*;
use crate::cases::Cases;
use crate::erasure::Policy as Retention;
use crate::limits::INDEX_PAGE_ROWS;

/// What the tables of times depend on beside the cases.
#[derive(Debug, Clone, Default)]
pub(super) struct Policies {
    pub(super) clocks: Policy,
    pub(super) retention: Retention,
}

impl Policies {
    pub(super) fn digest(&self) -> [u8; 32] {
        // No map has other keys than text, so writing cannot fail.
        let all = (&self.clocks, self.retention.by_name());
        Sha256::digest(serde_json::to_vec(&all).unwrap_or_default()).into()
    }
}

impl Cases {
    /// Brings the tables of times in line with our policy, when that was changed. No case is folded.
    pub(super) fn retime(&self, progress: &mut Progress) -> Result<(), IndexError> {
        let index = &self.index;
        let policy = index.policies.digest();
        if progress.made_from.policy == policy {
            return Ok(());
        }
        tracing::info!("our policies were changed: deadlines, alarms and terms are put in their new order");
        let mut after = Vec::new();
        loop {
            let rows = index.scan(keys::CASES, &after, INDEX_PAGE_ROWS)?;
            let Some((last, _)) = rows.last() else { break };
            after = last.clone();
            let mut changes = Vec::new();
            for row in &rows {
                let Some(case) = keys::case_at_end(&row.0) else {
                    continue;
                };
                let mut found: CaseRow = index.noticed(index.opened(row))?;
                follow::remove_timed(&case, &found.timed, &mut changes);
                let own = self.own.as_str().parse().ok();
                found.timed = match &found.clockwork {
                    Some(clockwork) => {
                        Timed::of(&clockwork.view(), own, found.ended.as_ref(), &index.policies)
                    }
                    None => self.timed_by_fold(&case)?,
                };
                index.put(&case, &mut found, &mut changes)?;
            }
            index.noticed(index.apply(changes, &progress.made_from))?;
        }
        let made_from = MadeFrom {
            policy,
            ..progress.made_from.clone()
        };
        index.noticed(index.apply(Vec::new(), &made_from))?;
        progress.made_from = made_from;
        Ok(())
    }

    fn timed_by_fold(&self, case: &CaseKey) -> Result<Timed, IndexError> {
        let own = self.own.as_str().parse().ok();
        let found = self.with_key(case)?;
        Ok(found.map_or_else(Timed::default, |case| {
            Timed::of(&case.view, own, Ended::of(&case).as_ref(), &self.index.policies)
        }))
    }
}

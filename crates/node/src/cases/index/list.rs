//! The list of cases, the latest first or by their next deadline.

use std::sync::Arc;

use control::types::CaseSummary;
use convention::case::{CaseView, State};
use convention::time::Instant;
use protocol::time::UnixMillis;

use super::alarms::{deadline, instant};
use super::keys::{self, CaseKey};
use super::row::CaseRow;
use super::*;
use crate::cases::{Case, Cases, lines};
use crate::limits::INDEX_PAGE_ROWS;

/// Which cases.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// At most so many.
    pub limit: usize,
    /// Those after this one in the list.
    pub before: Option<Arc<Case>>,
    /// Only those with a deadline until then, the first one first.
    pub due_until: Option<UnixMillis>,
    /// Only those in this state.
    pub state: Option<State>,
}

impl Cases {
    /// The cases that are wanted, each with its alarms and its next deadline at a time.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn list(&self, wanted: &Wanted, now: UnixMillis) -> Result<Vec<CaseSummary>, IndexError> {
        self.caught_up()?;
        match wanted.due_until {
            Some(until) => self.due(wanted, instant(until), instant(now)),
            None => self.latest_first(wanted, instant(now)),
        }
    }

    fn latest_first(&self, wanted: &Wanted, now: Instant) -> Result<Vec<CaseSummary>, IndexError> {
        let mut before = wanted
            .before
            .as_ref()
            .map_or_else(Vec::new, |case| keys::case(&(case.id, case.opener)));
        let mut found = Vec::new();
        while found.len() < wanted.limit {
            let rows = self.index.noticed(self.index.table.scan_back(
                keys::CASES,
                &before,
                wanted.limit.min(INDEX_PAGE_ROWS),
            ))?;
            let Some((last, _)) = rows.last() else { break };
            before = last.clone();
            for stored in &rows {
                let row: CaseRow = self.index.noticed(self.index.opened(stored))?;
                let Some(case) = keys::case_at_end(&stored.0) else {
                    continue;
                };
                if found.len() < wanted.limit && is_in(&row, wanted.state) {
                    found.extend(self.shown(&case, row, now)?);
                }
            }
        }
        Ok(found)
    }

    /// In the order of the table of deadlines. A case stands there twice where its first deadline goes by
    /// itself; it is shown at the one that is its next now.
    fn due(&self, wanted: &Wanted, until: Instant, now: Instant) -> Result<Vec<CaseSummary>, IndexError> {
        let mut after = wanted
            .before
            .as_ref()
            .and_then(|case| {
                let next = self.next_at(&case.view, now)?;
                Some(keys::timed(keys::DEADLINES, next, &(case.id, case.opener)))
            })
            .unwrap_or_default();
        let mut found = Vec::new();
        'all: loop {
            let rows = self.index.scan(keys::DEADLINES, &after, INDEX_PAGE_ROWS)?;
            let Some((last, _)) = rows.last() else { break };
            after = last.clone();
            for (key, _) in &rows {
                let (Some(at), Some(case)) = (keys::time_in(key), keys::case_at_end(key)) else {
                    continue;
                };
                if at > until.as_unix_ms() || found.len() >= wanted.limit {
                    break 'all;
                }
                let Some((row, view)) = self.row(&case)? else {
                    continue;
                };
                if is_in(&row, wanted.state) && self.next_at(&view, now) == Some(at) {
                    found.push(self.with_clocks(row.summary, &view, now));
                }
            }
        }
        Ok(found)
    }

    fn next_at(&self, view: &CaseView, now: Instant) -> Option<i64> {
        let deadlines = super::deadlines(view, &self.index.policies.clocks, now);
        deadlines.first().map(|first| first.at().instant().as_unix_ms())
    }

    fn shown(&self, case: &CaseKey, row: CaseRow, now: Instant) -> Result<Option<CaseSummary>, IndexError> {
        Ok(match row.clockwork {
            Some(clockwork) => Some(self.with_clocks(row.summary, &clockwork.view(), now)),
            None => self
                .with_key(case)?
                .map(|case| self.with_clocks(row.summary, &case.view, now)),
        })
    }

    /// The case's line in the list, with its alarms and its next deadline at a time.
    #[must_use]
    pub fn summary(&self, case: &Case, now: UnixMillis) -> CaseSummary {
        self.with_clocks(lines::summary(case, self.own), &case.view, instant(now))
    }

    fn with_clocks(&self, summary: CaseSummary, view: &CaseView, now: Instant) -> CaseSummary {
        let deadlines = super::deadlines(view, &self.index.policies.clocks, now);
        CaseSummary {
            alarms: self.alarms_of(&summary.case, &summary.reference, view, now),
            next_deadline: deadlines.first().map(deadline),
            ..summary
        }
    }
}

fn is_in(row: &CaseRow, state: Option<State>) -> bool {
    state.is_none_or(|state| row.summary.state == lines::word(state))
}

//! Deadlines and alarms of all cases, told from the index at any time.

use std::ops::Bound;

use control::types::{Alarm, Deadline, DeadlineFamily};
use convention::case::CaseView;
use convention::clock;
use convention::time::Instant;
use protocol::entry::Entry;
use protocol::envelope::Priority;
use protocol::ids::MessageId;
use protocol::time::UnixMillis;
use serde::Serialize;

use super::keys::{self, CaseKey};
use super::row::CaseRow;
use super::*;
use crate::cases::{Case, Cases};
use crate::limits::{ALARMS_MAX, EMERGENCIES_LOOKED_AT_MAX, INDEX_PAGE_ROWS};
use crate::messages::convention_instant;

const ACKNOWLEDGEMENT_OVERDUE: &str = clock::AlarmKind::AcknowledgementOverdue.as_str();

/// The alarms of all cases at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingAlarms {
    /// Those that stand, the oldest first.
    pub alarms: Vec<Alarm>,
    /// When they can next be others, if nothing happens in any case.
    pub next: Option<UnixMillis>,
}

impl Cases {
    /// The alarms that stand at a time, in all cases.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn alarms(&self, now: UnixMillis) -> Result<StandingAlarms, IndexError> {
        self.caught_up()?;
        let index = &self.index;
        let now = instant(now);
        let (mut alarms, mut next) = (Vec::new(), None);
        let mut after = Vec::new();
        'all: loop {
            let rows = index.scan(keys::ALARMS, &after, INDEX_PAGE_ROWS)?;
            let Some((last, _)) = rows.last() else { break };
            after = last.clone();
            for (key, _) in rows {
                let (Some(first), Some(case)) = (keys::time_in(&key), keys::case_at_end(&key)) else {
                    continue;
                };
                if first > now.as_unix_ms() {
                    next = earlier(next, Some(first));
                    break 'all;
                }
                if let Some((row, view)) = self.row(&case)? {
                    alarms.extend(self.alarms_of(&row.summary.case, &row.summary.reference, &view, now));
                    next = earlier(next, self.next_change(&view, now));
                }
                if alarms.len() >= ALARMS_MAX {
                    tracing::warn!(shown = alarms.len(), "there are more alarms than are shown");
                    break 'all;
                }
            }
        }
        alarms.sort_by(|one, other| (one.raised_at, &one.case).cmp(&(other.raised_at, &other.case)));
        let next = next.and_then(|ms| u64::try_from(ms).ok()).map(UnixMillis);
        Ok(StandingAlarms { alarms, next })
    }

    /// The same, and how many of them are of emergencies that no officer has answered in time.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn alarms_with_emergencies(&self, now: UnixMillis) -> Result<(StandingAlarms, usize), IndexError> {
        let found = self.alarms(now)?;
        let overdue = found
            .alarms
            .iter()
            .filter(|alarm| alarm.kind == ACKNOWLEDGEMENT_OVERDUE);
        let messages = overdue.filter_map(|alarm| alarm.deadline.because.parse().ok());
        let mut emergencies = 0;
        for message in messages.take(EMERGENCIES_LOOKED_AT_MAX) {
            emergencies += usize::from(self.is_emergency(message)?);
        }
        Ok((found, emergencies))
    }

    /// Whether the header of a message says that it is an emergency.
    fn is_emergency(&self, message: MessageId) -> Result<bool, IndexError> {
        for index in self.reader.message_entries(message).map_err(CaseError::from)? {
            let entry = Entry::decode(&self.reader.leaf(index).map_err(CaseError::from)?);
            if let Ok(Entry::Submitted { header, .. } | Entry::Received { header, .. }) = entry {
                let priority = header.peek().map(|(header, _)| header.priority);
                return Ok(priority == Ok(Priority::Emergency));
            }
        }
        Ok(false)
    }

    /// The alarms that stand in one case at a time, the oldest first, and its deadlines, the first one first.
    #[must_use]
    pub fn clocks_of(&self, case: &Case, now: UnixMillis) -> (Vec<Alarm>, Vec<Deadline>) {
        let now = instant(now);
        let alarms = self.alarms_of(&case.name(), &case.reference(), &case.view, now);
        (alarms, self.deadlines_of(&case.view, now))
    }

    pub(super) fn alarms_of(&self, case: &str, reference: &str, view: &CaseView, now: Instant) -> Vec<Alarm> {
        let Ok(own) = self.own.as_str().parse() else {
            return Vec::new();
        };
        let found = view.alarms(own, &self.index.policies.clocks, now).into_iter();
        let shown = found.map(|alarm| Alarm {
            case: case.to_owned(),
            reference: reference.to_owned(),
            kind: alarm.kind.as_str().to_owned(),
            raised_at: alarm.raised_at.as_timestamp(),
            what: alarm.what,
            action: alarm.action,
            deadline: deadline(&alarm.deadline),
        });
        shown.collect()
    }

    pub(super) fn deadlines_of(&self, view: &CaseView, now: Instant) -> Vec<Deadline> {
        let found = super::deadlines(view, &self.index.policies.clocks, now);
        found.iter().map(deadline).collect()
    }

    /// A case's row, and as much of its view as its clocks need.
    pub(super) fn row(&self, case: &CaseKey) -> Result<Option<(CaseRow, CaseView)>, IndexError> {
        let Some(row) = self.index.get::<CaseRow>(&keys::case(case))? else {
            return Ok(None);
        };
        let view = match &row.clockwork {
            Some(clockwork) => clockwork.view(),
            None => match self.with_key(case)? {
                Some(case) => case.view.clone(),
                None => return Ok(None),
            },
        };
        Ok(Some((row, view)))
    }

    fn next_change(&self, view: &CaseView, now: Instant) -> Option<i64> {
        let own = self.own.as_str().parse().ok()?;
        let times = view.alarm_times(own, &self.index.policies.clocks);
        let next = times.range((Bound::Excluded(now), Bound::Unbounded)).next();
        next.map(|next| next.as_unix_ms())
    }
}

/// A time, as the convention has it.
pub(super) fn instant(at: UnixMillis) -> Instant {
    convention_instant(at).unwrap_or(Instant::LATEST)
}

/// A date, as the local API writes it `[TIME-BOTH]`.
pub(super) fn deadline(found: &clock::Deadline) -> Deadline {
    let (family, kind, because) = match found {
        clock::Deadline::Law(law) => (DeadlineFamily::Law, word(&law.kind), law.because),
        clock::Deadline::Policy(policy) => (DeadlineFamily::Policy, word(&policy.kind), policy.because),
    };
    Deadline {
        family,
        kind,
        at: found.at().instant().as_timestamp(),
        local: found.at().local_and_utc(),
        because: because.to_string(),
    }
}

/// The name of a unit variant, as JSON has it.
fn word(kind: &impl Serialize) -> String {
    let value = serde_json::to_value(kind).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn earlier(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    one.into_iter().chain(other).min()
}

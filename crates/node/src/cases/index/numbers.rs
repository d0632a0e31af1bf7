//! `[CASE-NUMBER]` The numbers that we give to our cases: counted up in each year, never given twice, with
//! gaps where a message was numbered and then not sent.
//!
//! The count is no state of its own. It is the greatest number among our cases, which the index knows; within
//! one process it is then counted in memory. So a number that the ledger has is never given again, also after
//! the index was lost.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Mutex, PoisonError};

use convention::number::CaseNumber;
use jiff::tz::TimeZone;
use protocol::time::UnixMillis;

use super::keys;
use super::*;
use crate::cases::Cases;
use crate::news::timestamp;

/// The greatest count of each year.
type Counts = BTreeMap<u16, u32>;

/// What was counted.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// What was given by this process, and what the index had before.
    given: Mutex<Counts>,
    /// What was found in cases and is not in the table yet.
    noted: Mutex<Counts>,
}

impl Numbers {
    /// Takes note of the number of a case of ours.
    pub(super) fn note(&self, number: CaseNumber) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let count = noted.entry(number.year()).or_default();
        *count = number.count().max(*count);
    }
}

impl Cases {
    /// The next number for a case that we open now, in the year that it is at our office. None while nobody
    /// can say which were given: the case is then known by its id alone, and that keeps no message back.
    #[must_use]
    pub fn next_number(&self, now: UnixMillis) -> Option<CaseNumber> {
        let year = self.index.year(now)?;
        let numbers = &self.index.numbers;
        let mut given = numbers.given.lock().unwrap_or_else(PoisonError::into_inner);
        let count = match given.entry(year) {
            Entry::Occupied(count) => count.into_mut(),
            Entry::Vacant(place) => {
                let greatest = self.caught_up().and_then(|()| self.index.greatest(year));
                match greatest {
                    Ok(greatest) => place.insert(greatest),
                    Err(error) => {
                        tracing::warn!(%error, "a case is opened without a number");
                        return None;
                    }
                }
            }
        };
        *count = count.checked_add(1)?;
        CaseNumber::new(self.own.as_str().parse().ok()?, year, *count).ok()
    }
}

impl CaseIndex {
    /// The greatest counts that were found since the last step, as rows.
    pub(super) fn counts(&self) -> Result<Vec<DerivedChange>, IndexError> {
        let noted = std::mem::take(&mut *self.numbers.noted.lock().unwrap_or_else(PoisonError::into_inner));
        let mut changes = Vec::new();
        for (year, count) in noted {
            let greatest = count.max(self.greatest(year)?);
            let key = keys::year(year);
            let sealed = self.noticed(self.sealed(&key, &greatest))?;
            changes.push((key, Some(sealed)));
        }
        Ok(changes)
    }

    fn greatest(&self, year: u16) -> Result<u32, IndexError> {
        Ok(self.get(&keys::year(year))?.unwrap_or_default())
    }

    /// The year at our office.
    fn year(&self, now: UnixMillis) -> Option<u16> {
        let zone = TimeZone::get(self.policies.clocks.zone.as_str()).unwrap_or(TimeZone::UTC);
        u16::try_from(timestamp(now).to_zoned(zone).year()).ok()
    }
}

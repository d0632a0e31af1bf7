//! Whether the log of the next year can begin when this one is over.
//!
//! The year is part of a log's origin, `<node>/ledger/<year>`, and an origin with another ending has none:
//! such a log has no end that anybody could foresee.

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use ledger::note::VerifierKey;
use protocol::directory::Period;
use protocol::time::UnixMillis;

use crate::limits::LOG_ENDS_SOON;

/// What is to be said of the log that follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// Nothing: the year lasts, or the next log's key is named and held, or the origin has no year.
    Good,
    /// The year ends soon, or is over, and the directory names no key that we hold for another log.
    Missing {
        /// The year that needs one.
        year: i16,
        /// Whole days until it begins; 0 if it has.
        days_left: u64,
    },
}

/// Looks ahead from the log in use, over the keys that the directory names.
#[must_use]
pub fn outlook(
    origin: &str,
    named: &[Period<VerifierKey>],
    is_held: impl Fn(&VerifierKey) -> bool,
    now: UnixMillis,
) -> Outlook {
    let Some(end) = year_of(origin).and_then(|year| Some((year + 1, beginning_of(year + 1)?))) else {
        return Outlook::Good;
    };
    let (year, begins) = end;
    if now.plus(LOG_ENDS_SOON) < begins {
        return Outlook::Good;
    }
    let is_next = |period: &&Period<VerifierKey>| {
        let lasts = period.valid_until.is_none_or(|until| until > now);
        let is_later = year_of(period.value.name()).is_some_and(|other| other >= year);
        lasts && is_later && is_held(&period.value)
    };
    if named.iter().any(|period| is_next(&period)) {
        return Outlook::Good;
    }
    let days_left = begins.since(now).as_secs() / 86_400;
    Outlook::Missing { year, days_left }
}

/// The year in a log's origin.
#[must_use]
pub fn year_of(origin: &str) -> Option<i16> {
    let (_, year) = origin.rsplit_once('/')?;
    let is_one = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    // The last year that can be written has no next one.
    year.parse().ok().filter(|year| is_one && *year < 9999)
}

/// The first moment of a year, in UTC.
fn beginning_of(year: i16) -> Option<UnixMillis> {
    let first = date(year, 1, 1).to_zoned(TimeZone::UTC).ok()?;
    let first: Timestamp = first.timestamp();
    u64::try_from(first.as_millisecond()).ok().map(UnixMillis)
}

#[cfg(test)]
mod tests;

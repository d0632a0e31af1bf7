//! What was sent, received and answered between two instants, as the ledger says it.
//!
//! The times are those at which this ledger's node recorded the entry, by its clock. That the statements
//! in the entries are authentic is checked as for the whole ledger; this is only the list of them.

mod print;

use std::collections::BTreeMap;

use protocol::entry::{Entry, Side};
use protocol::time::UnixMillis;

use crate::limits::PERIOD_ROWS_MAX;

/// A time from its first instant up to, and without, its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first instant.
    pub from: UnixMillis,
    /// The instant after the last.
    pub until: UnixMillis,
}

/// What an entry of the list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// We sent a message.
    Sent,
    /// We received one.
    Received,
    /// The recipient's receipt for one of ours was recorded.
    Receipted,
    /// A recipient rejected one of ours.
    Rejected,
    /// We rejected one.
    RejectedByUs,
    /// Delivery of one of ours was given up.
    Expired,
}

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its index in the ledger.
    pub index: u64,
    /// When it was recorded.
    pub at: UnixMillis,
    /// What.
    pub event: Event,
    /// The message, if the entry names it: a rejection of what could not be read names none.
    pub message: Option<String>,
    /// The sender's contact point, if the entry names it.
    pub from: Option<String>,
    /// The recipient's contact point, if the entry names it.
    pub to: Option<String>,
}

/// The list, in the order of the ledger, and how many there are of each event.
#[derive(Debug, Default)]
pub struct PeriodList {
    period: Option<Period>,
    rows: Vec<Row>,
    counts: BTreeMap<Event, u64>,
}

/// A text is not an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an instant is a day, 2026-11-22, or a time in UTC, 2026-11-22T03:07:00Z, from 1970 to 9999")]
pub struct InstantError;

impl Event {
    /// Every event.
    pub const ALL: [Self; 6] = [
        Self::Sent,
        Self::Received,
        Self::Receipted,
        Self::Rejected,
        Self::RejectedByUs,
        Self::Expired,
    ];

    /// The event in one word, as lists and JSON have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Receipted => "receipted",
            Self::Rejected => "rejected",
            Self::RejectedByUs => "rejected-by-us",
            Self::Expired => "expired",
        }
    }
}

impl Row {
    /// The row of an entry, if it is of the period and of a kind that is listed.
    #[must_use]
    pub fn of(entry: &Entry, index: u64, period: &Period) -> Option<Self> {
        let at = entry.at();
        if !(period.from..period.until).contains(&at) {
            return None;
        }
        let row = |event| Self {
            index,
            at,
            event,
            message: None,
            from: None,
            to: None,
        };
        Some(match entry {
            Entry::Submitted { header, .. } => row(Event::Sent).with_header(header),
            Entry::Received { header, .. } => row(Event::Received).with_header(header),
            Entry::Delivered { receipt, .. } => {
                let claimed = receipt.peek().ok().map(|(claimed, _)| claimed);
                Self {
                    message: claimed.as_ref().map(|receipt| receipt.message.to_string()),
                    to: claimed.map(|receipt| receipt.to.to_string()),
                    ..row(Event::Receipted)
                }
            }
            Entry::Rejected { side, rejection, .. } => {
                let event = match side {
                    Side::Issued => Event::RejectedByUs,
                    Side::Received => Event::Rejected,
                };
                let claimed = rejection.peek().ok().and_then(|(claimed, _)| claimed.message);
                Self {
                    message: claimed.map(|message| message.to_string()),
                    ..row(event)
                }
            }
            Entry::Expired { message, to, .. } => Self {
                message: Some(message.to_string()),
                to: Some(to.to_string()),
                ..row(Event::Expired)
            },
            _ => return None,
        })
    }

    fn with_header(self, header: &protocol::envelope::SignedHeader) -> Self {
        let Ok((claimed, _)) = header.peek() else {
            return self;
        };
        Self {
            message: Some(claimed.message.to_string()),
            from: Some(claimed.from.to_string()),
            to: Some(claimed.to.to_string()),
            ..self
        }
    }
}

impl PeriodList {
    /// An empty list.
    #[must_use]
    pub fn new(period: Option<Period>) -> Self {
        Self {
            period,
            ..Self::default()
        }
    }

    /// Adds a row: counted in any case, listed as long as there is room.
    pub fn push(&mut self, row: Row) {
        *self.counts.entry(row.event).or_default() += 1;
        if self.rows.len() < PERIOD_ROWS_MAX {
            self.rows.push(row);
        }
    }

    /// The rows that are listed: the first [`PERIOD_ROWS_MAX`].
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How often an event occurred.
    #[must_use]
    pub fn count(&self, event: Event) -> u64 {
        self.counts.get(&event).copied().unwrap_or_default()
    }
}

/// Reads an instant, strictly: a day is its beginning in UTC.
pub fn parse_instant(text: &str) -> Result<UnixMillis, InstantError> {
    let (day, second_of_day) = match text.split_once('T') {
        None => (text, 0),
        Some((day, time)) => (day, parse_time(time).ok_or(InstantError)?),
    };
    let days = parse_day(day).ok_or(InstantError)?;
    Ok(UnixMillis((days * 86_400 + second_of_day) * 1000))
}

/// The seconds of a time of day such as `03:07:00Z`.
fn parse_time(text: &str) -> Option<u64> {
    let [hour, minute, second] = numbers(text.strip_suffix('Z')?, ':', [2, 2, 2])?;
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3600 + minute * 60 + second)
}

/// The days from 1970-01-01 to a date such as `2026-11-22`, as in Howard Hinnant's `days_from_civil`.
fn parse_day(text: &str) -> Option<u64> {
    let [year, month, day] = numbers(text, '-', [4, 2, 2])?;
    let is_leap_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if is_leap_year => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if year < 1970 || !(1..=length).contains(&day) {
        return None;
    }
    // March is the first month, so that the leap day comes last.
    let year = if month > 2 { year } else { year - 1 };
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Three numbers of so many digits each.
fn numbers(text: &str, parted_by: char, digits: [usize; 3]) -> Option<[u64; 3]> {
    let parts: Vec<&str> = text.split(parted_by).collect();
    let parts: [&str; 3] = parts.try_into().ok()?;
    let fits = |(part, digits): (&str, usize)| {
        part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    parts.into_iter().zip(digits).all(fits).then_some(())?;
    Some([
        parts[0].parse().ok()?,
        parts[1].parse().ok()?,
        parts[2].parse().ok()?,
    ])
}

#[cfg(test)]
mod tests;

//! The time in a line, in the spellings that logs have. Calendar and zones are those of the time library.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use super::{LogOrigin, LogWarning};
use crate::time::{Instant, Zone};

/// The time of a line, and what is wrong with it.
pub(super) struct Found {
    pub(super) at: Option<Instant>,
    pub(super) warnings: BTreeSet<LogWarning>,
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// How far a line that names no year may lie ahead before the year before is taken: clocks and zones differ.
const AHEAD_MS: i64 = 24 * 3_600_000;

/// The first time of a line that can be read.
pub(super) fn in_line(line: &str, origin: &LogOrigin) -> Found {
    for (place, _) in line.match_indices(':') {
        let Some((time, begin, end)) = time_of_day(line, place) else {
            continue;
        };
        let Some((date, has_year)) = date_before(&line[..begin], origin) else {
            continue;
        };
        return resolve(date.to_datetime(time), has_year, zone_after(&line[end..]), origin);
    }
    Found {
        at: None,
        warnings: BTreeSet::from([LogWarning::NoTime]),
    }
}

/// `09:02:01`, of which the first colon stands at a place, with the places where it begins and ends.
fn time_of_day(line: &str, colon: usize) -> Option<(Time, usize, usize)> {
    let begin = colon.checked_sub(2)?;
    let text = line.get(begin..colon + 6)?;
    let bytes = text.as_bytes();
    if bytes.len() != 8 || bytes[5] != b':' {
        return None;
    }
    let number = |from: usize| text.get(from..from + 2).and_then(number_of);
    let time = Time::new(number(0)?, number(3)?, number(6)?, 0).ok()?;
    let fraction = line[colon + 6..].strip_prefix(['.', ',']).map_or(0, |rest| {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if digits == 0 { 0 } else { digits + 1 }
    });
    Some((time, begin, colon + 6 + fraction))
}

fn number_of<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// The date that ends where the time begins, and whether it has a year.
fn date_before(before: &str, origin: &LogOrigin) -> Option<(Date, bool)> {
    // 12/Mar/2026: of Apache and nginx.
    if let Some(parts) = before.strip_suffix(':').map(|rest| last(rest, 11)) {
        let mut parts = parts?.split('/');
        let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
        return Some((
            Date::new(number_of(year)?, month_of(month)?, number_of(day)?).ok()?,
            true,
        ));
    }
    let before = before.strip_suffix(['T', ' ', 't'])?;
    // 2026-03-12 and 2026/03/12.
    if let Some(text) = last(before, 10)
        && let Some(date) = year_first(text)
    {
        return Some((date, true));
    }
    // 12 Mar 2026 of mail, Mar 12 2026 and Mar 12 of syslog.
    let mut words = before.split_whitespace().rev();
    let (third, second) = (words.next()?, words.next()?);
    let first = words.next().unwrap_or_default();
    if let (Some(year), Some(month)) = (number_of(third).filter(|_| third.len() == 4), month_of(second)) {
        return Some((Date::new(year, month, number_of(first)?).ok()?, true));
    }
    if let (Some(year), Some(month)) = (number_of(third).filter(|_| third.len() == 4), month_of(first)) {
        return Some((Date::new(year, month, number_of(second)?).ok()?, true));
    }
    let month = month_of(second.trim_start_matches(|c: char| !c.is_ascii_alphabetic()))?;
    last_year_with(month, number_of(third)?, origin).map(|date| (date, false))
}

/// The last so many bytes of a text.
fn last(text: &str, length: usize) -> Option<&str> {
    text.get(text.len().checked_sub(length)?..)
}

fn year_first(text: &str) -> Option<Date> {
    let mut parts = text.split(['-', '/']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || parts.next().is_some() {
        return None;
    }
    Date::new(number_of(year)?, number_of(month)?, number_of(day)?).ok()
}

fn month_of(name: &str) -> Option<i8> {
    let place = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(name))?;
    i8::try_from(place + 1).ok()
}

/// A day without its year is the last one of that name that does not lie ahead.
fn last_year_with(month: i8, day: i8, origin: &LogOrigin) -> Option<Date> {
    let latest = Instant::from_unix_ms(origin.now.as_unix_ms().checked_add(AHEAD_MS)?).ok()?;
    let latest = Offset::UTC.to_datetime(latest.as_timestamp()).date();
    // 29 February is up to eight years back.
    let years = (0..=8).map(|back| latest.year() - back);
    years
        .filter_map(|year| Date::new(year, month, day).ok())
        .find(|date| *date <= latest)
}

/// The offset that follows a time: `Z`, `+02:00`, `+0200`, `UTC`, `GMT`, also after a space.
fn zone_after(after: &str) -> Option<Offset> {
    let rest = after.strip_prefix(' ').unwrap_or(after);
    if rest.starts_with('Z') || rest.starts_with("UTC") || rest.starts_with("GMT") {
        return Some(Offset::UTC);
    }
    let sign = match rest.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours: i32 = number_of(rest.get(1..3)?)?;
    let minutes = rest.get(3..)?.strip_prefix(':').unwrap_or(rest.get(3..)?);
    let minutes: i32 = number_of(minutes.get(..2)?)?;
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// The instant: by the offset of the line, else by the zone of the log, else not at all.
fn resolve(local: DateTime, has_year: bool, offset: Option<Offset>, origin: &LogOrigin) -> Found {
    let mut warnings = BTreeSet::new();
    if !has_year {
        warnings.insert(LogWarning::NoYear);
    }
    let at = match offset {
        Some(offset) => offset.to_timestamp(local).ok(),
        None => {
            warnings.insert(LogWarning::NoZone);
            let zoned = |zone: &Zone| local.to_zoned(zone.rules()).ok().map(|zoned| zoned.timestamp());
            origin.zone.as_ref().and_then(zoned)
        }
    };
    Found {
        at: at.map(Instant::from),
        warnings,
    }
}

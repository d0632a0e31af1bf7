//! Times as people write and read them: the local time *and* UTC `[TIME-BOTH]`.

use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Timestamp, Zoned};
use protocol::time::UnixMillis;

use crate::failure::Failure;

/// The names of UTC in the IANA database, and what a machine without a zone is said to have.
const UTC_NAMES: &[&str] = &[
    "UTC",
    "Etc/UTC",
    "Etc/UCT",
    "UCT",
    "Etc/Universal",
    "Universal",
    "Etc/Zulu",
    "Zulu",
    "Etc/Unknown",
];

/// Now, by this machine's clock.
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// The same instant as the core counts it. Times before 1970 do not occur.
pub(crate) fn unix_millis(at: Timestamp) -> UnixMillis {
    UnixMillis(u64::try_from(at.as_millisecond()).unwrap_or(0))
}

/// The same instant for the libraries that want the system's type.
pub(crate) fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(unix_millis(at).0)
}

/// From the core's count.
pub(crate) fn timestamp(at: UnixMillis) -> Timestamp {
    i64::try_from(at.0)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(Timestamp::MAX)
}

/// The zone of this machine; UTC where it has none.
pub(crate) fn local_zone() -> TimeZone {
    let zone = TimeZone::system();
    // UTC has many names in the database, and its own is the one that people know.
    let is_utc = zone.iana_name().is_none_or(|name| UTC_NAMES.contains(&name));
    if is_utc { TimeZone::UTC } else { zone }
}

/// Both: `2026-11-22 05:07:00 Europe/Bucharest (03:07:00 UTC)`. One of them where they are the same.
pub(crate) fn both(at: Timestamp, zone: &TimeZone) -> String {
    let utc = at.to_zoned(TimeZone::UTC);
    let local = at.to_zoned(zone.clone());
    let day_and_time = "%Y-%m-%d %H:%M:%S";
    if local.offset() == utc.offset() {
        return format!("{} UTC", utc.strftime(day_and_time));
    }
    // The day of UTC is shown only where it is another one: at 03:07 that is what matters.
    let utc_format = if local.date() == utc.date() {
        "%H:%M:%S"
    } else {
        day_and_time
    };
    let name = zone
        .iana_name()
        .map_or_else(|| local.offset().to_string(), str::to_owned);
    format!(
        "{} {name} ({} UTC)",
        local.strftime(day_and_time),
        utc.strftime(utc_format)
    )
}

/// Both, where there is a time.
pub(crate) fn both_or_dash(at: Option<Timestamp>, zone: &TimeZone) -> String {
    at.map_or_else(|| "-".to_owned(), |at| both(at, zone))
}

/// A length of time such as `30s`, `15m`, `30d`. A day has 24 hours.
pub(crate) fn parse_length(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a length of time; write one such as 30s, 15m, 36h or 30d");
    let span: Span = text.parse().map_err(|_| wrong())?;
    let length = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| wrong())?;
    Duration::try_from(length).map_err(|_| wrong())
}

/// An instant as `ohrid-verify` writes it: a day, which is its beginning in UTC, or whole seconds in UTC.
pub(crate) fn parse_instant(text: &str) -> Result<Timestamp, String> {
    let day = text
        .parse::<jiff::civil::Date>()
        .ok()
        .filter(|_| text.len() == 10);
    let day = day.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    let whole_seconds = |at: &Timestamp| at.subsec_nanosecond() == 0 && text.ends_with('Z');
    day.map(|day| day.timestamp())
        .or_else(|| text.parse().ok().filter(whole_seconds))
        .filter(|at: &Timestamp| at.as_second() >= 0)
        .ok_or_else(|| {
            format!(
                "{text:?} is not an instant; write a day, 2026-11-22, or a time in UTC, 2026-11-22T03:07:00Z"
            )
        })
}

/// The same in seconds: `2026-11-22T03:07:00Z`.
pub(crate) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A point of time: `+90d` from now, or date, time and place as in `2026-12-01T12:00:00[Europe/Bucharest]`.
/// Days that are added are calendar days of the place, so that the time of day stays.
pub(crate) fn parse_point(text: &str, now: &Zoned) -> Result<String, Failure> {
    let Some(length) = text.strip_prefix('+') else {
        // The rules for written times are the `convention` crate's; it says best what is wrong with one.
        return Ok(text.to_owned());
    };
    let later = length
        .parse::<Span>()
        .ok()
        .and_then(|span| now.checked_add(span).ok());
    let later = later.ok_or_else(|| {
        Failure::usage(
            format!("{text:?} is not a time"),
            "write +90d, or a time with its place: 2026-12-01T12:00:00[Europe/Bucharest]",
        )
    })?;
    // Down, not to the nearest: `+0s` must not be in the future when the node reads it.
    let whole = jiff::ZonedRound::new()
        .smallest(jiff::Unit::Second)
        .mode(jiff::RoundMode::Trunc);
    Ok(later.round(whole).unwrap_or(later).to_string())
}

#[cfg(test)]
mod tests;

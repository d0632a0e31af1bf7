#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// `[TIME-BOTH]`
#[test]
fn local_time_and_utc_are_both_shown() {
    let bucharest = TimeZone::get("Europe/Bucharest").unwrap();
    assert_eq!(
        both(at("2026-11-22T03:07:00Z"), &bucharest),
        "2026-11-22 05:07:00 Europe/Bucharest (03:07:00 UTC)"
    );
    assert_eq!(
        both(at("2026-11-21T22:30:00Z"), &bucharest),
        "2026-11-22 00:30:00 Europe/Bucharest (2026-11-21 22:30:00 UTC)"
    );
    assert_eq!(
        both(at("2026-11-22T03:07:00Z"), &TimeZone::UTC),
        "2026-11-22 03:07:00 UTC"
    );
}

#[test]
fn lengths_are_read() {
    assert_eq!(parse_length("30s").unwrap(), Duration::from_secs(30));
    assert_eq!(parse_length("30d").unwrap(), Duration::from_secs(30 * 86_400));
    for wrong in ["", "30", "d", "-5s", "1 month", "soon"] {
        assert!(parse_length(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn days_are_those_of_the_place() {
    let bucharest = TimeZone::get("Europe/Bucharest").unwrap();
    let now = at("2026-10-01T09:00:00.123Z").to_zoned(bucharest);
    // The clocks go back in between; the time of day stays.
    assert_eq!(
        parse_point("+90d", &now).unwrap(),
        "2026-12-30T12:00:00+02:00[Europe/Bucharest]"
    );
    let late = at("2026-10-01T09:00:00.999Z").to_zoned(TimeZone::UTC);
    assert_eq!(
        parse_point("+0s", &late).unwrap(),
        "2026-10-01T09:00:00+00:00[UTC]",
        "now is never in the future"
    );
    assert_eq!(
        parse_point("2026-12-01T12:00:00Z", &now).unwrap(),
        "2026-12-01T12:00:00Z"
    );
    assert_eq!(
        parse_point("+soon", &now).unwrap_err().exit,
        crate::exit::Exit::Usage
    );
}

#[test]
fn an_instant_is_a_day_or_whole_seconds_in_utc() {
    let second = |text| parse_instant(text).map(|at| at.as_second());
    assert_eq!(second("2026-11-22"), Ok(1_795_305_600));
    assert_eq!(second("2026-11-22T03:07:00Z"), Ok(1_795_316_820));
    assert_eq!(
        instant(parse_instant("2026-11-22").unwrap()),
        "2026-11-22T00:00:00Z"
    );
    for wrong in [
        "",
        "2026",
        "2026-11",
        "2026-13-01",
        "2026-11-22T03:07:00",
        "2026-11-22T03:07:00+01:00",
        "2026-11-22T03:07:00.5Z",
        "1969-12-31",
        "20261122",
        "yesterday",
    ] {
        assert!(second(wrong).is_err(), "{wrong}");
    }
}

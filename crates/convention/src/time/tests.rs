#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Days, Instant, TimeError, Zone, ZonedInstant};

fn parse(text: &str) -> ZonedInstant {
    ZonedInstant::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> TimeError {
    ZonedInstant::parse(text).expect_err(text)
}

/// `[TIME-BOTH]` All ways to write one instant mean that instant; local time and UTC are shown.
#[test]
fn time_both_is_read_and_shown() {
    let written = [
        "2026-03-12T21:05:00[Europe/Bucharest]",
        "2026-03-12 21:05[europe/bucharest]",
        "2026-03-12T21:05:00+02:00[Europe/Bucharest]",
        "2026-03-12T19:05:00Z[Europe/Bucharest]",
    ];
    for text in written {
        let time = parse(text);
        assert_eq!(
            time.to_string(),
            "2026-03-12T21:05:00+02:00[Europe/Bucharest]",
            "{text}"
        );
        let shown = "2026-03-12 21:05:00 Europe/Bucharest (2026-03-12 19:05:00 UTC)";
        assert_eq!(time.local_and_utc(), shown);
        assert_eq!(parse(&time.to_string()), time);
    }
    let bare = parse("2026-03-12T21:05:00+02:00");
    assert_eq!(bare.to_string(), "2026-03-12T21:05:00+02:00[+02:00]");
    assert_eq!(parse(&bare.to_string()), bare);
    assert_eq!(
        bare.local_and_utc(),
        "2026-03-12 21:05:00 +02:00 (2026-03-12 19:05:00 UTC)"
    );
    let utc = parse("2026-03-12T19:05:00Z");
    assert_eq!(*utc.zone(), Zone::utc());
    assert_eq!(utc.local_and_utc(), "2026-03-12 19:05:00 UTC");
    assert_eq!(parse(&utc.to_string()), utc);
    let odd = parse("2026-03-12T19:05:00-05:30");
    assert_eq!(parse(&odd.to_string()), odd);
}

/// `[TIME-BOTH]` In the night of 29 March 2026 clocks in Bucharest went from 03:00 to 04:00.
#[test]
fn time_both_a_time_that_was_skipped_is_a_fault() {
    let skipped = error("2026-03-29T03:30:00[Europe/Bucharest]");
    assert!(matches!(
            &skipped,
            TimeError::Nonexistent { before, after, .. }
 if (before.as_str(), after.as_str()) == ("+02:00", "+03:00")));
    assert!(skipped.mend().contains("+02"));
    parse("2026-03-29T02:30:00[Europe/Bucharest]");
    parse("2026-03-29T04:30:00[Europe/Bucharest]");
}

/// `[TIME-BOTH]` In the night of 25 October 2026 they showed the hour from 03:00 twice; an offset says which.
#[test]
fn time_both_a_time_that_came_twice_is_a_fault() {
    let twice = error("2026-10-25T03:30:00[Europe/Bucharest]");
    assert!(matches!(
            &twice,
            TimeError::Ambiguous { first, second, .. }
 if (first.as_str(), second.as_str()) == ("+03:00", "+02:00")));
    let first = parse("2026-10-25T03:30:00+03:00[Europe/Bucharest]");
    let second = parse("2026-10-25T03:30:00+02:00[Europe/Bucharest]");
    assert_eq!(
        second.instant().as_unix_ms() - first.instant().as_unix_ms(),
        3_600_000
    );
}

/// `[TIME-BOTH]` An offset that contradicts the place is a fault; for a received time the offset counts.
#[test]
fn time_both_contradictions_and_unknown_places_are_faults() {
    let contradiction = error("2026-03-12T21:05:00+05:00[Europe/Bucharest]");
    assert!(matches!(contradiction, TimeError::Contradiction { .. }));
    let kept = contradiction.by_offset().unwrap();
    assert_eq!(kept.instant().to_string(), "2026-03-12T16:05:00Z");
    assert!(matches!(
        error("2026-03-12T21:05:00+05:00[+02:00]"),
        TimeError::Contradiction { .. }
    ));

    let unknown = error("2026-03-12T21:05:00[Europe/Bukarest]");
    assert_eq!(unknown.mend(), "did you mean \"Europe/Bucharest\"?");
    assert_eq!(unknown.by_offset(), None);
    let unknown = error("2026-03-12T21:05:00+02:00[Europe/Bukarest]");
    assert_eq!(
        unknown.by_offset().unwrap().instant().to_string(),
        "2026-03-12T19:05:00Z"
    );
    assert!(error("2026-03-12T21:05:00[qqqqqqq]").mend().contains("IANA"));
}

#[test]
fn what_is_no_time_is_refused() {
    assert_eq!(error("2026-03-12T21:05:00"), TimeError::NoZone);
    assert_eq!(error("2026-03-12"), TimeError::NoTimeOfDay);
    let long = format!("2026-03-12T21:05:00[{}]", "A".repeat(500));
    for text in [
        "",
        "yesterday",
        "12/03/2026 21:05",
        "2026-13-12T21:05:00Z",
        "2026-02-30T21:05:00Z",
        "[UTC]",
        &long,
    ] {
        assert!(matches!(error(text), TimeError::NotATime), "{text}");
    }
}

/// `[C29-7]` Days are calendar days at the place: across a change of the clocks the local time stays.
#[test]
fn days_are_counted_at_the_place() {
    let from = parse("2026-03-01T12:00:00[Europe/Bucharest]");
    let until = from.plus_days(60).unwrap();
    assert_eq!(until.to_string(), "2026-04-30T12:00:00+03:00[Europe/Bucharest]");
    assert_eq!(until.plus_days(-60).unwrap(), from);
    assert_eq!(from.plus_days(i64::MAX), None);
    assert_eq!(
        (Days(1).to_string(), Days(90).to_string()),
        ("1 day".to_owned(), "90 days".to_owned())
    );
}

#[test]
fn instants_are_rfc_3339() {
    let instant: Instant = "2026-03-12T21:05:00.250+02:00".parse().unwrap();
    assert_eq!(instant.to_string(), "2026-03-12T19:05:00.25Z");
    assert_eq!(Instant::from_unix_ms(instant.as_unix_ms()).unwrap(), instant);
    assert!(Instant::from_unix_ms(i64::MAX).is_err());
    assert!("2026-03-12T21:05:00".parse::<Instant>().is_err());
}

/// Regression, found by fuzzing: an offset of seconds is not written again, so that a time moved on the way.
/// `[TIME-BOTH]`
#[test]
fn time_both_an_offset_with_seconds_is_a_fault() {
    for text in [
        "2026-03-29T04:30:00-22:24:22",
        "2026-03-29T04-222422",
        "2026-03-29T04:30:00+02:00:01[Europe/Bucharest]",
        "2026-03-29T04:30:00+02:00:01[+02:00]",
    ] {
        let error = error(text);
        assert_eq!(error, TimeError::OffsetSeconds, "{text}");
        assert_eq!(error.by_offset(), None);
    }
    let mend = error("2026-03-29T04:30:00-22:24:22").mend();
    assert_eq!(mend, "write the offset in hours and minutes, such as +02:00");
    let whole = parse("2026-03-29T04:30:00-22:24:00");
    assert_eq!(parse(&whole.to_string()), whole);
}

/// Regression, found by fuzzing: in 1013 Bucharest was at +01:44:24, which cannot be written, so that a time
/// lost its place on the way. `[TIME-BOTH]`
#[test]
fn time_both_a_time_before_whole_offsets_is_a_fault() {
    for early in [
        "1013-03-20T16:00:00[Europe/Bucharest]",
        "1972-01-05T12:00:00[Africa/Monrovia]",
        "-000001-01-01T00:00:00Z",
    ] {
        assert_eq!(error(early), TimeError::TooEarly, "{early}");
    }
    assert_eq!(error("1972-12-31T12:00:00Z").mend(), "check the year");
    let first = parse("1973-01-01T12:00:00[Africa/Monrovia]");
    assert_eq!(parse(&first.to_string()), first);
}

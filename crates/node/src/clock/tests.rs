#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

const HOUR_MS: u64 = 60 * 60 * 1000;
const YEAR_MS: u64 = 365 * 24 * HOUR_MS;
const BEGIN: UnixMillis = UnixMillis(1_780_000_000_000);

fn later(ms: u64) -> UnixMillis {
    UnixMillis(BEGIN.0 + ms)
}

fn after(begin: Instant, ms: u64) -> Instant {
    begin + Duration::from_millis(ms)
}

#[test]
fn never_shows_less_than_its_floor() {
    let far = UnixMillis(9_000_000_000_000);
    let clock = Clock::not_before(far);
    let first = clock.now();
    assert_eq!(first, far);
    assert!(clock.now() >= first);
}

#[test]
fn shows_the_systems_time_otherwise() {
    let clock = Clock::default();
    let first = clock.now();
    assert!(first.0 > 1_700_000_000_000);
    assert!(clock.now() >= first);
    assert!(!clock.is_doubted());
}

/// A leap of a year makes nothing a year older, and does no harm once it is over.
#[test]
fn a_leap_forward_is_not_believed() {
    let (clock, begin) = (Clock::default(), Instant::now());
    assert_eq!(clock.read(BEGIN, begin), BEGIN);
    assert_eq!(clock.read(later(YEAR_MS), after(begin, 1000)), later(1000));
    // However often somebody asks.
    for half_ms in 2000..=4000 {
        clock.read(later(YEAR_MS), begin + Duration::from_micros(half_ms * 500));
    }
    assert_eq!(clock.read(later(YEAR_MS + 5000), after(begin, 6000)), later(6000));
    assert!(clock.shown.lock().unwrap().unwrap().doubt);
    assert_eq!(clock.read(later(7100), after(begin, 7000)), later(7100));
    assert!(!clock.shown.lock().unwrap().unwrap().doubt);
}

/// What the monotonic clock has seen pass is no leap, however long nobody asked.
#[test]
fn a_long_silence_is_no_leap() {
    let (clock, begin) = (Clock::default(), Instant::now());
    clock.read(BEGIN, begin);
    let a_day_ms = 24 * HOUR_MS;
    assert_eq!(
        clock.read(later(a_day_ms + 500), after(begin, a_day_ms)),
        later(a_day_ms + 500)
    );
    assert!(!clock.shown.lock().unwrap().unwrap().doubt);
}

/// Set back by two days, it goes on, slower, and what has expired stays expired.
#[test]
fn a_clock_that_was_set_back_revives_nothing_and_stops_nothing() {
    let (clock, begin) = (Clock::default(), Instant::now());
    let ahead_ms = 48 * HOUR_MS;
    clock.read(later(ahead_ms), begin);
    // However often somebody asks.
    for ms in 1..=10 {
        clock.read(later(ms), after(begin, ms));
    }
    assert_eq!(
        clock.read(later(10_000), after(begin, 10_000)),
        later(ahead_ms + 5000)
    );
    // It is caught up with in twice the time.
    let twice_ms = 2 * ahead_ms;
    assert_eq!(
        clock.read(later(twice_ms), after(begin, twice_ms)),
        later(twice_ms)
    );
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

const HOUR_MS: u64 = 60 * 60 * 1000;
const YEAR_MS: u64 = 365 * 24 * HOUR_MS;
const BEGIN: UnixMillis = UnixMillis(1_780_000_000_000);

fn later(ms: u64) -> UnixMillis {
    UnixMillis(BEGIN.0 + ms)
}

fn read(believed: &mut Believed, system: UnixMillis, monotonic_ms: u64) -> UnixMillis {
    believed.read(system, Duration::from_millis(monotonic_ms)).0
}

/// A leap of a year makes nothing a year older, and does no harm once it is over.
#[test]
fn a_leap_forward_is_not_believed() {
    let mut believed = Believed::default();
    assert_eq!(read(&mut believed, BEGIN, 0), BEGIN);
    let leapt = believed.read(later(YEAR_MS), Duration::from_millis(1000));
    assert_eq!(leapt, (later(1000), Doubt::Begins));
    // However often somebody asks.
    for half_ms in 2000..=4000 {
        believed.read(later(YEAR_MS), Duration::from_micros(half_ms * 500));
    }
    assert_eq!(read(&mut believed, later(YEAR_MS + 5000), 6000), later(6000));
    assert!(believed.is_doubted());
    let back = believed.read(later(7100), Duration::from_millis(7000));
    assert_eq!(back, (later(7100), Doubt::Ends));
}

/// So far ahead it is believed, and a millisecond further it is not.
#[test]
fn the_largest_step_is_no_leap() {
    let step_ms = u64::try_from(CLOCK_LEAP_MAX.as_millis()).unwrap();
    for (ahead_ms, is_leap) in [(step_ms, false), (step_ms + 1, true)] {
        let mut believed = Believed::default();
        read(&mut believed, BEGIN, 0);
        read(&mut believed, later(1_000 + ahead_ms), 1_000);
        assert_eq!(believed.is_doubted(), is_leap, "{ahead_ms}");
    }
}

/// What the monotonic clock has seen pass is no leap, however long nobody asked.
#[test]
fn a_long_silence_is_no_leap() {
    let mut believed = Believed::default();
    read(&mut believed, BEGIN, 0);
    let a_day_ms = 24 * HOUR_MS;
    assert_eq!(
        read(&mut believed, later(a_day_ms + 500), a_day_ms),
        later(a_day_ms + 500)
    );
    assert!(!believed.is_doubted());
}

/// Set back by two days, it goes on, slower, and what has expired stays expired.
#[test]
fn a_clock_that_was_set_back_revives_nothing_and_stops_nothing() {
    let mut believed = Believed::default();
    let ahead_ms = 48 * HOUR_MS;
    read(&mut believed, later(ahead_ms), 0);
    // However often somebody asks.
    for ms in 1..=10 {
        read(&mut believed, later(ms), ms);
    }
    assert_eq!(read(&mut believed, later(10_000), 10_000), later(ahead_ms + 5000));
    // It is caught up with in twice the time.
    let twice_ms = 2 * ahead_ms;
    assert_eq!(read(&mut believed, later(twice_ms), twice_ms), later(twice_ms));
}

/// A system's clock that stood still stopped every retry with it.
#[test]
fn a_clock_that_stands_still_stops_nothing() {
    let mut believed = Believed::default();
    read(&mut believed, BEGIN, 0);
    // However often somebody asks.
    for half_ms in 1..=4000 {
        believed.read(BEGIN, Duration::from_micros(half_ms * 500));
    }
    assert_eq!(read(&mut believed, BEGIN, 2000), later(1000));
    assert_eq!(read(&mut believed, later(3000), 3000), later(3000));
}

/// A reading that was taken earlier and comes later changes nothing.
#[test]
fn readings_may_come_in_another_order() {
    let mut believed = Believed::default();
    assert_eq!(read(&mut believed, later(50), 50), later(50));
    assert_eq!(read(&mut believed, later(20), 20), later(50));
    assert_eq!(read(&mut believed, later(60), 60), later(60));
}

/// A node with an empty ledger and a clock a year behind refused messages for good,
/// as dated ahead. The directory that it uses was issued later than that.
#[test]
fn nothing_is_dated_before_the_directory_was_issued() {
    let mut believed = Believed::not_before(later(10));
    assert_eq!(read(&mut believed, UnixMillis(BEGIN.0 - YEAR_MS), 0), later(10));
    believed.raise_floor(later(HOUR_MS));
    assert_eq!(
        read(&mut believed, UnixMillis(BEGIN.0 - YEAR_MS), 2000),
        later(HOUR_MS + 1000)
    );
    // It is no leap when the clock is set right.
    assert_eq!(read(&mut believed, later(2 * HOUR_MS), 3000), later(2 * HOUR_MS));
    believed.raise_floor(BEGIN);
    assert_eq!(read(&mut believed, later(2 * HOUR_MS), 3000), later(2 * HOUR_MS));
}

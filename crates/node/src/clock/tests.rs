#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use super::*;

#[test]
fn never_shows_less_than_its_floor() {
    let far = UnixMillis(9_000_000_000_000);
    let clock = Clock::not_before(far);
    let first = clock.now();
    assert_eq!(first, far);
    assert!(clock.now() >= first);
    let farther = UnixMillis(9_000_000_100_000);
    clock.raise_floor(farther);
    assert!(clock.now() >= farther);
}

#[test]
fn shows_the_systems_time_otherwise() {
    let clock = Clock::default();
    let first = clock.now();
    assert!(first.0 > 1_700_000_000_000);
    assert!(clock.now() >= first);
    assert!(!clock.is_doubted());
}

/// What is read of the machine's clocks comes to what is believed.
#[test]
fn a_leap_is_doubted_until_it_is_over() {
    let (clock, begin) = (Clock::default(), Instant::now());
    let at = |ms: u64| UnixMillis(1_780_000_000_000 + ms);
    let after = |ms| begin + Duration::from_millis(ms);
    clock.read(at(0), begin);
    assert_eq!(clock.read(at(1 << 36), after(1000)), at(1000));
    assert!(clock.lock().is_doubted());
    assert_eq!(clock.read(at(2100), after(2000)), at(2100));
    assert!(!clock.lock().is_doubted());
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn never_shows_less_than_its_floor() {
    let far = UnixMillis(9_000_000_000_000);
    let clock = Clock::not_before(far);
    assert_eq!(clock.now(), far);
    assert_eq!(clock.now(), far);
}

#[test]
fn shows_the_systems_time_otherwise() {
    let clock = Clock::default();
    let first = clock.now();
    assert!(first.0 > 1_700_000_000_000);
    assert!(clock.now() >= first);
}

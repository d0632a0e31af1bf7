#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn each_breach_keeps_a_peer_away_for_longer_up_to_five_minutes() {
    let mut breaches = Breaches::default();
    let mut now = Instant::now();
    assert!(!breaches.keep_away(now));
    for expected in [10, 20, 40, 80, 160, 300, 300] {
        breaches.note(now);
        assert!(breaches.keep_away(now + seconds(expected - 1)), "{expected}");
        now += seconds(expected);
        assert!(!breaches.keep_away(now), "{expected}");
    }
}

#[test]
fn a_peer_that_keeps_the_protocol_for_half_an_hour_is_forgiven() {
    let mut breaches = Breaches::default();
    let now = Instant::now();
    breaches.note(now);
    breaches.note(now + seconds(15));
    breaches.note(now + seconds(15 + 30 * 60));
    assert!(!breaches.keep_away(now + seconds(15 + 30 * 60 + 10)));
}

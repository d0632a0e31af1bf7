#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use super::BackOff;
use crate::exchange::Settings;

fn settings(jitter_seed: u64) -> Settings {
    Settings {
        jitter_seed,
        ..Settings::default()
    }
}

#[test]
fn waits_grow_from_one_second_to_five_minutes_and_never_leave_these_bounds_retry() {
    // [RETRY]
    let mut back_off = BackOff::new(&settings(7));
    for attempts in (0..40).chain([u32::MAX]) {
        let ceiling_s = 1u64.checked_shl(attempts.max(1)).unwrap_or(u64::MAX).min(300);
        for _ in 0..100 {
            let delay = back_off.delay(attempts, Duration::ZERO);
            assert!(delay >= Duration::from_secs(1), "{attempts}: {delay:?}");
            assert!(delay <= Duration::from_secs(ceiling_s), "{attempts}: {delay:?}");
            assert!(
                delay >= Duration::from_secs(ceiling_s) / 2,
                "{attempts}: {delay:?}"
            );
        }
    }
}

#[test]
fn the_same_seed_draws_the_same_waits_and_another_seed_others() {
    let draw = |seed| {
        let mut back_off = BackOff::new(&settings(seed));
        (1..20)
            .map(|attempts| back_off.delay(attempts, Duration::ZERO))
            .collect::<Vec<_>>()
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[test]
fn a_peer_that_asks_for_patience_gets_it_up_to_the_bound() {
    let mut back_off = BackOff::new(&settings(7));
    assert_eq!(
        back_off.delay(1, Duration::from_secs(20)),
        Duration::from_secs(20)
    );
    assert_eq!(
        back_off.delay(1, Duration::from_secs(4_000_000)),
        Duration::from_secs(300)
    );
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
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

/// The numbers that everybody's SplitMix64 draws from this seed.
#[test]
fn jitter_is_drawn_as_published() {
    let mut back_off = BackOff::new(&settings(1_234_567));
    let drawn: Vec<u64> = (0..5).map(|_| back_off.next()).collect();
    let published = [
        6_457_827_717_110_365_317,
        3_203_168_211_198_807_973,
        9_817_491_932_198_370_423,
        4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
    ];
    assert_eq!(drawn, published);
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

/// Both ends included: of the two seconds after the first attempt, every millisecond from the first on.
#[test]
fn a_wait_is_drawn_from_its_whole_second_half() {
    let mut back_off = BackOff::new(&settings(7));
    let drawn: BTreeSet<u128> = (0..20_000)
        .map(|_| back_off.delay(1, Duration::ZERO).as_millis())
        .collect();
    assert_eq!(drawn, (1_000..=2_000).collect());
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

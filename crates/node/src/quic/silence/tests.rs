#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::limits::KEEP_ALIVE_EVERY;

/// Looks every so often while `datagrams` says how many came; after how many looks it was too long.
fn looks_until_given_up(
    silence: &mut Silence,
    mut now: Instant,
    datagrams: impl Fn(u32) -> u64,
) -> Option<u32> {
    (1..=100).find(|look| {
        now += SILENCE_LOOK_EVERY;
        silence.is_too_long(now, datagrams(*look))
    })
}

#[test]
fn a_path_on_which_nothing_comes_is_given_up_in_time() {
    let now = Instant::now();
    let mut silence = Silence::new(now);
    let looks = looks_until_given_up(&mut silence, now, |_| 7).unwrap();
    let after = SILENCE_LOOK_EVERY * looks;
    assert!(
        after >= SILENT_AFTER && after <= SILENT_AFTER + 2 * SILENCE_LOOK_EVERY,
        "{after:?}"
    );
}

#[test]
fn a_path_on_which_anything_comes_now_and_then_is_kept() {
    let now = Instant::now();
    let mut silence = Silence::new(now);
    let every_third = |look: u32| u64::from(look / 3);
    assert_eq!(looks_until_given_up(&mut silence, now, every_third), None);
}

/// A peer that takes half a minute to answer lives: it is heard of when its connection is kept alive.
#[test]
fn a_slow_answer_on_a_living_path_is_waited_for() {
    let now = Instant::now();
    let mut silence = Silence::new(now);
    let looks = u32::try_from(KEEP_ALIVE_EVERY.as_secs().div_ceil(SILENCE_LOOK_EVERY.as_secs())).unwrap();
    let kept_alive = |look: u32| u64::from(look / (looks + 1));
    assert_eq!(looks_until_given_up(&mut silence, now, kept_alive), None);
}

#[test]
fn after_a_pause_silence_counts_anew() {
    let now = Instant::now();
    let mut silence = Silence::new(now);
    assert!(!silence.is_too_long(now + SILENCE_LOOK_EVERY, 3));
    // Nothing was asked for an hour, and nothing came.
    let later = now + Duration::from_secs(3600);
    assert!(!silence.is_too_long(later, 3));
    assert!(!silence.is_too_long(later + SILENCE_LOOK_EVERY, 3));
}

#[test]
fn what_is_out_is_counted_until_it_ends() {
    let asking = Asking::default();
    assert!(!asking.is_any());
    let (first, second) = (asking.begin(), asking.clone().begin());
    drop(first);
    assert!(asking.is_any());
    drop(second);
    assert!(!asking.is_any());
}

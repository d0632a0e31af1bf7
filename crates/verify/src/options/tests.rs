#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn about_as_many_are_chosen_as_were_asked_for() {
    let chosen = |count, seed| {
        let sample = Sample { count, seed };
        (0..10_000).filter(|index| sample.takes(*index, 10_000)).count()
    };
    for seed in 0..20 {
        assert_eq!(chosen(0, seed), 0);
        assert_eq!(chosen(10_000, seed), 10_000);
        assert_eq!(chosen(20_000, seed), 10_000, "more than there are");
        // Nine standard deviations: a coin that fails this is no fair coin.
        assert!(
            (730..1270).contains(&chosen(1_000, seed)),
            "{}",
            chosen(1_000, seed)
        );
    }
    assert_ne!(
        Sample::by_chance(1).seed,
        Sample::by_chance(1).seed,
        "nobody can tell beforehand"
    );
}

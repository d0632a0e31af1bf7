#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

const LEAST: u32 = 0;
const MOST: u32 = u32::MAX;

fn failed(times: u32, need: Need) -> Redial {
    let mut redial = Redial::new();
    redial.suit(Rank::First, need);
    (0..times).for_each(|_| redial.failed());
    redial
}

#[test]
fn the_first_attempt_is_made_at_once_give_or_take_a_moment() {
    let redial = Redial::new();
    assert_eq!(redial.wait(LEAST), Duration::ZERO);
    assert_eq!(redial.wait(MOST), DIAL_SPREAD);
}

#[test]
fn waits_grow_between_half_and_whole_up_to_the_longest_retry() {
    let mut last = Duration::ZERO;
    for times in 1..20 {
        let redial = failed(times, Need::None);
        let (least, most) = (redial.wait(LEAST), redial.wait(MOST));
        assert_eq!(least, most / 2);
        assert!(least >= last / 2 && most <= REDIAL_AFTER_MAX, "{times}: {most:?}");
        last = most;
    }
    assert_eq!(last, REDIAL_AFTER_MAX);
}

#[test]
fn while_something_waits_no_wait_is_long_retry_nat() {
    for times in 0..20 {
        assert!(failed(times, Need::Something).wait(MOST) <= REDIAL_NEEDED_AFTER_MAX);
    }
    let mut patient = failed(20, Need::None);
    patient.suit(Rank::First, Need::Something);
    assert!(
        patient.wait(MOST) <= REDIAL_NEEDED_AFTER_MAX,
        "what comes later counts too"
    );
}

/// The bound: a network drains within a minute of healing. A dialler may have begun a handshake just
/// before, which fails, and then waits its longest; the message, its receipt and the reports need the rest.
#[test]
fn the_longest_way_back_to_a_peer_that_is_needed_leaves_half_a_minute() {
    let dialling = crate::limits::HANDSHAKE_TIMEOUT;
    let longest = dialling + failed(20, Need::Something).wait(MOST) + DIAL_YIELD + dialling;
    assert!(longest <= Duration::from_secs(30), "{longest:?}");
    let silent = crate::limits::SILENT_AFTER + 2 * crate::limits::SILENCE_LOOK_EVERY;
    assert!(
        silent + longest <= Duration::from_secs(45),
        "with a dead connection to be noticed first"
    );
}

#[test]
fn a_hint_cuts_a_long_wait_short_and_never_makes_a_short_one_longer() {
    let patient = failed(20, Need::None);
    assert!(patient.hinted(MOST) <= DIAL_AFTER_HINT_MIN * 2);
    assert!(
        patient.hinted(LEAST) >= DIAL_AFTER_HINT_MIN,
        "hints are no way to make us dial without end"
    );
    for random in [LEAST, MOST / 3, MOST] {
        let fresh = Redial::new();
        assert!(fresh.hinted(random) <= fresh.wait(random));
    }
}

#[test]
fn success_begins_again_with_short_waits() {
    let mut redial = failed(20, Need::None);
    redial.reached();
    assert!(redial.wait(MOST) <= REDIAL_AFTER_MIN);
}

#[test]
fn the_one_whose_connection_would_not_be_kept_lets_the_other_go_first() {
    let mut second = Redial::new();
    second.suit(Rank::Second, Need::None);
    assert!(second.wait(LEAST) >= Redial::new().wait(MOST) + DIAL_YIELD / 2);
}

/// A hundred nodes that lost one peer in the same moment do not come back to it in the same moment.
#[test]
fn a_hundred_nodes_do_not_dial_in_step_retry() {
    for times in [1, 3, 8] {
        let redial = failed(times, Need::None);
        let mut moments: Vec<Duration> = (0..100_u32)
            .map(|node| redial.wait(node.wrapping_mul(0x9e37_79b9)))
            .collect();
        moments.sort_unstable();
        // In no twentieth of the time do more than a tenth of them knock.
        let twentieth = redial.wait(MOST) / 40;
        let crowd = moments
            .iter()
            .map(|begin| {
                moments
                    .iter()
                    .filter(|at| (*begin..=*begin + twentieth).contains(*at))
                    .count()
            })
            .max()
            .unwrap();
        assert!(crowd <= 10, "{crowd} of a hundred within {twentieth:?}");
    }
}

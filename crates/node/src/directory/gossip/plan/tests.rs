#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Nobody can keep the others from being asked, nor have itself asked without end.

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

fn plan_of(codes: &[&str]) -> Plan {
    let mut plan = Plan::default();
    let connected: Vec<_> = codes.iter().map(|code| party(code)).collect();
    plan.connected(&connected);
    plan
}

/// Whom the plan asks, one after another, each answering as it should.
fn asked(plan: &mut Plan, now: Instant) -> Vec<PartyCode> {
    std::iter::from_fn(|| {
        let peer = plan.next(now)?;
        plan.was_of_use(peer, now);
        Some(peer)
    })
    .collect()
}

#[test]
fn whoever_connects_is_asked_once_and_with_the_rest_again() {
    let now = Instant::now();
    let mut plan = plan_of(&["XB", "XC"]);
    assert_eq!(asked(&mut plan, now).len(), 2);
    assert_eq!(plan.next(now), None);
    plan.connected(&[party("XB"), party("XC"), party("XD")]);
    assert_eq!(asked(&mut plan, now), [party("XD")]);
    plan.all_again();
    assert_eq!(asked(&mut plan, now).len(), 3);
    // Whoever went and came back is asked as well; whoever went is not.
    plan.connected(&[party("XC"), party("XD")]);
    plan.connected(&[party("XB"), party("XC")]);
    assert_eq!(asked(&mut plan, now), [party("XB")]);
}

#[test]
fn the_highest_claim_goes_first_and_then_who_waited_longest() {
    let now = Instant::now();
    let mut plan = plan_of(&["XB", "XC", "XD"]);
    plan.hear(party("XC"), 9);
    assert_eq!(plan.next(now), Some(party("XC")));
    assert_eq!(plan.claimed(party("XC")), 9);
    plan.was_of_use(party("XC"), now);
    assert_eq!(plan.claimed(party("XC")), 0);
    let later = now + Duration::from_millis(1);
    // Whoever stirs without end waits behind those who were not asked for longer.
    plan.hear(party("XC"), 0);
    let order = asked(&mut plan, later);
    assert_eq!(order.last(), Some(&party("XC")));
}

#[test]
fn whoever_was_of_no_use_rests_each_time_twice_as_long() {
    let mut now = Instant::now();
    let mut plan = plan_of(&["XB"]);
    for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
        assert_eq!(plan.next(now), Some(party("XB")));
        plan.failed(party("XB"), now, MINUTE);
        // Neither claims nor another connection bring it forward.
        plan.hear(party("XB"), u64::MAX);
        plan.connected(&[]);
        plan.connected(&[party("XB")]);
        let end = now + minutes * MINUTE;
        assert_eq!(
            plan.next(end - Duration::from_millis(1)),
            None,
            "{minutes} minutes"
        );
        assert_eq!(plan.next_at(), Some(end));
        now = end;
    }
    assert_eq!(plan.next(now), Some(party("XB")));
    plan.was_of_use(party("XB"), now);
    plan.all_again();
    assert_eq!(plan.next(now), Some(party("XB")));
    plan.failed(party("XB"), now, MINUTE);
    assert_eq!(plan.next_at(), Some(now + MINUTE), "forgiven");
}

#[test]
fn who_is_gone_is_forgotten_and_who_rests_is_not() {
    let now = Instant::now();
    let mut plan = plan_of(&["XB", "XC"]);
    plan.failed(party("XB"), now, MINUTE);
    plan.connected(&[]);
    assert_eq!(plan.peers.len(), 1);
    assert_eq!(plan.next(now + 2 * MINUTE), None);
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use proptest::prelude::*;

use super::{Allowance, Charge, Meters, Quota, Quotas};
use crate::envelope::Priority;
use crate::ids::PartyCode;
use crate::time::UnixMillis;

const START: UnixMillis = UnixMillis(1_000_000);
const ROUTINE: Charge = Charge::Message(Priority::Routine);
const EMERGENCY: Charge = Charge::Message(Priority::Emergency);

fn xa() -> PartyCode {
    "XA".parse().unwrap()
}

fn allowance(entries: u64, bytes: u64) -> Allowance {
    Allowance { entries, bytes }
}

fn small() -> Meters {
    Meters::new(Quotas {
        messages: allowance(60, 6_000),
        emergencies: allowance(2, 1_000),
        reports: allowance(3, 300),
        rejections: allowance(1, 100),
    })
}

#[test]
fn an_allowance_is_used_up_and_refills_evenly() {
    let mut meters = small();
    for _ in 0..60 {
        assert!(meters.spend(START, xa(), ROUTINE, 1).is_ok());
    }
    let over = meters.spend(START, xa(), ROUTINE, 1).unwrap_err();
    assert_eq!(
        (over.quota, over.wait),
        (Quota::Messages, Duration::from_secs(60))
    );
    let almost = START.plus(over.wait - Duration::from_millis(1));
    let over = meters.spend(almost, xa(), ROUTINE, 1).unwrap_err();
    assert_eq!(over.wait, Duration::from_millis(1), "exact to the millisecond");
    assert!(
        meters
            .spend(START.plus(Duration::from_secs(60)), xa(), ROUTINE, 1)
            .is_ok()
    );
}

#[test]
fn another_peer_has_its_own() {
    let mut meters = small();
    while meters.spend(START, xa(), ROUTINE, 1).is_ok() {}
    assert!(meters.spend(START, "XB".parse().unwrap(), ROUTINE, 1).is_ok());
}

#[test]
fn no_kind_of_request_starves_another() {
    let mut meters = small();
    while meters.spend(START, xa(), ROUTINE, 1).is_ok() {}
    for charge in [EMERGENCY, EMERGENCY, Charge::Report, Charge::Rejection] {
        assert!(meters.spend(START, xa(), charge, 1).is_ok(), "{charge:?}");
    }
    let quota = |meters: &mut Meters, charge| meters.spend(START, xa(), charge, 1).unwrap_err().quota;
    assert_eq!(quota(&mut meters, EMERGENCY), Quota::Messages);
    assert_eq!(quota(&mut meters, Charge::Rejection), Quota::Rejections);
}

/// Emergencies beyond their own allowance are counted as messages.
#[test]
fn emergencies_use_their_own_allowance_first() {
    let mut meters = small();
    for _ in 0..62 {
        assert!(meters.spend(START, xa(), EMERGENCY, 1).is_ok());
    }
    assert!(meters.spend(START, xa(), EMERGENCY, 1).is_err());
    assert!(meters.spend(START, xa(), ROUTINE, 1).is_err());
}

#[test]
fn bytes_count_beside_entries_and_the_first_is_never_too_large() {
    let mut meters = small();
    assert!(meters.spend(START, xa(), ROUTINE, 50_000).is_ok(), "the first");
    let over = meters.spend(START, xa(), ROUTINE, 1).unwrap_err();
    assert_eq!(over.quota, Quota::MessageBytes);
    // 44,001 bytes too much, at 6,000 an hour: no peer is told to wait for longer than an hour at once.
    assert_eq!(over.wait, Duration::from_secs(3_600));
    let later = START.plus(Duration::from_secs(8 * 3_600));
    assert!(meters.spend(later, xa(), ROUTINE, 1_000).is_ok());
    // Too large for what is left, but not for an hour: once all of it is there, it fits.
    let over = meters.spend(later, xa(), ROUTINE, 7_000).unwrap_err();
    assert!(meters.spend(later.plus(over.wait), xa(), ROUTINE, 7_000).is_ok());
}

#[test]
fn what_is_put_off_is_not_counted() {
    let mut meters = small();
    assert!(meters.spend(START, xa(), ROUTINE, 5_999).is_ok());
    for _ in 0..1_000 {
        assert!(meters.spend(START, xa(), ROUTINE, 2).is_err());
    }
    assert!(meters.spend(START, xa(), ROUTINE, 1).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However a peer times its requests: in no hour more than twice the allowance (an hour saved up, and
    /// an hour's refill), and whoever waits as told is served.
    #[test]
    fn no_hour_sees_more_than_two_allowances(pauses_ms in prop::collection::vec(0u64..400_000, 1..200)) {
        let mut meters = small();
        let (mut now, mut taken) = (START, Vec::new());
        for pause_ms in pauses_ms {
            now = now.plus(Duration::from_millis(pause_ms));
            match meters.spend(now, xa(), ROUTINE, 1) {
                Ok(()) => taken.push(now),
                Err(over) => {
                    now = now.plus(over.wait);
                    prop_assert!(meters.spend(now, xa(), ROUTINE, 1).is_ok());
                    taken.push(now);
                }
            }
        }
        for (first, from) in taken.iter().enumerate() {
            let hour = from.plus(Duration::from_secs(3_600));
            let within = taken[first..].iter().filter(|at| **at < hour).count();
            prop_assert!(within <= 120, "{within} in an hour");
        }
    }
}

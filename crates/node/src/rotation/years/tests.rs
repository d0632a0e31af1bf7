#![allow(clippy::unwrap_used, clippy::expect_used)]

use protocol::verifier::ledger_key;

use std::slice::from_ref;

use super::*;

const DAY_MS: u64 = 86_400_000;
/// The first moment of 2027.
const NEW_YEAR: u64 = 1_798_761_600_000;

fn period(origin: &str, valid_until: Option<u64>) -> Period<VerifierKey> {
    Period {
        value: ledger_key(origin, &[7; 32]).unwrap(),
        valid_from: UnixMillis(NEW_YEAR),
        valid_until: valid_until.map(UnixMillis),
    }
}

fn seen(named: &[Period<VerifierKey>], at: u64) -> Outlook {
    outlook("node.xa.example.org/ledger/2026", named, |_| true, UnixMillis(at))
}

#[test]
fn december_asks_for_the_next_log_and_january_still_does() {
    let this = period("node.xa.example.org/ledger/2026", None);
    let missing = |days_left| Outlook::Missing {
        year: 2027,
        days_left,
    };
    assert_eq!(seen(from_ref(&this), NEW_YEAR - 32 * DAY_MS), Outlook::Good);
    assert_eq!(seen(from_ref(&this), NEW_YEAR - 30 * DAY_MS), missing(30));
    assert_eq!(seen(from_ref(&this), NEW_YEAR - 1), missing(0));
    assert_eq!(seen(from_ref(&this), NEW_YEAR + 40 * DAY_MS), missing(0));
}

#[test]
fn a_key_that_is_named_held_and_lasts_is_enough() {
    let at = NEW_YEAR - DAY_MS;
    let next = period("node.xa.example.org/ledger/2027", None);
    assert_eq!(seen(from_ref(&next), at), Outlook::Good);
    let over = period("node.xa.example.org/ledger/2027", Some(at));
    let earlier = period("node.xa.example.org/ledger/2025", None);
    for bad in [over, earlier] {
        assert!(matches!(seen(&[bad], at), Outlook::Missing { .. }));
    }
    let lost = outlook(
        "node.xa.example.org/ledger/2026",
        &[next],
        |_| false,
        UnixMillis(at),
    );
    assert!(matches!(lost, Outlook::Missing { .. }));
}

#[test]
fn an_origin_without_a_year_has_no_end() {
    for origin in [
        "node.xa.example.org/ledger",
        "node/ledger/26",
        "node/ledger/+202",
        "node/ledger/9999",
    ] {
        assert_eq!(year_of(origin), None, "{origin}");
        assert_eq!(
            outlook(origin, &[], |_| true, UnixMillis(u64::MAX)),
            Outlook::Good
        );
    }
    assert_eq!(year_of("node.xa.example.org/ledger/2026"), Some(2026));
    assert_eq!(beginning_of(2027), Some(UnixMillis(NEW_YEAR)));
}

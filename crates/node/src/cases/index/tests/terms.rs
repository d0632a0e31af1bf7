//! Which cases may be over a term of retention.

use std::collections::BTreeMap;

use convention::message::Kind;

use super::*;
use crate::erasure::Policy as Retention;

const DRILL: &str = include_str!("../../../../../../config/examples/drill.toml");
const WITHDRAWAL: &str = include_str!("../../../../../../config/examples/withdrawal.toml");

fn terms(days: &[(Kind, u32)]) -> Retention {
    Retention {
        days: BTreeMap::from_iter(days.iter().copied()),
    }
}

fn open(folder: &TempDir, ledger: &Ledger, retention: &Retention) -> CaseIndex {
    let policy = Policy::default();
    let opened = CaseIndex::open(folder.path(), &[1; 32], party("XB"), &policy, &*ledger.reader);
    opened.unwrap().with_terms(retention)
}

/// A case is over when it is withdrawn, and not before.
fn withdraw(ledger: &mut Ledger, case: u8, number: u8) {
    let header = header("XA", "XB", number, case);
    let view = ledger.cases.find(&id(case)).unwrap().view.clone();
    let body = message_of(&header, WITHDRAWAL, Some(&view)).to_json();
    ledger.said_as(&header, &body);
}

fn over(ledger: &Ledger, days_and_a_half: u64) -> Vec<String> {
    let now = UnixMillis(BEGIN.0 + days_and_a_half * DAY_MS + DAY_MS / 2);
    let found = ledger.cases.over_a_term(now).unwrap();
    found.into_iter().map(|(case, _)| case.to_string()).collect()
}

/// Each case is told from its first term on: a drill's counts from the beginning, others' from their end.
/// `[ERASE]`
#[test]
fn a_case_is_told_when_its_first_term_is_over() {
    let mut ledger = Ledger::of(&["XB", "XA"]);
    let retention = terms(&[
        (Kind::Drill, 3),
        (Kind::PreservationRequest, 8),
        (Kind::Withdrawal, 5),
    ]);
    let index = CaseIndex::in_memory(party("XB"), &Policy::default()).unwrap();
    ledger.index_with(index.with_terms(&retention));
    ledger.said(&header("XA", "XB", 1, 1), DRILL);
    for case in [2, 3] {
        ledger.said(&header("XA", "XB", case, case), REQUEST);
    }
    assert_eq!(over(&ledger, 2), Vec::<String>::new());
    assert_eq!(over(&ledger, 3_000), [id(1)]);
    withdraw(&mut ledger, 3, 4);
    assert_eq!(over(&ledger, 3), [id(1)]);
    assert_eq!(over(&ledger, 4), [id(1)]);
    assert_eq!(over(&ledger, 5), [id(1), id(3)]);
    assert_eq!(over(&ledger, 3_000), [id(1), id(3)]);
}

/// What is erased is over no term any more, or the same cases would be looked at for ever.
#[test]
fn what_is_erased_is_told_no_more() {
    let mut ledger = Ledger::of(&["XB", "XA"]);
    let index = CaseIndex::in_memory(party("XB"), &Policy::default()).unwrap();
    ledger.index_with(index.with_terms(&terms(&[(Kind::Drill, 0)])));
    for case in [1, 2] {
        ledger.said(&header("XA", "XB", case, case), DRILL);
    }
    assert_eq!(over(&ledger, 1), [id(1), id(2)]);
    ledger.erased(0);
    assert_eq!(over(&ledger, 1), [id(2)]);
    assert_eq!(over(&ledger, 3_000), [id(2)]);
}

/// Other terms put the cases into another order at the next start, without a fold; without any, none is told.
#[test]
fn new_terms_are_followed_at_the_next_start() {
    let folder = TempDir::new().unwrap();
    let mut ledger = Ledger::of(&["XB", "XA"]);
    ledger.index_with(open(&folder, &ledger, &Retention::default()));
    for case in [1, 2] {
        ledger.said(&header("XA", "XB", case, case), DRILL);
    }
    assert_eq!(over(&ledger, 3_000), Vec::<String>::new());
    let both = [id(1), id(2)];
    for (days, until, told) in [
        (7, 6, &both[..0]),
        (7, 7, &both),
        (3, 4, &both),
        (9, 8, &both[..0]),
    ] {
        ledger.cases.flush_index().unwrap();
        // Closed before it is opened again: sled locks it.
        ledger.index_with(CaseIndex::in_memory(party("XB"), &Policy::default()).unwrap());
        let reopened = open(&folder, &ledger, &terms(&[(Kind::Drill, days)]));
        assert_eq!(reopened.size.load(Ordering::Relaxed), ledger.reader.size());
        ledger.index_with(reopened);
        assert_eq!(over(&ledger, until), told, "{days} days, after {until}");
    }
}

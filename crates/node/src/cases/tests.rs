#![allow(clippy::unwrap_used, clippy::expect_used)]

use protocol::consignment::{Consignment, SignedConsignment};
use protocol::digest::Digest;
use protocol::key::EnvelopeKey;

use super::*;
use crate::testing::ledger::{BEGIN, Ledger, header, message, party};

fn case_id(number: u8) -> CaseId {
    CaseId::opened_by(message(number))
}

/// `[CASE-STATE]` Somebody who knows the ids of another Party's request, and is first to use them, neither
/// hides that request nor gets into its case.
#[test]
fn a_message_under_anothers_ids_hides_nothing() {
    let mut ledger = Ledger::of(&["XB", "XA", "XC"]);
    ledger.received(&header("XC", "XB", 1, 1));
    ledger.received(&header("XA", "XB", 1, 1));
    let cases = ledger.cases.with_id(case_id(1)).unwrap();
    let names: Vec<_> = cases.iter().map(|case| case.name()).collect();
    let id = case_id(1);
    assert_eq!(names, [format!("{id}@XA"), format!("{id}@XC")]);
    for (case, opener) in cases.iter().zip(["XA", "XC"]) {
        let keys: Vec<_> = case.messages.keys().copied().collect();
        assert_eq!(keys, [(party(opener), message(1))]);
        assert_eq!(case.leaves.len(), 1);
        assert!(case.view_of(keys[0]).is_some());
        let found = ledger.cases.find(&case.name()).unwrap();
        assert_eq!(found.opener, case.opener);
    }
    // The bare id says neither, and an answer to it goes to nobody by accident.
    for text in [id.to_string(), id.to_string()[..30].to_owned()] {
        assert!(matches!(ledger.cases.find(&text), Err(FindError::Shared { .. })));
    }
    assert!(matches!(
        ledger.cases.case_of(message(1)),
        Err(FindError::Shared { .. })
    ));
    assert!(matches!(
        ledger.cases.find(&format!("{id}@XD")),
        Err(FindError::Unknown(_) | FindError::Shared { .. })
    ));
    let all = Wanted {
        limit: 10,
        ..Wanted::default()
    };
    assert_eq!(ledger.cases.list(&all, BEGIN).unwrap().len(), 2);
}

/// A message into a case in which its sender has no part is shown apart, and not lost.
#[test]
fn a_strangers_message_is_shown_apart() {
    let mut ledger = Ledger::of(&["XB", "XA", "XC"]);
    ledger.received(&header("XA", "XB", 1, 1));
    ledger.received(&header("XC", "XB", 2, 1));
    ledger.submitted(&header("XB", "XA", 3, 1));
    let cases = ledger.cases.with_id(case_id(1)).unwrap();
    let messages: Vec<Vec<_>> = cases
        .iter()
        .map(|case| case.messages.keys().copied().collect())
        .collect();
    assert_eq!(
        messages,
        [
            vec![(party("XA"), message(1)), (party("XB"), message(3))],
            vec![(party("XC"), message(2))],
        ]
    );
}

/// Whoever we sent our request to takes part in our case; its use of our own id does not count.
#[test]
fn all_recipients_of_ours_are_in_one_case() {
    let mut ledger = Ledger::of(&["XA", "XB", "XC"]);
    ledger.submitted(&header("XA", "XB", 1, 1));
    ledger.submitted(&header("XA", "XC", 1, 1));
    ledger.received(&header("XB", "XA", 2, 1));
    ledger.submitted(&header("XA", "XB", 3, 1));
    ledger.received(&header("XC", "XA", 3, 1));
    let case = ledger.cases.find(&case_id(1).to_string()).unwrap();
    assert_eq!(case.messages.len(), 4);
    assert_eq!(case.messages[&(party("XA"), message(1))].to.len(), 2);
    assert!(!case.shares_id);
    let forged = (party("XC"), message(3));
    assert!(!case.messages[&forged].counts && case.view_of(forged).is_none());
    assert!(case.view_of((party("XA"), message(3))).is_some());
    assert_eq!(case.key_of(message(3)).unwrap().0, party("XA"));
}

/// A peer that could not read our header names no message; our own note of the envelope says which it was.
#[test]
fn a_rejection_without_an_id_is_of_the_envelope_that_was_sent() {
    let mut ledger = Ledger::of(&["XA", "XB", "XC"]);
    let (to_b, to_c) = (header("XA", "XB", 1, 1), header("XA", "XC", 1, 1));
    ledger.submitted(&to_b);
    let envelope = ledger.submitted(&to_c);
    ledger.rejected(envelope, &to_c);
    let case = ledger.cases.find(&case_id(1).to_string()).unwrap();
    let leaf = case.leaves.last().unwrap();
    assert_eq!(leaf.about, Some((party("XA"), message(1))));
    assert_eq!(leaf.to(), Some(&to_c.to));
    let rejected: Vec<_> = case.view.messages[0]
        .deliveries
        .iter()
        .map(|delivery| delivery.to.to_string())
        .collect();
    assert_eq!(rejected, ["XC/police"]);
}

/// A report counts only from whom the envelope was for.
#[test]
fn a_report_by_somebody_else_is_not_of_the_case() {
    let mut ledger = Ledger::of(&["XA", "XB", "XC"]);
    let envelope = ledger.submitted(&header("XA", "XB", 1, 1));
    for (by, named) in [
        ("XC/police", envelope),
        ("XB/police", Digest::of(b"another")),
        ("XB/police", envelope),
    ] {
        let report = Consignment {
            message: message(1),
            from: party("XA"),
            to: by.parse().unwrap(),
            envelope: named,
            verdict: protocol::consignment::Verdict::Readable,
            opened_at: UnixMillis(1_780_000_100_000),
        };
        ledger.record(&Entry::Consigned {
            at: UnixMillis(1_780_000_100_000),
            side: protocol::entry::Side::Received,
            report: SignedConsignment::sign(&report, &EnvelopeKey::from_seed(&[9; 32])),
            expires_at: UnixMillis(1_780_000_200_000),
        });
    }
    let case = ledger.cases.find(&case_id(1).to_string()).unwrap();
    let words: Vec<_> = case.leaves.iter().map(Leaf::word).collect();
    assert_eq!(words, ["submitted", "consigned"]);
    assert_eq!(case.leaves[1].index, 3);
}

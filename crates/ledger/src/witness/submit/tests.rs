#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::SigningKey;
use crate::cosignature::Cosigner;
use crate::head::tests::TestLog;
use crate::note::tests::{golden_cosigner, golden_signer};
use crate::proof::tests::node_reader;

fn submitter(known_size: u64) -> Submitter {
    Submitter::new(golden_cosigner().verifier_key().clone(), known_size)
}

fn request(submitter: &Submitter, log: &TestLog, size: usize) -> AddCheckpoint {
    submitter
        .request(&log.head(size), &mut node_reader(&log.leaves[..size]))
        .unwrap()
}

#[test]
fn a_cosignature_is_taken_and_the_next_request_begins_there() {
    let log = TestLog::new(9);
    let mut witness = submitter(0);
    for size in [3, 8, 8, 9] {
        let request = request(&witness, &log, size);
        let line = golden_cosigner().cosign(request.note().text(), 7).unwrap();
        let unknown = golden_signer().sign(request.note().text());
        let answer = Answer::Cosigned(vec![unknown, line.clone()]);
        assert_eq!(
            witness.handle_answer(&request, answer),
            Ok(Outcome::Cosigned(vec![line]))
        );
        assert_eq!(witness.known_size(), size as u64);
    }
}

#[test]
fn cosignatures_that_do_not_hold_change_nothing() {
    let log = TestLog::new(9);
    let mut witness = submitter(3);
    let request = request(&witness, &log, 8);
    let other = Cosigner::new("peer.example/w1", SigningKey::from_bytes(&[1; 32])).unwrap();
    let of_other_head = golden_cosigner().cosign(log.head(7).note().text(), 7).unwrap();
    let valid = golden_cosigner().cosign(request.note().text(), 7).unwrap();
    let unknown = other.cosign(request.note().text(), 7).unwrap();
    let cases = [
        (vec![of_other_head.clone()], WitnessMisbehaved::InvalidCosignature),
        (vec![valid, of_other_head], WitnessMisbehaved::InvalidCosignature),
        (vec![unknown], WitnessMisbehaved::NotCosigned),
        (
            vec![golden_signer().sign(request.note().text())],
            WitnessMisbehaved::NotCosigned,
        ),
    ];
    for (lines, expected) in cases {
        assert_eq!(
            witness.handle_answer(&request, Answer::Cosigned(lines)),
            Err(expected)
        );
        assert_eq!(witness.known_size(), 3);
    }
}

#[test]
fn another_size_that_we_have_had_is_where_to_ask_again() {
    let log = TestLog::new(9);
    let mut witness = submitter(0);
    let first = request(&witness, &log, 9);
    assert_eq!(first.old_size(), 0);
    let conflict = |known_size| Answer::Conflict { known_size };
    assert_eq!(witness.handle_answer(&first, conflict(6)), Ok(Outcome::AskAgain));
    let second = request(&witness, &log, 9);
    assert_eq!(second.old_size(), 6);
    assert_eq!(
        witness.handle_answer(&second, conflict(6)),
        Err(WitnessMisbehaved::SameSize)
    );
    // It may also have forgotten, which it should not; then it is told again from there.
    assert_eq!(witness.handle_answer(&second, conflict(2)), Ok(Outcome::AskAgain));
    assert_eq!(request(&witness, &log, 9).old_size(), 2);
}

#[test]
fn a_witness_that_is_never_content_is_left_alone() {
    let log = TestLog::new(9);
    let mut witness = submitter(1);
    let mut outcomes = Vec::new();
    for turn in 0..=MAX_CONFLICTS_IN_A_ROW {
        let request = request(&witness, &log, 9);
        let known_size = 2 + u64::from(turn % 2);
        outcomes.push(witness.handle_answer(&request, Answer::Conflict { known_size }));
    }
    assert_eq!(outcomes.pop(), Some(Err(WitnessMisbehaved::NeverContent)));
    assert!(outcomes.iter().all(|outcome| *outcome == Ok(Outcome::AskAgain)));
}

#[test]
fn conflicts_are_counted_from_the_last_cosignature_on() {
    let log = TestLog::new(9);
    let mut witness = submitter(1);
    for turn in 0..3 * MAX_CONFLICTS_IN_A_ROW {
        let asked = request(&witness, &log, 9);
        let known_size = 2 + u64::from(turn % 2);
        let outcome = witness.handle_answer(&asked, Answer::Conflict { known_size });
        assert_eq!(outcome, Ok(Outcome::AskAgain), "turn {turn}");
        let asked = request(&witness, &log, 9);
        let line = golden_cosigner().cosign(asked.note().text(), 7).unwrap();
        let outcome = witness.handle_answer(&asked, Answer::Cosigned(vec![line]));
        assert!(matches!(outcome, Ok(Outcome::Cosigned(_))));
    }
}

/// `[ROLLBACK]`: a restored backup asks for a cosignature of what it believes to be its head.
#[test]
fn a_greater_size_than_ours_means_that_we_were_rolled_back() {
    let log = TestLog::new(9);
    let mut witness = submitter(0);
    let request = request(&witness, &log, 5);
    let outcome = witness.handle_answer(&request, Answer::Conflict { known_size: 9 });
    assert_eq!(outcome, Ok(Outcome::RolledBack { witness_size: 9 }));
    assert_eq!(witness.known_size(), 0, "what a witness merely says is not kept");
    // And without asking, where the witness's size is known from before.
    let asked = submitter(9).request(&log.head(5), &mut node_reader(&log.leaves[..5]));
    assert_eq!(asked.unwrap_err(), RequestError::RolledBack { witness_size: 9 });
}

/// `[ROLLBACK]`
#[test]
fn unprocessable_means_another_history_and_other_refusals_do_not() {
    let log = TestLog::new(9);
    let mut witness = submitter(4);
    let asked = request(&witness, &log, 9);
    let unprocessable = Answer::Refused(Status::Unprocessable);
    let outcome = witness.handle_answer(&asked, unprocessable.clone());
    assert_eq!(outcome, Ok(Outcome::Contradicted { at_size: 4 }));
    for status in [
        Status::Malformed,
        Status::NotSigned,
        Status::UnknownLog,
        Status::Overloaded,
    ] {
        let outcome = witness.handle_answer(&asked, Answer::Refused(status));
        assert_eq!(outcome, Ok(Outcome::Refused(status)));
    }
    let mut new_witness = submitter(0);
    let first = request(&new_witness, &log, 9);
    let refused = new_witness.handle_answer(&first, unprocessable);
    assert_eq!(refused, Err(WitnessMisbehaved::NothingToContradict));
}

#[test]
fn cosignatures_are_collected_one_for_each_key() {
    let head = TestLog::new(4).head(4);
    let (one, two) = (
        golden_cosigner(),
        Cosigner::new("peer.example/w2", SigningKey::from_bytes(&[2; 32])).unwrap(),
    );
    let text = head.note().text().clone();
    let at = |witness: &Cosigner, time| witness.cosign(&text, time).unwrap();
    let mut cosigned = CosignedHead::new(head.clone());
    cosigned.add(one.verifier_key(), at(&one, 5)).unwrap();
    cosigned.add(two.verifier_key(), at(&two, 6)).unwrap();
    cosigned.add(one.verifier_key(), at(&one, 9)).unwrap();
    cosigned.add(one.verifier_key(), at(&one, 7)).unwrap();
    let log = golden_signer();
    let expected = [log.sign(&text), at(&one, 9), at(&two, 6)];
    assert_eq!(cosigned.note().signatures(), expected);
    let keys = [log.verifier_key(), one.verifier_key(), two.verifier_key()];
    assert_eq!(cosigned.note().verify(&keys).unwrap().len(), 3);

    let other = TestLog::new(4).head(3);
    let wrong_head = one.cosign(other.note().text(), 9).unwrap();
    assert_eq!(cosigned.add(one.verifier_key(), wrong_head), Err(NotACosignature));
    assert_eq!(
        cosigned.add(two.verifier_key(), at(&one, 9)),
        Err(NotACosignature)
    );
    let by_log = log.sign(&text);
    assert_eq!(cosigned.add(log.verifier_key(), by_log), Err(NotACosignature));
    assert_eq!(cosigned.head(), &head);
}

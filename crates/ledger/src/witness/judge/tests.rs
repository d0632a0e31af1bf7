#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::SigningKey;
use crate::checkpoint::Checkpoint;
use crate::hash::leaf_hash;
use crate::head::tests::TestLog;
use crate::note::tests::{golden_cosigner, golden_signer};
use crate::note::{Note, NoteSigner, NoteText};
use crate::proof::tests::node_reader;
use crate::proof::{ConsistencyProof, prove_consistency};

fn judge(request: &AddCheckpoint, stored: Option<&SignedHead>) -> Result<Swap, Refusal> {
    // What a witness judges came over the wire.
    let request = AddCheckpoint::parse(request.to_string().as_bytes()).unwrap();
    request.judge(&[golden_signer().verifier_key()], stored)
}

fn status(request: &AddCheckpoint, stored: Option<&SignedHead>) -> u16 {
    match judge(request, stored) {
        Ok(_) => 200,
        Err(refusal) => {
            let reply = refusal.to_reply();
            assert_eq!(reply.status(), refusal.status());
            reply.status().code()
        }
    }
}

fn request(log: &TestLog, old: usize, new: usize) -> AddCheckpoint {
    let hashes = match old {
        0 => vec![],
        _ => {
            prove_consistency(old as u64, new as u64, &mut node_reader(&log.leaves[..new]))
                .unwrap()
                .hashes
        }
    };
    AddCheckpoint::new(old as u64, ConsistencyProof { hashes }, &log.head(new)).unwrap()
}

/// A request as somebody else would make it: signed by the log, with whatever text.
fn signed_request(old: u64, text: &str, hashes: usize) -> AddCheckpoint {
    let text = NoteText::new(text.to_owned()).unwrap();
    let line = golden_signer().sign(&text);
    let note = Note::new(text, vec![line]).unwrap();
    let hash = format!("{}\n", leaf_hash(b"").to_base64()).repeat(hashes);
    AddCheckpoint::parse(format!("old {old}\n{hash}\n{note}").as_bytes()).unwrap()
}

#[test]
fn every_step_forward_and_every_repetition_is_accepted() {
    let log = TestLog::new(9);
    for old in 0..=9 {
        for new in old..=9 {
            let stored = log.head(old);
            let swap = judge(&request(&log, old, new), Some(&stored)).unwrap();
            assert_eq!(swap.head(), &log.head(new));
            assert_eq!(swap.is_repetition(), old == new);
            assert!(swap.applies_to(Some(&stored)));
            assert!(!swap.applies_to(None));
        }
    }
    let first = judge(&request(&log, 0, 4), None).unwrap();
    assert!(first.applies_to(None) && !first.applies_to(Some(&log.head(0))) && !first.is_repetition());
    assert_eq!(first.origin(), "node.example/ledger");
}

#[test]
fn each_status_of_the_protocol_is_given_for_its_reason() {
    let log = TestLog::new(9);
    let (stored, other) = (log.head(5), log.forked_after(2));
    let good = request(&log, 5, 8);
    assert_eq!(status(&good, Some(&stored)), 200);
    let no_keys = good.clone().judge(&[], Some(&stored)).unwrap_err();
    assert_eq!(no_keys.to_reply().status().code(), 404);
    let witness_key = good
        .clone()
        .judge(&[golden_cosigner().verifier_key()], Some(&stored));
    assert_eq!(
        witness_key.unwrap_err(),
        Refusal::UnknownLog,
        "a witness's key is no log's"
    );

    assert_eq!(status(&request(&log, 4, 8), Some(&stored)), 409);
    assert_eq!(
        status(&request(&log, 0, 8), Some(&stored)),
        409,
        "a client that knows nothing"
    );
    assert_eq!(status(&request(&log, 6, 8), Some(&stored)), 409);
    assert_eq!(status(&good, None), 409, "never seen is size 0");
    assert_eq!(judge(&good, None).unwrap_err().to_reply().body(), "0\n");
    assert_eq!(
        judge(&request(&log, 0, 8), Some(&stored))
            .unwrap_err()
            .to_reply()
            .body(),
        "5\n"
    );

    assert_eq!(status(&request(&other, 5, 8), Some(&stored)), 422);
    assert_eq!(status(&request(&other, 5, 5), Some(&stored)), 422);
    let mut missing = good.clone();
    missing.proof.hashes.pop();
    assert_eq!(status(&missing, Some(&stored)), 422);
    let mut needless = request(&log, 5, 5);
    needless.proof.hashes.push(leaf_hash(b""));
    assert_eq!(status(&needless, Some(&stored)), 422);
    let mut from_nothing = request(&log, 0, 8);
    from_nothing.proof.hashes.push(leaf_hash(b""));
    assert_eq!(status(&from_nothing, None), 422);
    let malformed = AddCheckpoint::parse(b"").unwrap_err();
    assert_eq!(Refusal::from(malformed).to_reply().status().code(), 400);
}

#[test]
fn an_empty_tree_with_another_root_is_unprocessable_and_not_malformed() {
    let text = format!("node.example/ledger\n0\n{}\n", leaf_hash(b"").to_base64());
    let forged = signed_request(0, &text, 0);
    assert_eq!(status(&forged, None), 422);
    let empty = TestLog::new(0).head(0);
    assert_eq!(judge(&forged, Some(&empty)).unwrap_err(), Refusal::NotEmptyRoot);
    // The order of the checks: another size comes first, and an impossible head accuses nobody.
    let refusal = judge(&forged, Some(&TestLog::new(3).head(3))).unwrap_err();
    assert!(matches!(
        refusal,
        Refusal::Conflict {
            known_size: 3,
            fork: None
        }
    ));
    assert_eq!(status(&request(&TestLog::new(0), 0, 0), None), 200);
}

#[test]
fn signatures_are_checked_before_sizes_and_proofs() {
    let log = TestLog::new(9);
    let stored = log.head(5);
    let unsigned_by = |signer: &NoteSigner| {
        let text = request(&log, 4, 8).note().text().clone();
        let line = signer.sign(&text);
        let note = Note::new(text, vec![line]).unwrap();
        AddCheckpoint::parse(format!("old 4\n\n{note}").as_bytes()).unwrap()
    };
    let stranger = NoteSigner::new("node.example/other", SigningKey::from_bytes(&[0x07; 32])).unwrap();
    let other_key = NoteSigner::new("node.example/ledger", SigningKey::from_bytes(&[0x08; 32])).unwrap();
    assert_eq!(status(&unsigned_by(&stranger), Some(&stored)), 403);
    assert_eq!(status(&unsigned_by(&other_key), Some(&stored)), 403);

    // A line that names the trusted key and is invalid spoils the valid one.
    let good = request(&log, 5, 8);
    let bad_line = log.head(7).note().signatures()[0].clone();
    let mut spoilt = good.clone();
    spoilt.note.push(bad_line).unwrap();
    assert_eq!(status(&spoilt, Some(&stored)), 403);
    // Another log's checkpoint, signed by a trusted key of this one.
    let foreign = format!("node.example/other\n8\n{}\n", log.checkpoint(8).root.to_base64());
    assert_eq!(status(&signed_request(5, &foreign, 0), Some(&stored)), 404);
}

/// Sunlight's witness: signature lines that nobody could check were stored, and nothing could be added
/// afterwards.
#[test]
fn fake_and_unknown_lines_are_neither_stored_nor_in_the_way() {
    let log = TestLog::new(9);
    let stored = log.head(5);
    let mut littered = request(&log, 5, 8);
    let valid = littered.note.signatures()[0].clone();
    let witness = golden_cosigner();
    let mut fakes = vec![witness.cosign(log.head(7).note().text(), 1).unwrap()];
    for length in [1, 64, 72, 2_428] {
        let mut fake = valid.clone();
        fake.key_id = crate::note::KeyId::from_bytes([9, 9, 9, 9]);
        fake.signature = vec![0xee; length];
        fakes.push(fake);
    }
    for fake in fakes {
        littered.note.push(fake).unwrap();
    }
    let swap = judge(&littered, Some(&stored)).unwrap();
    assert_eq!(swap.head(), &log.head(8), "only the log's own line is kept");

    // Also where a store has such lines, from whatever time: they are not looked at.
    let stored = SignedHead::from_stored(littered.note.to_string().as_bytes()).unwrap();
    assert_eq!(stored.note().signatures().len(), 6);
    assert_eq!(status(&request(&log, 8, 9), Some(&stored)), 200);
    let fork = judge(&request(&log.forked_after(3), 8, 8), Some(&stored)).unwrap_err();
    assert!(
        fork.fork()
            .unwrap()
            .verify(&[golden_signer().verifier_key()])
            .is_ok()
    );
}

/// `[ROLLBACK]`: whatever the status must be, two roots for one size are kept as a proof.
#[test]
fn a_fork_that_a_head_shows_is_kept_as_a_proof() {
    let log = TestLog::new(9);
    let other = log.forked_after(2);
    let stored = log.head(5);
    let refusals = [
        judge(&request(&other, 5, 5), Some(&stored)).unwrap_err(),
        judge(&request(&other, 4, 5), Some(&stored)).unwrap_err(),
        judge(&request(&other, 0, 5), Some(&stored)).unwrap_err(),
    ];
    assert_eq!(
        refusals.each_ref().map(|refusal| refusal.status().code()),
        [422, 409, 409]
    );
    for refusal in &refusals {
        let heads = refusal
            .fork()
            .unwrap()
            .verify(&[golden_signer().verifier_key()])
            .unwrap();
        assert_eq!(
            (heads.smaller, heads.greater),
            (log.checkpoint(5), other.checkpoint(5))
        );
    }
    // A proof that does not verify shows that something is wrong, not that the log has forked.
    assert!(
        judge(&request(&other, 5, 8), Some(&stored))
            .unwrap_err()
            .fork()
            .is_none()
    );
    assert!(
        judge(&request(&log, 4, 5), Some(&stored))
            .unwrap_err()
            .fork()
            .is_none()
    );
}

#[test]
fn a_stored_head_of_another_log_answers_for_none() {
    let signer = NoteSigner::new("node.example/other", SigningKey::from_bytes(&[1; 32])).unwrap();
    let checkpoint = Checkpoint {
        origin: signer.name().to_owned(),
        ..TestLog::new(5).checkpoint(5)
    };
    let stored = SignedHead::sign(checkpoint, &signer).unwrap();
    assert_eq!(status(&request(&TestLog::new(9), 5, 8), Some(&stored)), 404);
}

#[test]
fn only_what_the_store_has_taken_is_persisted() {
    let log = TestLog::new(9);
    let swap = || judge(&request(&log, 5, 8), Some(&log.head(5))).unwrap();
    let persisted = swap().persist(|_| Ok::<_, ()>(Swapped::Done)).unwrap();
    assert_eq!(persisted.head(), &log.head(8));
    let failed = swap().persist(|_| Err("the disk is full")).unwrap_err();
    assert_eq!(failed, PersistError::Store("the disk is full"));
    let overtaken = swap().persist(|_| Ok::<_, ()>(Swapped::Overtaken { known_size: 7 }));
    let PersistError::Overtaken(refusal) = overtaken.unwrap_err() else {
        panic!("not overtaken");
    };
    assert_eq!((refusal.status().code(), refusal.to_reply().body()), (409, "7\n"));
}

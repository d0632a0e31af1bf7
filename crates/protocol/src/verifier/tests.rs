#![allow(clippy::unwrap_used, clippy::expect_used)]

use ledger::note::KeyKind;

use super::*;

#[test]
fn the_two_keys_of_one_seed_are_told_apart() {
    let ledger = ledger_key("node.xa.example/ledger/2026", &[7; 32]).unwrap();
    let witness = witness_key("node.xa.example/ledger/2026", &[7; 32]).unwrap();
    assert_eq!(
        (ledger.kind(), witness.kind()),
        (KeyKind::Ed25519, KeyKind::CosignatureV1)
    );
    assert_ne!(ledger.key_id(), witness.key_id());
    assert_eq!(ledger.to_string().parse::<VerifierKey>().unwrap(), ledger);
}

#[test]
fn a_name_that_no_key_can_have_is_refused() {
    assert!(ledger_key("two words", &[7; 32]).is_err());
    assert!(witness_key("", &[7; 32]).is_err());
}

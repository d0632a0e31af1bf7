#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A Party's share of the disk is counted once, and remembered.

use super::*;

fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

fn manifest(byte: u8) -> Commitment {
    Commitment::from_bytes([byte; 32])
}

#[test]
fn what_was_taken_is_known_after_a_restart_and_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let usage = Usage::open(folder.path()).unwrap();
    assert!(usage.take(party("XB"), &manifest(1), 60, 100).unwrap());
    assert!(usage.take(party("XB"), &manifest(1), 60, 100).unwrap());
    assert!(!usage.take(party("XB"), &manifest(2), 41, 100).unwrap());
    assert!(usage.take(party("XA"), &manifest(2), 41, 100).unwrap());
    let again = Usage::open(folder.path()).unwrap();
    assert_eq!((again.of(party("XB")), again.of(party("XA"))), (60, 41));
    assert!(again.take(party("XB"), &manifest(3), 40, 100).unwrap());
    assert!(!again.take(party("XB"), &manifest(4), u64::MAX, 100).unwrap());
}

#[test]
fn what_is_given_back_can_be_taken_again() {
    let folder = tempfile::tempdir().unwrap();
    let usage = Usage::open(folder.path()).unwrap();
    assert!(usage.take(party("XB"), &manifest(1), 100, 100).unwrap());
    usage.give_back(party("XB"), &manifest(1)).unwrap();
    usage.give_back(party("XB"), &manifest(1)).unwrap();
    assert_eq!(Usage::open(folder.path()).unwrap().of(party("XB")), 0);
    assert!(usage.take(party("XB"), &manifest(2), 100, 100).unwrap());
}

#![allow(clippy::unwrap_used)]
//! The limits of a commit, at their numbers: nothing is written that could not be read again.

use std::sync::Arc;

use protocol::digest::Salt;
use protocol::payload::SealedPayload;

use super::*;

/// What is said of a commit of these leaves and a payload of this length, in an empty ledger.
fn said(leaves: Vec<Vec<u8>>, payload_bytes: usize) -> StoreError {
    let mut edge = Edge::new();
    leaves.iter().for_each(|leaf| edge.append(leaf_hash(leaf)));
    let payload = SealedPayload {
        salt: Salt::from_bytes([7; 32]),
        bytes: Arc::from(vec![0; payload_bytes]),
    };
    let commit = Commit {
        first_index: 0,
        leaves: leaves.into(),
        payloads: vec![payload].into(),
        size_after: edge.size(),
        root_after: edge.root(),
    };
    let Err(error) = check(&commit, &Levels::new()) else {
        panic!("rubbish is no entry")
    };
    error
}

/// What is within its limits is read, and found to be no entry.
#[test]
fn a_commit_has_limits_to_the_leaf_and_to_the_byte() {
    let within = |error: StoreError| match error {
        StoreError::NotAnEntry { index: 0, .. } => true,
        StoreError::TooLarge(_) => false,
        other => panic!("{other}"),
    };
    let leaf = |bytes: usize| vec![0; bytes];
    assert!(within(said(vec![leaf(65_535)], 0)));
    assert!(!within(said(vec![leaf(65_536)], 0)));
    assert!(!within(said(vec![leaf(65_537)], 0)));
    assert!(within(said(vec![leaf(1)], 16 << 20)));
    assert!(!within(said(vec![leaf(1)], (16 << 20) + 1)));
    assert!(!within(said(vec![leaf(1)], (16 << 20) + 2)));
    assert!(within(said(vec![leaf(1); COMMIT_ENTRIES_MAX], 0)));
    assert!(!within(said(vec![leaf(1); COMMIT_ENTRIES_MAX + 1], 0)));
    assert!(!within(said(vec![leaf(1); COMMIT_ENTRIES_MAX + 2], 0)));
}

/// The ledger ends with the largest tree that anybody can prove something of, to the leaf.
#[test]
fn a_ledger_has_a_last_leaf() {
    let leaf = vec![0];
    let mut edge = Edge::new();
    edge.append(leaf_hash(&leaf));
    for (before, fits) in [
        (MAX_TREE_SIZE - 2, true),
        (MAX_TREE_SIZE - 1, true),
        (MAX_TREE_SIZE, false),
        (MAX_TREE_SIZE + 1, false),
    ] {
        let commit = Commit {
            first_index: before,
            leaves: vec![leaf.clone()].into(),
            payloads: Arc::new([]),
            size_after: before + 1,
            root_after: edge.root(),
        };
        match check(&commit, &Levels::of_log(before)) {
            // What fits is read, and found to be no entry.
            Err(StoreError::NotAnEntry { index, .. }) if index == before => assert!(fits, "{before}"),
            Err(StoreError::Inconsistent(_)) => assert!(!fits, "{before}"),
            Err(other) => panic!("{before}: {other}"),
            Ok(_) => panic!("rubbish is no entry"),
        }
    }
}

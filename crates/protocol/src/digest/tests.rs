#![allow(clippy::unwrap_used, clippy::expect_used)]
//! `[LEAF-PRIVACY]`: a commitment depends on the salt, and the salt is never shown.

use super::*;

#[test]
fn a_commitment_depends_on_salt_and_bytes() {
    let one = Commitment::to(&Salt::from_bytes([1; 32]), b"payload");
    assert_ne!(one, Commitment::to(&Salt::from_bytes([2; 32]), b"payload"));
    assert_ne!(one, Commitment::to(&Salt::from_bytes([1; 32]), b"payloaf"));
    assert_ne!(one.as_bytes(), Digest::of(b"payload").as_bytes());
    assert_eq!(one, Commitment::to(&Salt::from_bytes([1; 32]), b"payload"));
}

#[test]
fn a_salt_is_not_shown() {
    assert_eq!(format!("{:?}", Salt::from_bytes([0xaa; 32])), "Salt(..)");
}

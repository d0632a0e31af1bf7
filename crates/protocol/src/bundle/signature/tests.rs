#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::example::{
    NOW, assert_canonical_when_flipped, assert_golden, assert_no_bit_may_flip, assert_only_the_whole,
    directory, header, key_of_xa, key_of_xb, xa,
};

fn seal() -> BundleSeal {
    BundleSeal::of(header().case, xa(), NOW, b"")
}

#[test]
fn a_signature_is_encoded_as_on_the_first_day() {
    assert_golden!("bundle-signature.cbor", &seal().encode());
    let signed = SignedBundle::sign(&seal(), &key_of_xa());
    assert_golden!("bundle-signature.cose", signed.as_bytes());
}

#[test]
fn a_seal_has_one_form() {
    assert_only_the_whole(&seal().encode(), |bytes| BundleSeal::decode(bytes).is_ok());
    assert_canonical_when_flipped(&seal().encode(), |bytes| {
        BundleSeal::decode(bytes).ok().map(|seal| seal.encode())
    });
}

#[test]
fn only_the_node_that_made_a_bundle_signs_it() {
    let signed = SignedBundle::sign(&seal(), &key_of_xa());
    assert_eq!(signed.verify(&directory()).unwrap(), seal());
    let foreign = SignedBundle::sign(&seal(), &key_of_xb());
    assert!(foreign.verify(&directory()).is_err());
    assert_no_bit_may_flip(signed.as_bytes(), |bytes| {
        SignedBundle::from_bytes(bytes).is_ok_and(|signed| signed.verify(&directory()).is_ok())
    });
}

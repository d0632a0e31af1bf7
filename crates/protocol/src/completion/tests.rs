#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A completion says one thing, in one form `[TRANSFER]`.

use super::*;
use crate::example::*;

fn signed() -> SignedCompletion {
    SignedCompletion::sign(&completion(), &key_of_xb())
}

#[test]
fn completions_are_as_on_the_first_day() {
    assert_golden!("completion.cbor", &completion().encode());
    assert_golden!("completion.cose", signed().as_bytes());
    assert_eq!(signed().verify(xb(), &directory()), Ok(completion()));
    assert_eq!(signed().peek().unwrap().0, completion());
}

#[test]
fn only_the_whole_is_one_and_flips_are_canonical() {
    let bytes = completion().encode();
    assert_only_the_whole(&bytes, |bytes| Completion::decode(bytes).is_ok());
    assert_canonical_when_flipped(&bytes, |bytes| {
        Completion::decode(bytes)
            .ok()
            .map(|completion| completion.encode())
    });
}

#[test]
fn nobody_else_can_have_signed_it() {
    assert_no_bit_may_flip(signed().as_bytes(), |bytes| {
        let signed = SignedCompletion::from_bytes(bytes).unwrap();
        signed.verify(xb(), &directory()).is_ok()
    });
    let by_sender = SignedCompletion::sign(&completion(), &key_of_xa());
    assert!(by_sender.verify(xb(), &directory()).is_err());
    assert!(signed().verify(xa(), &directory()).is_err());
}

#[test]
fn another_statement_is_no_completion() {
    let report = crate::consignment::SignedConsignment::sign(&consignment(), &key_of_xb());
    let posing = SignedCompletion::from_bytes(report.as_bytes()).unwrap();
    assert!(posing.peek().is_err());
    assert!(SignedCompletion::from_bytes(&vec![0; SIGNED_BYTES_MAX + 1]).is_err());
}

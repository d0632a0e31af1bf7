#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A refusal is signed, and its reasons keep their numbers.

use super::*;
use crate::example::*;

#[test]
fn rejections_are_as_on_the_first_day() {
    assert_golden!("rejection.cbor", &rejection().encode());
    let signed = SignedRejection::sign(&rejection(), &key_of_xb());
    assert_golden!("rejection.cose", signed.as_bytes());
    assert_eq!(signed.verify(xb(), &directory()), Ok(rejection()));
}

#[test]
fn each_reason_survives_and_keeps_its_number() {
    for (number, reason) in REASONS.into_iter().enumerate() {
        assert_eq!(reason as usize, number);
        let rejection = Rejection {
            reason,
            message: None,
            ..rejection()
        };
        assert_eq!(Rejection::decode(&rejection.encode()), Ok(rejection));
    }
}

#[test]
fn flips_are_canonical_and_unknown_reasons_are_named() {
    assert_canonical_when_flipped(&rejection().encode(), |bytes| {
        Rejection::decode(bytes).ok().map(|rejection| rejection.encode())
    });
    let mut bytes = rejection().encode();
    let place = bytes.windows(2).rposition(|pair| pair == [0x03, 0x04]).unwrap();
    bytes[place + 1] = 8;
    assert_eq!(
        Rejection::decode(&bytes).unwrap_err().fault,
        Fault::UnknownKind(8)
    );
}

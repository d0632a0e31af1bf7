#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use ledger::hash::EMPTY_ROOT;

const GOLDEN: &str = "ohrid-head/1\n0\n\
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n";

#[test]
fn the_bytes_are_golden() {
    let released = Released {
        size: 0,
        root: EMPTY_ROOT,
    };
    let text = String::from_utf8(released.encode()).unwrap();
    assert_eq!(text, format!("{GOLDEN}{}\n", Digest::of(GOLDEN.as_bytes())));
    assert_eq!(Released::decode(text.as_bytes()), Some(released));
}

#[test]
fn no_flipped_bit_and_no_truncation_is_believed() {
    let whole = Released {
        size: 70_000,
        root: EMPTY_ROOT,
    }
    .encode();
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Released::decode(&flipped), None, "bit {bit}");
    }
    for length in 0..whole.len() {
        assert_eq!(Released::decode(&whole[..length]), None, "length {length}");
    }
}

/// Regression, found by fuzzing: the library reads `+7` as a number too, so that a hash had several forms.
#[test]
fn hexadecimal_digits_are_digits_only() {
    let digits = "0f".repeat(32);
    assert_eq!(parse_hex(&digits), Some([0x0f; 32]));
    assert_eq!(parse_hex(&digits.replace("0f0f", "+f0f")), None);
    for sign in ["+f", "-f", " f", "0x"] {
        let signed = format!("{sign}{}", &digits[2..]);
        assert_eq!(parse_hex(&signed), None, "{sign}");
    }
    assert_eq!(parse_hex(&digits[2..]), None);
}

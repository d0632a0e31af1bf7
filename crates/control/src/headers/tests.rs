#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn a_key_has_one_form() {
    let key = IdempotencyKey::from_random([0xff; 16]);
    assert_eq!(key.as_str(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    assert_eq!(key.as_str().parse::<IdempotencyKey>(), Ok(key));
    for wrong in [
        "",
        "FFFFFFFF-ffff-4fff-bfff-ffffffffffff",
        "ffffffffffff4fffbfffffffffffffff",
        "ffffffff-ffff-4fff-bfff-fffffffffff",
    ] {
        assert_eq!(wrong.parse::<IdempotencyKey>(), Err(NotAKey), "{wrong}");
    }
}

#[test]
fn names_survive_the_header() {
    for name in ["A. Officer", "Ștefan Măr", "50 % 7/7", "東"] {
        let value = encode_officer(name);
        assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        assert_eq!(decode_officer(&value).as_deref(), Some(name));
    }
}

#[test]
fn hostile_names_are_refused() {
    let long = "a".repeat(crate::limits::OFFICER_LENGTH_BYTES_MAX + 1);
    for value in ["", "   ", "%", "%4", "%zz", "%FF", "a%0Ab", "a%00", long.as_str()] {
        assert_eq!(decode_officer(value), None, "{value:?}");
    }
}

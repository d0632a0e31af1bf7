#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A key has one text, and its secret is never shown.

use super::*;

#[test]
fn a_public_key_has_one_text() {
    let key = EnvelopeKey::from_seed(&[7; 32]).public();
    let text = key.to_string();
    assert_eq!(text, "ed25519:6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=");
    assert_eq!(text.parse::<PublicKey>().unwrap(), key);
    for bad in [
        "6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=",
        "ed25519:6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw",
        "ed25519:6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0ix=",
        "ed25519: 6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=",
        "ed25519:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    ] {
        assert_eq!(bad.parse::<PublicKey>(), Err(KeyError), "{bad}");
    }
}

#[test]
fn a_secret_is_not_shown() {
    let shown = format!("{:?}", EnvelopeKey::from_seed(&[0xab; 32]));
    assert!(
        shown.starts_with("EnvelopeKey(") && !shown.contains("abababab"),
        "{shown}"
    );
}

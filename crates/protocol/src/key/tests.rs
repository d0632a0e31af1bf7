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

/// What is printed of keys, times and long values for people who look for a fault: which one it is, on one
/// line, and nothing of what is in it.
#[test]
fn values_are_printed_short() {
    let key = EnvelopeKey::from_seed(&[7; 32]).public();
    assert_eq!(format!("{key:?}"), key.to_string());
    let id = key.id();
    let first: String = id.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((id.to_string(), format!("{id:?}")), (first.clone(), first));
    let payload = crate::example::payload();
    let length = payload.bytes.len();
    assert_eq!(format!("{payload:?}"), format!("SealedPayload({length} bytes)"));
    assert_eq!(format!("{:?}", crate::time::UnixMillis(7)), "7 ms");
    let (receipt, _) = crate::example::signed_receipt().peek().unwrap();
    let signature = receipt.checkpoint_signature;
    let expected = format!("CheckpointSignature({})", signature.key_id);
    assert_eq!(format!("{signature:?}"), expected);
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn vkey(kind: u8) -> String {
    let mut key = vec![kind];
    key.extend([7; 32]);
    format!("node.example/ledger+1e689d06+{}\n", STANDARD.encode(key))
}

fn note(signature: &[u8]) -> String {
    format!(
        "node.example/ledger\n3\nroot\n\n— node.example/ledger {}\n",
        STANDARD.encode(signature)
    )
}

#[test]
fn a_note_is_taken_apart() {
    let parts = take_apart(&note(&[9; 68]), &vkey(1)).unwrap();
    assert_eq!(parts.text, "node.example/ledger\n3\nroot\n");
    assert_eq!(parts.signature, [9; 64]);
    assert!(
        parts
            .key_pem
            .contains("MCowBQYDK2VwAyEABwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    assert!(take_apart(&note(&[9; 67]), &vkey(1)).is_none());
    assert!(take_apart(&note(&[9; 68]), &vkey(4)).is_none());
    assert!(take_apart("text without a signature\n", &vkey(1)).is_none());
    assert!(take_apart(&note(&[9; 68]).replace("— node", "— other"), &vkey(1)).is_none());
    assert!(take_apart(&note(&[9; 68]), "name+id").is_none());
}

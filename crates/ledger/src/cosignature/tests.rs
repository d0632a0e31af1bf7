#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::note::tests::{GOLDEN_NOTE, GOLDEN_TIME_SECONDS, golden_cosigner, golden_signer};
use crate::note::{Note, SignatureInvalid};

fn golden() -> (NoteText, SignatureLine) {
    let note = Note::parse(GOLDEN_NOTE.as_bytes()).unwrap();
    (note.text().clone(), note.signatures()[1].clone())
}

#[test]
fn the_golden_cosignature_is_made_again_byte_for_byte() {
    let (text, line) = golden();
    assert_eq!(
        golden_cosigner().cosign(&text, GOLDEN_TIME_SECONDS).unwrap(),
        line
    );
    assert_eq!(time_seconds(&line), Some(GOLDEN_TIME_SECONDS));
    assert_eq!(golden_cosigner().verifier_key().verify(&text, &line), Ok(()));
}

#[test]
fn a_cosignature_is_valid_for_its_time_only() {
    let (text, mut line) = golden();
    line.signature[7] ^= 1;
    assert_eq!(
        golden_cosigner().verifier_key().verify(&text, &line),
        Err(SignatureInvalid)
    );
}

#[test]
fn a_cosignature_is_valid_for_its_checkpoint_only() {
    let (text, line) = golden();
    let other = NoteText::new(text.as_str().replace("70000", "70001")).unwrap();
    assert_eq!(
        golden_cosigner().verifier_key().verify(&other, &line),
        Err(SignatureInvalid)
    );
}

#[test]
fn cosignatures_of_impossible_length_or_time_are_invalid() {
    let (text, line) = golden();
    let with_time = |time: u64| [&time.to_be_bytes(), &line.signature[8..]].concat();
    let hostile = [
        ("a bare Ed25519 signature", line.signature[8..].to_vec()),
        ("one byte short", line.signature[..71].to_vec()),
        ("one byte long", [line.signature.as_slice(), &[0]].concat()),
        ("time zero", with_time(0)),
        ("time above 2^63 - 1", with_time(1 << 63)),
    ];
    for (name, signature) in hostile {
        let line = SignatureLine {
            signature,
            ..line.clone()
        };
        assert_eq!(time_seconds(&line), None, "{name}");
        assert_eq!(
            golden_cosigner().verifier_key().verify(&text, &line),
            Err(SignatureInvalid),
            "{name}"
        );
    }
    for time in [0, 1 << 63, u64::MAX] {
        assert_eq!(golden_cosigner().cosign(&text, time), Err(TimeError(time)));
    }
}

/// A log's key and a witness's key are never the same kind, even if somebody used one pair for both.
#[test]
fn a_log_signature_is_no_cosignature_and_the_other_way_round() {
    let (text, _) = golden();
    let key = SigningKey::from_bytes(&[5; 32]);
    let witness = Cosigner::new("same.example", key.clone()).unwrap();
    let log = crate::note::NoteSigner::new("same.example", key).unwrap();
    let mut line = witness.cosign(&text, 1).unwrap();
    assert!(log.verifier_key().verify(&text, &line).is_err());
    line.key_id = log.verifier_key().key_id();
    assert!(log.verifier_key().verify(&text, &line).is_err());
    assert!(
        witness
            .verifier_key()
            .verify(&text, &golden_signer().sign(&text))
            .is_err()
    );
}

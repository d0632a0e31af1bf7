#![allow(clippy::unwrap_used, clippy::expect_used)]

use ed25519_dalek::SigningKey;
use proptest::prelude::*;

use super::*;
use crate::cosignature::Cosigner;

/// The golden note of c2sp formats: accepted by Go's note package, torchwood and Tessera's fsck.
pub(crate) const GOLDEN_NOTE: &str = concat!(
    "node.example/ledger\n",
    "70000\n",
    "dDbk3w8bH4Ke/fx4lRcCzYHoD2GwgbNLfjUXOoE2GDY=\n",
    "\n",
    "— node.example/ledger HmidBu496eki7jqxgMWDxXHU5MkxZQTCopUORG9naZ1V8zHLQev9nPLN2n/G5dLQVm1jVIBHWuU9D7",
    "V+xgooLKKRuws=\n",
    "— peer.example/w1 DPQmTQAAAABlU/EAXynfAzybgSL12fxKWXJWp7Z/vOwaO1KRfK2xBigIgvJy0HASOxxQyVx6RQIunWU3ft",
    "eKvLRtHb5EWMJDDcTFDQ==\n",
);
pub(crate) const GOLDEN_TIME_SECONDS: u64 = 1_700_000_000;

pub(crate) fn golden_signer() -> NoteSigner {
    NoteSigner::new("node.example/ledger", SigningKey::from_bytes(&[0x07; 32])).unwrap()
}

pub(crate) fn golden_cosigner() -> Cosigner {
    Cosigner::new("peer.example/w1", SigningKey::from_bytes(&[0x09; 32])).unwrap()
}

fn text(text: &str) -> NoteText {
    NoteText::new(text.to_owned()).unwrap()
}

fn signed(lines: &str) -> String {
    let text = text(lines);
    format!("{}\n{}", text.as_str(), golden_signer().sign(&text))
}

fn parse_error(note: &str) -> NoteDecodeError {
    Note::parse(note.as_bytes()).expect_err(note)
}

#[test]
fn the_golden_note_verifies_and_is_made_again_byte_for_byte() {
    let note = Note::parse(GOLDEN_NOTE.as_bytes()).unwrap();
    assert_eq!(note.to_string(), GOLDEN_NOTE);

    let (log, witness) = (golden_signer(), golden_cosigner());
    let valid = note
        .verify(&[log.verifier_key(), witness.verifier_key()])
        .unwrap();
    assert_eq!(valid.len(), 2);

    let mut remade = Note::new(note.text().clone(), vec![log.sign(note.text())]).unwrap();
    remade
        .push(witness.cosign(note.text(), GOLDEN_TIME_SECONDS).unwrap())
        .unwrap();
    assert_eq!(remade.to_string(), GOLDEN_NOTE);
}

#[test]
fn lines_by_unknown_keys_are_passed_over() {
    let note = Note::parse(GOLDEN_NOTE.as_bytes()).unwrap();
    let (log, witness) = (golden_signer(), golden_cosigner());
    assert_eq!(
        note.verify(&[log.verifier_key()]).unwrap(),
        [&note.signatures()[0]]
    );
    assert_eq!(
        note.verify(&[witness.verifier_key()]).unwrap(),
        [&note.signatures()[1]]
    );
    assert_eq!(note.verify(&[]), Err(NoteVerifyError::NoKnownKey));
}

#[test]
fn another_key_of_the_same_name_is_unknown() {
    let note = Note::parse(signed("text\n").as_bytes()).unwrap();
    let other = NoteSigner::new("node.example/ledger", SigningKey::from_bytes(&[0x08; 32])).unwrap();
    assert_eq!(
        note.verify(&[other.verifier_key()]),
        Err(NoteVerifyError::NoKnownKey)
    );
}

#[test]
fn the_same_key_under_another_name_is_unknown() {
    let note = Note::parse(signed("text\n").as_bytes()).unwrap();
    let other = NoteSigner::new("node.example/ledgers", SigningKey::from_bytes(&[0x07; 32])).unwrap();
    assert_ne!(
        other.verifier_key().key_id(),
        golden_signer().verifier_key().key_id()
    );
    assert_eq!(
        note.verify(&[other.verifier_key()]),
        Err(NoteVerifyError::NoKnownKey)
    );
}

#[test]
fn the_right_name_with_a_wrong_key_id_is_unknown() {
    let mut note = Note::parse(signed("text\n").as_bytes()).unwrap();
    note.signatures[0].key_id = KeyId::from_bytes([0, 0, 0, 1]);
    assert_eq!(
        note.verify(&[golden_signer().verifier_key()]),
        Err(NoteVerifyError::NoKnownKey)
    );
}

/// A fake line by a known key must neither pass nor be passed over.
#[test]
fn one_invalid_line_by_a_known_key_rejects_the_note() {
    let signer = golden_signer();
    let note_text = text("text\n");
    let good = signer.sign(&note_text);
    let bad = signer.sign(&text("other text\n"));
    for lines in [
        vec![bad.clone()],
        vec![good.clone(), bad.clone()],
        vec![bad, good.clone()],
    ] {
        let note = Note::new(note_text.clone(), lines).unwrap();
        let verified = note.verify(&[signer.verifier_key()]);
        assert!(matches!(verified, Err(NoteVerifyError::Invalid { .. })));
    }
    let twice = Note::new(note_text, vec![good.clone(), good]).unwrap();
    assert_eq!(twice.verify(&[signer.verifier_key()]).unwrap().len(), 2);
}

#[test]
fn signatures_of_another_length_are_invalid() {
    let signer = golden_signer();
    let note_text = text("text\n");
    for length in [1, 63, 65, 72] {
        let mut line = signer.sign(&note_text);
        line.signature.resize(length, 0);
        let note = Note::new(note_text.clone(), vec![line]).unwrap();
        assert!(note.verify(&[signer.verifier_key()]).is_err(), "{length} bytes");
    }
}

#[test]
fn hostile_notes_are_refused_by_name() {
    use NoteDecodeError as Error;
    let line = signed("text\n").split_off("text\n\n".len());
    let hostile = [
        ("empty", String::new(), Error::NoEmptyLine),
        ("missing empty line", format!("text\n{line}"), Error::NoEmptyLine),
        ("no text", format!("\n{line}"), Error::NoEmptyLine),
        ("no signature", "text\n\n".to_owned(), Error::NoSignature),
        (
            "carriage returns",
            signed("text\n").replace('\n', "\r\n"),
            Error::ControlCharacter,
        ),
        ("tab", format!("te\txt\n\n{line}"), Error::ControlCharacter),
        ("NUL", format!("text\0\n\n{line}"), Error::ControlCharacter),
        (
            "escape in signature line",
            format!("text\n\n{line}\u{1b}\n"),
            Error::ControlCharacter,
        ),
    ];
    for (name, note, expected) in hostile {
        assert_eq!(parse_error(&note), expected, "{name}");
    }
}

#[test]
fn hostile_signature_lines_are_refused_by_name() {
    let line = signed("text\n").split_off("text\n\n".len());
    let hostile = [
        ("not ended", line.trim_end().to_owned()),
        ("hyphen for dash", line.replace('—', "-")),
        ("two spaces", line.replace("— ", "—  ")),
        ("no name", format!("—  {}", &line[24..])),
        ("plus in name", line.replace("node", "no+e")),
        ("wide space in name", line.replace("node", "no\u{2003}")),
        ("no signature bytes", "— name AAAAAA==\n".to_owned()),
        ("no base64", "— name \n".to_owned()),
        ("bits after base64", line.replace("Y=\n", "Z=\n")),
        ("no padding", line.replace("=\n", "\n")),
        ("space at line end", line.replace("=\n", "= \n")),
    ];
    for (name, hostile_line) in hostile {
        let first = parse_error(&format!("text\n\n{hostile_line}"));
        assert_eq!(first, NoteDecodeError::BadSignatureLine(1), "{name}");
        let second = parse_error(&format!("text\n\n{line}{hostile_line}"));
        assert_eq!(second, NoteDecodeError::BadSignatureLine(2), "{name}");
    }
    let text_after = parse_error(&format!("text\n\n{line}text\n"));
    assert_eq!(text_after, NoteDecodeError::BadSignatureLine(2));
}

/// The last empty line counts, so a signature before it is part of the text and signs nothing.
#[test]
fn signatures_that_an_empty_line_parts_do_not_hold() {
    let line = golden_signer().sign(&text("text\n")).to_string();
    let note = Note::parse(format!("text\n\n{line}\n{line}").as_bytes()).unwrap();
    assert_eq!(note.text().as_str(), format!("text\n\n{line}"));
    assert!(note.verify(&[golden_signer().verifier_key()]).is_err());
}

#[test]
fn notes_of_other_bytes_than_utf8_are_refused() {
    let mut note = signed("text\n").into_bytes();
    note[0] = 0xff;
    assert_eq!(Note::parse(&note), Err(NoteDecodeError::NotUtf8));
}

#[test]
fn oversized_notes_are_refused() {
    let long = signed(&format!("{}\n", "x".repeat(MAX_NOTE_BYTES - 1)));
    assert_eq!(parse_error(&long), NoteDecodeError::TooLong);
    assert_eq!(NoteText::new(long).unwrap_err(), NoteDecodeError::TooLong);

    let line = golden_signer().sign(&text("text\n"));
    let many = format!("text\n\n{}", line.to_string().repeat(MAX_NOTE_SIGNATURES));
    let mut note = Note::parse(many.as_bytes()).unwrap();
    assert_eq!(note.push(line.clone()), Err(NoteDecodeError::TooManySignatures));
    assert_eq!(
        parse_error(&format!("{many}{line}")),
        NoteDecodeError::TooManySignatures
    );
    assert_eq!(
        Note::new(text("text\n"), Vec::new()),
        Err(NoteDecodeError::NoSignature)
    );
}

#[test]
fn a_text_may_have_empty_lines_and_the_last_one_splits() {
    let note = signed("first\n\nsecond\n\n\nthird\n");
    let parsed = Note::parse(note.as_bytes()).unwrap();
    assert_eq!(parsed.text().as_str(), "first\n\nsecond\n\n\nthird\n");
    assert!(parsed.verify(&[golden_signer().verifier_key()]).is_ok());
}

#[test]
fn texts_that_cannot_be_signed_are_refused() {
    assert_eq!(NoteText::new(String::new()), Err(NoteDecodeError::BadText));
    assert_eq!(NoteText::new("no end".to_owned()), Err(NoteDecodeError::BadText));
    assert_eq!(
        NoteText::new("a\rb\n".to_owned()),
        Err(NoteDecodeError::ControlCharacter)
    );
}

#[test]
fn every_changed_bit_of_the_golden_note_is_noticed() {
    let (log, witness) = (golden_signer(), golden_cosigner());
    let known = [log.verifier_key(), witness.verifier_key()];
    for at in 0..GOLDEN_NOTE.len() {
        let mut bytes = GOLDEN_NOTE.as_bytes().to_vec();
        bytes[at] ^= 1;
        let both_valid =
            Note::parse(&bytes).is_ok_and(|note| note.verify(&known).is_ok_and(|valid| valid.len() == 2));
        assert!(!both_valid, "byte {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_parses_prints_the_same(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(note) = Note::parse(&bytes) {
            prop_assert_eq!(note.to_string().into_bytes(), bytes);
        }
    }

    #[test]
    fn what_was_signed_verifies(lines in "([^\\x00-\\x1f]{0,20}\n){1,5}") {
        let note = signed(&lines);
        let parsed = Note::parse(note.as_bytes()).unwrap();
        prop_assert_eq!(parsed.to_string(), note);
        prop_assert_eq!(parsed.text().as_str(), lines);
        prop_assert!(parsed.verify(&[golden_signer().verifier_key()]).is_ok());
    }
}

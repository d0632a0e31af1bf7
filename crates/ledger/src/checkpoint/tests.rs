#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::note::tests::{GOLDEN_NOTE, golden_cosigner, golden_signer};

const GOLDEN_ROOT: &str = "dDbk3w8bH4Ke/fx4lRcCzYHoD2GwgbNLfjUXOoE2GDY=";

fn golden() -> Checkpoint {
    let root = Hash::from_base64(GOLDEN_ROOT).unwrap();
    Checkpoint {
        origin: "node.example/ledger".to_owned(),
        size: 70_000,
        root,
    }
}

fn signed(text: &str) -> String {
    let text = NoteText::new(text.to_owned()).unwrap();
    format!("{}\n{}", text.as_str(), golden_signer().sign(&text))
}

#[test]
fn the_golden_checkpoint_verifies_and_is_signed_again_to_the_same_bytes() {
    let signer = golden_signer();
    assert_eq!(
        Checkpoint::verify(GOLDEN_NOTE, signer.verifier_key()),
        Ok(golden())
    );
    let ours = golden().sign(&signer).unwrap();
    assert_eq!(
        ours,
        golden().sign(&signer).unwrap(),
        "signing again gives the same bytes"
    );
    // The golden note is our own, followed by the witness's line.
    let witness_line = GOLDEN_NOTE.strip_prefix(ours.as_str()).unwrap();
    assert!(witness_line.starts_with("— peer.example/w1 "));
    assert_eq!(witness_line.lines().count(), 1);
}

#[test]
fn no_extension_line_is_written_and_those_of_others_are_passed_over() {
    assert_eq!(golden().to_text().lines().count(), 3);
    let extended = format!("{}Timestamp: 1\nmore\n", golden().to_text());
    assert_eq!(Checkpoint::parse(&extended), Ok(golden()));
    let verified = Checkpoint::verify(&signed(&extended), golden_signer().verifier_key());
    assert_eq!(verified, Ok(golden()));
    // They are covered by the signature all the same.
    let changed = signed(&extended).replace("more", "less");
    assert!(Checkpoint::verify(&changed, golden_signer().verifier_key()).is_err());
}

#[test]
fn hostile_checkpoints_are_refused_by_name() {
    use CheckpointDecodeError as Error;
    let text = golden().to_text();
    let hostile = [
        ("empty", String::new(), Error::MissingLine),
        ("origin only", "origin\n".to_owned(), Error::MissingLine),
        ("no root", "origin\n1\n".to_owned(), Error::MissingLine),
        (
            "last line not ended",
            text.trim_end().to_owned(),
            Error::MissingLine,
        ),
        (
            "empty origin",
            text.replace("node.example/ledger", ""),
            Error::BadOrigin,
        ),
        (
            "long origin",
            text.replace("node", &"x".repeat(300)),
            Error::BadOrigin,
        ),
        (
            "carriage return",
            text.replace("ledger\n", "ledger\r\n"),
            Error::BadOrigin,
        ),
        ("leading zero", text.replace("70000", "070000"), Error::BadSize),
        ("sign", text.replace("70000", "+70000"), Error::BadSize),
        ("negative", text.replace("70000", "-70000"), Error::BadSize),
        ("hexadecimal", text.replace("70000", "0x11170"), Error::BadSize),
        ("space", text.replace("70000", "70000 "), Error::BadSize),
        (
            "size above 2^63 - 1",
            text.replace("70000", "9223372036854775808"),
            Error::BadSize,
        ),
        ("root of 31 bytes", text.replace("GDY=", "GA=="), Error::BadRoot),
        ("root of 33 bytes", text.replace("GDY=", "GDYA"), Error::BadRoot),
        ("bits after base64", text.replace("GDY=", "GDZ="), Error::BadRoot),
        ("no padding", text.replace("GDY=", "GDY"), Error::BadRoot),
        (
            "empty tree, other root",
            text.replace("70000", "0"),
            Error::NotEmptyRoot,
        ),
        ("empty extension line", format!("{text}\n"), Error::EmptyExtension),
        (
            "empty line before an extension",
            format!("{text}\nmore\n"),
            Error::EmptyExtension,
        ),
    ];
    for (name, text, expected) in hostile {
        assert_eq!(Checkpoint::parse(&text), Err(expected), "{name}");
    }
}

#[test]
fn the_checkpoint_of_an_empty_log_carries_the_empty_root() {
    let checkpoint = Checkpoint::of_edge("node.example/ledger", &Edge::new()).unwrap();
    assert_eq!(checkpoint.root, EMPTY_ROOT);
    let note = checkpoint.sign(&golden_signer()).unwrap();
    assert_eq!(
        Checkpoint::verify(&note, golden_signer().verifier_key()),
        Ok(checkpoint)
    );
}

#[test]
fn a_log_signs_for_its_own_origin_only() {
    let other = Checkpoint {
        origin: "node.example/other".to_owned(),
        ..golden()
    };
    assert_eq!(
        other.sign(&golden_signer()),
        Err(CheckpointSignError::NotOurOrigin)
    );
    let verified = Checkpoint::verify(&signed(&other.to_text()), golden_signer().verifier_key());
    assert_eq!(verified, Err(CheckpointVerifyError::WrongOrigin));
}

#[test]
fn nothing_impossible_is_signed() {
    let signer = golden_signer();
    let impossible = |error| Err(CheckpointSignError::Impossible(error));
    let oversized = Checkpoint {
        size: MAX_TREE_SIZE + 1,
        ..golden()
    };
    assert_eq!(
        oversized.sign(&signer),
        impossible(CheckpointDecodeError::BadSize)
    );
    let not_empty = Checkpoint { size: 0, ..golden() };
    assert_eq!(
        not_empty.sign(&signer),
        impossible(CheckpointDecodeError::NotEmptyRoot)
    );
    let two_lines = Checkpoint {
        origin: "node.example\n1".to_owned(),
        ..golden()
    };
    assert_eq!(
        two_lines.sign(&signer),
        impossible(CheckpointDecodeError::BadOrigin)
    );
    let long = format!("{}/ledger", "x".repeat(MAX_NAME_BYTES));
    let too_long = Checkpoint::of_edge(&long, &Edge::new());
    assert_eq!(too_long, Err(CheckpointDecodeError::BadOrigin));
}

#[test]
fn a_witness_key_does_not_speak_for_a_log() {
    let verified = Checkpoint::verify(GOLDEN_NOTE, golden_cosigner().verifier_key());
    assert_eq!(verified, Err(CheckpointVerifyError::NotALogKey));
}

/// Stored fake signature lines wedged a witness: here they are refused before they are believed.
#[test]
fn a_fake_log_signature_beside_a_valid_one_is_refused() {
    let good = golden().sign(&golden_signer()).unwrap();
    let fake = signed("other\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    let fake_line = fake.lines().last().unwrap();
    let note = format!("{good}{fake_line}\n");
    let verified = Checkpoint::verify(&note, golden_signer().verifier_key());
    assert!(matches!(
        verified,
        Err(CheckpointVerifyError::Signature(NoteVerifyError::Invalid { .. }))
    ));
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use ledger::SigningKey;
use ledger::checkpoint::Checkpoint;
use ledger::fork::{Comparison, compare};
use ledger::hash::leaf_hash;
use ledger::head::SignedHead;
use ledger::note::NoteSigner;
use tempfile::TempDir;

use super::*;

fn signer(name: &str, seed: u8) -> NoteSigner {
    NoteSigner::new(name, SigningKey::from_bytes(&[seed; 32])).unwrap()
}

fn log() -> NoteSigner {
    signer("node.xa.example/ledger/2026", 1)
}

fn head(size: u64, root: &[u8]) -> SignedHead {
    let checkpoint = Checkpoint {
        origin: log().name().to_owned(),
        size,
        root: leaf_hash(root),
    };
    SignedHead::sign(checkpoint, &log()).unwrap()
}

fn fork_text() -> String {
    ForkProof::of_one_size(&head(7, b"one"), &head(7, b"other"))
        .unwrap()
        .to_string()
}

fn rollback_text() -> String {
    let no_node = &mut |_| Err(());
    match compare(&head(5, b"now"), &head(9, b"before"), no_node).unwrap() {
        Comparison::RolledBack(rollback) => rollback.to_string(),
        other => panic!("{other:?}"),
    }
}

fn check_text(text: &[u8], key: &NoteSigner) -> ForkReport {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("proof");
    fs::write(&file, text).unwrap();
    check_fork(&file, &[key.verifier_key().to_string()])
}

#[test]
fn proofs_that_hold_are_valid_and_say_what_they_prove() {
    let fork = check_text(fork_text().as_bytes(), &log());
    assert!(matches!(&fork, ForkReport::Forked(heads) if heads.smaller.size == 7));
    assert_eq!(fork.verdict(), Verdict::Valid);
    assert!(
        fork.to_string()
            .starts_with("valid: the proof against node.xa.example/ledger/2026 holds: it has")
    );
    let rollback = check_text(rollback_text().as_bytes(), &log());
    assert!(matches!(&rollback, ForkReport::RolledBack(heads) if heads.greater.size == 9));
    assert!(rollback.to_json().contains("\"proven\": \"rollback\""));
}

/// One byte changed anywhere: nothing is proven any more, or it cannot be checked.
#[test]
fn no_changed_byte_of_a_proof_goes_undetected() {
    for text in [fork_text(), rollback_text()] {
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << (at % 8);
            let report = check_text(&bytes, &log());
            assert_ne!(report.verdict(), Verdict::Valid, "byte {at}: {report}");
        }
    }
}

#[test]
fn another_key_could_not_check_and_an_invalid_signature_proves_nothing() {
    let other = signer("node.xb.example/ledger/2026", 2);
    assert_eq!(
        check_text(fork_text().as_bytes(), &other).verdict(),
        Verdict::CouldNotCheck
    );
    let forged = fork_text().replacen("\n7\n", "\n8\n", 1);
    assert_eq!(check_text(forged.as_bytes(), &log()).verdict(), Verdict::Invalid);
    let twice = ForkProof::of_one_size(&head(7, b"one"), &head(7, b"other"))
        .unwrap()
        .to_string();
    let (first, _) = twice.split_at(twice.rfind("head ").unwrap());
    let one_head = first.strip_prefix("ohrid/fork-proof@v1\n").unwrap();
    let same = format!("{first}{one_head}");
    let report = check_text(same.as_bytes(), &log());
    assert!(report.to_string().contains("can both be true"), "{report}");
}

#[test]
fn what_is_not_at_hand_could_not_be_checked() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("proof");
    let key = log().verifier_key().to_string();
    assert_eq!(
        check_fork(&file, std::slice::from_ref(&key)).verdict(),
        Verdict::CouldNotCheck
    );
    fs::write(&file, fork_text()).unwrap();
    assert_eq!(
        check_fork(&file, &["nowhere.vkey".to_owned()]).verdict(),
        Verdict::CouldNotCheck
    );
    fs::write(folder.path().join("vkey"), format!("{key}\n")).unwrap();
    let in_file = folder.path().join("vkey").display().to_string();
    assert_eq!(check_fork(&file, &[in_file]).verdict(), Verdict::Valid);
    fs::write(&file, "").unwrap();
    assert_eq!(check_fork(&file, &[key]).verdict(), Verdict::Invalid);
}

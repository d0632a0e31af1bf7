#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::SigningKey;
use crate::cosignature::Cosigner;
use crate::hash::Hash;
use crate::note::tests::{GOLDEN_NOTE, golden_cosigner, golden_signer};
use crate::proof::tests::{naive_root, numbered_leaves};

/// A log in memory, which can show its tree at any size.
pub(crate) struct TestLog {
    pub(crate) leaves: Vec<Hash>,
}

impl TestLog {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            leaves: numbered_leaves(count),
        }
    }

    /// Another history of the same log, the same up to `common` leaves.
    pub(crate) fn forked_after(&self, common: usize) -> Self {
        let mut leaves = self.leaves.clone();
        for leaf in &mut leaves[common..] {
            *leaf = crate::hash::leaf_hash(leaf.as_bytes());
        }
        Self { leaves }
    }

    pub(crate) fn checkpoint(&self, size: usize) -> Checkpoint {
        Checkpoint {
            origin: golden_signer().name().to_owned(),
            size: size as u64,
            root: naive_root(&self.leaves[..size]),
        }
    }

    pub(crate) fn head(&self, size: usize) -> SignedHead {
        SignedHead::sign(self.checkpoint(size), &golden_signer()).unwrap()
    }
}

#[test]
fn a_head_is_signed_stored_and_read_again() {
    let head = TestLog::new(5).head(5);
    assert_eq!(head.checkpoint().size, 5);
    let stored = head.note().to_string();
    assert_eq!(SignedHead::from_stored(stored.as_bytes()).unwrap(), head);
    let note = Note::parse(stored.as_bytes()).unwrap();
    assert_eq!(
        SignedHead::verify(&note, &[golden_signer().verifier_key()]).unwrap(),
        head
    );
    assert_eq!(stored, head.checkpoint().sign(&golden_signer()).unwrap());
    let other_origin = Checkpoint {
        origin: "node.example/other".to_owned(),
        ..head.checkpoint().clone()
    };
    assert_eq!(
        SignedHead::sign(other_origin, &golden_signer()),
        Err(CheckpointSignError::NotOurOrigin)
    );
}

#[test]
fn only_the_logs_own_valid_lines_are_kept() {
    let note = Note::parse(GOLDEN_NOTE.as_bytes()).unwrap();
    let log = golden_signer();
    let head = SignedHead::verify(&note, &[log.verifier_key(), golden_cosigner().verifier_key()]).unwrap();
    assert_eq!(head.note().signatures(), &note.signatures()[..1]);

    // The same line many times fills nothing up.
    let line = note.signatures()[0].clone();
    let many = Note::new(note.text().clone(), vec![line; 100]).unwrap();
    let head = SignedHead::verify(&many, &[log.verifier_key()]).unwrap();
    assert_eq!(head.note().signatures().len(), 1);
}

#[test]
fn two_keys_of_one_log_may_sign_while_it_changes_them() {
    let head = TestLog::new(3).head(3);
    let next = NoteSigner::new(golden_signer().name(), SigningKey::from_bytes(&[0x17; 32])).unwrap();
    let mut note = head.note().clone();
    note.push(next.sign(note.text())).unwrap();
    let (old, new) = (golden_signer(), next.verifier_key());
    let both = SignedHead::verify(&note, &[old.verifier_key(), new]).unwrap();
    assert_eq!(both.note().signatures().len(), 2);
    assert_eq!(
        SignedHead::verify(&note, &[new])
            .unwrap()
            .note()
            .signatures()
            .len(),
        1
    );
}

#[test]
fn heads_that_the_log_has_not_signed_are_not_believed() {
    let head = TestLog::new(3).head(3);
    let log = golden_signer();
    let stranger = NoteSigner::new("node.example/other", SigningKey::from_bytes(&[0x07; 32])).unwrap();
    let unknown = Err(CheckpointVerifyError::Signature(NoteVerifyError::NoKnownKey));
    assert_eq!(SignedHead::verify(head.note(), &[]), unknown);
    assert_eq!(
        SignedHead::verify(head.note(), &[stranger.verifier_key()]),
        unknown
    );
    assert_eq!(
        SignedHead::verify(head.note(), &[golden_cosigner().verifier_key()]),
        unknown
    );
    // Nor by a witness's key that bears the log's name.
    let witness = Cosigner::new(log.name(), SigningKey::from_bytes(&[0x09; 32])).unwrap();
    let text = head.note().text().clone();
    let line = witness.cosign(&text, 1).unwrap();
    let cosigned = Note::new(text, vec![line]).unwrap();
    assert_eq!(SignedHead::verify(&cosigned, &[witness.verifier_key()]), unknown);
    // One invalid line by a known key spoils the whole.
    let mut note = head.note().clone();
    note.push(TestLog::new(4).head(4).note().signatures()[0].clone())
        .unwrap();
    assert!(matches!(
        SignedHead::verify(&note, &[log.verifier_key()]),
        Err(CheckpointVerifyError::Signature(NoteVerifyError::Invalid { .. }))
    ));
}

#[test]
fn damaged_stored_heads_are_errors_and_not_absent() {
    let stored = TestLog::new(3).head(3).note().to_string();
    for damaged in [
        String::new(),
        stored.replace("\n\n", "\n"),
        stored.replace("\n3\n", "\n03\n"),
    ] {
        assert!(
            SignedHead::from_stored(damaged.as_bytes()).is_err(),
            "{damaged:?}"
        );
    }
}

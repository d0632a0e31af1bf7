#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Every limit holds at exactly its number: one less and the number itself pass, one more does not.

use std::convert::Infallible;

use super::*;
use crate::SigningKey;
use crate::checkpoint::{Checkpoint, CheckpointDecodeError, CheckpointSignError};
use crate::cosignature::Cosigner;
use crate::fork::{ForkProof, Rollback, TwoHeadsDecodeError};
use crate::hash::{EMPTY_ROOT, Hash, leaf_hash};
use crate::head::tests::TestLog;
use crate::note::tests::{golden_cosigner, golden_signer};
use crate::note::{KeyKind, Note, NoteDecodeError, NoteText, VerifierKey};
use crate::policy::Policy;
use crate::proof::{
    ConsistencyProof, InclusionProof, NodeId, ProofError, ProveError, prove_consistency, prove_inclusion,
    read_root,
};
use crate::tile::Excerpt;
use crate::tlog_proof::{TlogProof, TlogProofDecodeError};
use crate::witness::{
    AddCheckpoint, AddCheckpointDecodeError, Answer, AnswerDecodeError, CosignedHead, NotACosignature,
};

/// What the specifications and our documents say, in plain numbers.
#[test]
fn the_limits_are_those_of_the_documents() {
    assert_eq!(MAX_TREE_SIZE, 9_223_372_036_854_775_807);
    assert_eq!(MAX_BUNDLE_BYTES, 16_777_472);
    assert_eq!(MAX_EXCERPT_BYTES, 2_097_152);
    assert_eq!(MAX_VERIFIER_KEY_BYTES, 309);
    assert_eq!(MAX_TLOG_PROOF_BYTES, 1_016_384);
    assert_eq!(MAX_TWO_HEADS_BYTES, 131_072);
}

/// A tree as large as any, of which only the nodes on its right edge are ever asked for.
fn node(id: NodeId) -> Result<Hash, Infallible> {
    Ok(leaf_hash(format!("{id:?}").as_bytes()))
}

#[test]
fn the_largest_tree_has_a_root_and_proofs_and_a_larger_one_has_none() {
    let root = read_root(MAX_TREE_SIZE, &mut node).unwrap();
    assert_eq!(
        read_root(MAX_TREE_SIZE + 1, &mut node),
        Err(ProveError::OutOfRange)
    );

    let last = MAX_TREE_SIZE - 1;
    let leaf = node(NodeId {
        level: 0,
        index: last,
    })
    .unwrap();
    let inclusion = prove_inclusion(last, MAX_TREE_SIZE, &mut node).unwrap();
    assert_eq!(inclusion.hashes.len(), 62);
    assert_eq!(inclusion.verify(MAX_TREE_SIZE, &leaf, &root), Ok(()));
    assert_eq!(
        inclusion.verify(MAX_TREE_SIZE + 1, &leaf, &root),
        Err(ProofError::OutOfRange)
    );

    let old_root = read_root(last, &mut node).unwrap();
    let consistency = prove_consistency(last, MAX_TREE_SIZE, &mut node).unwrap();
    assert_eq!(consistency.verify(last, MAX_TREE_SIZE, &old_root, &root), Ok(()));
    assert_eq!(
        consistency.verify(last, MAX_TREE_SIZE + 1, &old_root, &root),
        Err(ProofError::OutOfRange)
    );
}

/// A tree so large, and leaf 0 of it: as many hashes as there may be. One more is refused before any is used.
#[test]
fn a_proof_has_at_most_so_many_hashes() {
    let hashes: Vec<Hash> = (0..=MAX_PROOF_HASHES).map(|n| leaf_hash(&[n as u8])).collect();
    let leaf = leaf_hash(b"first");
    let longest = InclusionProof {
        index: 0,
        hashes: hashes[..MAX_PROOF_HASHES].to_vec(),
    };
    let root = (longest.hashes.iter()).fold(leaf, |below, right| crate::hash::node_hash(&below, right));
    assert_eq!(longest.verify(MAX_TREE_SIZE, &leaf, &root), Ok(()));
    let too_long = InclusionProof {
        index: 0,
        hashes: hashes.clone(),
    };
    assert_eq!(
        too_long.verify(MAX_TREE_SIZE, &leaf, &root),
        Err(ProofError::WrongLength)
    );
    let too_long = ConsistencyProof { hashes };
    assert_eq!(
        too_long.verify(1, MAX_TREE_SIZE, &leaf, &root),
        Err(ProofError::WrongLength)
    );
}

#[test]
fn an_origin_is_of_at_most_so_many_bytes_and_without_control_characters() {
    let read = |origin: &str| Checkpoint::parse(&format!("{origin}\n0\n{}\n", EMPTY_ROOT.to_base64()));
    for possible in [&"o".repeat(MAX_NAME_BYTES), "a b", "\u{7f}"] {
        assert_eq!(read(possible).unwrap().origin, *possible);
    }
    for wrong in [&"o".repeat(MAX_NAME_BYTES + 1), "a\u{1f}b", "a\0"] {
        assert_eq!(read(wrong), Err(CheckpointDecodeError::BadOrigin));
    }
}

#[test]
fn sizes_and_times_are_of_at_most_63_bits() {
    let of_size = |size| Checkpoint {
        size,
        ..TestLog::new(3).checkpoint(3)
    };
    assert!(of_size(MAX_TREE_SIZE).sign(&golden_signer()).is_ok());
    assert_eq!(
        of_size(MAX_TREE_SIZE + 1).sign(&golden_signer()),
        Err(CheckpointSignError::Impossible(CheckpointDecodeError::BadSize))
    );
    let text = NoteText::new(of_size(3).to_text()).unwrap();
    let cosigner = golden_cosigner();
    let line = cosigner.cosign(&text, MAX_TREE_SIZE).unwrap();
    assert_eq!(cosigner.verifier_key().verify(&text, &line), Ok(()));
    assert!(cosigner.cosign(&text, MAX_TREE_SIZE + 1).is_err());
    assert!(cosigner.cosign(&text, 0).is_err());
}

/// A signed note of so many bytes.
fn note_of(bytes: usize) -> String {
    let line = |text: &NoteText| golden_signer().sign(text);
    let short = NoteText::new("\n".to_owned()).unwrap();
    let around = format!("{}\n{}", short.as_str(), line(&short)).len();
    let text = NoteText::new(format!("{}\n", "x".repeat(bytes - around))).unwrap();
    let note = format!("{}\n{}", text.as_str(), line(&text));
    assert_eq!(note.len(), bytes);
    note
}

#[test]
fn a_note_is_of_at_most_so_many_bytes() {
    assert!(Note::parse(note_of(MAX_NOTE_BYTES).as_bytes()).is_ok());
    assert_eq!(
        Note::parse(note_of(MAX_NOTE_BYTES + 1).as_bytes()),
        Err(NoteDecodeError::TooLong)
    );
}

#[test]
fn the_key_with_the_longest_name_is_printed_and_read() {
    let key = SigningKey::from_bytes(&[1; 32]).verifying_key();
    let longest = VerifierKey::new(&"n".repeat(MAX_NAME_BYTES), KeyKind::Ed25519, key).unwrap();
    let text = longest.to_string();
    assert_eq!(text.len(), MAX_VERIFIER_KEY_BYTES);
    assert_eq!(VerifierKey::parse(&text), Ok(longest));
}

#[test]
fn a_policy_is_of_at_most_so_many_bytes() {
    let policy = |bytes: usize| {
        let begin = "quorum none\n#";
        format!("{begin}{}\n", "x".repeat(bytes - begin.len() - 1))
    };
    assert!(Policy::parse(policy(MAX_POLICY_BYTES).as_bytes()).is_ok());
    assert!(Policy::parse(policy(MAX_POLICY_BYTES + 1).as_bytes()).is_err());
}

#[test]
fn an_excerpt_is_of_at_most_so_many_bytes() {
    // Lines of 16 bytes, and one before them that makes the sum come out.
    let header = "ledger-excerpt/1\nentries 512 700\n";
    let spare = MAX_EXCERPT_BYTES - header.len();
    let mut longest = format!("{header}bundle {}\n", "1".repeat(spare % 16 - 8));
    for bundle in (10_000_000..).take(spare / 16) {
        longest.push_str(&format!("bundle {bundle}\n"));
    }
    assert_eq!(longest.len(), MAX_EXCERPT_BYTES);
    assert!(Excerpt::parse(longest.as_bytes()).is_ok());
    let longer = longest.replacen("bundle 1", "bundle 11", 1);
    assert!(Excerpt::parse(longer.as_bytes()).is_err());
}

/// None of these is well-formed: what is looked at is which fault is told.
#[test]
fn files_and_answers_are_of_at_most_so_many_bytes() {
    let text = |bytes: usize| vec![b'x'; bytes];
    let proof = |bytes| TlogProof::parse(&text(bytes)).unwrap_err();
    assert_eq!(proof(MAX_TLOG_PROOF_BYTES), TlogProofDecodeError::BadHeader);
    assert_eq!(proof(MAX_TLOG_PROOF_BYTES + 1), TlogProofDecodeError::TooLong);

    let fork = |bytes| ForkProof::parse(&text(bytes)).unwrap_err();
    assert_eq!(fork(MAX_TWO_HEADS_BYTES), TwoHeadsDecodeError::BadHeader);
    assert_eq!(fork(MAX_TWO_HEADS_BYTES + 1), TwoHeadsDecodeError::TooLong);
    let rollback = |bytes| Rollback::parse(&text(bytes)).unwrap_err();
    assert_eq!(rollback(MAX_TWO_HEADS_BYTES), TwoHeadsDecodeError::BadHeader);
    assert_eq!(rollback(MAX_TWO_HEADS_BYTES + 1), TwoHeadsDecodeError::TooLong);

    let request = |bytes| AddCheckpoint::parse(&text(bytes)).unwrap_err();
    assert_eq!(
        request(MAX_ADD_CHECKPOINT_BYTES),
        AddCheckpointDecodeError::BadOldSize
    );
    assert_eq!(
        request(MAX_ADD_CHECKPOINT_BYTES + 1),
        AddCheckpointDecodeError::TooLong
    );
    let answer = |bytes| Answer::parse(200, None, &text(bytes)).unwrap_err();
    assert_eq!(answer(MAX_WITNESS_ANSWER_BYTES), AnswerDecodeError::BadLines);
    assert_eq!(answer(MAX_WITNESS_ANSWER_BYTES + 1), AnswerDecodeError::TooLong);
}

#[test]
fn an_answer_has_at_most_so_many_lines() {
    let line = golden_signer()
        .sign(TestLog::new(3).head(3).note().text())
        .to_string();
    let read = |count| Answer::parse(200, None, line.repeat(count).as_bytes());
    for count in [MAX_NOTE_SIGNATURES - 1, MAX_NOTE_SIGNATURES] {
        assert!(matches!(read(count), Ok(Answer::Cosigned(lines)) if lines.len() == count));
    }
    assert_eq!(read(MAX_NOTE_SIGNATURES + 1), Err(AnswerDecodeError::BadLines));
}

/// The log's own line is one of them.
#[test]
fn a_cosigned_head_has_at_most_so_many_lines() {
    let mut head = CosignedHead::new(TestLog::new(3).head(3));
    let text = head.head().note().text().clone();
    let witness = |number: usize| {
        let key = SigningKey::from_bytes(&[number as u8; 32]);
        Cosigner::new(&format!("peer.example/w{number}"), key).unwrap()
    };
    let line = |number| witness(number).cosign(&text, 7).unwrap();
    for number in 1..MAX_NOTE_SIGNATURES {
        assert_eq!(head.add(witness(number).verifier_key(), line(number)), Ok(()));
    }
    assert_eq!(head.note().signatures().len(), MAX_NOTE_SIGNATURES);
    let one_more = MAX_NOTE_SIGNATURES;
    assert_eq!(
        head.add(witness(one_more).verifier_key(), line(one_more)),
        Err(NotACosignature)
    );
    // A newer line of one that is there takes its place, and needs no room.
    let newer = witness(1).cosign(&text, 8).unwrap();
    assert_eq!(head.add(witness(1).verifier_key(), newer.clone()), Ok(()));
    assert_eq!(head.note().signatures()[1], newer);
    assert!(Note::parse(head.note().to_string().as_bytes()).is_ok());
}

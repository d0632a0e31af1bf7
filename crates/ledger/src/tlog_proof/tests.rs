#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::hash::leaf_hash;
use crate::head::SignedHead;
use crate::note::tests::{golden_cosigner, golden_signer};
use crate::proof::tests::classic_leaves;
use crate::tree::{Batch, Edge};
use crate::witness::CosignedHead;

fn golden(index: u64) -> TlogProof {
    let batch = Batch::new(&Edge::new(), classic_leaves());
    let checkpoint = Checkpoint::of_edge(golden_signer().name(), batch.edge_after()).unwrap();
    let note = checkpoint.sign(&golden_signer()).unwrap();
    TlogProof::new(batch.prove_inclusion(index).unwrap(), &note).unwrap()
}

fn leaf(index: u64) -> Hash {
    classic_leaves()[usize::try_from(index).unwrap()]
}

/// The proof of leaf 5 of the classic tree, whose hashes are published, under the golden key.
const GOLDEN_PROOF: &str = concat!(
    "c2sp.org/tlog-proof@v1\n",
    "index 5\n",
    "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\n",
    "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=\n",
    "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=\n",
    "\n",
    "node.example/ledger\n",
    "8\n",
    "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n",
    "\n",
);

#[test]
fn the_golden_proof_is_made_parsed_and_verified() {
    let proof = golden(5);
    let text = proof.to_string();
    let signature = text.strip_prefix(GOLDEN_PROOF).unwrap();
    assert!(signature.starts_with("— node.example/ledger HmidB"));
    let parsed = TlogProof::parse(text.as_bytes()).unwrap();
    assert_eq!(parsed, proof);
    let checkpoint = parsed.verify(&leaf(5), golden_signer().verifier_key()).unwrap();
    assert_eq!(checkpoint.size, 8);
}

#[test]
fn every_leaf_is_proven_and_no_other() {
    for index in 0..8 {
        let proof = TlogProof::parse(golden(index).to_string().as_bytes()).unwrap();
        for other in 0..8 {
            let verified = proof.verify(&leaf(other), golden_signer().verifier_key());
            assert_eq!(verified.is_ok(), index == other);
        }
        assert!(
            proof
                .verify(&leaf_hash(b"other"), golden_signer().verifier_key())
                .is_err()
        );
    }
}

#[test]
fn extra_data_and_cosignatures_are_kept_as_they_are() {
    let mut proof = golden(2);
    proof.extra = Some(b"where it was made".to_vec());
    let line = golden_cosigner().cosign(proof.checkpoint.text(), 1).unwrap();
    proof.checkpoint.push(line).unwrap();
    let parsed = TlogProof::parse(proof.to_string().as_bytes()).unwrap();
    assert_eq!(parsed, proof);
    assert!(parsed.verify(&leaf(2), golden_signer().verifier_key()).is_ok());
    let keys = [golden_signer(), golden_signer()];
    let (log, witness) = (keys[0].verifier_key(), golden_cosigner());
    assert_eq!(
        parsed
            .checkpoint
            .verify(&[log, witness.verifier_key()])
            .unwrap()
            .len(),
        2
    );

    proof.extra = Some(Vec::new());
    assert_eq!(TlogProof::parse(proof.to_string().as_bytes()).unwrap(), proof);
}

/// Stage 2 of a receipt: the same proof, with the witnesses' lines, under a policy.
#[test]
fn a_cosigned_proof_satisfies_a_policy_and_a_bare_one_does_not() {
    let bare = golden(5);
    let (log, witness) = (golden_signer(), golden_cosigner());
    let head = SignedHead::verify(&bare.checkpoint, &[log.verifier_key()]).unwrap();
    let mut cosigned = CosignedHead::new(head);
    let line = witness.cosign(bare.checkpoint.text(), 1_700_000_000).unwrap();
    cosigned.add(witness.verifier_key(), line).unwrap();
    let proof = TlogProof::new(bare.inclusion.clone(), &cosigned.note().to_string()).unwrap();
    assert_eq!(TlogProof::parse(proof.to_string().as_bytes()).unwrap(), proof);

    let (log, witness) = (log.verifier_key(), witness.verifier_key());
    let text = format!("log {log}\nwitness W {witness}\nquorum W\n");
    let policy = Policy::parse(text.as_bytes()).unwrap();
    let (checkpoint, evaluation) = proof.verify_with_policy(&leaf(5), &policy).unwrap();
    assert_eq!((checkpoint.size, evaluation.is_satisfied()), (8, true));
    let (_, evaluation) = bare.verify_with_policy(&leaf(5), &policy).unwrap();
    assert!(!evaluation.is_satisfied());
    assert_eq!(
        proof.verify_with_policy(&leaf(4), &policy),
        Err(TlogProofPolicyError::Inclusion(ProofError::RootMismatch))
    );
    let other = Policy::parse(b"quorum none\n").unwrap();
    assert_eq!(
        proof.verify_with_policy(&leaf(5), &other),
        Err(TlogProofPolicyError::Checkpoint(PolicyVerifyError::UnknownLog))
    );
}

#[test]
fn a_proof_under_another_key_shows_nothing() {
    let other = crate::note::NoteSigner::new(golden_signer().name(), crate::SigningKey::from_bytes(&[1; 32]));
    let verified = golden(5).verify(&leaf(5), other.unwrap().verifier_key());
    assert!(matches!(verified, Err(TlogProofVerifyError::Checkpoint(_))));
}

#[test]
fn hostile_proof_files_are_refused_by_name() {
    use TlogProofDecodeError as Error;
    let text = golden(5).to_string();
    let extra = |base64: &str| text.replace("index", &format!("extra {base64}\nindex"));
    let hash_line = "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\n";
    let hostile = [
        ("empty", String::new(), Error::BadHeader),
        ("version 2", text.replace("@v1", "@v2"), Error::BadHeader),
        ("empty line before", format!("\n{text}"), Error::BadHeader),
        ("carriage returns", text.replace('\n', "\r\n"), Error::BadHeader),
        ("extra not canonical", extra("AB=="), Error::BadExtra),
        ("extra twice", extra("AA==\nextra AA=="), Error::BadIndex),
        (
            "extra oversized",
            extra(&"AAAA".repeat(MAX_PROOF_EXTRA_BYTES)),
            Error::BadExtra,
        ),
        (
            "extra after index",
            text.replace("index 5\n", "index 5\nextra AA==\n"),
            Error::BadHashes,
        ),
        ("no index", text.replace("index 5\n", ""), Error::BadIndex),
        (
            "leading zero",
            text.replace("index 5", "index 05"),
            Error::BadIndex,
        ),
        (
            "negative index",
            text.replace("index 5", "index -5"),
            Error::BadIndex,
        ),
        (
            "index above 2^63 - 1",
            text.replace("index 5", "index 9223372036854775808"),
            Error::BadIndex,
        ),
        (
            "hash not canonical",
            text.replace("nms=\n", "nmt=\n"),
            Error::BadHashes,
        ),
        (
            "hash too short",
            text.replace("nms=\n", "nw==\n"),
            Error::BadHashes,
        ),
        ("no empty line", text.replacen("\n\n", "\n", 1), Error::BadHashes),
        ("cut within the hashes", text[..80].to_owned(), Error::BadHashes),
        (
            "64 hashes",
            text.replace(hash_line, &hash_line.repeat(62)),
            Error::BadHashes,
        ),
        (
            "oversized",
            format!("{text}{}", "x".repeat(MAX_TLOG_PROOF_BYTES)),
            Error::TooLong,
        ),
        (
            "no checkpoint",
            GOLDEN_PROOF[..170].to_owned(),
            Error::BadCheckpoint(NoteDecodeError::NoEmptyLine),
        ),
    ];
    for (name, text, expected) in hostile {
        assert_eq!(TlogProof::parse(text.as_bytes()), Err(expected), "{name}");
    }
}

#[test]
fn proof_files_without_signature_or_text_are_refused() {
    use TlogProofDecodeError as Error;
    let unsigned = TlogProof::parse(GOLDEN_PROOF.as_bytes());
    assert_eq!(unsigned, Err(Error::BadCheckpoint(NoteDecodeError::NoSignature)));
    assert_eq!(TlogProof::parse(b"\xff"), Err(Error::NotUtf8));
}

#[test]
fn every_changed_bit_is_noticed() {
    let text = golden(5).to_string();
    for at in 0..text.len() {
        for bit in [0, 5, 7] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let verified = TlogProof::parse(&bytes)
                .is_ok_and(|proof| proof.verify(&leaf(5), golden_signer().verifier_key()).is_ok());
            assert!(!verified, "byte {at}, bit {bit}");
        }
    }
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;
use crate::SigningKey;
use crate::head::tests::TestLog;
use crate::limits::MAX_TWO_HEADS_BYTES;
use crate::note::NoteSigner;
use crate::note::tests::golden_signer;
use crate::proof::tests::node_reader;

fn compare_at(log: &TestLog, our_size: usize, theirs: &SignedHead) -> Comparison {
    compare(
        &log.head(our_size),
        theirs,
        &mut node_reader(&log.leaves[..our_size]),
    )
    .unwrap()
}

fn verify(proof: &ForkProof) -> Result<TwoHeads, TwoHeadsError> {
    proof.verify(&[golden_signer().verifier_key()])
}

fn fork(comparison: Comparison) -> ForkProof {
    match comparison {
        Comparison::Forked(proof) => *proof,
        other => panic!("not a fork: {other:?}"),
    }
}

/// `[ROLLBACK]`: every pair of sizes, with every point at which the histories part.
#[test]
fn heads_are_consistent_forked_or_rolled_back() {
    let log = TestLog::new(9);
    for common in 0..9 {
        let other = log.forked_after(common);
        for ours in 0..=9 {
            for theirs in 0..=9 {
                let comparison = compare_at(&log, ours, &other.head(theirs));
                if theirs > ours {
                    assert!(matches!(comparison, Comparison::RolledBack(_)));
                } else if theirs <= common {
                    assert_eq!(comparison, Comparison::Consistent, "{common} {ours} {theirs}");
                } else {
                    let proof = fork(comparison);
                    let heads = verify(&proof).unwrap();
                    assert_eq!(
                        (heads.smaller.size, heads.greater.size),
                        (theirs as u64, ours as u64)
                    );
                    let parsed = ForkProof::parse(proof.to_string().as_bytes()).unwrap();
                    assert_eq!(parsed, proof);
                }
            }
        }
    }
}

/// `[ROLLBACK]`
#[test]
fn a_rollback_keeps_both_heads_as_a_proof() {
    let log = TestLog::new(7);
    let Comparison::RolledBack(rollback) = compare_at(&log, 4, &log.head(7)) else {
        panic!("not rolled back");
    };
    let log_key = golden_signer();
    let heads = rollback.verify(&[log_key.verifier_key()]).unwrap();
    assert_eq!((heads.smaller.size, heads.greater.size), (4, 7));
    let text = rollback.to_string();
    assert!(text.starts_with("ohrid/rollback-proof@v1\nhead "));
    assert_eq!(Rollback::parse(text.as_bytes()).unwrap(), *rollback);
    assert!(rollback.verify(&[]).is_err());
    // Nor is the one file the other.
    assert_eq!(
        ForkProof::parse(text.as_bytes()),
        Err(TwoHeadsDecodeError::BadHeader)
    );
    let not_greater = Rollback {
        has: rollback.had.clone(),
        had: rollback.has.clone(),
    };
    assert_eq!(
        not_greater.verify(&[log_key.verifier_key()]),
        Err(TwoHeadsError::NoContradiction)
    );
}

#[test]
fn heads_of_two_logs_are_not_compared() {
    let log = TestLog::new(3);
    let signer = NoteSigner::new("node.example/other", SigningKey::from_bytes(&[1; 32])).unwrap();
    let checkpoint = Checkpoint {
        origin: signer.name().to_owned(),
        ..log.checkpoint(3)
    };
    let other = SignedHead::sign(checkpoint, &signer).unwrap();
    let compared = compare(&log.head(3), &other, &mut node_reader(&log.leaves));
    assert_eq!(compared, Err(CompareError::OtherLog));
    let forged = ForkProof {
        smaller: other.note().clone(),
        greater: log.forked_after(0).head(3).note().clone(),
        prefix: None,
    };
    let keys = [golden_signer(), signer];
    let keys: Vec<&VerifierKey> = keys.iter().map(NoteSigner::verifier_key).collect();
    assert_eq!(forged.verify(&keys), Err(TwoHeadsError::OtherLog));
}

/// A damaged store must not make us accuse ourselves with a proof that proves nothing.
#[test]
fn a_tree_that_does_not_lead_to_our_head_makes_no_proof() {
    let log = TestLog::new(6);
    let damaged = log.forked_after(2);
    let compared = compare(&log.head(6), &log.head(4), &mut node_reader(&damaged.leaves));
    assert_eq!(compared, Err(CompareError::NotOurTree(ProofError::RootMismatch)));
}

#[test]
fn nobody_is_accused_by_what_can_both_be_true() {
    let log = TestLog::new(8);
    let prefix = |size| Prefix {
        root: log.checkpoint(size).root,
        proof: prove_consistency(size as u64, 8, &mut node_reader(&log.leaves)).unwrap(),
    };
    let proof = |smaller: usize, greater: usize, prefix| ForkProof {
        smaller: log.head(smaller).note().clone(),
        greater: log.head(greater).note().clone(),
        prefix,
    };
    let none = Err(TwoHeadsError::NoContradiction);
    assert_eq!(verify(&proof(8, 8, None)), none, "the same head twice");
    assert_eq!(verify(&proof(5, 8, None)), none, "two sizes, and no prefix");
    assert_eq!(
        verify(&proof(5, 8, Some(prefix(5)))),
        none,
        "the prefix is the smaller head"
    );
    assert!(
        matches!(
            verify(&proof(5, 8, Some(prefix(4)))),
            Err(TwoHeadsError::Prefix(_))
        ),
        "a prefix of another size"
    );
    let mut forged = prefix(5);
    forged.root = log.checkpoint(6).root;
    assert!(matches!(
        verify(&proof(5, 8, Some(forged))),
        Err(TwoHeadsError::Prefix(_))
    ));
    // A fork at one size needs no prefix, and so its proof has one form only.
    let needless = ForkProof {
        smaller: log.forked_after(0).head(8).note().clone(),
        greater: log.head(8).note().clone(),
        prefix: Some(Prefix {
            root: log.checkpoint(8).root,
            proof: ConsistencyProof { hashes: vec![] },
        }),
    };
    assert_eq!(verify(&needless), none);
    let same_size = Prefix {
        root: log.forked_after(0).checkpoint(8).root,
        proof: ConsistencyProof { hashes: vec![] },
    };
    assert!(verify(&proof(8, 8, Some(same_size))).is_err());
    assert!(
        verify(&proof(0, 8, Some(prefix(1)))).is_err(),
        "every tree begins with the empty one"
    );
}

#[test]
fn every_changed_byte_of_a_proof_is_noticed() {
    let log = TestLog::new(9);
    let proof = fork(compare_at(&log, 9, &log.forked_after(3).head(6)));
    let text = proof.to_string();
    assert!(text.starts_with("ohrid/fork-proof@v1\nprefix "));
    for at in 0..text.len() {
        for bit in [0, 5, 7] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let accepted = ForkProof::parse(&bytes).is_ok_and(|proof| verify(&proof).is_ok());
            assert!(!accepted, "byte {at}, bit {bit}");
        }
    }
}

/// The file, byte for byte: the format may grow, but this must be read for ever.
#[test]
fn the_golden_fork_proof_is_made_parsed_and_verified() {
    let log = TestLog::new(3);
    let proof = fork(compare_at(&log, 3, &log.forked_after(1).head(2)));
    let golden = include_str!("golden.fork-proof");
    assert_eq!(proof.to_string(), golden);
    assert_eq!(ForkProof::parse(golden.as_bytes()).unwrap(), proof);
    assert!(verify(&proof).is_ok());
}

#[test]
fn hostile_proof_files_are_refused_by_name() {
    use TwoHeadsDecodeError as Error;
    let log = TestLog::new(9);
    let text = fork(compare_at(&log, 9, &log.forked_after(3).head(6))).to_string();
    let hash_line = text.lines().nth(2).unwrap().to_owned() + "\n";
    let head_at = text.find("head ").unwrap();
    let hostile = [
        ("empty", String::new(), Error::BadHeader),
        ("version 2", text.replace("@v1", "@v2"), Error::BadHeader),
        (
            "prefix not canonical",
            text.replacen("=\n", "\n", 1),
            Error::BadPrefix,
        ),
        (
            "prefix without root",
            text.replacen("prefix ", "prefix \n", 1),
            Error::BadPrefix,
        ),
        (
            "64 hashes",
            text.replace(&hash_line, &hash_line.repeat(64)),
            Error::BadPrefix,
        ),
        ("cut in the prefix", text[..head_at].to_owned(), Error::BadPrefix),
        (
            "cut in a head",
            text[..text.len() - 1].to_owned(),
            Error::BadLength,
        ),
        ("more after the heads", format!("{text}\n"), Error::BadLength),
        (
            "one head",
            text[..text.rfind("head ").unwrap()].to_owned(),
            Error::BadLength,
        ),
        (
            "a length too great",
            text.replace("head 1", "head 9"),
            Error::BadLength,
        ),
        (
            "a length with a sign",
            text.replace("head 1", "head +1"),
            Error::BadLength,
        ),
        (
            "a length above 2^63 - 1",
            text.replace("head 1", "head 99999999999999999999"),
            Error::BadLength,
        ),
        ("oversized", "x".repeat(MAX_TWO_HEADS_BYTES + 1), Error::TooLong),
    ];
    for (name, text, expected) in hostile {
        assert_eq!(ForkProof::parse(text.as_bytes()), Err(expected), "{name}");
    }
    assert_eq!(ForkProof::parse(b"\xff"), Err(Error::NotUtf8));
    let unsigned = "ohrid/fork-proof@v1\nhead 3\na\n\nhead 3\na\n\n";
    assert!(matches!(
        ForkProof::parse(unsigned.as_bytes()),
        Err(Error::BadHead(_))
    ));
    assert!(matches!(
        Rollback::parse(b"ohrid/rollback-proof@v1\nhead 1\n"),
        Err(Error::BadLength)
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_parses_prints_the_same(at in 0usize..700, byte: u8) {
        let mut bytes = include_str!("golden.fork-proof").as_bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(proof) = ForkProof::parse(&bytes) {
            prop_assert_eq!(proof.to_string().into_bytes(), bytes);
        }
    }
}

/// The same head twice shows nothing, and neither does the greater one first.
#[test]
fn heads_of_one_size_are_no_rollback() {
    let log = TestLog::new(9);
    let file = |has: usize, had: usize| {
        let part = |size| {
            let note = log.head(size).note().to_string();
            format!("head {}\n{note}", note.len())
        };
        format!("ohrid/rollback-proof@v1\n{}{}", part(has), part(had))
    };
    let signer = golden_signer();
    let verify = |has, had| {
        let rollback = Rollback::parse(file(has, had).as_bytes()).unwrap();
        rollback.verify(&[signer.verifier_key()])
    };
    assert!(verify(7, 8).is_ok());
    assert_eq!(verify(8, 8), Err(TwoHeadsError::NoContradiction));
    assert_eq!(verify(8, 7), Err(TwoHeadsError::NoContradiction));
}

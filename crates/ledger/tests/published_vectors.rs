#![allow(clippy::unwrap_used, clippy::expect_used)]
#![allow(clippy::disallowed_methods)]
//! Proofs against test vectors that were made by others' code.
//!
//! `transparency_dev.json` has the vectors that transparency-dev/merkle publishes for its own code and for
//! others' (<https://github.com/transparency-dev/merkle>, commit 417fb0c, Apache License 2.0; gathered by
//! `tests/python/gather_merkle_vectors.py`). `merkle_vectors.json` was written by
//! `tests/python/make_merkle_vectors.py`, which follows the definitions of RFC 6962 and shares no code with
//! ours; its vectors have the same fields.
//!
//! What the crate itself must not do, these tests may: read files.

use std::fs;
use std::path::Path;
use std::process::Command;

use ledger::hash::Hash;
use ledger::proof::{ConsistencyProof, InclusionProof};
use serde_json::Value;

fn hash(value: &Value) -> Option<Hash> {
    Hash::from_base64(value.as_str()?).ok()
}

/// The hashes of a proof; their fields may also be `null`, for none.
fn hashes(value: &Value) -> Option<Vec<Hash>> {
    match value {
        Value::Null => Some(Vec::new()),
        value => value.as_array()?.iter().map(hash).collect(),
    }
}

/// Whether ours accepts what the vector says. What cannot even be read is not accepted: a number below
/// zero, a hash of another length than 32 bytes.
fn accepts(vector: &Value) -> bool {
    accepts_inclusion(vector)
        .or_else(|| accepts_consistency(vector))
        .unwrap_or(false)
}

fn accepts_inclusion(vector: &Value) -> Option<bool> {
    let proof = InclusionProof {
        index: vector["leafIdx"].as_u64()?,
        hashes: hashes(&vector["proof"])?,
    };
    let size = vector["treeSize"].as_u64()?;
    let (leaf, root) = (hash(&vector["leafHash"])?, hash(&vector["root"])?);
    Some(proof.verify(size, &leaf, &root).is_ok())
}

fn accepts_consistency(vector: &Value) -> Option<bool> {
    let proof = ConsistencyProof {
        hashes: hashes(&vector["proof"])?,
    };
    let (old_size, new_size) = (vector["size1"].as_u64()?, vector["size2"].as_u64()?);
    let (old_root, new_root) = (hash(&vector["root1"])?, hash(&vector["root2"])?);
    Some(proof.verify(old_size, new_size, &old_root, &new_root).is_ok())
}

fn check(vector: &Value, place: &str) {
    let wanted = !vector["wantErr"].as_bool().unwrap();
    assert_eq!(accepts(vector), wanted, "{place}: {}", vector["desc"]);
}

fn vectors(name: &str) -> Vec<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

#[test]
fn proofs_are_judged_as_by_the_definitions() {
    let vectors = vectors("merkle_vectors.json");
    for vector in &vectors {
        check(vector, "merkle_vectors.json");
    }
    let good = vectors.iter().filter(|vector| accepts(vector)).count();
    assert!(good >= 20 && vectors.len() >= 400, "{good} of {}", vectors.len());
}

#[test]
fn the_script_writes_the_same_vectors_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = folder.join("../../tests/python/make_merkle_vectors.py");
    let output = Command::new("python3").arg(script).output().unwrap();
    assert!(output.status.success());
    assert!(
        output.stdout == fs::read(folder.join("tests/merkle_vectors.json")).unwrap(),
        "merkle_vectors.json is not what the script writes"
    );
}

/// Nothing is judged by shortcuts of our own (as immudb did). All 196 of them. One is accepted there with
/// roots that are not of 32 bytes ("don't care"). Such hashes do not exist here, so it must be refused.
#[test]
fn the_vectors_of_transparency_dev_are_judged_as_published() {
    let vectors = vectors("transparency_dev.json");
    let (mut accepted, mut stricter) = (0, 0);
    for vector in &vectors {
        let place = vector["file"].as_str().unwrap();
        let hash_fields = ["root", "leafHash", "root1", "root2"];
        let is_short = |field: &&str| !vector[*field].is_null() && hash(&vector[*field]).is_none();
        if hash_fields.iter().any(is_short) {
            assert!(!accepts(vector), "{place}");
            stricter += usize::from(vector["wantErr"] == false);
        } else {
            check(vector, place);
            accepted += usize::from(vector["wantErr"] == false);
        }
    }
    assert_eq!((vectors.len(), accepted, stricter), (196, 11, 1));
}

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]
#![allow(clippy::disallowed_methods)]
//! Proofs against test vectors that were made by others' code.
//!
//! `merkle_vectors.json` was written by `tests/python/make_merkle_vectors.py`, which follows the definitions
//! of RFC 6962 and shares no code with ours. The vectors of transparency-dev/merkle have the same fields:
//! with a checkout of that repository, all of them are checked by
//!
//! ```text
//! OHRID_MERKLE_VECTORS=path/to/merkle/testdata cargo test -p ledger --test published_vectors
//! ```
//!
//! What the crate itself must not do, these tests may: read files.

use std::fs;
use std::path::{Path, PathBuf};
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

fn own_vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/merkle_vectors.json")
}

#[test]
fn proofs_are_judged_as_by_the_definitions() {
    let vectors: Vec<Value> = serde_json::from_slice(&fs::read(own_vectors()).unwrap()).unwrap();
    for vector in &vectors {
        check(vector, "merkle_vectors.json");
    }
    let good = vectors.iter().filter(|vector| accepts(vector)).count();
    assert!(good >= 20 && vectors.len() >= 400, "{good} of {}", vectors.len());
}

#[test]
fn the_script_writes_the_same_vectors_again() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python/make_merkle_vectors.py");
    let output = Command::new("python3").arg(script).output().unwrap();
    assert!(output.status.success());
    assert!(
        output.stdout == fs::read(own_vectors()).unwrap(),
        "merkle_vectors.json is not what the script writes"
    );
}

/// Does nothing without a checkout of transparency-dev/merkle; see the top of this file.
///
/// A few vectors are accepted there with roots that are not of 32 bytes ("don't care"). Such hashes do not
/// exist here, so these must be refused.
#[test]
fn the_vectors_of_transparency_dev_are_judged_as_published() {
    let Some(folder) = std::env::var_os("OHRID_MERKLE_VECTORS") else {
        return;
    };
    let (mut checked, mut stricter) = (0, 0);
    let mut open = ["inclusion", "consistency"]
        .map(|kind| Path::new(&folder).join(kind))
        .to_vec();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let vector: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let hash_fields = ["root", "leafHash", "root1", "root2"];
        if hash_fields
            .iter()
            .any(|field| !vector[field].is_null() && hash(&vector[field]).is_none())
        {
            assert!(!accepts(&vector), "{}", path.display());
            stricter += usize::from(vector["wantErr"] == false);
        } else {
            check(&vector, &path.display().to_string());
        }
        checked += 1;
    }
    println!("{checked} vectors, {stricter} of them refused for hashes that are not of 32 bytes");
    assert!(checked > 150, "{checked} vectors is not the whole of them");
}

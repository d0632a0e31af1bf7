#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::convert::Infallible;

use super::*;
use crate::hash::{EMPTY_ROOT, leaf_hash};

/// The leaves of the classic tree of transparency-dev/merkle, in hexadecimal.
const CLASSIC_ENTRIES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn hash(hex: &str) -> Hash {
    Hash::from_bytes(bytes(hex).try_into().unwrap())
}

pub(crate) fn classic_leaves() -> Vec<Hash> {
    CLASSIC_ENTRIES
        .iter()
        .map(|entry| leaf_hash(&bytes(entry)))
        .collect()
}

pub(crate) fn numbered_leaves(count: usize) -> Vec<Hash> {
    (0..count as u64)
        .map(|number| leaf_hash(&number.to_be_bytes()))
        .collect()
}

/// RFC 6962 section 2.1, as it is written there.
pub(crate) fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(naive_split(leaves.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// RFC 6962 section 2.1.1: PATH(m, D[n]).
pub(crate) fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let middle = naive_split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let (mut path, sibling) = if index < middle {
        (naive_path(index, left), naive_root(right))
    } else {
        (naive_path(index - middle, right), naive_root(left))
    };
    path.push(sibling);
    path
}

/// RFC 6962 section 2.1.2: PROOF(m, D[n]).
pub(crate) fn naive_consistency(old_size: usize, leaves: &[Hash]) -> Vec<Hash> {
    naive_subproof(old_size, leaves, true)
}

fn naive_subproof(old_size: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old_size == leaves.len() {
        return if whole {
            Vec::new()
        } else {
            vec![naive_root(leaves)]
        };
    }
    let middle = naive_split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let (mut proof, sibling) = if old_size <= middle {
        (naive_subproof(old_size, left, whole), naive_root(right))
    } else {
        (naive_subproof(old_size - middle, right, false), naive_root(left))
    };
    proof.push(sibling);
    proof
}

fn naive_split(count: usize) -> usize {
    count.next_power_of_two() / 2
}

/// A node reader over leaves in memory, which refuses nodes that are not perfect subtrees of the tree.
pub(crate) fn node_reader(leaves: &[Hash]) -> impl FnMut(NodeId) -> Result<Hash, Infallible> + '_ {
    |id| {
        let start = usize::try_from(id.index << id.level).unwrap();
        Ok(naive_root(&leaves[start..start + (1 << id.level)]))
    }
}

/// The inclusion proofs that RFC 6962's first implementation published for the classic tree.
#[test]
fn the_published_inclusion_proofs_are_made_and_verify() {
    let published: [(u64, usize, &[&str]); 4] = [
        (0, 1, &[]),
        (
            0,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            3,
            &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
        ),
    ];
    let leaves = classic_leaves();
    for (index, size, hashes) in published {
        let tree = &leaves[..size];
        let proof = prove_inclusion(index, size as u64, &mut node_reader(tree)).unwrap();
        let expected: Vec<Hash> = hashes.iter().map(|hex| hash(hex)).collect();
        assert_eq!(proof.hashes, expected, "leaf {index} of {size}");
        let leaf = &leaves[usize::try_from(index).unwrap()];
        assert_eq!(proof.verify(size as u64, leaf, &naive_root(tree)), Ok(()));
    }
}

#[test]
fn the_published_consistency_proofs_are_made_and_verify() {
    let published: [(usize, usize, &[&str]); 4] = [
        (1, 1, &[]),
        (
            1,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            &[
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ];
    let leaves = classic_leaves();
    for (old_size, new_size, hashes) in published {
        let tree = &leaves[..new_size];
        let proof = prove_consistency(old_size as u64, new_size as u64, &mut node_reader(tree)).unwrap();
        let expected: Vec<Hash> = hashes.iter().map(|hex| hash(hex)).collect();
        assert_eq!(proof.hashes, expected, "from {old_size} to {new_size}");
        let (old_root, new_root) = (naive_root(&leaves[..old_size]), naive_root(tree));
        assert_eq!(
            proof.verify(old_size as u64, new_size as u64, &old_root, &new_root),
            Ok(())
        );
    }
}

#[test]
fn proofs_agree_with_the_recursive_definitions_at_every_size() {
    let all = numbered_leaves(130);
    for size in 1..=all.len() {
        let leaves = &all[..size];
        let root = naive_root(leaves);
        // Every index and old size near both ends and near powers of two; a stride elsewhere.
        let places = (0..size).filter(|place| place % 7 == 0 || place.is_power_of_two() || size - place < 3);
        for place in places {
            let proof = prove_inclusion(place as u64, size as u64, &mut node_reader(leaves)).unwrap();
            assert_eq!(proof.hashes, naive_path(place, leaves), "leaf {place} of {size}");
            assert_eq!(proof.verify(size as u64, &leaves[place], &root), Ok(()));
            let old_size = place + 1;
            let old_root = naive_root(&all[..old_size]);
            let proof = prove_consistency(old_size as u64, size as u64, &mut node_reader(leaves)).unwrap();
            assert_eq!(
                proof.hashes,
                naive_consistency(old_size, leaves),
                "{old_size} to {size}"
            );
            assert_eq!(
                proof.verify(old_size as u64, size as u64, &old_root, &root),
                Ok(())
            );
        }
    }
}

/// No proof shortcuts of our own: whatever is changed in a proof or beside it, it stops to verify.
#[test]
fn a_changed_inclusion_proof_shows_nothing() {
    let leaves = numbered_leaves(13);
    let root = naive_root(&leaves);
    for index in 0..13_u64 {
        let leaf = &leaves[usize::try_from(index).unwrap()];
        let proof = prove_inclusion(index, 13, &mut node_reader(&leaves)).unwrap();
        for at in 0..proof.hashes.len() {
            let mut flipped = proof.clone();
            flipped.hashes[at] = leaf_hash(b"other");
            assert_eq!(flipped.verify(13, leaf, &root), Err(ProofError::RootMismatch));
        }
        let mut longer = proof.clone();
        longer.hashes.push(root);
        assert_eq!(longer.verify(13, leaf, &root), Err(ProofError::WrongLength));
        let mut shorter = proof.clone();
        shorter.hashes.pop();
        assert_eq!(shorter.verify(13, leaf, &root), Err(ProofError::WrongLength));
        let moved = InclusionProof {
            index: (index + 1) % 13,
            ..proof.clone()
        };
        assert!(moved.verify(13, leaf, &root).is_err());
        assert!(proof.verify(13, &leaf_hash(b"other"), &root).is_err());
        assert!(proof.verify(13, leaf, &EMPTY_ROOT).is_err());
        assert!(proof.verify(14 << 5, leaf, &root).is_err());
    }
}

#[test]
fn a_changed_consistency_proof_shows_nothing() {
    let leaves = numbered_leaves(13);
    let root = naive_root(&leaves);
    for old_size in 1..13_u64 {
        let old_root = naive_root(&leaves[..usize::try_from(old_size).unwrap()]);
        let proof = prove_consistency(old_size, 13, &mut node_reader(&leaves)).unwrap();
        assert_eq!(proof.verify(old_size, 13, &old_root, &root), Ok(()));
        for at in 0..proof.hashes.len() {
            let mut flipped = proof.clone();
            flipped.hashes[at] = leaf_hash(b"other");
            assert_eq!(
                flipped.verify(old_size, 13, &old_root, &root),
                Err(ProofError::RootMismatch)
            );
        }
        let mut longer = proof.clone();
        longer.hashes.push(root);
        assert!(longer.verify(old_size, 13, &old_root, &root).is_err());
        let mut shorter = proof.clone();
        shorter.hashes.pop();
        assert!(shorter.verify(old_size, 13, &old_root, &root).is_err());
        assert!(proof.verify(old_size, 13, &root, &root).is_err());
        assert!(proof.verify(old_size, 13, &old_root, &old_root).is_err());
    }
}

#[test]
fn impossible_sizes_and_indices_are_refused() {
    let leaf = leaf_hash(b"");
    let inclusion = |index, size| {
        InclusionProof {
            index,
            hashes: vec![],
        }
        .verify(size, &leaf, &leaf)
    };
    assert_eq!(inclusion(0, 1), Ok(()));
    assert_eq!(
        inclusion(0, 0),
        Err(ProofError::OutOfRange),
        "the empty root and an empty leaf"
    );
    assert_eq!(inclusion(1, 1), Err(ProofError::OutOfRange));
    assert_eq!(inclusion(0, MAX_TREE_SIZE + 1), Err(ProofError::OutOfRange));
    assert_eq!(inclusion(u64::MAX, u64::MAX), Err(ProofError::OutOfRange));

    let consistency = |old, new| ConsistencyProof { hashes: vec![] }.verify(old, new, &leaf, &leaf);
    assert_eq!(consistency(5, 5), Ok(()));
    assert_eq!(consistency(0, 0), Err(ProofError::OutOfRange));
    assert_eq!(consistency(0, 5), Err(ProofError::OutOfRange));
    assert_eq!(consistency(6, 5), Err(ProofError::OutOfRange));
    assert_eq!(consistency(4, 5), Err(ProofError::WrongLength));
    assert_eq!(consistency(5, MAX_TREE_SIZE + 1), Err(ProofError::OutOfRange));
    let needless = ConsistencyProof { hashes: vec![leaf] };
    assert_eq!(needless.verify(5, 5, &leaf, &leaf), Err(ProofError::WrongLength));
    let other = leaf_hash(b"other");
    let same_size_other_root = ConsistencyProof { hashes: vec![] }.verify(5, 5, &leaf, &other);
    assert_eq!(same_size_other_root, Err(ProofError::RootMismatch), "a fork");

    let no_node = &mut |_| -> Result<Hash, ()> { Err(()) };
    assert_eq!(prove_inclusion(3, 3, no_node), Err(ProveError::OutOfRange));
    assert_eq!(prove_consistency(0, 3, no_node), Err(ProveError::OutOfRange));
    assert_eq!(prove_consistency(4, 3, no_node), Err(ProveError::OutOfRange));
    assert_eq!(prove_inclusion(2, 3, no_node), Err(ProveError::Node(())));
}

#[test]
fn a_proof_of_more_than_63_hashes_is_refused() {
    let leaf = leaf_hash(b"");
    let hashes = vec![leaf; MAX_PROOF_HASHES + 1];
    let inclusion = InclusionProof {
        index: 0,
        hashes: hashes.clone(),
    };
    assert_eq!(
        inclusion.verify(MAX_TREE_SIZE, &leaf, &leaf),
        Err(ProofError::WrongLength)
    );
    let consistency = ConsistencyProof { hashes };
    assert_eq!(
        consistency.verify(1, MAX_TREE_SIZE, &leaf, &leaf),
        Err(ProofError::WrongLength)
    );
}

#[test]
fn the_largest_trees_need_no_more_than_63_hashes() {
    let node = &mut |_| -> Result<Hash, Infallible> { Ok(EMPTY_ROOT) };
    for index in [0, 1, MAX_TREE_SIZE / 2, MAX_TREE_SIZE - 1] {
        let proof = prove_inclusion(index, MAX_TREE_SIZE, node).unwrap();
        assert!(proof.hashes.len() <= MAX_PROOF_HASHES, "leaf {index}");
    }
    for old_size in [1, 2, 3, (1 << 61) + 1, (1 << 62) - 1] {
        let proof = prove_consistency(old_size, 1 << 62, node).unwrap();
        assert!(proof.hashes.len() <= MAX_PROOF_HASHES, "from {old_size}");
    }
}

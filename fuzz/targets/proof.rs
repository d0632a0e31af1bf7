//! Proofs, judged by our algorithms and by the recursive definitions of RFC 6962 section 2.1: whatever the
//! sizes and hashes are, both accept the same proofs, for the same roots and no others.
#![no_main]

use ledger::hash::{EMPTY_ROOT, Hash, leaf_hash, node_hash};
use ledger::limits::{MAX_PROOF_HASHES, MAX_TREE_SIZE};
use ledger::proof::{ConsistencyProof, InclusionProof};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((numbers, rest)) = bytes.split_first_chunk::<17>() else {
        return;
    };
    let number = |at: usize| {
        let bytes: [u8; 8] = numbers[at..at + 8].try_into().expect("eight bytes");
        u64::from_be_bytes(bytes)
    };
    // Small trees are where the cases are; large ones are where numbers overflow.
    let (mut one, mut two) = (number(1), number(9));
    if numbers[0] & 1 != 0 {
        (one, two) = (one % 80, two % 80);
    }
    let (hashes, _) = rest.as_chunks::<1>();
    let hashes: Vec<Hash> = hashes.iter().map(|byte| leaf_hash(byte)).collect();
    inclusion(one, two, &hashes);
    consistency(one, two, &hashes);
});

fn inclusion(index: u64, size: u64, hashes: &[Hash]) {
    let leaf = leaf_hash(b"leaf");
    let possible = index < size && size <= MAX_TREE_SIZE && hashes.len() <= MAX_PROOF_HASHES;
    let expected = if possible { root_over(index, size, leaf, hashes) } else { None };
    let proof = InclusionProof {
        index,
        hashes: hashes.to_vec(),
    };
    let root = expected.unwrap_or(EMPTY_ROOT);
    assert_eq!(proof.verify(size, &leaf, &root).is_ok(), expected.is_some());
    let other = node_hash(&root, &root);
    assert!(proof.verify(size, &leaf, &other).is_err());
}

fn consistency(old_size: u64, new_size: u64, hashes: &[Hash]) {
    let start = leaf_hash(b"old root");
    let possible = (1..=new_size).contains(&old_size)
        && new_size <= MAX_TREE_SIZE
        && hashes.len() <= MAX_PROOF_HASHES;
    let expected = if possible {
        roots_over(old_size, new_size, Some(start), hashes)
    } else {
        None
    };
    let proof = ConsistencyProof {
        hashes: hashes.to_vec(),
    };
    let (old, new) = expected.unwrap_or((EMPTY_ROOT, EMPTY_ROOT));
    assert_eq!(proof.verify(old_size, new_size, &old, &new).is_ok(), expected.is_some());
    let other = node_hash(&new, &old);
    assert!(proof.verify(old_size, new_size, &old, &other).is_err());
    assert!(proof.verify(old_size, new_size, &other, &new).is_err());
}

fn left_size(size: u64) -> u64 {
    let mut left = 1;
    while left * 2 < size {
        left *= 2;
    }
    left
}

/// `PATH(m, D[n])`, read backwards.
fn root_over(index: u64, size: u64, leaf: Hash, hashes: &[Hash]) -> Option<Hash> {
    if size == 1 {
        return hashes.is_empty().then_some(leaf);
    }
    let (last, before) = hashes.split_last()?;
    let left = left_size(size);
    if index < left {
        Some(node_hash(&root_over(index, left, leaf, before)?, last))
    } else {
        Some(node_hash(last, &root_over(index - left, size - left, leaf, before)?))
    }
}

/// `SUBPROOF(m, D[n], b)`, read backwards: the roots of the old tree and of the new one. `known` is the old
/// root while the subtree is the whole old tree (`b` is true).
fn roots_over(old: u64, new: u64, known: Option<Hash>, hashes: &[Hash]) -> Option<(Hash, Hash)> {
    if old == new {
        return match (known, hashes) {
            (Some(root), []) => Some((root, root)),
            (None, [only]) => Some((*only, *only)),
            _ => None,
        };
    }
    let (last, before) = hashes.split_last()?;
    let left = left_size(new);
    if old <= left {
        let (old_root, new_root) = roots_over(old, left, known, before)?;
        Some((old_root, node_hash(&new_root, last)))
    } else {
        let (old_root, new_root) = roots_over(old - left, new - left, None, before)?;
        Some((node_hash(last, &old_root), node_hash(last, &new_root)))
    }
}

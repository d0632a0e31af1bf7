#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Roots and proofs against a second implementation, `ct-merkle`: each makes what the other accepts.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof as TheirConsistency, InclusionProof as TheirInclusion};
use ledger::hash::{Hash, leaf_hash};
use ledger::proof::{ConsistencyProof, InclusionProof, prove_consistency, read_root};
use ledger::tile::{TileKind, TilePath, TileReader, encode_tile, parent_hash};
use ledger::tree::{Batch, Edge};
use proptest::prelude::*;
use sha2::Sha256;

type Theirs = MemoryBackedTree<Sha256, Vec<u8>>;

fn theirs(entries: &[Vec<u8>]) -> Theirs {
    let mut tree = Theirs::new();
    entries.iter().for_each(|entry| tree.push(entry.clone()));
    tree
}

fn leaves(entries: &[Vec<u8>]) -> Vec<Hash> {
    entries.iter().map(|entry| leaf_hash(entry)).collect()
}

fn concatenated(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(Hash::as_bytes).copied().collect()
}

fn hashes(bytes: &[u8]) -> Vec<Hash> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    assert!(rest.is_empty());
    hashes.iter().copied().map(Hash::from_bytes).collect()
}

/// The tree in tiles, as it lies in files: proofs are made from these.
fn tile_reader(leaves: &[Hash]) -> TileReader<impl FnMut(TilePath) -> Result<Vec<u8>, ()> + '_> {
    TileReader::new(leaves.len() as u64, |path| {
        let TileKind::Hashes(level) = path.kind() else {
            return Err(());
        };
        let mut row = leaves.to_vec();
        for _ in 0..level {
            row = row.chunks(256).filter_map(parent_hash).collect();
        }
        let tile = row
            .chunks(256)
            .nth(usize::try_from(path.index()).unwrap())
            .ok_or(())?;
        Ok(encode_tile(&tile[..usize::from(path.width())]))
    })
}

fn entries(count: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|number| format!("entry {number}").into_bytes())
        .collect()
}

fn assert_same(entries: &[Vec<u8>], index: usize, old_size: usize) {
    let (tree, leaves) = (theirs(entries), leaves(entries));
    let size = entries.len() as u64;
    let mut edge = Edge::new();
    leaves.iter().for_each(|leaf| edge.append(*leaf));
    let root = edge.root();
    assert_eq!(root.as_bytes().as_slice(), tree.root().as_bytes().as_slice());
    let mut reader = tile_reader(&leaves);

    let batch = Batch::new(&Edge::new(), leaves.clone());
    let inclusion = batch.prove_inclusion(index as u64).unwrap();
    let theirs_inclusion = tree.prove_inclusion(index);
    assert_eq!(concatenated(&inclusion.hashes), theirs_inclusion.as_bytes());
    let read = TheirInclusion::<Sha256>::try_from_bytes(concatenated(&inclusion.hashes)).unwrap();
    assert!(
        tree.root()
            .verify_inclusion(&entries[index], index as u64, &read)
            .is_ok()
    );
    let read = InclusionProof {
        index: index as u64,
        hashes: hashes(theirs_inclusion.as_bytes()),
    };
    assert_eq!(read.verify(size, &leaves[index], &root), Ok(()));

    let old_root = read_root(old_size as u64, &mut |id| reader.node(id)).unwrap();
    let old_tree = theirs(&entries[..old_size]);
    assert_eq!(
        old_root.as_bytes().as_slice(),
        old_tree.root().as_bytes().as_slice()
    );
    let consistency = prove_consistency(old_size as u64, size, &mut |id| reader.node(id)).unwrap();
    let theirs_consistency = tree.prove_consistency(entries.len() - old_size);
    assert_eq!(concatenated(&consistency.hashes), theirs_consistency.as_bytes());
    let read = TheirConsistency::<Sha256>::try_from_bytes(concatenated(&consistency.hashes)).unwrap();
    assert!(tree.root().verify_consistency(&old_tree.root(), &read).is_ok());
    let read = ConsistencyProof {
        hashes: hashes(theirs_consistency.as_bytes()),
    };
    assert_eq!(read.verify(old_size as u64, size, &old_root, &root), Ok(()));
}

#[test]
fn small_trees_are_the_same_whole() {
    for size in 1..=17 {
        for place in 0..size {
            assert_same(&entries(size), place, place + 1);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn greater_trees_are_the_same(size in 1usize..700, place: prop::sample::Index, old: prop::sample::Index) {
        assert_same(&entries(size), place.index(size), old.index(size) + 1);
    }

    /// What one refuses, the other refuses: one byte of a proof is changed, or a hash is cut off.
    #[test]
    fn changed_proofs_are_judged_the_same(
        size in 2usize..300,
        place: prop::sample::Index,
        byte: prop::sample::Index,
        cut: bool,
    ) {
        let entries = entries(size);
        let (tree, leaves) = (theirs(&entries), leaves(&entries));
        let index = place.index(size);
        let root = Hash::from_bytes(tree.root().as_bytes().as_slice().try_into().unwrap());
        let mut bytes = tree.prove_inclusion(index).as_bytes().to_vec();
        if cut {
            bytes.truncate(bytes.len() - 32);
        } else {
            let at = byte.index(bytes.len());
            bytes[at] ^= 0x20;
        }
        let ours = InclusionProof { index: index as u64, hashes: hashes(&bytes) };
        let theirs = TheirInclusion::<Sha256>::from_bytes(bytes);
        let accepted = tree.root().verify_inclusion(&entries[index], index as u64, &theirs).is_ok();
        prop_assert_eq!(ours.verify(size as u64, &leaves[index], &root).is_ok(), accepted);
        prop_assert!(!accepted);
    }

    /// The same for consistency proofs; with another old tree beside the changed hashes.
    #[test]
    fn changed_consistency_proofs_are_judged_the_same(
        size in 2usize..300,
        old: prop::sample::Index,
        claimed: prop::sample::Index,
        byte: prop::sample::Index,
        change in 0..4,
    ) {
        let entries = entries(size);
        let (old_size, claimed) = (old.index(size - 1) + 1, claimed.index(size - 1) + 1);
        let tree = theirs(&entries);
        let mut bytes = tree.prove_consistency(size - old_size).as_bytes().to_vec();
        match change {
            0 => bytes.truncate(bytes.len().saturating_sub(32)),
            1 => bytes.extend([7; 32]),
            2 => {
                let at = byte.index(bytes.len());
                bytes[at] ^= 0x20;
            }
            // Only the claimed old size is another one, or nothing is changed.
            _ => {}
        }
        let old_tree = theirs(&entries[..claimed]);
        let [old_root, root] = [&old_tree, &tree]
            .map(|tree| Hash::from_bytes(tree.root().as_bytes().as_slice().try_into().unwrap()));
        let ours = ConsistencyProof { hashes: hashes(&bytes) };
        let ours = ours.verify(claimed as u64, size as u64, &old_root, &root).is_ok();
        let theirs = TheirConsistency::<Sha256>::try_from_bytes(bytes)
            .is_ok_and(|proof| tree.root().verify_consistency(&old_tree.root(), &proof).is_ok());
        prop_assert_eq!(ours, theirs);
        prop_assert!(change < 2 || ours == (change == 3 && claimed == old_size));
    }

    /// Proofs that nobody made, as somebody would who knows of a shortcut (immudb had one): index and hashes
    /// by chance, out of the tree itself.
    #[test]
    fn proofs_by_chance_are_judged_the_same(
        size in 1usize..40,
        index in 0usize..48,
        shape in prop::collection::vec(0usize..4, 0..7),
    ) {
        let entries = entries(size);
        let (tree, leaves) = (theirs(&entries), leaves(&entries));
        let root = Hash::from_bytes(tree.root().as_bytes().as_slice().try_into().unwrap());
        let entry = &entries[index.min(size - 1)];
        // Hashes out of the tree itself are those that could lead somewhere.
        let pool = [leaves[0], leaves[size - 1], root, leaf_hash(entry)];
        let chosen: Vec<Hash> = shape.iter().map(|place| pool[*place]).collect();
        let bytes = concatenated(&chosen);
        let ours = InclusionProof { index: index as u64, hashes: chosen };
        let ours = ours.verify(size as u64, &leaf_hash(entry), &root).is_ok();
        let theirs = TheirInclusion::<Sha256>::try_from_bytes(bytes)
            .is_ok_and(|proof| tree.root().verify_inclusion(entry, index as u64, &proof).is_ok());
        prop_assert_eq!(ours, theirs);
    }
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;
use crate::hash::leaf_hash;
use crate::proof::tests::{naive_consistency, naive_path, naive_root, numbered_leaves};

/// Roots of the classic tree of transparency-dev/merkle, for 1 to 8 of its leaves.
const CLASSIC_ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn the_classic_tree_has_its_published_roots() {
    let mut edge = Edge::new();
    assert_eq!(edge.root(), EMPTY_ROOT);
    for (leaf, root) in crate::proof::tests::classic_leaves().iter().zip(CLASSIC_ROOTS) {
        edge.append(*leaf);
        assert_eq!(edge.root().to_string(), root, "{} leaves", edge.size());
    }
}

#[test]
fn the_edge_agrees_with_the_recursive_definition_at_every_size() {
    let leaves = numbered_leaves(300);
    let mut edge = Edge::new();
    for size in 0..=leaves.len() {
        assert_eq!(edge.root(), naive_root(&leaves[..size]), "{size} leaves");
        assert_eq!(
            Edge::from_parts(edge.size(), edge.hashes().to_vec()),
            Ok(edge.clone())
        );
        edge.append(leaf_hash(&(size as u64).to_be_bytes()));
    }
}

#[test]
fn an_edge_with_a_hash_too_few_or_too_many_is_refused() {
    let hash = leaf_hash(b"");
    let wrong = |size, expected, found| {
        Err(EdgeError::WrongLength {
            size,
            expected,
            found,
        })
    };
    assert_eq!(Edge::from_parts(0, vec![hash]), wrong(0, 0, 1));
    assert_eq!(Edge::from_parts(7, vec![hash; 2]), wrong(7, 3, 2));
    assert_eq!(Edge::from_parts(8, vec![hash; 3]), wrong(8, 1, 3));
    assert!(Edge::from_parts(MAX_TREE_SIZE, vec![hash; 63]).is_ok());
    let oversized = MAX_TREE_SIZE + 1;
    assert_eq!(
        Edge::from_parts(oversized, vec![hash]),
        Err(EdgeError::TooLarge(oversized))
    );
}

#[test]
fn appending_to_a_forged_edge_at_the_limit_does_not_fail() {
    let hash = leaf_hash(b"");
    let mut edge = Edge::from_parts(MAX_TREE_SIZE, vec![hash; 63]).unwrap();
    edge.append(hash);
    assert_eq!((edge.size(), edge.hashes().len()), (MAX_TREE_SIZE + 1, 1));
    assert!(crate::checkpoint::Checkpoint::of_edge("example.org/log", &edge).is_err());
}

#[test]
fn a_batch_proves_each_of_its_leaves_and_no_other() {
    let leaves = numbered_leaves(36);
    for old_size in 0..=18 {
        let mut before = Edge::new();
        leaves[..old_size].iter().for_each(|leaf| before.append(*leaf));
        for new_size in old_size..=36 {
            let batch = Batch::new(&before, leaves[old_size..new_size].to_vec());
            let root = naive_root(&leaves[..new_size]);
            assert_eq!(
                (batch.first_index(), batch.size_after()),
                (old_size as u64, new_size as u64)
            );
            assert_eq!((batch.root_after(), batch.edge_after().root()), (root, root));
            for index in 0..new_size + 2 {
                let proof = batch.prove_inclusion(index as u64).map(|proof| proof.hashes);
                let of_this_batch = (old_size..new_size).contains(&index);
                assert_eq!(
                    proof,
                    of_this_batch.then(|| naive_path(index, &leaves[..new_size]))
                );
            }
            let proof = batch.prove_consistency().map(|proof| proof.hashes);
            let expected = (old_size > 0).then(|| naive_consistency(old_size, &leaves[..new_size]));
            assert_eq!(proof, expected, "from {old_size} to {new_size}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn batches_of_any_sizes_lead_to_the_same_tree(sizes in prop::collection::vec(0_usize..60, 1..8)) {
        let leaves = numbered_leaves(sizes.iter().sum());
        let mut edge = Edge::new();
        let mut start = 0;
        for size in sizes {
            let batch = Batch::new(&edge, leaves[start..start + size].to_vec());
            start += size;
            for index in batch.first_index()..batch.size_after() {
                let proof = batch.prove_inclusion(index).unwrap();
                let leaf = &leaves[usize::try_from(index).unwrap()];
                prop_assert_eq!(proof.verify(batch.size_after(), leaf, &batch.root_after()), Ok(()));
            }
            edge = batch.edge_after().clone();
        }
        prop_assert_eq!(edge.root(), naive_root(&leaves));
    }
}

/// A batch knows the old tree's edge and nothing left of it: a wrong hash must not be taken for such a node.
#[test]
fn a_batch_knows_no_node_left_of_the_old_edge() {
    let leaves = numbered_leaves(9);
    let mut edge = Edge::new();
    for leaf in &leaves[..7] {
        edge.append(*leaf);
    }
    let batch = Batch::new(&edge, leaves[7..].to_vec());
    let node = |level, index| batch.node(NodeId { level, index }).ok();
    assert_eq!(node(0, 6), Some(leaves[6]), "on the edge");
    assert_eq!(node(1, 2), Some(naive_root(&leaves[4..6])), "on the edge");
    for (level, index) in [(0, 0), (0, 4), (0, 5), (1, 0), (1, 1)] {
        assert_eq!(node(level, index), None, "level {level} index {index}");
    }
    assert_eq!(node(0, 9), None, "beyond the batch");
}

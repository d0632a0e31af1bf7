#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::proof::tests::{naive_consistency, naive_path, naive_root, numbered_leaves};
use crate::proof::{ProveError, prove_consistency, prove_inclusion};
use crate::tile::tests::tile_files;

#[test]
fn every_node_of_a_tree_is_read_from_its_tiles() {
    let leaves = numbered_leaves(600);
    let files = tile_files(&leaves);
    let mut reader = TileReader::new(600, |path| files.get(&path).cloned().ok_or("no such tile"));
    for level in 0..12 {
        for index in 0..=(600_u64 >> level) {
            let node = reader.node(NodeId { level, index });
            let start = usize::try_from(index << level).unwrap();
            match leaves.get(start..start + (1 << level)) {
                Some(covered) => assert_eq!(node, Ok(naive_root(covered)), "level {level} index {index}"),
                None => assert_eq!(
                    node,
                    Err(TileReadError::NoSuchNode),
                    "level {level} index {index}"
                ),
            }
        }
    }
}

#[test]
fn proofs_made_from_tiles_are_those_of_the_definition() {
    let all = numbered_leaves(600);
    for size in [1, 2, 255, 256, 257, 300, 512, 513, 600] {
        let leaves = &all[..size];
        let files = tile_files(leaves);
        let mut reader = TileReader::new(size as u64, |path| files.get(&path).cloned().ok_or(()));
        let mut node = |id| reader.node(id);
        for place in (0..size).step_by(37).chain([size - 1]) {
            let proof = prove_inclusion(place as u64, size as u64, &mut node).unwrap();
            assert_eq!(proof.hashes, naive_path(place, leaves));
            let proof = prove_consistency(place as u64 + 1, size as u64, &mut node).unwrap();
            assert_eq!(proof.hashes, naive_consistency(place + 1, leaves));
        }
    }
}

#[test]
fn a_proof_reads_each_tile_once() {
    let leaves = numbered_leaves(600);
    let files = tile_files(&leaves);
    let mut fetched = Vec::new();
    let mut reader = TileReader::new(600, |path| {
        fetched.push(path);
        files.get(&path).cloned().ok_or(())
    });
    prove_inclusion(100, 600, &mut |id| reader.node(id)).unwrap();
    let names: Vec<String> = fetched.iter().map(TilePath::to_string).collect();
    // The ragged right end, then up the leaf's own tile.
    assert_eq!(names, ["tile/0/002.p/88", "tile/1/000.p/2", "tile/0/000"]);
}

#[test]
fn tiles_that_are_missing_or_of_another_length_are_reported() {
    let path = TilePath::parse("tile/0/000.p/3").unwrap();
    let mut missing = TileReader::new(3, |_| Err("no such file"));
    assert_eq!(
        missing.node(NodeId { level: 0, index: 0 }),
        Err(TileReadError::Fetch(path, "no such file"))
    );
    let mut short = TileReader::new(3, |_| Ok::<_, ()>(vec![0; 95]));
    let error = TileDecodeError::WrongTileLength {
        width: 3,
        found_bytes: 95,
    };
    assert_eq!(
        short.node(NodeId { level: 0, index: 0 }),
        Err(TileReadError::Decode(path, error))
    );
    let proof = prove_inclusion(0, 3, &mut |id| short.node(id));
    assert!(matches!(proof, Err(ProveError::Node(TileReadError::Decode(..)))));
}

#[test]
fn nodes_that_no_tree_has_are_refused_without_fetching() {
    let mut reader = TileReader::new(u64::MAX, |path| -> Result<Vec<u8>, ()> {
        panic!("fetched {path}")
    });
    for (level, index) in [(64, 0), (255, 0), (0, u64::MAX), (8, u64::MAX >> 3), (63, 1)] {
        assert_eq!(
            reader.node(NodeId { level, index }),
            Err(TileReadError::NoSuchNode)
        );
    }
}

/// The tile above all others holds 127 hashes in the largest tree; above it there is nothing.
#[test]
fn the_highest_tile_is_read_and_none_above_it() {
    let hashes = numbered_leaves(127);
    let bytes: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
    let mut reader = TileReader::new(crate::limits::MAX_TREE_SIZE, |path: TilePath| {
        assert_eq!(path.to_string(), "tile/7/000.p/127");
        Ok::<_, ()>(bytes.clone())
    });
    for (level, index, node) in [
        (56, 0, hashes[0]),
        (56, 126, hashes[126]),
        (57, 62, naive_root(&hashes[124..126])),
    ] {
        assert_eq!(reader.node(NodeId { level, index }), Ok(node));
    }
    for (level, index) in [(56, 127), (57, 63), (63, 0), (64, 0), (72, 0), (255, 0)] {
        let node = reader.node(NodeId { level, index });
        assert_eq!(
            node,
            Err(TileReadError::NoSuchNode),
            "level {level} index {index}"
        );
    }
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use ledger::hash::leaf_hash;

fn grown_to(size: u64) -> Levels {
    let mut levels = Levels::new();
    (0..size).for_each(|index| levels.append(leaf_hash(&index.to_be_bytes())));
    levels
}

#[test]
fn partials_give_the_same_right_side_again() {
    let mut grown = Levels::new();
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 700, 65_536, 65_537, 66_000] {
        while grown.size() < size {
            grown.append(leaf_hash(&grown.size().to_be_bytes()));
        }
        let again = Levels::from_partials(size, &grown.partials()).unwrap();
        assert_eq!(again.edge(), grown.edge(), "size {size}");
        assert_eq!(again.partials(), grown.partials(), "size {size}");
        assert_eq!(again.stored_tiles(0), size / 256);
    }
}

#[test]
fn another_number_of_hashes_is_refused() {
    let mut partials = grown_to(700).partials();
    assert!(Levels::from_partials(701, &partials).is_none());
    partials.pop();
    assert!(Levels::from_partials(700, &partials).is_none());
}

#[test]
fn stored_tiles_leave_memory_and_the_root_stays() {
    let mut levels = grown_to(66_000);
    let root = levels.edge().root();
    while let Some((index, hashes)) = levels.next_to_store(0) {
        let parent = parent_hash(hashes).unwrap();
        assert_eq!(
            levels.tile(1, index / 256).unwrap()[usize::try_from(index % 256).unwrap()],
            parent
        );
        levels.mark_stored(0, 1);
    }
    assert_eq!(levels.stored_tiles(0), 257);
    assert!(levels.tile(0, 256).is_none());
    assert_eq!(levels.tile(0, 257).unwrap().len(), 66_000 % 256);
    assert!(levels.tile(0, 258).unwrap().is_empty());
    levels.append(leaf_hash(b"more"));
    assert_ne!(levels.edge().root(), root);
}

/// Of three tiles one is stored, one is full and waits, and one is growing.
#[test]
fn the_tile_that_is_growing_follows_those_that_are_full() {
    let mut levels = grown_to(600);
    levels.mark_stored(0, 1);
    let (index, hashes) = levels.partial(0).unwrap();
    let growing: Vec<Hash> = (512..600_u64)
        .map(|leaf| leaf_hash(&leaf.to_be_bytes()))
        .collect();
    assert_eq!((index, hashes), (2, growing.as_slice()));
    assert!(grown_to(512).partial(0).is_none());
}

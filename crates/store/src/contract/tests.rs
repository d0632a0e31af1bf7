#![allow(clippy::unwrap_used)]
//! What the contract itself answers, for a store that does not say otherwise.

use ledger::hash::EMPTY_ROOT;
use ledger::tile::{TileKind, encode_bundle};

use super::example::Story;
use super::*;
use crate::memory::MemoryDisk;

#[test]
fn a_log_counts_from_its_first_leaf() {
    let log = Log {
        first: 10,
        size: 3,
        root: EMPTY_ROOT,
        kept: Kept::Here,
    };
    let indices = [9, 10, 12, 13].map(|position| log.index_of(position));
    assert_eq!(indices, [None, Some(0), Some(2), Some(3)]);
    assert_eq!(log.position_of(2), 12);
}

#[test]
fn a_tile_that_is_asked_for_without_its_log_is_of_the_newest() {
    let mut story = Story::default();
    let (mut store, _) = MemoryDisk::new().open().unwrap();
    store.commit(&story.day().commit()).unwrap();
    store.commit(&story.begin_log().fill(2).commit()).unwrap();
    let reader = store.reader();
    let tile = |width| reader.tile(&TilePath::new(TileKind::Entries, 0, width).unwrap());
    let newest = &story.leaves[story.leaves.len() - 3..];
    let bundle = encode_bundle(newest.iter().map(Vec::as_slice)).unwrap();
    assert_eq!(tile(3).unwrap(), Some(bundle));
    assert_eq!(tile(4).unwrap(), None);
}

#[test]
fn where_there_is_no_disk_nobody_has_waited_for_it() {
    let (mut store, _) = MemoryDisk::new().open().unwrap();
    assert_eq!(store.synced_in(), None);
    store.commit(&Story::default().day().commit()).unwrap();
    assert_eq!(store.synced_in(), None);
}

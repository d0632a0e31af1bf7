#![allow(clippy::unwrap_used)]

use std::fs;

use super::*;
use crate::contract::Store as _;
use crate::contract::example::Story;
use crate::disk::faults::directory_in_memory;
use crate::embedded::Settings;

/// A tile of a higher level is stored when all tiles below it are, and no earlier.
#[test]
fn a_tile_waits_for_those_below_it() {
    let mut levels = Levels::new();
    let below = WIDTH * WIDTH;
    (0..2 * below).for_each(|leaf| levels.append(Hash::from_bytes([(leaf % 251) as u8; 32])));
    for index in 0..2 {
        for stored in 0..WIDTH {
            assert!(!is_ready(&levels, 1), "{index}, {stored}");
            levels.mark_stored(0);
        }
        assert!(is_ready(&levels, 1), "{index}");
        levels.mark_stored(1);
    }
    assert!(!is_ready(&levels, 0) && !is_ready(&levels, 1) && !is_ready(&levels, 2));
}

/// `[DURABLE]` The journal lets go of leaves only when tile *and* bundle were read back from the disk.
#[test]
fn what_was_just_written_must_be_there() {
    let directory = directory_in_memory();
    let (mut store, _) = Embedded::open(directory.path(), &Settings::default()).unwrap();
    let mut story = Story::default();
    while story.size() < WIDTH {
        store.commit(&story.receive().commit()).unwrap();
    }
    let levels = Arc::clone(&store.shared.state().levels);
    let (index, hashes) = levels.next_to_store(0).unwrap();
    store.store_hashes(0, &[(index, hashes)]).unwrap();
    let tiles = store.shared.newest().tiles;
    for kind in [TileKind::Entries, TileKind::Hashes(0)] {
        store.read_tile_back(0, index, hashes).unwrap();
        let path = tiles.path(kind, index).unwrap();
        let kept = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let missing = store.read_tile_back(0, index, hashes);
        assert!(matches!(missing, Err(StoreError::Damaged(_))), "{kind:?}");
        fs::write(&path, kept).unwrap();
    }
}

/// A step is bounded in bytes as well: after a large bundle it takes no further one.
#[test]
fn a_step_takes_no_more_tiles_than_it_has_bytes_for() {
    let directory = directory_in_memory();
    let (mut store, _) = Embedded::open(directory.path(), &Settings::default()).unwrap();
    let mut story = Story::default();
    let long_ago = (1 << 40)..(1 << 40) + protocol::limits::ERASED_ENTRIES_MAX as u64;
    for _ in 0..30 {
        store
            .commit(&story.notice(long_ago.clone().collect()).commit())
            .unwrap();
    }
    let rest = 3 * WIDTH - story.size();
    store.commit(&story.fill_quietly(rest as usize).commit()).unwrap();
    for stored in [1, 3] {
        store.store_tiles().unwrap();
        assert_eq!(store.shared.newest().levels.stored_tiles(0), stored);
    }
}

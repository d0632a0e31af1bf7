#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::OpenError;
use crate::contract::Store as _;
use crate::contract::example::Story;
use crate::contract::suite::{check_all, goes_on, settle};
use crate::disk::faults::{Faults, directory_in_memory};
use crate::embedded::Settings;
use crate::embedded::tests::{SEGMENT_BYTES, files_below, payload, small, with_payloads};

/// A store with as many full tiles as one step takes, on a disk that lets them be stored by a thread.
fn with_a_step_to_take() -> (TempDir, Faults, Embedded, Story) {
    let directory = directory_in_memory();
    let faults = Faults::none();
    let disk = Disk::with_faults(directory.path(), faults.clone());
    let (mut store, _) = Embedded::open_on(&disk, &small()).unwrap();
    let mut story = Story::default();
    while story.size() < TILES_PER_STEP as u64 * WIDTH {
        store.commit(&story.fill_quietly(1_024).commit()).unwrap();
    }
    assert!(store.storing.is_none() && stored_tiles(&store) == 0);
    (directory, faults, store, story)
}

fn stored_tiles(store: &Embedded) -> u64 {
    store.shared.newest().levels.stored_tiles(0)
}

/// The last tile that such a step stores: by then it has made all files, and named nearly all.
fn last_tile(root: &Path) -> std::path::PathBuf {
    root.join(format!("ledger/tile/0/{:03}", TILES_PER_STEP - 1))
}

/// Commits and readers go on while tiles are on their way, and find all that was committed; files that are
/// there already are not looked for, and no segment goes before its tiles count as stored.
#[test]
fn nobody_waits_for_tiles_nor_sees_half_of_them() {
    let (directory, faults, mut store, mut story) = with_a_step_to_take();
    let held = faults.hold(&last_tile(directory.path()));
    store.commit(&story.day().fill(20).commit()).unwrap();
    faults.wait_until_held();
    // Those that are there are not read: they do not count yet.
    let first = directory.path().join("ledger/tile/0/000");
    let kept = fs::read(&first).unwrap();
    fs::write(&first, b"half").unwrap();
    for _ in 0..3 {
        store.commit(&story.day().fill(20).commit()).unwrap();
        while store.maintain().unwrap() == Progress::More {}
        assert_eq!(store.maintain().unwrap(), Progress::UnderWay);
        check_all(&*store.reader(), &story);
    }
    assert_eq!(stored_tiles(&store), 0);
    assert!(directory.path().join("journal/000000000001.segment").exists());
    fs::write(&first, kept).unwrap();
    drop(held);
    settle(&mut store);
    assert_eq!(stored_tiles(&store), story.size() / WIDTH);
    assert!(!directory.path().join("journal/000000000001.segment").exists());
    check_all(&*store.reader(), &story);
}

/// `[DURABLE]` What fails on the thread is final, whatever the writer does next.
#[test]
fn a_failure_on_the_thread_stops_the_store() {
    for (operation, by_commit) in [("rename", true), ("rename", false), ("fsync directory", true)] {
        let (_directory, faults, mut store, mut story) = with_a_step_to_take();
        // Nothing else of a commit does this.
        faults.fail(operation, io::ErrorKind::Other);
        let before = story.clone();
        store.begin_storing(1).unwrap();
        while store.storing.as_ref().is_some_and(Storing::is_under_way) {
            std::thread::yield_now();
        }
        let next = story.fill(1).commit();
        let failed = if by_commit {
            store.commit(&next).unwrap_err()
        } else {
            store.maintain().unwrap_err()
        };
        assert!(failed.is_final(), "{failed}");
        assert!(matches!(&failed, StoreError::Disk(error) if error.operation == operation));
        faults.mend();
        assert!(matches!(store.commit(&next), Err(StoreError::Stopped)));
        assert!(matches!(store.maintain(), Err(StoreError::Stopped)));
        check_all(&*store.reader(), &before);
    }
}

/// A disk that is full is waited for: the step is taken again when there is room.
#[test]
fn a_full_disk_on_the_thread_stops_nothing() {
    let (directory, faults, mut store, mut story) = with_a_step_to_take();
    faults.fail("create", io::ErrorKind::StorageFull);
    store.begin_storing(1).unwrap();
    let mut progress = Progress::More;
    while goes_on(progress) {
        progress = store.maintain().unwrap();
    }
    assert_eq!(progress, Progress::WaitsForSpace);
    faults.mend();
    settle(&mut store);
    assert_eq!(stored_tiles(&store), TILES_PER_STEP as u64);
    store.commit(&story.fill(1).commit()).unwrap();
    check_all(&*store.reader(), &story);
    assert!(files_below(&directory.path().join("staging")).is_empty());
}

/// Whoever drops the store waits for the thread: nobody opens it while that still writes, and what it wrote
/// is found.
#[test]
fn nothing_of_a_store_outlives_it() {
    let (directory, faults, mut store, mut story) = with_a_step_to_take();
    let held = faults.hold(&last_tile(directory.path()));
    store.commit(&story.day().commit()).unwrap();
    faults.wait_until_held();
    let dropping = std::thread::spawn(move || drop(store));
    let again = Embedded::open(directory.path(), &small());
    assert!(matches!(again, Err(OpenError::InUse { .. })));
    drop(held);
    dropping.join().unwrap();
    let (store, _) = Embedded::open(directory.path(), &small()).unwrap();
    assert_eq!(stored_tiles(&store), TILES_PER_STEP as u64);
    check_all(&*store.reader(), &story);
}

/// A store that is closed says whether its last step failed.
#[test]
fn closing_waits_for_the_last_step() {
    let (directory, _, mut store, mut story) = with_a_step_to_take();
    store.commit(&story.day().commit()).unwrap();
    Box::new(store).close().unwrap();
    assert!(last_tile(directory.path()).exists());
    let (_directory, faults, mut store, _) = with_a_step_to_take();
    faults.fail("rename", io::ErrorKind::Other);
    store.begin_storing(1).unwrap();
    assert!(matches!(Box::new(store).close(), Err(StoreError::Disk(_))));
}

/// Memory and journal are bounded: with too much that waits, a commit waits as well.
#[test]
fn a_commit_waits_where_too_much_waits_for_the_thread() {
    assert!(!must_wait(TILES_WAITING_MAX, SEGMENTS_WAITING_MAX));
    assert!(must_wait(TILES_WAITING_MAX + 1, 0) && must_wait(0, SEGMENTS_WAITING_MAX + 1));
    let (directory, faults, mut store, mut story) = with_a_step_to_take();
    let held = faults.hold(&last_tile(directory.path()));
    let mut number = 0;
    while store.journal.segments_in_use() <= SEGMENTS_WAITING_MAX {
        let commit = with_payloads(story.fill_quietly(1).commit(), [payload(number, SEGMENT_BYTES)]);
        store.commit(&commit).unwrap();
        number += 1;
    }
    assert_eq!(stored_tiles(&store), 0);
    drop(held);
    store.commit(&story.fill_quietly(1).commit()).unwrap();
    assert_eq!(stored_tiles(&store), TILES_PER_STEP as u64);
}

/// A log that ends is stored as a whole, also what is on its way when it does.
#[test]
fn a_log_that_ends_waits_for_its_tiles() {
    let (directory, _, mut store, mut story) = with_a_step_to_take();
    store.begin_storing(1).unwrap();
    store.commit(&story.begin_log().commit()).unwrap();
    assert!(store.storing.is_none() && last_tile(directory.path()).exists());
    check_all(&*store.reader(), &story);
}

fn is_ready(levels: &Levels, level: u8) -> bool {
    ready(levels, level).next().is_some()
}

/// A tile of a higher level is stored when all tiles below it are, and no earlier.
#[test]
fn a_tile_waits_for_those_below_it() {
    let mut levels = Levels::new();
    let below = WIDTH * WIDTH;
    (0..2 * below).for_each(|leaf| levels.append(Hash::from_bytes([(leaf % 251) as u8; 32])));
    for index in 0..2 {
        for stored in 0..WIDTH {
            assert!(!is_ready(&levels, 1), "{index}, {stored}");
            levels.mark_stored(0, 1);
        }
        assert!(is_ready(&levels, 1), "{index}");
        levels.mark_stored(1, 1);
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
    let storer = store.storer();
    storer.store(0, &[(index, hashes.to_vec())]).unwrap();
    let tiles = store.shared.newest().tiles;
    for kind in [TileKind::Entries, TileKind::Hashes(0)] {
        storer.read_back(0, index, hashes).unwrap();
        let path = tiles.path(kind, index).unwrap();
        let kept = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let missing = storer.read_back(0, index, hashes);
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
        store.begin_storing(1).unwrap();
        store.must_end_storing().unwrap();
        assert_eq!(store.shared.newest().levels.stored_tiles(0), stored);
    }
}

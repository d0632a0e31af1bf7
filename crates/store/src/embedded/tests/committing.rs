//! What a commit does beside itself, and when it is refused.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

/// Less than the floor is too little; as much as it is enough. Without the reserve nothing is accepted,
/// however much is free, until it is there again.
#[test]
fn a_commit_needs_the_floor_and_the_reserve() {
    let directory = directory_in_memory();
    let (faults, disk, mut store) = with_a_floor(&directory);
    let mut story = Story::default();
    faults.set_free_bytes(1_000_000);
    store.commit(&story.fill(1).commit()).unwrap();
    let next = story.fill(1).commit();
    faults.set_free_bytes(999_999);
    let refused = store.commit(&next).unwrap_err();
    assert!(matches!(refused, StoreError::DiskFull { .. }), "{refused}");
    faults.set_free_bytes(2_000_000);
    store.reserve.give_up(&disk).unwrap();
    let refused = store.commit(&next).unwrap_err();
    assert!(matches!(refused, StoreError::DiskFull { .. }), "{refused}");
    store.maintain().unwrap();
    store.commit(&next).unwrap();
    check_all(&*store.reader(), &story);
}

/// What waits for the index is bounded: as much as may wait does, and with more it moves to sled.
#[test]
fn changes_wait_for_the_index_until_there_are_too_many() {
    let directory = directory_in_memory();
    let (mut store, _) = Embedded::open(directory.path(), &small()).unwrap();
    let mut story = Story::default();
    let rows = (1..limits::INDEX_PENDING_MAX).map(|number| {
        let key = [&b"Z"[..], &number.to_be_bytes()].concat();
        (key, Some(Vec::new()))
    });
    store.shared.index.put(rows);
    store.commit(&story.fill(1).commit()).unwrap();
    assert_eq!(store.shared.index.pending_count(), limits::INDEX_PENDING_MAX);
    store.commit(&story.fill(1).commit()).unwrap();
    assert_eq!(store.shared.index.pending_count(), 0);
    suite::check_index(&*store.reader(), &story);
}

/// A journal of more than four segments is worked off by who makes it longer: one step for each commit, and
/// one more for every 32 payloads.
#[test]
fn a_commit_does_as_many_steps_as_it_makes_necessary() {
    let directory = directory_in_memory();
    let faults = Faults::default();
    let disk = Disk::with_faults(directory.path(), faults.clone());
    let settings = Settings {
        segment_bytes: 1 << 20,
        ..small()
    };
    let (mut store, _) = Embedded::open_on(&disk, &settings).unwrap();
    let mut story = Story::default();
    let of_payloads = |count: u64| {
        let payloads = (0..count).map(|number| payload(number, 10));
        with_payloads(Story::default().fill(1).commit(), payloads)
    };
    // The first tiles are on their way for so long that all others wait.
    faults.set_threads(true);
    let held = faults.hold(&directory.path().join("staging/0"));
    for number in 0..5 {
        store.work_off(&of_payloads(100)).unwrap();
        assert!(store.journal.lacks_spare(), "{number}: nothing was to be done");
        let commit = story.fill_quietly(4_096).commit();
        let commit = with_payloads(commit, [payload(number, 400 * 1024)]);
        store.commit(&commit).unwrap();
        if number < 4 {
            store.commit(&story.fill_quietly(3_000).commit()).unwrap();
        }
    }
    assert_eq!(store.journal.segments_in_use(), 5);
    drop(held);
    store.must_end_storing().unwrap();
    faults.set_threads(false);
    while store.journal.lacks_spare() {
        store.journal.prepare_step().unwrap();
    }
    // Each step stores as many tiles as one may.
    let tiles = |store: &Embedded| store.shared.newest().levels.stored_tiles(0);
    for (payloads, steps) in [(0, 1), (31, 1), (64, 3)] {
        let before = tiles(&store);
        store.work_off(&of_payloads(payloads)).unwrap();
        let stored = (tiles(&store) - before) / limits::TILES_PER_STEP as u64;
        assert_eq!(stored, steps, "{payloads} payloads");
    }
}

/// For whoever measures: how long the last commit waited for the disk, and nothing before the first.
#[test]
fn it_is_known_how_long_a_commit_waited_for_the_disk() {
    let directory = directory_in_memory();
    let (mut store, _) = Embedded::open(directory.path(), &small()).unwrap();
    assert_eq!(store.synced_in(), None);
    store.commit(&Story::default().fill(1).commit()).unwrap();
    assert_eq!(store.synced_in(), Some(store.journal.synced_in()));
}

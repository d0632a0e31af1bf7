//! Background work: what it does with how much space, and what ends it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::ErrorKind;

use super::*;

/// The reserve comes back as soon as the floor is free, and not before.
#[test]
fn the_reserve_comes_back_with_the_floor() {
    let directory = directory_in_memory();
    let (faults, disk, mut store) = with_a_floor(&directory);
    store.reserve.give_up(&disk).unwrap();
    for (free_bytes, comes_back) in [(999_999, false), (1_000_000, true)] {
        faults.set_free_bytes(free_bytes);
        store.maintain().unwrap();
        assert_eq!(
            directory.path().join("reserve").exists(),
            comes_back,
            "{free_bytes}"
        );
    }
}

/// `[DURABLE]` Only a full disk is waited for. Any other failure is final.
#[test]
fn a_failure_in_the_background_is_final_unless_the_disk_is_full() {
    for (kind, is_final) in [(ErrorKind::Other, true), (ErrorKind::StorageFull, false)] {
        let directory = directory_in_memory();
        let faults = Faults::default();
        let disk = Disk::with_faults(directory.path(), faults.clone());
        let (mut store, _) = Embedded::open_on(&disk, &small()).unwrap();
        faults.fail("create", kind);
        if is_final {
            let error = store.maintain().unwrap_err();
            assert!(matches!(error, StoreError::Disk(_)), "{error}");
            faults.mend();
            assert!(matches!(store.maintain(), Err(StoreError::Stopped)));
        } else {
            assert_eq!(store.maintain().unwrap(), Progress::WaitsForSpace);
            faults.mend();
            settle(&mut store);
        }
    }
}

/// With its leaves in bundles and its payloads in files a segment goes; the last one stays.
#[test]
fn segments_go_when_all_that_they_hold_is_elsewhere() {
    let (directory, story) = with_retired(300);
    let segments = files_below(&directory.path().join("journal"));
    let names: Vec<_> = segments.iter().filter_map(|file| file.file_name()).collect();
    // That which is written to, and the next, prepared.
    assert_eq!(names, ["000000000003.segment", "000000000004.segment"]);
    let store = directory.open();
    suite::check_ledger(&*store.reader(), &story);
    for number in [0, 1] {
        let kept = payload(number, SEGMENT_BYTES);
        let found = store.reader().payload(&kept.commitment()).unwrap();
        assert!(found == Some(kept), "{number}");
    }
}

#![allow(clippy::unwrap_used)]

use std::io;

use protocol::digest::Digest;
use tempfile::TempDir;

use super::*;
use crate::contract::example::Story;
use crate::disk::Disk;
use crate::disk::faults::directory_in_memory;
use crate::head::Released;

/// A journal with two batches in one segment, and its tree.
fn written() -> (TempDir, Journal, Levels) {
    let directory = directory_in_memory();
    let disk = Disk::new(directory.path());
    disk.create_directory(&directory.path().join("staging")).unwrap();
    Journal::create(&disk, 64 * 1024, Digest::of(b"seed")).unwrap();
    let none = Released {
        size: 0,
        root: ledger::hash::EMPTY_ROOT,
    };
    let (mut journal, recovered) = Journal::open(&disk, 64 * 1024, &none).unwrap();
    let (mut levels, mut story) = (recovered.levels, Story::default());
    for _ in 0..2 {
        let commit = story.receive().commit();
        journal.append(&commit, &levels).unwrap();
        levels.append(ledger::hash::leaf_hash(&commit.leaves[0]));
    }
    (directory, journal, levels)
}

/// Only the segment that is written to need be closed, and once.
#[test]
fn the_segment_that_is_written_to_is_closed_and_no_other() {
    let (_directory, mut journal, levels) = written();
    journal.close_segment(0, &levels).unwrap();
    assert_eq!(journal.segments_in_use(), 2);
    journal.close_segment(0, &levels).unwrap();
    assert_eq!(journal.segments_in_use(), 2);
    journal.close_segment(1, &levels).unwrap();
    assert_eq!(journal.segments_in_use(), 3);
}

/// `[ERASE]` What a copy lacks would be lost with what it replaces.
#[test]
fn a_copy_that_is_not_what_was_copied_is_refused() {
    let (_directory, journal, _) = written();
    let live = journal.segments.front().unwrap();
    let mut layouts = Vec::new();
    batches(live, &mut |offset, batch| {
        layouts.push((offset, batch.layout.clone()));
        Ok(())
    })
    .unwrap();
    check_copy(live, &live.segment, &layouts).unwrap();
    let mut longer = layouts.clone();
    longer.push(layouts[0].clone());
    let mut elsewhere = layouts.clone();
    elsewhere[0].0 += 1;
    let exchanged = vec![layouts[1].clone(), layouts[0].clone()];
    for expected in [&layouts[..1], &longer, &elsewhere, &exchanged] {
        let refused = check_copy(live, &live.segment, expected);
        assert!(matches!(refused, Err(StoreError::Damaged(_))), "{refused:?}");
    }
}

/// A full disk is waited out; any other error of a disk ends the process.
#[test]
fn only_a_full_disk_is_called_full() {
    let (directory, journal, _) = written();
    let failed = |kind: io::ErrorKind| {
        StoreError::Disk(DiskError {
            operation: "write",
            path: directory.path().to_owned(),
            source: kind.into(),
        })
    };
    let full = journal.not_copied(failed(io::ErrorKind::StorageFull));
    assert!(matches!(full, StoreError::DiskFull { .. }));
    let broken = journal.not_copied(failed(io::ErrorKind::Other));
    assert!(matches!(broken, StoreError::Disk(_)));
}

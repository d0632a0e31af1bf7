#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use super::*;
use crate::contract::Store as _;
use crate::contract::example::Story;
use crate::contract::suite::settle;
use crate::disk::faults::directory_in_memory;
use crate::embedded::tests::{files_below, payload, small, with_payloads};
use crate::embedded::{Embedded, Settings};

/// They are sent or opened at once: the disk is not asked for them.
#[test]
fn a_payload_of_a_recent_commit_is_read_from_memory() {
    let directory = directory_in_memory();
    let (mut store, _) = Embedded::open(directory.path(), &small()).unwrap();
    let kept = payload(1, 100);
    let commit = with_payloads(Story::default().fill(1).commit(), [kept.clone()]);
    store.commit(&commit).unwrap();
    for segment in files_below(&directory.path().join("journal")) {
        let length = fs::metadata(&segment).unwrap().len();
        fs::write(segment, vec![0; usize::try_from(length).unwrap()]).unwrap();
    }
    let found = store.reader().payload(&kept.commitment()).unwrap();
    assert_eq!(found, Some(kept));
}

/// What memory holds is compared as well with what was asked for: of another payload it gives nothing.
#[test]
fn another_payload_in_memory_is_not_taken_for_the_one_that_was_asked_for() {
    let directory = directory_in_memory();
    let (mut store, _) = Embedded::open(directory.path(), &small()).unwrap();
    let (kept, other) = (payload(1, 100), payload(2, 100));
    store.shared.state_mut().recent.keep(kept.commitment(), &other);
    let commit = with_payloads(Story::default().fill(1).commit(), [kept.clone()]);
    store.commit(&commit).unwrap();
    let found = store.reader().payload(&kept.commitment()).unwrap();
    assert_eq!(found, Some(kept));
}

/// A bundle that is stored is given out from its file, whatever memory has of its leaves: what auditors get
/// is what the disk has, and damage to it shows.
#[test]
fn a_stored_bundle_is_given_out_from_its_file() {
    let directory = directory_in_memory();
    let settings = Settings {
        leaf_cache_bytes: 1024 * 1024,
        ..small()
    };
    let (mut store, _) = Embedded::open(directory.path(), &settings).unwrap();
    let mut story = Story::default();
    store.commit(&story.fill_quietly(300).commit()).unwrap();
    settle(&mut store);
    let file = directory.path().join("ledger/tile/entries/000");
    let mut bytes = fs::read(&file).unwrap();
    bytes[100] ^= 1;
    fs::write(&file, bytes).unwrap();
    let reader = store.reader();
    assert_eq!(reader.leaf(3).unwrap(), story.leaves[3]);
    let of_bundle = |index, width| TilePath::new(TileKind::Entries, index, width).unwrap();
    let damaged = reader.tile_of(0, &of_bundle(0, 256)).unwrap_err();
    assert!(
        matches!(&damaged, ReadError::Damaged { file: named, .. } if *named == file),
        "{damaged}"
    );
    assert!(reader.tile_of(0, &of_bundle(1, 44)).unwrap().is_some());
}

/// While the lock is held, as many places are copied as leaves were asked for, and no more.
#[test]
fn the_journal_is_asked_for_as_many_leaves_as_are_wanted() {
    let directory = directory_in_memory();
    let (mut store, _) = Embedded::open(directory.path(), &small()).unwrap();
    let mut story = Story::default();
    store.commit(&story.fill_quietly(300).commit()).unwrap();
    let read = |range: Range<u64>| {
        let places = store.shared.state().places(&range)?;
        Some(
            places
                .iter()
                .map(|place| place.read().unwrap())
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(read(3..7).unwrap(), story.leaves[3..7]);
    assert_eq!(read(299..300).unwrap(), story.leaves[299..300]);
    settle(&mut store);
    let read = |range: Range<u64>| store.shared.state().places(&range).map(|places| places.len());
    assert_eq!(read(3..7), None);
    assert_eq!(read(256..260), Some(4));
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod cold;
mod committing;
mod damage;
mod erasing;
mod index;
mod maintaining;
mod power;
mod upgrade;

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::contract::example::Story;
use crate::contract::suite::{self, Medium, check_all, settle};
use crate::contract::{Kept, ReadError};
use crate::disk::faults::{Faults, directory_in_memory};
use crate::limits::{INDEX_LOCK_TRIES_DEFAULT, SEGMENT_BYTES_MIN};
use protocol::digest::{Digest, Salt};
use protocol::payload::SealedPayload;
use tempfile::TempDir;

/// Small segments, so that they are filled and retired within a test.
pub(crate) fn small() -> Settings {
    Settings {
        segment_bytes: 64 * 1024,
        payload_cache_bytes: 8 * 1024,
        leaf_cache_bytes: 1024,
        free_space_floor_bytes: 0,
        reserve_bytes: 0,
        index_headroom_bytes: 0,
        index_cache_bytes: 1024 * 1024,
        index_lock_tries: INDEX_LOCK_TRIES_DEFAULT,
    }
}

impl Medium for TempDir {
    fn open(&self) -> Box<dyn Store> {
        Box::new(Embedded::open(self.path(), &small()).unwrap().0)
    }
}

suite::for_every_store!(TempDir::new().unwrap());

/// A store with a story that fills several segments and bundles, closed.
fn told(days: usize) -> (TempDir, Story) {
    let directory = directory_in_memory();
    let mut story = Story::default();
    let mut store = directory.open();
    for _ in 0..days {
        store.commit(&story.day().fill(20).commit()).unwrap();
    }
    let edge = story.edge_at(story.size());
    settle(&mut *store);
    store.note_released(edge.size(), edge.root()).unwrap();
    store.close().unwrap();
    (directory, story)
}

/// With a payload of this length a commit needs a segment of its own.
pub(super) const SEGMENT_BYTES: usize = SEGMENT_BYTES_MIN as usize;

/// A payload; one of another number has other bytes.
pub(super) fn payload(number: u64, length: usize) -> SealedPayload {
    let seed = Digest::of(&number.to_be_bytes());
    SealedPayload {
        salt: Salt::from_bytes(*seed.as_bytes()),
        bytes: seed.as_bytes().iter().copied().cycle().take(length).collect(),
    }
}

/// The commit with these payloads, of which no leaf says anything.
pub(super) fn with_payloads(commit: Commit, payloads: impl IntoIterator<Item = SealedPayload>) -> Commit {
    Commit {
        payloads: payloads.into_iter().collect(),
        ..commit
    }
}

/// A store, closed, with a log of one leaf and one of 600: the first `retired` of these are in no segment of
/// the journal any more, and two bundles are stored.
pub(super) fn with_retired(retired: usize) -> (TempDir, Story) {
    let directory = directory_in_memory();
    let (mut story, mut store) = (Story::default(), directory.open());
    store.commit(&story.fill_quietly(1).commit()).unwrap();
    for (number, leaves) in [(0, retired), (1, 600 - retired)] {
        if number == 0 {
            story.begin_log();
        }
        let commit = story.fill_quietly(leaves - usize::from(number == 0)).commit();
        let commit = with_payloads(commit, [payload(number, SEGMENT_BYTES)]);
        store.commit(&commit).unwrap();
    }
    settle(&mut *store);
    store.close().unwrap();
    assert_eq!(files_below(&directory.path().join("payload")).len(), 1);
    (directory, story)
}

/// All files below a directory, sorted.
pub(super) fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn a_second_opener_is_refused_until_the_last_reader_is_gone() {
    let directory = TempDir::new().unwrap();
    let (store, report) = Embedded::open(directory.path(), &small()).unwrap();
    assert_eq!(report.size, 0);
    let reader = store.reader();
    let refused = || {
        matches!(
            Embedded::open(directory.path(), &small()),
            Err(OpenError::InUse { .. })
        )
    };
    assert!(refused());
    assert!(matches!(
        Embedded::rebuild_index(directory.path()),
        Err(OpenError::InUse { .. })
    ));
    Box::new(store).close().unwrap();
    assert!(refused());
    drop(reader);
    let (_, report) = Embedded::open(directory.path(), &small()).unwrap();
    assert_eq!(report.index, IndexReport::UpToDate);
}

/// Only full tiles and bundles are ever files (tesseract #644: 146 GB of partial ones instead of 4.4).
#[test]
fn only_full_tiles_are_stored() {
    let (directory, story) = told(25);
    let ledger = directory.path().join("ledger");
    let names: Vec<String> = files_below(&ledger)
        .iter()
        .map(|file| file.strip_prefix(&ledger).unwrap().display().to_string())
        .collect();
    let full = usize::try_from(story.size() / 256).unwrap();
    assert!(full >= 2);
    let mut expected: Vec<String> = (0..full).map(|n| format!("tile/0/{n:03}")).collect();
    expected.extend((0..full).map(|n| format!("tile/entries/{n:03}")));
    assert_eq!(names, expected);
    assert!(files_below(&directory.path().join("staging")).is_empty());
}

/// A segment goes only when its leaves are in bundles and its payloads in files; nothing is lost by it.
#[test]
fn segments_are_retired_and_nothing_is_lost() {
    let (directory, story) = told(60);
    let segments = files_below(&directory.path().join("journal"));
    assert!(!segments[0].ends_with("000000000001.segment"), "{segments:?}");
    let payload_files = files_below(&directory.path().join("payload")).len();
    assert!(payload_files > 50 && payload_files <= story.payloads.len());
    let mut store = directory.open();
    check_all(&*store.reader(), &story);
    // And it goes on, with a journal that begins in the middle.
    let mut story = story;
    for _ in 0..20 {
        store.commit(&story.day().commit()).unwrap();
        store.maintain().unwrap();
    }
    drop(store);
    check_all(&*directory.open().reader(), &story);
}

/// Commits that always wait, and nobody who calls for maintenance: the journal is bounded all the same.
#[test]
fn the_journal_is_bounded_without_maintenance() {
    let directory = directory_in_memory();
    let mut story = Story::default();
    let disk = Disk::with_faults(directory.path(), Faults::default());
    let (mut store, _) = Embedded::open_on(&disk, &small()).unwrap();
    for _ in 0..150 {
        store.commit(&story.day().fill(10).commit()).unwrap();
    }
    let segments = files_below(&directory.path().join("journal")).len();
    assert!(
        segments <= crate::limits::SEGMENTS_IN_USE_MAX + 3,
        "{segments} segments"
    );
    check_all(&*store.reader(), &story);
}

/// Levels of tiles above the first, and a start that does not read them all.
#[test]
fn a_ledger_of_many_tiles_is_opened_and_proved() {
    let directory = directory_in_memory();
    let mut story = Story::default();
    let mut store = directory.open();
    while story.size() < 66_000 {
        store.commit(&story.fill_quietly(4_096).commit()).unwrap();
        settle(&mut *store);
    }
    store.close().unwrap();
    assert!(directory.path().join("ledger/tile/1/000").exists());
    let (store, report) = Embedded::open(directory.path(), &small()).unwrap();
    assert_eq!(report.index, IndexReport::UpToDate);
    suite::check_ledger(&*store.reader(), &story);
    let reader = store.reader();
    drop(store);
    // The higher tile is verified by the levels above it, and those below by it.
    fs::write(directory.path().join("ledger/tile/0/007"), vec![7; 8_192]).unwrap();
    let error = reader.leaf(7 * 256 + 3).unwrap_err();
    assert!(
        matches!(&error, ReadError::Damaged { file, .. } if file.ends_with("tile/0/007")),
        "{error}"
    );
}

/// A store that leaves a million bytes free and keeps a reserve, on a disk of which is said how much is free.
fn with_a_floor(directory: &TempDir) -> (Faults, Disk, Embedded) {
    let faults = Faults::default();
    let disk = Disk::with_faults(directory.path(), faults.clone());
    let settings = Settings {
        free_space_floor_bytes: 1_000_000,
        reserve_bytes: 4_096,
        ..small()
    };
    let (store, _) = Embedded::open_on(&disk, &settings).unwrap();
    (faults, disk, store)
}

/// `[DURABLE]` What a disk without space does: refuse before anything is written, go on when there is some.
#[test]
fn a_full_disk_refuses_commits_and_recovers() {
    let directory = TempDir::new().unwrap();
    let (faults, _disk, mut store) = with_a_floor(&directory);
    let mut story = Story::default();
    for _ in 0..20 {
        store.commit(&story.day().fill(20).commit()).unwrap();
    }
    faults.set_free_bytes(999_999);
    let next = story.clone().day().commit();
    let error = store.commit(&next).unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::DiskFull {
                free_bytes: 999_999,
                needed_bytes: 1_000_000
            }
        ),
        "{error}"
    );
    // Now every new file fails; background work gives the reserve up, and waits.
    faults.fail("create", std::io::ErrorKind::StorageFull);
    let reserve = directory.path().join("reserve");
    assert!(reserve.exists());
    settle(&mut store);
    assert!(!reserve.exists());
    assert_eq!(store.maintain().unwrap(), Progress::WaitsForSpace);
    check_all(&*store.reader(), &story);
    faults.mend();
    settle(&mut store);
    assert!(reserve.exists());
    store.commit(&next).unwrap();
}

/// `[DURABLE]` A failed write or fsync is final: nothing is tried again.
#[test]
fn a_failed_sync_is_final() {
    for operation in ["write", "fdatasync"] {
        let directory = TempDir::new().unwrap();
        let faults = Faults::default();
        let disk = Disk::with_faults(directory.path(), faults.clone());
        let (mut store, _) = Embedded::open_on(&disk, &small()).unwrap();
        let mut story = Story::default();
        store.commit(&story.day().commit()).unwrap();
        let before = story.clone();
        faults.fail(operation, std::io::ErrorKind::Other);
        let commit = story.day().commit();
        let error = store.commit(&commit).unwrap_err();
        assert!(
            error.is_final() && matches!(error, StoreError::Disk(_)),
            "{error}"
        );
        faults.mend();
        faults.take_log();
        assert!(matches!(store.commit(&commit), Err(StoreError::Stopped)));
        let edge = before.edge_at(before.size());
        assert!(matches!(
            store.note_released(edge.size(), edge.root()),
            Err(StoreError::Stopped)
        ));
        assert!(matches!(store.maintain(), Err(StoreError::Stopped)));
        assert!(faults.take_log().is_empty(), "nothing was tried");
        check_all(&*store.reader(), &before);
        drop(store);
        // After the restart it is there or not, but whole.
        let store = directory.open();
        let size = store.reader().size();
        check_all(
            &*store.reader(),
            if size == before.size() { &before } else { &story },
        );
    }
}

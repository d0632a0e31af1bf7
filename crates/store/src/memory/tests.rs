#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::contract::example::Story;
use crate::contract::suite::{self, Medium, check_all};

impl Medium for MemoryDisk {
    fn open(&self) -> Box<dyn Store> {
        Box::new(MemoryDisk::open(self).unwrap().0)
    }
}

suite::for_every_store!(MemoryDisk::new());

/// Commits three days, with a fault at the second; returns the story of the first and of all, and the error.
fn with_fault(disk: &MemoryDisk, fault: Fault) -> (Story, Story, Option<StoreError>) {
    let mut story = Story::default();
    disk.plan(2, fault);
    let (mut store, _) = disk.open().unwrap();
    store.commit(&story.day().commit()).unwrap();
    let before = story.clone();
    let result = store.commit(&story.day().commit());
    let is_final = result.as_ref().is_err_and(StoreError::is_final);
    if is_final {
        check_all(&*store.reader(), &before);
        assert!(matches!(
            store.commit(&before.clone().day().commit()),
            Err(StoreError::Stopped)
        ));
        assert!(matches!(store.maintain(), Err(StoreError::Stopped)));
    }
    (before, story, result.err())
}

#[test]
fn a_full_disk_is_not_final() {
    let disk = MemoryDisk::new();
    let mut story = Story::default();
    disk.plan(1, Fault::DiskFull);
    let (mut store, _) = disk.open().unwrap();
    let commit = story.day().commit();
    assert!(matches!(store.commit(&commit), Err(StoreError::DiskFull { .. })));
    store.commit(&commit).unwrap();
    check_all(&*store.reader(), &story);
}

#[test]
fn what_failed_to_be_written_is_not_there() {
    for fault in [Fault::WriteFails, Fault::Torn] {
        let disk = MemoryDisk::new();
        let (before, _, error) = with_fault(&disk, fault);
        assert!(matches!(error, Some(StoreError::Disk(_))));
        let (store, report) = disk.open().unwrap();
        assert_eq!(report.torn.is_some(), fault == Fault::Torn);
        check_all(&*store.reader(), &before);
    }
}

#[test]
fn what_failed_to_be_synced_may_be_there() {
    let disk = MemoryDisk::new();
    let (_, all, error) = with_fault(&disk, Fault::SyncFails);
    assert!(matches!(error, Some(StoreError::Disk(_))));
    check_all(&*disk.open().unwrap().0.reader(), &all);
}

/// `[ROLLBACK]` A disk that lies is found out if what it lost had been released.
#[test]
fn a_lying_disk_is_found_out_by_the_released_checkpoint() {
    let disk = MemoryDisk::new();
    let (before, all, error) = with_fault(&disk, Fault::SyncLies);
    assert!(error.is_none());
    check_all(&*disk.open().unwrap().0.reader(), &before);

    let disk = MemoryDisk::new();
    disk.plan(1, Fault::SyncLies);
    let (mut store, _) = disk.open().unwrap();
    store.commit(&Story::default().day().commit()).unwrap();
    let edge = store.reader().edge();
    store.note_released(edge.size(), edge.root()).unwrap();
    drop(store);
    assert!(matches!(
        disk.open(),
        Err(OpenError::BehindReleased { size: 0, .. })
    ));
    assert_ne!(all.size(), 0);
}

#[test]
fn a_second_opener_is_refused() {
    let disk = MemoryDisk::new();
    let (store, _) = disk.open().unwrap();
    assert!(matches!(disk.open(), Err(OpenError::InUse { .. })));
    drop(store);
    disk.open().unwrap();
}

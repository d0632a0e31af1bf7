#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::sync::mpsc;

use protocol::payload::SealedPayload;

use super::*;
use crate::contract::Store as _;
use crate::contract::example::Story;
use crate::disk::Disk;
use crate::disk::faults::{Faults, directory_in_memory};
use crate::embedded::Settings;
use crate::embedded::tests::{files_below, payload, small, with_payloads};

const MEBIBYTE: usize = 1024 * 1024;

/// A store whose first segment has these payloads, and waits for nothing but them to be retired.
fn to_retire(disk: &Disk, payloads: &[SealedPayload]) -> Embedded {
    let settings = Settings {
        segment_bytes: 2 * MEBIBYTE as u64,
        ..small()
    };
    let (mut store, _) = Embedded::open_on(disk, &settings).unwrap();
    let mut story = Story::default();
    let commit = with_payloads(story.fill_quietly(256).commit(), payloads.iter().cloned());
    store.commit(&commit).unwrap();
    let commit = with_payloads(story.fill_quietly(1).commit(), [payload(0, 2 * MEBIBYTE)]);
    store.commit(&commit).unwrap();
    assert!(!store.can_retire());
    store.store_all_tiles().unwrap();
    assert!(store.can_retire());
    store
}

fn files(root: &Path) -> usize {
    files_below(&root.join("payload")).len()
}

fn segment(root: &Path) -> PathBuf {
    root.join("journal/000000000001.segment")
}

/// Payloads that are copied in one step; the others wait for the next, so that no commit waits long.
fn copied_at_first(payloads: &[SealedPayload]) -> usize {
    let directory = directory_in_memory();
    let mut store = to_retire(&Disk::new(directory.path()), payloads);
    store.retire_step().unwrap();
    let at_first = files(directory.path());
    store.retire_step().unwrap();
    assert_eq!(files(directory.path()), payloads.len());
    assert!(segment(directory.path()).exists());
    for _ in 0..4 {
        store.retire_step().unwrap();
    }
    assert!(!segment(directory.path()).exists());
    let reader = store.reader();
    for payload in payloads {
        assert_eq!(
            reader.payload(&payload.commitment()).unwrap().as_ref(),
            Some(payload)
        );
    }
    at_first
}

#[test]
fn one_step_copies_at_most_128_payloads() {
    let small: Vec<_> = (1..=130).map(|number| payload(number, 50)).collect();
    assert_eq!(copied_at_first(&small), 128);
}

#[test]
fn one_step_copies_no_more_once_it_has_copied_a_mebibyte() {
    let large: Vec<_> = (1..=3).map(|number| payload(number, 600 * 1024)).collect();
    assert_eq!(copied_at_first(&large), 2);
}

/// `[DURABLE]` The segment goes only when its payloads were read back from the disk.
#[test]
fn a_segment_whose_payload_is_not_in_its_file_stays() {
    let directory = directory_in_memory();
    let kept = [payload(1, 50), payload(2, 50)];
    let mut store = to_retire(&Disk::new(directory.path()), &kept);
    store.retire_step().unwrap();
    let lost = store.shared.payload_files.path(&kept[0].commitment());
    std::fs::remove_file(&lost).unwrap();
    let error = loop {
        if let Err(error) = store.retire_step() {
            break error;
        }
        assert!(segment(directory.path()).exists());
    };
    assert!(
        matches!(&error, StoreError::Damaged(ReadError::Damaged { file, .. }) if *file == lost),
        "{error}"
    );
    assert!(segment(directory.path()).exists());
}

/// `[DURABLE]` A sync of what was copied that fails is final, and the segment stays.
#[test]
fn a_segment_whose_payloads_could_not_be_synced_stays() {
    let directory = directory_in_memory();
    let faults = Faults::default();
    let disk = Disk::with_faults(directory.path(), faults.clone());
    let mut store = to_retire(&disk, &[payload(1, 50)]);
    faults.fail("syncfs", io::ErrorKind::Other);
    store.retire_step().unwrap();
    let error = store.retire_step().unwrap_err();
    assert!(
        matches!(&error, StoreError::Disk(error) if error.operation == "syncfs"),
        "{error}"
    );
    assert!(error.is_final() && segment(directory.path()).exists());
}

/// While the disk is busy with what was copied, nobody is to wait for it; afterwards it goes on.
#[test]
fn it_is_known_whether_the_disk_is_still_busy() {
    let directory = directory_in_memory();
    let mut store = to_retire(&Disk::new(directory.path()), &[]);
    assert!(!store.is_syncing());
    let (done, waiting) = mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        let _ = waiting.recv();
        Ok(())
    });
    let phase = Phase::Syncing {
        copied: Vec::new(),
        thread,
    };
    store.retiring = Some(Retiring { sequence: 1, phase });
    assert!(store.is_syncing());
    drop(done);
    store.retire_step().unwrap();
    assert!(!store.is_syncing());
    store.retire_step().unwrap();
    assert!(!segment(directory.path()).exists());
}

/// A sync of everything may take long, and with no payload there is nothing to be synced.
#[test]
fn a_segment_without_payloads_goes_without_a_sync_of_everything() {
    let directory = directory_in_memory();
    let faults = Faults::default();
    let mut store = to_retire(&Disk::with_faults(directory.path(), faults.clone()), &[]);
    faults.take_log();
    store.retire_step().unwrap();
    assert!(!segment(directory.path()).exists());
    assert!(
        !faults
            .take_log()
            .iter()
            .any(|(operation, _)| *operation == "syncfs")
    );
}

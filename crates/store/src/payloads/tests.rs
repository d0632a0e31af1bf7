#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::disk::faults::Faults;
use std::fs;
use tempfile::TempDir;

fn payload(number: u8) -> SealedPayload {
    SealedPayload {
        salt: Salt::from_bytes([number; 32]),
        bytes: vec![number; 100].into(),
    }
}

/// `[ERASE]` The file is the salt and the bytes, and nothing else of it is kept.
#[test]
fn a_file_is_salt_and_ciphertext() {
    let directory = TempDir::new().unwrap();
    let disk = Disk::new(directory.path());
    disk.clear_staging().unwrap();
    let files = PayloadFiles::new(directory.path());
    let kept = payload(1);
    files.write_unsynced(&disk, &kept).unwrap();
    let path = files.path(&kept.commitment());
    assert_eq!(fs::read(&path).unwrap(), [&[1; 32][..], &[1; 100]].concat());
    assert_eq!(files.read(&kept.commitment()).unwrap(), Some(kept.clone()));
    assert_eq!(files.read(&payload(2).commitment()).unwrap(), None);
    fs::remove_file(path).unwrap();
    assert_eq!(files.read(&kept.commitment()).unwrap(), None);
}

#[test]
fn whatever_changed_in_a_file_is_noticed_and_the_file_named() {
    let directory = TempDir::new().unwrap();
    let disk = Disk::new(directory.path());
    disk.clear_staging().unwrap();
    let files = PayloadFiles::new(directory.path());
    files.write_unsynced(&disk, &payload(1)).unwrap();
    let commitment = payload(1).commitment();
    let path = files.path(&commitment);
    let whole = fs::read(&path).unwrap();
    let mut variants: Vec<Vec<u8>> = (0..whole.len()).map(|length| whole[..length].to_vec()).collect();
    variants.push([&whole[..], b"x"].concat());
    for byte in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[byte] ^= 4;
        variants.push(flipped);
    }
    for variant in variants {
        fs::write(&path, variant).unwrap();
        match files.read(&commitment) {
            Err(ReadError::Damaged { file, .. }) => assert_eq!(file, path),
            other => panic!("{other:?}"),
        }
    }
    // The truth is still in the journal then: writing it again mends the file.
    files.write_unsynced(&disk, &payload(1)).unwrap();
    assert_eq!(files.read(&commitment).unwrap(), Some(payload(1)));
}

/// Tessera #749, #750: a file is there tomorrow only when its directory was synced, and that one's parent.
#[test]
fn a_new_directory_is_synced_in_its_parent() {
    let directory = TempDir::new().unwrap();
    let root = directory.path().join("store");
    let faults = Faults::default();
    let disk = Disk::with_faults(&root, faults.clone());
    disk.clear_staging().unwrap();
    faults.take_log();
    let file = root.join("a/b/file");
    disk.create_directory(&root.join("a/b")).unwrap();
    disk.write_durably(&file, b"bytes").unwrap();
    let staged = root.join("staging/file");
    let expected = [
        ("create directory", root.join("a")),
        ("fsync directory", root.clone()),
        ("create directory", root.join("a/b")),
        ("fsync directory", root.join("a")),
        ("create", staged.clone()),
        ("write", staged.clone()),
        ("fdatasync", staged),
        ("rename", file),
        ("fsync directory", root.join("a/b")),
    ];
    assert_eq!(faults.take_log(), expected);
    faults.cut_power(0);
    assert_eq!(fs::read(root.join("a/b/file")).unwrap(), b"bytes");
}

#[test]
fn recent_payloads_are_bounded_in_bytes() {
    let mut recent = RecentPayloads::new(250);
    for number in 0..5 {
        recent.keep(payload(number).commitment(), &payload(number));
    }
    let kept: Vec<u8> = (0..5)
        .filter(|number| recent.get(&payload(*number).commitment()).is_some())
        .collect();
    assert_eq!(kept, [3, 4]);
    let huge = SealedPayload {
        salt: Salt::from_bytes([9; 32]),
        bytes: vec![9; 251].into(),
    };
    recent.keep(huge.commitment(), &huge);
    assert!(recent.get(&huge.commitment()).is_none());
    assert!(recent.get(&payload(4).commitment()).is_some());
}

/// `[ERASE]` What was erased is not in memory any more, and gives its room back.
#[test]
fn what_is_forgotten_is_gone_and_makes_room() {
    let mut recent = RecentPayloads::new(200);
    let keep = |recent: &mut RecentPayloads, number| {
        let payload = payload(number);
        recent.keep(payload.commitment(), &payload);
    };
    let has = |recent: &RecentPayloads, number| recent.get(&payload(number).commitment()).is_some();
    keep(&mut recent, 1);
    keep(&mut recent, 2);
    recent.forget(&[payload(1).commitment()].into());
    assert!(!has(&recent, 1) && has(&recent, 2));
    // There is room for one more, and for two the oldest goes.
    keep(&mut recent, 3);
    assert!(has(&recent, 2) && has(&recent, 3));
    keep(&mut recent, 4);
    assert!(!has(&recent, 2) && has(&recent, 3) && has(&recent, 4));
}

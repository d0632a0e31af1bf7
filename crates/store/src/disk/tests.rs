#![allow(clippy::unwrap_used)]

use tempfile::TempDir;

use super::*;
use crate::disk::faults::{Faults, directory_in_memory};

/// A disk that can be made to fail, ready to be written to.
fn disk() -> (TempDir, Disk, Faults) {
    let directory = directory_in_memory();
    let faults = Faults::default();
    let disk = Disk::with_faults(directory.path(), faults.clone());
    disk.clear_staging().unwrap();
    faults.take_log();
    (directory, disk, faults)
}

/// What is said decides whether somebody waits for room or is woken at night.
#[test]
fn an_error_is_known_by_what_the_system_answered() {
    let of = |kind: io::ErrorKind| error("write", Path::new("x"))(kind.into());
    for full in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
        assert!(of(full).is_disk_full() && !of(full).is_forbidden());
    }
    let forbidden = of(io::ErrorKind::PermissionDenied);
    assert!(forbidden.is_forbidden() && !forbidden.is_disk_full());
    assert!(!of(io::ErrorKind::NotFound).is_forbidden());
}

/// Only what is not there counts as not there: what cannot be looked at may well be.
#[test]
fn what_cannot_be_read_is_not_taken_for_absent() {
    let (directory, ..) = disk();
    let file = directory.path().join("file");
    fs::write(&file, b"12345").unwrap();
    let (absent, below) = (directory.path().join("absent"), file.join("below"));
    assert_eq!(read(&file, 5).unwrap().unwrap(), b"12345");
    assert_eq!(read(&absent, 5).unwrap(), None);
    assert_eq!(read(&below, 5).unwrap_err().operation, "open");
    assert_eq!(list(&absent).unwrap(), [""; 0]);
    assert_eq!(list(&file).unwrap_err().operation, "list");
}

#[test]
fn a_bare_name_is_in_the_directory_that_one_is_in() {
    assert_eq!(parent_of(Path::new("name")), Path::new("."));
    assert_eq!(parent_of(Path::new("/a/name")), Path::new("/a"));
}

/// `[DURABLE]` One sync for many files: their bytes, and their names.
#[test]
fn what_was_written_unsynced_is_durable_once_everything_is_synced() {
    let (directory, disk, faults) = disk();
    let (early, late) = (directory.path().join("early"), directory.path().join("late"));
    let witness = File::open(directory.path()).unwrap();
    disk.write_unsynced(&early, b"early").unwrap();
    disk.sync_everything(&witness).unwrap();
    disk.write_unsynced(&late, b"late").unwrap();
    faults.cut_power(0);
    assert_eq!(read(&early, 10).unwrap().unwrap(), b"early");
    assert_eq!(read(&late, 10).unwrap(), None);
    faults.fail("syncfs", io::ErrorKind::Other);
    assert_eq!(disk.sync_everything(&witness).unwrap_err().operation, "syncfs");
}

/// After a sync that failed, the system shows what it could not write. Whoever wants to know what the disk
/// has must have that forgotten.
#[test]
fn what_the_disk_holds_is_seen_once_the_cache_is_forgotten() {
    let (directory, disk, faults) = disk();
    let path = directory.path().join("file");
    let file = disk.create(&path).unwrap();
    disk.write_at(&file, &path, b"old", 0).unwrap();
    disk.sync_all(&file, &path).unwrap();
    disk.write_at(&file, &path, b"new", 0).unwrap();
    faults.fail("fdatasync", io::ErrorKind::Other);
    disk.sync_data(&file, &path).unwrap_err();
    assert_eq!(read(&path, 3).unwrap().unwrap(), b"new");
    disk.forget_cached(&path);
    assert_eq!(read(&path, 3).unwrap().unwrap(), b"old");
}

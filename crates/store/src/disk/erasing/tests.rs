#![allow(clippy::unwrap_used)]

use std::io::Read as _;

use super::*;
use crate::disk::faults::{Faults, directory_in_memory};

/// `[ERASE]` Whoever has the file open still, and so the disk where it lay, has nothing of it: a file that is
/// only removed is in no directory, and can be read all the same.
#[test]
fn what_is_erased_is_overwritten_before_its_name_goes() {
    let directory = directory_in_memory();
    let disk = Disk::with_faults(directory.path(), Faults::default());
    let path = directory.path().join("secret");
    let length = OVERWRITE_STEP_BYTES + 7;
    fs::write(&path, vec![0x5a; length]).unwrap();
    let mut held = fs::File::open(&path).unwrap();
    disk.erase(&path).unwrap();
    assert!(!path.exists());
    let mut left = Vec::new();
    held.read_to_end(&mut left).unwrap();
    assert_eq!(left.len(), length);
    assert!(left.iter().all(|byte| *byte == 0), "its bytes are still there");
}

/// `[ERASE]` A crash may have left two names for one file: under the other one its bytes are in use.
#[test]
fn of_a_file_with_two_names_only_one_goes() {
    let directory = directory_in_memory();
    let disk = Disk::with_faults(directory.path(), Faults::default());
    let (kept, erased) = (directory.path().join("kept"), directory.path().join("erased"));
    fs::write(&kept, b"in use").unwrap();
    disk.link(&kept, &erased).unwrap();
    disk.erase(&erased).unwrap();
    assert!(!erased.exists());
    assert_eq!(fs::read(&kept).unwrap(), b"in use");
}

/// `[ERASE]` Nothing is said to be erased that could not be looked at.
#[test]
fn only_what_is_not_there_need_not_be_erased() {
    let directory = directory_in_memory();
    let disk = Disk::with_faults(directory.path(), Faults::default());
    let file = directory.path().join("file");
    fs::write(&file, b"").unwrap();
    disk.erase(&directory.path().join("absent")).unwrap();
    disk.erase(&directory.path().join("absent").join("below"))
        .unwrap();
    assert_eq!(disk.erase(&file.join("below")).unwrap_err().operation, "open");
}

/// A name that a step left which a full disk has ended is taken; nothing is, for a file that is not there.
#[test]
fn a_second_name_replaces_one_that_was_left() {
    let directory = directory_in_memory();
    let disk = Disk::with_faults(directory.path(), Faults::default());
    let (file, link) = (directory.path().join("file"), directory.path().join("link"));
    fs::write(&file, b"file").unwrap();
    fs::write(&link, b"left").unwrap();
    let absent = disk.link(&directory.path().join("absent"), &link).unwrap_err();
    assert_eq!(absent.operation, "link");
    assert_eq!(fs::read(&link).unwrap(), b"left");
    for _ in 0..2 {
        disk.link(&file, &link).unwrap();
        assert_eq!(fs::read(&link).unwrap(), b"file");
    }
}

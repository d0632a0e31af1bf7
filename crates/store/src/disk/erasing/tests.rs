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

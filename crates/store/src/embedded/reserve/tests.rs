#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::ErrorKind;

use super::*;
use crate::disk::faults::{Faults, directory_in_memory};

/// What is given up is there for others, and is taken again when there is space.
#[test]
fn it_is_given_up_once_and_taken_again() {
    let directory = directory_in_memory();
    let disk = Disk::new(directory.path());
    let file = directory.path().join("reserve");
    let mut reserve = Reserve::take(&disk, 4_096).unwrap();
    assert!(reserve.is_held() && fs::metadata(&file).unwrap().len() == 4_096);
    assert_eq!(reserve.give_up(&disk).unwrap(), Given::Space);
    assert!(!reserve.is_held() && !file.exists());
    assert_eq!(reserve.give_up(&disk).unwrap(), Given::Nothing);
    reserve.restore(&disk).unwrap();
    assert!(reserve.is_held() && file.exists());
}

/// A full disk is no error, and what was begun of it takes no space; whatever else fails is an error.
#[test]
fn where_there_is_no_space_it_stays_given_up() {
    let directory = directory_in_memory();
    let faults = Faults::default();
    let disk = Disk::with_faults(directory.path(), faults.clone());
    let file = directory.path().join("reserve");
    faults.fail("fallocate", ErrorKind::StorageFull);
    let mut reserve = Reserve::take(&disk, 4_096).unwrap();
    assert!(!reserve.is_held() && !file.exists());
    faults.fail("fallocate", ErrorKind::Other);
    assert_eq!(reserve.restore(&disk).unwrap_err().operation, "fallocate");
    assert!(!reserve.is_held());
    faults.mend();
    reserve.restore(&disk).unwrap();
    assert!(reserve.is_held() && file.exists());
}

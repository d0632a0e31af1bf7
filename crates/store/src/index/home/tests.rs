#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::{self, File};

use rustix::fs::{FlockOperation, flock};

use super::*;
use crate::disk::faults::{Faults, directory_in_memory};
use crate::embedded::tests::small;

/// Twice the bytes of the files, wherever they are below, and the headroom: as much is enough, one byte less
/// is not.
#[test]
fn it_is_opened_with_twice_its_size_and_the_headroom_to_spare() {
    let directory = directory_in_memory();
    let faults = Faults::default();
    let disk = Disk::with_faults(directory.path(), faults.clone());
    let index = directory.path().join("index");
    fs::create_dir_all(index.join("blobs")).unwrap();
    fs::write(index.join("blobs/1"), [0; 1_000]).unwrap();
    fs::write(index.join("more"), [0; 24]).unwrap();
    let settings = Settings {
        index_headroom_bytes: 500,
        ..small()
    };
    faults.set_free_bytes(2 * 1_024 + 499);
    let refused = open(&disk, "index", &settings);
    assert!(
        matches!(
            refused,
            Err(OpenError::DiskFull {
                free_bytes: 2_547,
                needed_bytes: 2_548
            })
        ),
        "{refused:?}"
    );
    faults.set_free_bytes(2 * 1_024 + 500);
    assert!(matches!(open(&disk, "index", &settings), Ok(Opened::Usable(_))));
}

/// security.md, section 4: a snapshot that sled did not finish keeps it from opening. One of 13 bytes may be
/// whole, and other files are sled's own business.
#[test]
fn snapshots_that_are_not_finished_are_removed_and_nothing_else() {
    let directory = directory_in_memory();
    let files = [
        ("db", 1, true),
        ("snap.0000000000000001", 12, false),
        ("snap.0000000000000002", 13, true),
        ("snap.0000000000000003.generating", 100, false),
    ];
    for (name, length, _) in files {
        fs::write(directory.path().join(name), vec![7; length]).unwrap();
    }
    remove_unfinished_snapshots(directory.path()).unwrap();
    for (name, _, stays) in files {
        assert_eq!(directory.path().join(name).exists(), stays, "{name}");
    }
}

/// Somebody who lets go is waited for, and somebody who does not is no reason to wait for ever.
#[test]
fn what_is_locked_is_asked_for_again_as_often_as_the_settings_say() {
    let settings = Settings {
        index_lock_tries: 2,
        ..small()
    };
    for (free_at, answer, expected) in [(1, Some(1), 1), (3, Some(3), 3), (4, None, 3)] {
        let mut asked = 0;
        let found = until_unlocked(&settings, || {
            asked += 1;
            (asked >= free_at).then_some(asked)
        });
        assert_eq!((found, asked), (answer, expected));
    }
}

/// A log that somebody still has locked is still written to: nothing is done to it.
#[test]
fn a_log_that_is_not_let_go_of_is_in_use() {
    let directory = directory_in_memory();
    let log = directory.path().join("db");
    let locked = File::create(&log).unwrap();
    flock(&locked, FlockOperation::LockExclusive).unwrap();
    let impatient = Settings {
        index_lock_tries: 0,
        ..small()
    };
    let refused = wait_until_closed(directory.path(), &impatient);
    assert!(
        matches!(&refused, Err(OpenError::InUse { file }) if *file == log),
        "{refused:?}"
    );
    drop(locked);
    wait_until_closed(directory.path(), &impatient).unwrap();
}

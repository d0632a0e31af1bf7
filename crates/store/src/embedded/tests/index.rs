//! The index is only ever derived: behind, ahead, of another ledger, damaged or gone, it is brought in
//! line with the ledger or made anew, and what was there is kept aside.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::index::inbox_key;

fn reopened(directory: &TempDir, story: &Story) -> IndexReport {
    let (store, report) = Embedded::open(directory.path(), &small()).unwrap();
    check_all(&*store.reader(), story);
    report.index
}

fn set_aside(report: &IndexReport) -> &Path {
    match report {
        IndexReport::Rebuilt {
            set_aside: Some(path),
            ..
        } => path,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_index_that_is_behind_is_brought_up_to_date() {
    let (directory, mut story) = told(3);
    let before = story.size();
    let mut store = directory.open();
    store.commit(&story.day().commit()).unwrap();
    drop(store);
    let report = reopened(&directory, &story);
    assert_eq!(
        report,
        IndexReport::Replayed {
            leaves: story.size() - before
        }
    );
    assert_eq!(reopened(&directory, &story), IndexReport::UpToDate);
}

#[test]
fn an_index_that_is_gone_or_cannot_be_opened_is_made_anew() {
    let (directory, story) = told(3);
    let index = directory.path().join("index");
    fs::remove_dir_all(&index).unwrap();
    assert!(matches!(
        reopened(&directory, &story),
        IndexReport::Rebuilt { set_aside: None, .. }
    ));
    fs::write(index.join("db"), vec![0x5a; 300_000]).unwrap();
    let report = reopened(&directory, &story);
    assert!(set_aside(&report).join("db").exists());
    assert_eq!(reopened(&directory, &story), IndexReport::UpToDate);
}

#[test]
fn an_index_of_another_ledger_or_of_a_longer_one_is_made_anew() {
    let (directory, story) = told(3);
    let (longer, _) = told(4);
    let other = directory_in_memory();
    let mut store = other.open();
    let mut another = Story::default();
    store.commit(&another.receive().fill(7).commit()).unwrap();
    store.close().unwrap();
    for foreign in [longer, other] {
        let index = directory.path().join("index");
        fs::remove_dir_all(&index).unwrap();
        fs::rename(foreign.path().join("index"), &index).unwrap();
        let report = reopened(&directory, &story);
        assert!(set_aside(&report).exists());
    }
}

/// security.md, section 4: sled is killed while it writes a snapshot, and would not open again.
#[test]
fn an_unfinished_snapshot_is_removed() {
    let (directory, story) = told(3);
    let index = directory.path().join("index");
    fs::write(index.join("snap.0000000000000123.generating"), b"half a snapshot").unwrap();
    fs::write(index.join("snap.00000000000FFFFF"), b"short").unwrap();
    assert_eq!(reopened(&directory, &story), IndexReport::UpToDate);
    assert!(!index.join("snap.0000000000000123.generating").exists());
}

/// security.md, section 4: opened on a full disk, sled never opens again. So it is not opened.
#[test]
fn the_index_is_not_opened_without_space_to_spare() {
    let (directory, story) = told(3);
    let faults = Faults::default();
    faults.set_free_bytes(1_000_000);
    let disk = Disk::with_faults(directory.path(), faults.clone());
    let settings = Settings {
        index_headroom_bytes: 256 * 1024 * 1024,
        ..small()
    };
    let error = Embedded::open_on(&disk, &settings).unwrap_err();
    assert!(
        matches!(
            error,
            OpenError::DiskFull {
                free_bytes: 1_000_000,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(reopened(&directory, &story), IndexReport::UpToDate);
}

/// An index that lies is found out by the leaf that it points to, and made anew at the next start.
#[test]
fn an_index_that_lies_is_found_out() {
    let (directory, story) = told(3);
    let (store, _) = Embedded::open(directory.path(), &small()).unwrap();
    let mut store = Box::new(store);
    let (key, _) = story.model.inbox.iter().next().unwrap();
    let wrong = (inbox_key(b'I', key), Some(0_u64.to_be_bytes().to_vec()));
    store.shared.index.put([wrong]);
    let reader = store.reader();
    assert!(matches!(reader.inbox(key), Err(ReadError::Index(_))));
    assert!(matches!(store.maintain(), Err(StoreError::Index(_))));
    drop((store, reader));
    let report = reopened(&directory, &story);
    assert!(set_aside(&report).exists());
    assert_eq!(reopened(&directory, &story), IndexReport::UpToDate);
}

#[test]
fn it_is_made_anew_on_demand_and_every_leaf_checked() {
    let (directory, story) = told(25);
    let report = Embedded::rebuild_index(directory.path()).unwrap();
    assert_eq!(report.leaves, story.size());
    assert!(report.set_aside.unwrap().exists());
    assert_eq!(reopened(&directory, &story), IndexReport::UpToDate);
    let bundle = directory.path().join("ledger/tile/entries/000");
    let mut bytes = fs::read(&bundle).unwrap();
    bytes[100] ^= 1;
    fs::write(&bundle, bytes).unwrap();
    let error = Embedded::rebuild_index(directory.path()).unwrap_err();
    assert!(
        matches!(&error, OpenError::Damaged { file, index: Some(0), .. } if *file == bundle),
        "{error}"
    );
}

/// Regression: a log that sled's threads had not let go of yet was taken for a damaged index and moved aside.
#[test]
fn a_locked_index_is_waited_for_and_never_moved_aside() {
    let (directory, story) = told(3);
    let log = directory.path().join("index/db");
    let locked = fs::File::open(&log).unwrap();
    rustix::fs::flock(&locked, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let impatient = Settings {
        index_lock_tries: 0,
        ..small()
    };
    let error = Embedded::open(directory.path(), &impatient).unwrap_err();
    assert!(
        matches!(&error, OpenError::InUse { file } if *file == log),
        "{error}"
    );
    let letting_go = std::thread::spawn(move || drop(locked));
    assert_eq!(reopened(&directory, &story), IndexReport::UpToDate);
    letting_go.join().unwrap();
    assert!(!directory.path().join("set-aside").exists());
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::disk::faults::Faults;

fn settings() -> Settings {
    Settings {
        index_headroom_bytes: 0,
        index_cache_bytes: 1024 * 1024,
        ..Settings::default()
    }
}

fn open(folder: &TempDir) -> OpenedDerived {
    Derived::open(folder.path(), &settings()).unwrap()
}

fn put(key: &[u8], value: &[u8]) -> DerivedChange {
    (key.to_vec(), Some(value.to_vec()))
}

fn keys(rows: Vec<DerivedRow>) -> Vec<Vec<u8>> {
    rows.into_iter().map(|(key, _)| key).collect()
}

/// Forwards and backwards, between bounds, in memory and in sled.
#[test]
fn rows_are_read_in_order_from_both_ends() {
    let folder = TempDir::new().unwrap();
    for table in [open(&folder).table, Derived::in_memory()] {
        let names: [&[u8]; 6] = [b"A\xff", b"B", b"Ba", b"Bb", b"B\xff\xff", b"C"];
        table
            .apply(names.iter().map(|name| put(name, b"x")).collect())
            .unwrap();
        let scan = |after: &[u8], limit| keys(table.scan(b"B", after, limit).unwrap());
        assert_eq!(scan(b"", 9), [&b"B"[..], b"Ba", b"Bb", b"B\xff\xff"]);
        assert_eq!(scan(b"Ba", 1), [&b"Bb"[..]]);
        let back = |before: &[u8], limit| keys(table.scan_back(b"B", before, limit).unwrap());
        assert_eq!(back(b"", 9), [&b"B\xff\xff"[..], b"Bb", b"Ba", b"B"]);
        assert_eq!(back(b"Bb", 1), [&b"Ba"[..]]);
        assert_eq!(back(b"B", 9), Vec::<Vec<u8>>::new());
        table.apply(vec![(b"Ba".to_vec(), None)]).unwrap();
        assert_eq!(back(b"Bb", 1), [&b"B"[..]]);
        assert_eq!(table.get(b"Ba").unwrap(), None);
        assert!(!table.is_suspect());
        assert!(matches!(table.suspect("it is no row"), ReadError::Index(_)));
        assert!(table.is_suspect());
    }
}

/// While it is open: a crash takes nothing away of what was written before.
#[test]
fn what_was_written_out_is_on_the_disk() {
    let folder = TempDir::new().unwrap();
    let table = open(&folder).table;
    table.apply(vec![put(b"k", b"a canary of twenty four")]).unwrap();
    assert!(
        !is_below(folder.path(), b"a canary of twenty four"),
        "or nothing is shown"
    );
    table.flush().unwrap();
    assert!(is_below(folder.path(), b"a canary of twenty four"));
}

#[test]
fn what_was_written_is_there_when_it_is_opened_again() {
    let folder = TempDir::new().unwrap();
    let table = open(&folder).table;
    table.apply(vec![put(b"k", b"v")]).unwrap();
    table.flush().unwrap();
    drop(table);
    let opened = open(&folder);
    assert!(opened.set_aside.is_none());
    assert_eq!(opened.table.get(b"k").unwrap().unwrap(), b"v");
}

#[test]
fn a_value_that_is_too_long_changes_nothing() {
    let table = Derived::in_memory();
    let long = vec![0; DERIVED_VALUE_BYTES_MAX + 1];
    assert!(table.apply(vec![put(b"a", b"b"), put(b"c", &long)]).is_err());
    assert_eq!(table.get(b"a").unwrap(), None);
    table.apply(vec![put(b"c", &long[1..])]).unwrap();
}

/// security.md, section 4: whatever is wrong with it, it is moved aside, kept, and begun anew.
#[test]
fn a_damaged_table_is_moved_aside() {
    let folder = TempDir::new().unwrap();
    // The store makes this folder when it opens.
    Disk::new(folder.path()).clear_staging().unwrap();
    let begin = || {
        let table = open(&folder).table;
        table.apply(vec![put(b"k", b"v")]).unwrap();
        table.flush().unwrap();
        table
    };
    begin().mark_suspect().unwrap();
    let (why, aside) = open(&folder).set_aside.unwrap();
    assert!(why.contains("wrong"), "{why}");
    assert!(aside.unwrap().join("db").exists());
    drop(begin());
    fs::write(folder.path().join(DIRECTORY).join("db"), vec![0x5a; 300_000]).unwrap();
    let opened = open(&folder);
    assert!(opened.set_aside.unwrap().1.unwrap().exists());
    assert_eq!(opened.table.get(b"k").unwrap(), None);
}

/// A value that is not what was written is noticed, whatever it now says.
#[test]
fn a_flipped_value_is_not_believed() {
    let folder = TempDir::new().unwrap();
    let db = sled::Config::new()
        .path(folder.path().join(DIRECTORY))
        .open()
        .unwrap();
    db.insert(b"k", &b"no hash behind it"[..]).unwrap();
    db.flush().unwrap();
    drop(db);
    let table = open(&folder).table;
    assert!(matches!(table.get(b"k"), Err(ReadError::Index(_))));
    assert!(table.is_suspect());
}

/// Opened on a full disk, sled never opens again. So it is not opened.
#[test]
fn it_is_not_opened_without_space_to_spare() {
    let folder = TempDir::new().unwrap();
    drop(open(&folder));
    let faults = Faults::default();
    faults.set_free_bytes(1_000);
    let disk = Disk::with_faults(folder.path(), faults);
    let error = Derived::open_on(&disk, &Settings::default()).unwrap_err();
    assert!(
        matches!(
            error,
            OpenError::DiskFull {
                free_bytes: 1_000,
                ..
            }
        ),
        "{error}"
    );
}

/// Whether the bytes are in any file below the directory.
fn is_below(directory: &Path, bytes: &[u8]) -> bool {
    fs::read_dir(directory).into_iter().flatten().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return is_below(&path, bytes);
        }
        fs::read(&path)
            .unwrap()
            .windows(bytes.len())
            .any(|window| window == bytes)
    })
}

/// `[ERASE]` sled keeps what was replaced and removed in its files, and so does what was moved aside: after a
/// renewal none of it is anywhere.
#[test]
fn what_is_not_kept_is_in_no_file_after_a_renewal() {
    let folder = TempDir::new().unwrap();
    Disk::new(folder.path()).clear_staging().unwrap();
    let old = open(&folder).table;
    old.apply(vec![put(b"a", b"an older table says SECRET-0")])
        .unwrap();
    old.flush().unwrap();
    old.mark_suspect().unwrap();
    drop(old);
    let table = open(&folder).table;
    let rows: Vec<DerivedChange> = (0..5_000_u32)
        .map(|number| {
            put(
                format!("k{number:05}").as_bytes(),
                format!("value {number}").as_bytes(),
            )
        })
        .collect();
    table.apply(rows).unwrap();
    table
        .apply(vec![
            put(b"replaced", b"it says SECRET-1"),
            put(b"secret-2", b"x"),
        ])
        .unwrap();
    table.apply(vec![put(b"replaced", b"it says nothing")]).unwrap();
    table.flush().unwrap();
    let secrets: [&[u8]; 3] = [b"SECRET-0", b"SECRET-1", b"secret-2"];
    for secret in secrets {
        assert!(is_below(folder.path(), secret), "the test sees it where it is");
    }
    table.renew(&|key| key != b"secret-2").unwrap();
    for secret in secrets {
        assert!(!is_below(folder.path(), secret));
    }
    let all = |table: &Derived| table.scan(b"", b"", usize::MAX).unwrap();
    assert_eq!(all(&table).len(), 5_001);
    assert_eq!(table.get(b"replaced").unwrap().unwrap(), b"it says nothing");
    assert_eq!(table.get(b"secret-2").unwrap(), None);
    table.apply(vec![put(b"new", b"row")]).unwrap();
    table.flush().unwrap();
    drop(table);
    // What a crash has left of a renewal is not taken for the table.
    fs::create_dir(folder.path().join(ANEW_DIRECTORY)).unwrap();
    fs::write(folder.path().join(ANEW_DIRECTORY).join("db"), b"half").unwrap();
    let opened = open(&folder);
    assert!(opened.set_aside.is_none() && !folder.path().join(ANEW_DIRECTORY).exists());
    assert_eq!(all(&opened.table).len(), 5_002);
}

#[test]
fn a_table_in_memory_is_renewed_too() {
    let table = Derived::in_memory();
    table.apply(vec![put(b"a", b"1"), put(b"b", b"2")]).unwrap();
    table.renew(&|key| key == b"a").unwrap();
    assert_eq!(keys(table.scan(b"", b"", 9).unwrap()), [b"a".to_vec()]);
}

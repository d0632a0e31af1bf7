#![allow(clippy::unwrap_used)]

use std::fs;

use ledger::tile::encode_bundle;
use tempfile::TempDir;

use super::*;
use crate::disk::faults::directory_in_memory;

/// The files of a log of 600 leaves: two bundles and tiles that are full, and what is still in memory.
struct Stored {
    directory: TempDir,
    levels: Levels,
}

fn leaf(number: u64) -> Vec<u8> {
    format!("leaf {number}").into_bytes()
}

impl Stored {
    fn new() -> Self {
        let directory = directory_in_memory();
        let disk = Disk::new(directory.path());
        disk.create_directory(&directory.path().join("staging")).unwrap();
        let files = TileFiles::new(directory.path(), 0);
        let mut levels = Levels::new();
        (0..600).for_each(|number| levels.append(leaf_hash(&leaf(number))));
        for index in 0..2 {
            let leaves: Vec<_> = (index * WIDTH..(index + 1) * WIDTH).map(leaf).collect();
            let hashes: Vec<_> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
            let write = |kind, bytes: &[u8]| {
                files
                    .write(
                        &disk,
                        vec![(tile_path(kind, index, TILE_WIDTH).unwrap(), bytes.to_vec())],
                    )
                    .unwrap();
            };
            write(
                TileKind::Entries,
                &encode_bundle(leaves.iter().map(Vec::as_slice)).unwrap(),
            );
            write(TileKind::Hashes(0), &encode_tile(&hashes));
            levels.mark_stored(0, 1);
        }
        Self { directory, levels }
    }

    /// As after a start: nothing is in memory.
    fn files(&self) -> TileFiles {
        TileFiles::new(self.directory.path(), 0)
    }

    fn hashes(&self, index: u64) -> Vec<Hash> {
        self.files().hashes(&self.levels, 0, index).unwrap().to_vec()
    }
}

fn damaged_at<T: std::fmt::Debug>(result: Result<T, ReadError>) -> Option<u64> {
    match result {
        Err(ReadError::Damaged { index, .. }) => index,
        other => panic!("{other:?}"),
    }
}

/// Changed, cut or gone: the leaf that is missing is named.
#[test]
fn every_entry_of_every_bundle_is_checked() {
    let stored = Stored::new();
    // A log that ends where a tile does: all that it has is in its files.
    let mut whole = Levels::new();
    (0..512).for_each(|number| whole.append(leaf_hash(&leaf(number))));
    (0..2).for_each(|_| whole.mark_stored(0, 1));
    let check = || stored.files().check_all(&whole);
    check().unwrap();
    for number in [0, 1, 255, 256, 257, 511] {
        let path = stored.files().path(TileKind::Entries, number / WIDTH).unwrap();
        let bytes = fs::read(&path).unwrap();
        let mut changed = bytes.clone();
        let text = leaf(number);
        let places = bytes.windows(text.len()).position(|window| window == text);
        changed[places.unwrap()] ^= 1;
        fs::write(&path, changed).unwrap();
        assert_eq!(damaged_at(check()), Some(number));
        fs::write(&path, bytes).unwrap();
    }
}

#[test]
fn what_is_missing_or_has_no_form_is_named_by_its_first_leaf() {
    let stored = Stored::new();
    let files = stored.files();
    let read = |first: u64| {
        let visit = &mut |_: u64, _: &[u8]| ControlFlow::Continue(());
        stored.files().entries(&stored.levels, first..512, visit)
    };
    let bundle = files.path(TileKind::Entries, 1).unwrap();
    let hashes = stored.hashes(1);
    fs::write(&bundle, b"?").unwrap();
    assert_eq!(damaged_at(read(300)), Some(300));
    assert_eq!(damaged_at(files.is_bundle_stored(1, &hashes)), Some(256));
    fs::remove_file(&bundle).unwrap();
    assert_eq!(damaged_at(read(300)), Some(256));
    fs::remove_file(files.path(TileKind::Hashes(0), 1).unwrap()).unwrap();
    assert_eq!(damaged_at(stored.files().hashes(&stored.levels, 0, 1)), Some(256));
}

#[test]
fn the_first_leaf_below_a_tile_is_that_of_its_level() {
    assert_eq!(first_leaf(0, 3), Some(3 * 256));
    assert_eq!(first_leaf(1, 3), Some(3 * 65_536));
    assert_eq!(first_leaf(2, 1), Some(16_777_216));
    assert_eq!((first_leaf(7, 1), first_leaf(6, 256)), (None, None));
}

/// A tile is written once. What is there already is the same, or somebody else's.
#[test]
fn a_tile_is_never_written_over() {
    let stored = Stored::new();
    let files = stored.files();
    let disk = Disk::new(stored.directory.path());
    let tile = tile_path(TileKind::Hashes(0), 1, TILE_WIDTH).unwrap();
    files
        .write(&disk, vec![(tile, encode_tile(&stored.hashes(1)))])
        .unwrap();
    let other = files.write(&disk, vec![(tile, encode_tile(&stored.hashes(0)))]);
    assert_eq!(damaged_at(other), Some(256));
}

#[test]
fn a_tile_or_bundle_is_stored_when_it_is_there_and_the_same() {
    let stored = Stored::new();
    let files = stored.files();
    let (first, second) = (stored.hashes(0), stored.hashes(1));
    assert!(files.is_stored(0, 1, &second).unwrap() && files.is_bundle_stored(1, &second).unwrap());
    assert_eq!(damaged_at(files.is_stored(0, 1, &first)), Some(256));
    assert_eq!(damaged_at(files.is_bundle_stored(1, &first)), Some(256));
    let mut last = second.clone();
    last[255] = first[0];
    assert_eq!(damaged_at(files.is_bundle_stored(1, &last)), Some(511));
    assert!(!files.is_stored(0, 2, &first).unwrap() && !files.is_bundle_stored(2, &first).unwrap());
}

/// A proof needs the same tiles again and again: those that were verified last stay in memory.
#[test]
fn what_was_verified_is_not_read_again() {
    let stored = Stored::new();
    let files = stored.files();
    let first = files.hashes(&stored.levels, 0, 0).unwrap();
    fs::remove_file(files.path(TileKind::Hashes(0), 0).unwrap()).unwrap();
    assert_eq!(files.hashes(&stored.levels, 0, 0).unwrap(), first);
}

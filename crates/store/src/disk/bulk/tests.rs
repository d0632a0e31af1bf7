#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::PathBuf;

use super::*;

/// A disk of which files are known to lie on one that has blocks, where the machine has such a place.
fn disk() -> (tempfile::TempDir, Disk, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(folder.path());
    let path = folder.path().join("bulk");
    (folder, disk, path)
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place * 7 + place / 251) as u8).collect()
}

#[test]
fn what_was_written_is_read_whatever_its_length() {
    let (_folder, disk, path) = disk();
    let buffers = Buffers::of(4 * BLOCK_BYTES);
    for length in [
        0,
        1,
        4095,
        4096,
        4097,
        3 * BLOCK_BYTES,
        4 * BLOCK_BYTES - 1,
        4 * BLOCK_BYTES,
    ] {
        let bulk = Bulk::writable(disk.create(&path).unwrap(), &path);
        let bytes = pattern(length);
        let mut buffer = buffers.take();
        assert_eq!(buffer.push(&bytes), length);
        for at in [0, 4 * BLOCK_BYTES as u64] {
            disk.write_bulk(&bulk, &path, &buffer, at).unwrap();
        }
        disk.sync_all(bulk.file(), &path).unwrap();
        let again = Bulk::readable(File::open(&path).unwrap(), &path);
        for at in [0, 4 * BLOCK_BYTES as u64] {
            assert_eq!(again.read_at(&path, length, at, &buffers).unwrap(), bytes);
        }
    }
}

#[test]
fn a_file_without_direct_io_and_a_place_off_the_blocks_go_through_the_cache() {
    let (_folder, disk, path) = disk();
    let buffers = Buffers::of(2 * BLOCK_BYTES);
    let mut bulk = Bulk::writable(disk.create(&path).unwrap(), &path);
    let bytes = pattern(5000);
    let mut buffer = buffers.take();
    buffer.push(&bytes);
    for direct in [bulk.direct.take(), None] {
        bulk.direct = direct;
        disk.write_bulk(&bulk, &path, &buffer, 77).unwrap();
        assert_eq!(bulk.read_at(&path, 5000, 77, &buffers).unwrap(), bytes);
    }
}

#[test]
fn an_end_that_comes_too_soon_is_an_error() {
    let (_folder, disk, path) = disk();
    let buffers = Buffers::of(2 * BLOCK_BYTES);
    let bulk = Bulk::writable(disk.create(&path).unwrap(), &path);
    let mut buffer = buffers.take();
    buffer.push(&pattern(5000));
    disk.write_bulk(&bulk, &path, &buffer, 0).unwrap();
    let error = bulk.read_at(&path, 5001, 0, &buffers).unwrap_err();
    assert_eq!(error.source.kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(bulk.read_at(&path, 5000, 0, &buffers).unwrap(), pattern(5000));
}

#[test]
fn buffers_begin_on_a_block_and_are_used_again() {
    let buffers = Buffers::of(2 * BLOCK_BYTES);
    let mut first = buffers.take();
    assert_eq!(first.push(&[7; 3 * BLOCK_BYTES]), 2 * BLOCK_BYTES);
    assert!(first.is_full());
    assert_eq!(first.push(&[7]), 0);
    first.clear();
    assert!(first.filled().is_empty());
    let memory = first.memory.as_ptr();
    drop(first);
    let second = buffers.take();
    assert_eq!(second.memory.as_ptr(), memory);
    assert!(second.filled().as_ptr().align_offset(BLOCK_BYTES) == 0);
    let many: Vec<_> = (0..2 * IDLE_BUFFERS_MAX).map(|_| buffers.take()).collect();
    drop(many);
    assert_eq!(buffers.idle.lock().unwrap().len(), IDLE_BUFFERS_MAX);
}

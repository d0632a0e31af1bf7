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

/// Where every system says that this is no place in a file, as direct I/O does of one off its blocks.
const NO_PLACE: u64 = 1 << 63;

/// A file of this length that is read and written without the cache, as far as the code can tell: so that it
/// is tested whatever the file system knows.
fn as_if_direct(path: &Path, length: usize) -> Bulk {
    std::fs::write(path, pattern(length)).unwrap();
    let open = || OpenOptions::new().read(true).write(true).open(path).unwrap();
    Bulk {
        cached: open(),
        direct: Some(open()),
    }
}

/// Gigabytes that are read once push nothing out of memory.
#[test]
fn what_begins_on_a_block_and_fits_a_buffer_is_read_past_the_cache() {
    let (_folder, _disk, path) = disk();
    let buffers = Buffers::of(2 * BLOCK_BYTES);
    let length = 4 * BLOCK_BYTES + 5;
    let bulk = as_if_direct(&path, length);
    let bytes = pattern(length);
    let read = |length, offset| bulk.read_direct(length, offset, &buffers).unwrap();
    for length in [1, BLOCK_BYTES, 2 * BLOCK_BYTES - 1, 2 * BLOCK_BYTES] {
        assert_eq!(read(length, 0).unwrap(), bytes[..length]);
        assert_eq!(
            read(length, BLOCK_BYTES as u64).unwrap(),
            bytes[BLOCK_BYTES..][..length]
        );
    }
    assert_eq!(read(5, 4 * BLOCK_BYTES as u64).unwrap(), bytes[4 * BLOCK_BYTES..]);
    for (length, offset) in [
        (2 * BLOCK_BYTES + 1, 0),
        (1, 1),
        (1, BLOCK_BYTES as u64 + 512),
        (1, NO_PLACE),
    ] {
        assert_eq!(read(length, offset), None, "{length} from {offset}");
    }
    let beyond = bulk.read_direct(6, 4 * BLOCK_BYTES as u64, &buffers).unwrap_err();
    assert_eq!(beyond.kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn whole_blocks_that_begin_on_one_are_written_past_the_cache() {
    let (_folder, _disk, path) = disk();
    let mut bulk = as_if_direct(&path, 0);
    let bytes = pattern(2 * BLOCK_BYTES + 7);
    for (length, whole) in [
        (7, 0),
        (BLOCK_BYTES - 1, 0),
        (BLOCK_BYTES, BLOCK_BYTES),
        (bytes.len(), 2 * BLOCK_BYTES),
    ] {
        assert_eq!(bulk.write_direct(&bytes[..length], 0).unwrap(), whole);
        assert_eq!(std::fs::read(&path).unwrap(), bytes[..whole]);
    }
    for offset in [1, 512, NO_PLACE] {
        assert_eq!(bulk.write_direct(&bytes, offset).unwrap(), 0, "from {offset}");
    }
    // What is not about blocks is an error of the disk.
    bulk.direct = File::open(&path).ok();
    assert!(bulk.write_direct(&bytes, 0).is_err());
}

/// The system may give less than was asked for, or be interrupted; and only a place off the blocks is for the
/// cache, not a disk that fails.
#[test]
fn what_comes_in_parts_is_one_and_what_fails_is_an_error() {
    use io::ErrorKind::{Interrupted, InvalidInput, PermissionDenied, UnexpectedEof};
    let asked = |length: usize, answers: &[Result<usize, io::ErrorKind>]| {
        let mut memory = vec![0; 2 * BLOCK_BYTES];
        let answers = std::cell::RefCell::new(answers.iter());
        let is_filled = fill(&mut memory, length, |free, filled| {
            assert_eq!(free.len(), 2 * BLOCK_BYTES - filled);
            let count = (*answers.borrow_mut().next().expect("asked once too often"))?;
            free[..count].copy_from_slice(&pattern(2 * BLOCK_BYTES)[filled..filled + count]);
            Ok(count)
        });
        assert!(answers.borrow().len() == 0, "nothing is left to be asked");
        let is_filled = is_filled.map_err(|error| error.kind());
        assert!(is_filled != Ok(true) || memory[..length] == pattern(length));
        is_filled
    };
    assert_eq!(asked(0, &[]), Ok(true));
    assert_eq!(asked(5000, &[Ok(5000)]), Ok(true));
    assert_eq!(asked(5000, &[Ok(4096), Err(Interrupted), Ok(4096)]), Ok(true));
    assert_eq!(asked(5000, &[Ok(100), Err(InvalidInput)]), Ok(false));
    assert_eq!(
        asked(5000, &[Ok(4096), Err(PermissionDenied)]),
        Err(PermissionDenied)
    );
    assert_eq!(asked(5000, &[Ok(4999), Ok(0)]), Err(UnexpectedEof));
}

#[test]
fn a_file_is_opened_past_the_cache_where_the_file_system_knows_that() {
    use rustix::fs::{Mode, fcntl_getfl, open};
    let (_folder, disk, path) = disk();
    let cached = disk.create(&path).unwrap();
    let is_known = open(&path, OFlags::RDONLY | OFlags::DIRECT, Mode::empty()).is_ok();
    let readable = Bulk::readable(File::open(&path).unwrap(), &path);
    for bulk in [Bulk::writable(cached, &path), readable] {
        let is_direct = |file: &File| fcntl_getfl(file).unwrap().contains(OFlags::DIRECT);
        assert_eq!(bulk.direct.as_ref().map(is_direct), is_known.then_some(true));
        assert!(!is_direct(bulk.file()));
    }
}

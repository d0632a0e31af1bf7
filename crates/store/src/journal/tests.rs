#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;

use super::*;
use crate::contract::example::Story;
use crate::disk::faults::directory_in_memory;
use crate::embedded::OpenError;
use crate::head::Released;
use ledger::hash::EMPTY_ROOT;
use ledger::hash::leaf_hash;
use recovery::Recovered;
use tempfile::TempDir;

mod believing;
mod short;

const NONE: Released = Released {
    size: 0,
    root: EMPTY_ROOT,
};

/// A journal in a directory of its own, with the sizes after each of its batches.
struct Written {
    directory: TempDir,
    sizes: Vec<u64>,
    /// Where each batch of the last segment begins, and where it ends without padding.
    batches: Vec<(usize, usize)>,
}

impl Written {
    fn with_batches(count: usize) -> Self {
        let directory = directory_in_memory();
        let disk = Disk::new(directory.path());
        disk.create_directory(&directory.path().join("staging")).unwrap();
        Journal::create(&disk, 64 * 1024, Digest::of(b"seed")).unwrap();
        let (mut journal, recovered) = Journal::open(&disk, 64 * 1024, &NONE).unwrap();
        let mut levels = recovered.levels;
        let mut story = Story::default();
        let mut written = Self {
            directory,
            sizes: vec![0],
            batches: Vec::new(),
        };
        for _ in 0..count {
            let commit = story.receive().submit().commit();
            let length = batch::length_bytes(&commit).unwrap();
            journal.append(&commit, &levels).unwrap();
            commit
                .leaves
                .iter()
                .for_each(|leaf| levels.append(leaf_hash(leaf)));
            let end = usize::try_from(journal.offset).unwrap();
            let start = end - batch::padded(length);
            written.batches.push((start, start + length));
            written.sizes.push(levels.size());
        }
        written
    }

    fn segment(&self, sequence: u64) -> PathBuf {
        self.directory
            .path()
            .join(JOURNAL_DIRECTORY)
            .join(segment::file_name(sequence))
    }

    fn open(&self, released: u64) -> Result<Recovered, OpenError> {
        let root = if released == 0 {
            EMPTY_ROOT
        } else {
            self.root_at(released)
        };
        let released = Released { size: released, root };
        Journal::open(&Disk::new(self.directory.path()), 64 * 1024, &released).map(|(_, recovered)| recovered)
    }

    /// Of a story that is always the same.
    fn root_at(&self, size: u64) -> ledger::hash::Hash {
        let mut story = Story::default();
        while story.size() < size {
            story.receive().submit().commit();
        }
        story.edge_at(size).root()
    }
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_was_appended_is_recovered_across_segments() {
    let written = Written::with_batches(40);
    assert!(
        written.segment(2).exists(),
        "forty batches fill more than one segment"
    );
    let recovered = written.open(0).unwrap();
    assert_eq!(recovered.levels.size(), 80);
    assert_eq!(recovered.levels.edge().root(), written.root_at(80));
    assert_eq!((recovered.leaves.len(), recovered.payloads.len()), (80, 80));
    assert!(recovered.torn.is_none());
    let read = recovered.leaves[79].read().unwrap();
    assert!(protocol::entry::Entry::decode(&read).is_ok());
}

/// The file ends anywhere within the last batch: cut, reported, and written to again.
#[test]
fn a_truncated_tail_is_cut_at_the_last_whole_batch() {
    let written = Written::with_batches(3);
    let path = written.segment(1);
    let whole = fs::read(&path).unwrap();
    let (start, end) = written.batches[2];
    for length in (start..end).step_by(13).chain([start + 1, end - 1]) {
        fs::write(&path, &whole[..length]).unwrap();
        let recovered = written.open(0).unwrap();
        assert_eq!(recovered.levels.size(), written.sizes[2], "length {length}");
        assert_eq!(recovered.torn.is_some(), length > start, "length {length}");
        // What was cut is zeros now, and the file has its length.
        let cut = fs::read(&path).unwrap();
        assert_eq!(cut.len(), whole.len());
        assert!(cut[start..].iter().all(|byte| *byte == 0));
        assert_eq!(cut[..start], whole[..start]);
    }
    // At its end or behind, nothing is lost.
    for length in [end, end + 1, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(written.open(0).unwrap().levels.size(), written.sizes[3]);
    }
}

/// Disks write sectors: any of them may be missing from the last batch, and the bytes up to any place.
#[test]
fn a_torn_tail_is_cut_whichever_sectors_are_missing() {
    let written = Written::with_batches(3);
    let path = written.segment(1);
    let whole = fs::read(&path).unwrap();
    let (start, end) = written.batches[2];
    for sector in (start..end).step_by(512) {
        for range in [start..sector, sector..(sector + 512).min(end), sector..end] {
            if range.is_empty() {
                continue;
            }
            let size = range.len() as u64;
            change(&path, |bytes| {
                *bytes = whole.clone();
                bytes[range.clone()].fill(0);
            });
            let recovered = written
                .open(0)
                .unwrap_or_else(|error| panic!("{range:?}: {error}"));
            assert_eq!(recovered.levels.size(), written.sizes[2], "{range:?}");
            assert_eq!(
                recovered.torn.is_none(),
                size == (end - start) as u64,
                "{range:?}"
            );
        }
    }
    for length in (start + 1..end).step_by(41).chain([end - 1, end - 9]) {
        change(&path, |bytes| {
            *bytes = whole.clone();
            bytes[length..].fill(0);
        });
        let recovered = written
            .open(0)
            .unwrap_or_else(|error| panic!("length {length}: {error}"));
        assert_eq!(recovered.levels.size(), written.sizes[2], "length {length}");
    }
}

/// What was released is never taken for a torn tail `[ROLLBACK]`.
#[test]
fn a_tail_that_was_released_is_not_cut() {
    let written = Written::with_batches(3);
    let path = written.segment(1);
    change(&path, |bytes| bytes[written.batches[2].0..].fill(0));
    let before = fs::read(&path).unwrap();
    let error = written.open(written.sizes[3]).unwrap_err();
    assert!(
        matches!(error, OpenError::BehindReleased { size: 4, released: 6 }),
        "{error}"
    );
    assert!(fs::read(&path).unwrap() == before, "nothing was changed");
    assert_eq!(written.open(written.sizes[2]).unwrap().levels.size(), 4);
}

/// A bit flipped in any batch, the last one too: refused, with the file and the leaf, and not cut.
#[test]
fn a_flipped_bit_is_damage_and_not_a_torn_tail() {
    let written = Written::with_batches(3);
    let path = written.segment(1);
    let whole = fs::read(&path).unwrap();
    for (number, (start, end)) in written.batches.iter().enumerate() {
        for byte in (*start..*end)
            .step_by(11)
            .chain(*start..start + 70)
            .chain(end - 100..*end)
        {
            let mut flipped = whole.clone();
            flipped[byte] ^= 1 << (byte % 8);
            fs::write(&path, &flipped).unwrap();
            match written.open(0) {
                Err(OpenError::Damaged { file, index, .. }) => {
                    assert_eq!(file, path);
                    assert_eq!(index, Some(written.sizes[number]), "byte {byte}");
                }
                other => panic!("byte {byte} of batch {number}: {other:?}"),
            }
            assert!(fs::read(&path).unwrap() == flipped, "nothing was changed");
        }
    }
}

#[test]
fn a_flipped_bit_in_a_header_is_damage() {
    let written = Written::with_batches(40);
    for sequence in [1, 2] {
        let path = written.segment(sequence);
        let whole = fs::read(&path).unwrap();
        // Bytes 20 to 24 of the fields are the sequence number: all are checked, none is believed.
        for byte in 0..80 {
            let mut flipped = whole.clone();
            flipped[byte] ^= 0x10;
            fs::write(&path, flipped).unwrap();
            assert!(
                matches!(written.open(0), Err(OpenError::Damaged { .. })),
                "segment {sequence}, byte {byte}"
            );
        }
        fs::write(&path, whole).unwrap();
    }
    written.open(0).unwrap();
}

#[test]
fn a_hole_is_refused_and_named() {
    let written = Written::with_batches(3);
    let path = written.segment(1);
    let whole = fs::read(&path).unwrap();
    let (start, _) = written.batches[1];
    for length in [4_096, 512] {
        change(&path, |bytes| {
            *bytes = whole.clone();
            bytes[start..start + length].fill(0);
        });
        let error = written.open(0).unwrap_err();
        assert!(
            matches!(error, OpenError::Damaged { index: Some(2), .. }),
            "{error}"
        );
    }
}

#[test]
fn segments_that_are_missing_exchanged_or_old_are_refused() {
    let written = Written::with_batches(27);
    assert!(written.segment(3).exists() && !written.segment(4).exists());
    let paths: Vec<PathBuf> = (1..=3).map(|sequence| written.segment(sequence)).collect();
    let whole: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    let refused = |why: &str| {
        let refused = matches!(written.open(0), Err(OpenError::Damaged { .. }));
        assert!(refused, "{why}");
        for (path, bytes) in paths.iter().zip(&whole) {
            fs::write(path, bytes).unwrap();
        }
    };
    fs::remove_file(&paths[1]).unwrap();
    refused("the middle segment is missing");
    fs::write(&paths[1], &whole[2]).unwrap();
    refused("a segment in another's place");
    fs::write(&paths[1], vec![0; whole[1].len()]).unwrap();
    refused("the middle segment is empty");
    let other = Written::with_batches(29);
    fs::copy(other.segment(3), &paths[2]).unwrap();
    change(&paths[2], |bytes| bytes[5_000] ^= 1);
    refused("a segment of an older copy, changed");
    fs::copy(other.segment(2), &paths[2]).unwrap();
    refused("a segment of another journal, or of an older copy");
    fs::write(&paths[1], &whole[1][..30_000]).unwrap();
    refused("the middle segment is cut");
    // An old copy of the last segment is a shorter journal: only what was released shows it.
    change(&paths[2], |bytes| bytes[8_192..].fill(0));
    assert!(matches!(written.open(54), Err(OpenError::BehindReleased { .. })));
    assert!(written.open(0).unwrap().levels.size() < 54);
}

/// `[DURABLE]` A batch is one write and one `fdatasync`, in that order, and the file keeps its length.
#[test]
fn a_batch_is_one_write_and_one_sync() {
    let directory = directory_in_memory();
    let faults = crate::disk::faults::Faults::default();
    let disk = Disk::with_faults(directory.path(), faults.clone());
    disk.create_directory(&directory.path().join("staging")).unwrap();
    Journal::create(&disk, 64 * 1024, Digest::of(b"seed")).unwrap();
    let (mut journal, recovered) = Journal::open(&disk, 64 * 1024, &NONE).unwrap();
    let mut levels = recovered.levels;
    let mut story = Story::default();
    faults.take_log();
    for _ in 0..3 {
        let commit = story.receive().commit();
        journal.append(&commit, &levels).unwrap();
        commit
            .leaves
            .iter()
            .for_each(|leaf| levels.append(leaf_hash(leaf)));
        let steps: Vec<&str> = faults
            .take_log()
            .iter()
            .map(|(operation, _)| *operation)
            .collect();
        assert_eq!(steps, ["write", "fdatasync"]);
    }
    let path = directory.path().join("journal/000000000001.segment");
    assert_eq!(fs::metadata(path).unwrap().len(), 64 * 1024);
}

/// What lies behind the released checkpoint is written anew and synced before it is believed: after a
/// failed `fsync` memory may show bytes that the disk does not have.
#[test]
fn what_was_not_released_is_written_anew() {
    let written = Written::with_batches(3);
    assert_eq!(written.open(written.sizes[3]).unwrap().rewritten_bytes, 0);
    let one = written.open(written.sizes[2]).unwrap().rewritten_bytes;
    assert!(one >= 4_096);
    assert!(written.open(0).unwrap().rewritten_bytes >= 3 * 4_096);
}

#[test]
fn a_batch_that_is_larger_than_a_segment_gets_one_of_its_own() {
    let directory = directory_in_memory();
    let disk = Disk::new(directory.path());
    disk.create_directory(&directory.path().join("staging")).unwrap();
    Journal::create(&disk, 64 * 1024, Digest::of(b"seed")).unwrap();
    let (mut journal, recovered) = Journal::open(&disk, 64 * 1024, &NONE).unwrap();
    let mut levels = recovered.levels;
    let mut story = Story::default();
    while journal.lacks_spare() {
        journal.prepare_step().unwrap();
    }
    for count in [2, 100, 2] {
        for _ in 0..count {
            story.receive();
        }
        let commit = story.commit();
        journal.append(&commit, &levels).unwrap();
        commit
            .leaves
            .iter()
            .for_each(|leaf| levels.append(leaf_hash(leaf)));
    }
    drop(journal);
    let (_, recovered) = Journal::open(&disk, 64 * 1024, &NONE).unwrap();
    assert_eq!(recovered.levels.edge(), &story.edge_at(104));
}

/// The format is stored for years: these bytes do not change.
#[test]
fn the_header_is_golden() {
    let mut levels = Levels::new();
    (0..257_u16).for_each(|leaf| levels.append(leaf_hash(&leaf.to_be_bytes())));
    let header = SegmentHeader {
        sequence: 5,
        capacity_bytes: 65_536,
        previous: Digest::from_bytes([6; 32]),
        levels: levels.clone(),
    };
    let mut bytes = Vec::new();
    header.encode(&mut bytes);
    assert_eq!(bytes.len(), 4_096);
    let partials: String = levels.partials().iter().map(ToString::to_string).collect();
    assert_eq!(levels.partials().len(), 2);
    let hex: String = bytes[..144].iter().map(|byte| format!("{byte:02x}")).collect();
    let fields = [
        "6f687269642d6a6f75726e616c2f310a 00000090 0000000000000005 0000000000010000 0000000000000101",
        &"06".repeat(32),
        &partials,
    ];
    assert_eq!(hex[..280], fields.concat().replace(' ', ""));
    let (read, offset) = SegmentHeader::decode(&bytes).unwrap();
    assert_eq!(
        (read.sequence, read.levels.edge(), offset),
        (5, levels.edge(), 4_096)
    );
}

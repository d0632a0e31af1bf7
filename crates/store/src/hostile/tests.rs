//! What fuzzing has found, and what it begins with, in every run of the tests.

use protocol::digest::Digest;

use super::{files, journal, recovery};
use crate::index::block_decoded;
use crate::journal::segment::SegmentHeader;
use crate::levels::Levels;
use crate::limits::{INDEX_VALUE_BYTES_MAX, SEGMENT_BYTES_MAX};

/// Calls `hostile` with every file of a folder of `fuzz/corpus`.
fn each(target: &str, hostile: impl Fn(&[u8])) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let found: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
    assert!(!found.is_empty());
    for file in found {
        hostile(&std::fs::read(file.unwrap().path()).unwrap());
    }
}

#[test]
fn no_batch_and_no_header_has_two_forms() {
    each("journal", journal);
}

#[test]
fn no_small_file_is_read_as_what_was_not_written() {
    each("store_files", files);
}

#[test]
fn a_changed_journal_has_all_that_was_released_or_is_refused() {
    each("recovery", recovery);
}

#[test]
fn the_changes_are_to_files_of_the_journal() {
    assert!(super::recovery::names_are_segments());
}

/// Found by reading for the fuzz target `recovery`: where a file is shorter than its header says, zeros are
/// written up to there, and a forged header said 2^64 - 1.
#[test]
fn a_header_that_claims_a_segment_without_end_is_none() {
    for capacity_bytes in [SEGMENT_BYTES_MAX + 4_096, u64::MAX, 65_537] {
        let header = SegmentHeader {
            sequence: 1,
            capacity_bytes,
            previous: Digest::of(b"seed"),
            levels: Levels::new(),
        };
        let mut bytes = Vec::new();
        header.encode(&mut bytes);
        assert!(SegmentHeader::decode(&bytes).is_none(), "{capacity_bytes}");
    }
}

/// Found by reading for the fuzz target `store_files`: a value that is longer than any of ours, on a disk
/// that was tampered with, was a panic in debug builds.
#[test]
fn a_value_longer_than_any_of_ours_is_none() {
    let long = vec![0; INDEX_VALUE_BYTES_MAX + 1];
    assert_eq!(block_decoded(b"key", &long), None);
    assert_eq!(block_decoded(b"key", b""), None);
}

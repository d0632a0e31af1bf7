//! Files that are shorter or longer than they were made. The fuzz target `recovery` found all of this.

use super::*;

/// The segments that there are, with their bytes.
fn files(written: &Written) -> Vec<(PathBuf, Vec<u8>)> {
    (1..)
        .map(|sequence| written.segment(sequence))
        .take_while(|path| path.exists())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

/// Where the bytes of a segment end that are not zeros.
fn used(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1)
}

/// Found by fuzzing: only the first segment that was cut short got its length again, and none that was cut
/// within the padding of a batch that ends where the segment does; reading that batch was an error then.
#[test]
fn every_segment_that_was_cut_short_gets_its_length_again() {
    let written = Written::with_batches(40);
    let files = files(&written);
    let is_full = |(_, bytes): &(PathBuf, Vec<u8>)| used(bytes) > bytes.len() - crate::limits::BLOCK_BYTES;
    assert!(files.len() > 2 && files.iter().any(is_full));
    for behind in [0, 1, 300, 5_000] {
        for (path, bytes) in &files {
            let length = (used(bytes) + behind).min(bytes.len() - 1);
            change(path, |bytes| bytes.truncate(length));
        }
        let recovered = written.open(0).unwrap();
        assert_eq!(recovered.levels.size(), 80);
        assert!(recovered.torn.is_none());
        for (path, bytes) in &files {
            assert!(fs::read(path).unwrap() == *bytes, "{behind}, {}", path.display());
        }
    }
}

/// Found by fuzzing: where the last segment ends within the first words of its header, the search for bytes
/// that were never written did not end.
#[test]
fn a_segment_that_ends_anywhere_within_its_header_is_torn() {
    let written = Written::with_batches(27);
    let files = files(&written);
    let (path, whole) = files.last().unwrap();
    let (size, header) = before_last(&written, &files);
    for length in (0..used(&whole[..header])).chain([header - 1]) {
        fs::write(path, &whole[..length]).unwrap();
        let recovered = written.open(0).unwrap();
        let is_whole = SegmentHeader::decode(&whole[..length]).is_some();
        assert_eq!(recovered.levels.size(), size, "length {length}");
        assert_eq!(
            recovered.torn.is_some(),
            length != 0 && !is_whole,
            "length {length}"
        );
    }
}

/// The size of the ledger before the last segment, and how long that segment's header is.
fn before_last(written: &Written, files: &[(PathBuf, Vec<u8>)]) -> (u64, usize) {
    let (header, length) = SegmentHeader::decode(&files.last().unwrap().1).unwrap();
    assert!(written.sizes.contains(&header.levels.end()));
    (header.levels.end(), length)
}

/// Found by fuzzing: a spare that was enlarged to a length that no segment has was taken, and its header,
/// which says that length, was damage at the next start.
#[test]
fn an_empty_segment_of_a_length_that_none_has_is_made_anew() {
    for odd in [64 * 1024 + 50, 64 * 1024 + 4_095, 17] {
        let written = Written::with_batches(1);
        let disk = Disk::new(written.directory.path());
        fs::write(written.segment(2), vec![0; odd]).unwrap();
        let (mut journal, recovered) = Journal::open(&disk, 64 * 1024, &NONE).unwrap();
        assert!(!journal.lacks_spare());
        let (mut levels, mut story) = (recovered.levels, Story::default());
        story.receive().submit().commit();
        while journal.segments_in_use() == 1 {
            let commit = story.receive().commit();
            journal.append(&commit, &levels).unwrap();
            levels.append(leaf_hash(&commit.leaves[0]));
        }
        drop(journal);
        assert_eq!(fs::metadata(written.segment(2)).unwrap().len(), 64 * 1024);
        assert_eq!(written.open(0).unwrap().levels.size(), levels.size());
    }
}

//! What a start believes of a journal, and what it says of the rest.

use super::*;
use crate::disk::faults::Faults;
use crate::journal::scan::is_longer_than_a_batch;
use crate::limits::{BATCH_BYTES_MAX, BLOCK_BYTES};
use crate::payloads::read_from_journal;

/// Why a start refuses this journal.
fn refusal(written: &Written) -> &'static str {
    match written.open(0) {
        Err(OpenError::Damaged { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

/// Opens the journal; whether there is a spare.
fn has_spare(written: &Written) -> bool {
    let disk = Disk::new(written.directory.path());
    let (journal, _) = Journal::open(&disk, 64 * 1024, &NONE).unwrap();
    !journal.lacks_spare()
}

/// Puts an empty segment behind the last one.
fn add_empty(written: &Written, sequence: u64) {
    fs::write(written.segment(sequence), vec![0; 64 * 1024]).unwrap();
}

/// The header of the second segment, changed, and written in its place.
fn forge(written: &Written, forge: impl FnOnce(&mut SegmentHeader)) {
    change(&written.segment(2), |bytes| {
        let (mut header, length) = SegmentHeader::decode(bytes).unwrap();
        forge(&mut header);
        let mut forged = Vec::new();
        header.encode(&mut forged);
        assert_eq!(forged.len(), length);
        bytes[..length].copy_from_slice(&forged);
    });
}

#[test]
fn every_leaf_and_payload_lies_where_the_journal_says() {
    let directory = directory_in_memory();
    let disk = Disk::new(directory.path());
    disk.create_directory(&directory.path().join("staging")).unwrap();
    Journal::create(&disk, 64 * 1024, Digest::of(b"seed")).unwrap();
    let (mut journal, recovered) = Journal::open(&disk, 64 * 1024, &NONE).unwrap();
    let (mut levels, mut story) = (recovered.levels, Story::default());
    while journal.segments_in_use() < 2 {
        let commit = story.receive().submit().commit();
        let appended = journal.append(&commit, &levels).unwrap();
        for (place, leaf) in appended.leaves.iter().zip(commit.leaves.iter()) {
            assert_eq!(place.read().unwrap(), *leaf);
            levels.append(leaf_hash(leaf));
        }
        assert_eq!(appended.payloads.len(), commit.payloads.len());
        for ((commitment, place), payload) in appended.payloads.iter().zip(commit.payloads.iter()) {
            assert_eq!(read_from_journal(place, commitment).unwrap(), *payload);
        }
    }
}

/// How much is cut is told to whoever runs the node.
#[test]
fn a_torn_tail_is_reported_with_its_length() {
    let written = Written::with_batches(3);
    let (start, end) = written.batches[2];
    change(&written.segment(1), |bytes| bytes[end - 700..].fill(0));
    let torn = written.open(0).unwrap().torn.unwrap();
    assert_eq!((torn.bytes, torn.size), ((end - start) as u64, 4));
}

/// The head of a batch was flipped, and its end is missing: a machine that stops leaves no such thing.
#[test]
fn a_head_that_was_changed_is_damage_whatever_its_tail_lacks() {
    let written = Written::with_batches(3);
    let (start, end) = written.batches[2];
    change(&written.segment(1), |bytes| {
        bytes[start + 9] ^= 1;
        bytes[end - 600..].fill(0);
    });
    assert_eq!(refusal(&written), "bytes that changed after they were written");
}

/// One batch behind the end of the journal, in the same block: it is found, up to the last block.
#[test]
fn a_whole_batch_behind_one_that_is_not_is_a_hole() {
    let written = Written::with_batches(3);
    let (start, _) = written.batches[1];
    change(&written.segment(1), |bytes| bytes[start..start + 512].fill(0));
    let hole = "a hole: whole batches follow one that is not whole";
    assert_eq!(refusal(&written), hole);
}

/// Nothing is written behind what was torn, nor behind a segment that is empty.
#[test]
fn what_follows_the_end_of_the_journal_is_refused() {
    let follow = "batches follow where the journal ended";
    let torn = Written::with_batches(27);
    change(&torn.segment(2), |bytes| {
        let last = bytes.iter().rposition(|byte| *byte != 0).unwrap();
        bytes[last - 700..].fill(0);
    });
    assert_eq!(refusal(&torn), follow);
    let empty = Written::with_batches(27);
    add_empty(&empty, 2);
    assert_eq!(refusal(&empty), follow);
}

/// The next segment is made before it is needed, so that there may be one, and not two.
#[test]
fn one_empty_segment_is_a_spare_and_a_second_is_refused() {
    let written = Written::with_batches(1);
    assert!(!has_spare(&written));
    add_empty(&written, 2);
    assert!(has_spare(&written));
    // Also behind a torn tail.
    let (_, end) = written.batches[0];
    change(&written.segment(1), |bytes| bytes[end - 700..].fill(0));
    assert!(has_spare(&written));
    assert_eq!(written.open(0).unwrap().levels.size(), 0);
    add_empty(&written, 3);
    assert_eq!(refusal(&written), "a second empty segment");
}

/// A machine that stopped while a header was written leaves a segment that nothing is in.
#[test]
fn a_segment_with_a_torn_header_is_a_spare_again() {
    let written = Written::with_batches(27);
    let last = (1..)
        .find(|sequence| !written.segment(sequence + 1).exists())
        .unwrap();
    change(&written.segment(last), |bytes| bytes[20..].fill(0));
    assert!(has_spare(&written));
    let bytes = fs::read(written.segment(last)).unwrap();
    assert!(bytes.len() == 64 * 1024 && bytes.iter().all(|byte| *byte == 0));
}

/// A segment continues the one before by the hash of its last trailer and by the tree: both are held.
#[test]
fn a_header_that_does_not_continue_the_segment_before_is_refused() {
    let hole = "a hole: it does not continue the segment before";
    let written = Written::with_batches(40);
    forge(&written, |header| header.previous = Digest::from_bytes([7; 32]));
    assert_eq!(refusal(&written), hole);
    let written = Written::with_batches(40);
    forge(&written, |header| {
        let mut levels = Levels::new();
        (0..header.levels.size()).for_each(|leaf| levels.append(leaf_hash(&leaf.to_be_bytes())));
        header.levels = levels;
    });
    assert_eq!(refusal(&written), hole);
}

/// `[DURABLE]` What is written anew is synced before it is believed; where nothing is, nothing need be.
#[test]
fn what_is_written_anew_is_synced() {
    let written = Written::with_batches(3);
    let syncs = |released: u64| {
        let faults = Faults::default();
        let disk = Disk::with_faults(written.directory.path(), faults.clone());
        let root = written.root_at(released);
        Journal::open(&disk, 64 * 1024, &Released { size: released, root }).unwrap();
        let log = faults.take_log();
        log.iter()
            .filter(|(operation, _)| *operation == "fdatasync")
            .count()
    };
    assert_eq!((syncs(written.sizes[2]), syncs(written.sizes[3])), (1, 0));
}

#[test]
fn no_batch_is_longer_than_a_batch_can_be() {
    let longest = BATCH_BYTES_MAX as u64;
    for offset in [0, 1, BLOCK_BYTES as u64] {
        assert!(!is_longer_than_a_batch(offset, offset + longest));
        assert!(is_longer_than_a_batch(offset, offset + longest + 1));
    }
}

/// The segment that is written to stays, whoever asks.
#[test]
fn the_last_segment_is_never_removed() {
    let written = Written::with_batches(1);
    let disk = Disk::new(written.directory.path());
    let (mut journal, _) = Journal::open(&disk, 64 * 1024, &NONE).unwrap();
    journal.retire_oldest().unwrap();
    assert_eq!(journal.segments_in_use(), 1);
    assert!(written.segment(1).exists());
}

/// A segment that is half made is used where it is long enough, and where it is not, another is made.
#[test]
fn a_batch_that_a_half_made_segment_has_no_room_for_gets_another() {
    let directory = directory_in_memory();
    let faults = Faults::default();
    let disk = Disk::with_faults(directory.path(), faults.clone());
    disk.create_directory(&directory.path().join("staging")).unwrap();
    let segment_bytes = 2 * crate::limits::FILL_STEP_BYTES;
    Journal::create(&disk, segment_bytes, Digest::of(b"seed")).unwrap();
    let (mut journal, recovered) = Journal::open(&disk, segment_bytes, &NONE).unwrap();
    journal.prepare_step().unwrap();
    assert!(journal.lacks_spare(), "half of it is made");
    let (small, large) = (segment_bytes / 2, segment_bytes + 1);
    let length = |journal: &Journal| journal.active().unwrap().segment.capacity_bytes;
    for (needed, is_longer) in [(large, true), (small, false)] {
        faults.take_log();
        journal.begin_segment(needed, &recovered.levels).unwrap();
        assert_eq!(length(&journal) > segment_bytes, is_longer);
        let made_anew = faults
            .take_log()
            .iter()
            .any(|(operation, _)| *operation == "create");
        assert_eq!(made_anew, is_longer);
        journal.prepare_step().unwrap();
    }
}

/// On a full disk what is half made is given up, and begun anew when there is room.
#[test]
fn a_half_made_segment_that_was_given_up_is_made_anew() {
    let directory = directory_in_memory();
    let disk = Disk::new(directory.path());
    disk.create_directory(&directory.path().join("staging")).unwrap();
    let segment_bytes = 2 * crate::limits::FILL_STEP_BYTES;
    Journal::create(&disk, segment_bytes, Digest::of(b"seed")).unwrap();
    let (mut journal, _) = Journal::open(&disk, segment_bytes, &NONE).unwrap();
    journal.prepare_step().unwrap();
    journal.drop_filling();
    disk.clear_staging().unwrap();
    while journal.lacks_spare() {
        journal.prepare_step().unwrap();
    }
    let made = directory.path().join("journal/000000000002.segment");
    assert_eq!(fs::metadata(made).unwrap().len(), segment_bytes);
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::fs::MetadataExt as _;

use super::*;
use crate::contract::Store as _;
use crate::contract::example::Story;
use crate::disk::faults::directory_in_memory;
use crate::embedded::tests::{payload, small, with_payloads};

/// What is kept of a segment is read from the copy that took its place, leaves and payloads: else the file
/// that was removed would stay open, and its space taken, for as long as the process runs.
#[test]
fn what_is_kept_is_read_from_the_copy() {
    let directory = directory_in_memory();
    let (mut store, _) = Embedded::open(directory.path(), &small()).unwrap();
    let mut story = Story::default();
    let (kept, erased) = (payload(1, 100), payload(2, 100));
    for payload in [&kept, &erased] {
        let commit = with_payloads(story.fill(3).commit(), [payload.clone()]);
        store.commit(&commit).unwrap();
    }
    let erased = [erased.commitment()].into();
    while store.erase(&erased).unwrap() == Progress::More {}
    let state = store.shared.state();
    assert_eq!((state.leaves.len(), state.payloads.len()), (6, 1));
    for (place, expected) in state.leaves.iter().zip(&story.leaves) {
        assert_eq!(place.segment.file.metadata().unwrap().nlink(), 1);
        assert_eq!(place.read().unwrap(), *expected);
    }
    let place = &state.payloads[&kept.commitment()];
    assert_eq!(place.segment.file.metadata().unwrap().nlink(), 1);
    let read = crate::payloads::read_from_journal(place, &kept.commitment());
    assert_eq!(read.unwrap(), kept);
}

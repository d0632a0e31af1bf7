//! What every store must do. `for_every_store!` runs all of it against each implementor.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod erasing;
mod logs;
mod reading;

use std::ops::ControlFlow;
use std::sync::Arc;

use ledger::hash::{EMPTY_ROOT, Hash, leaf_hash};
use ledger::tile::{TileKind, TilePath, encode_bundle, encode_tile, tiles_for_size};
use protocol::digest::{Commitment, Digest};
use protocol::index::InboxKey;

use super::example::{Story, message};
use super::{Progress, ReadError, Reader, Store, StoreError};
pub(crate) use erasing::what_is_erased_is_gone_and_its_notice_is_found;
use logs::check_logs;
pub(crate) use logs::{a_log_follows_the_one_before, a_log_that_does_not_follow_changes_nothing};
pub(crate) use reading::readers_see_whole_commits;

/// Something that survives a crash, and can be opened as a store.
pub(crate) trait Medium {
    /// Opens it, as at a start. The store that was open was dropped before.
    fn open(&self) -> Box<dyn Store>;
}

/// Everything that `reader` says is what `story` tells.
pub(crate) fn check_all(reader: &dyn Reader, story: &Story) {
    check_ledger(reader, story);
    for first in story.logs.iter().copied().chain([0]) {
        check_tiles(reader, first, story.log_end(first) - first);
    }
    check_index(reader, story);
    for payload in &story.payloads {
        assert_eq!(
            reader.payload(&payload.commitment()).unwrap().as_ref(),
            Some(payload)
        );
    }
}

/// Leaves, roots and proofs.
pub(crate) fn check_ledger(reader: &dyn Reader, story: &Story) {
    let size = story.size();
    assert_eq!(reader.size(), size);
    assert_eq!(reader.edge(), story.edge_at(size));
    let mut seen = Vec::new();
    reader
        .leaves(0..size, &mut |index, leaf| {
            assert_eq!(index, seen.len() as u64);
            seen.push(leaf.to_vec());
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(seen == story.leaves, "the leaves are those of the story");
    let near_turns = story.logs.iter().flat_map(|first| first - 1..=first + 2);
    let near_turns = near_turns.filter(|older| *older <= size);
    for older in sizes(size).into_iter().chain(near_turns) {
        let older_root = story.edge_at(older).root();
        assert_eq!(reader.root_at(older).unwrap(), older_root, "size {older}");
        if older != 0 {
            check_proofs(reader, story, older);
        }
    }
    check_logs(reader, story);
}

/// Proofs under the tree that `older` leaves stand for, and that it is a part of its log's last one.
fn check_proofs(reader: &dyn Reader, story: &Story, older: u64) {
    let (first, end) = (story.log_first(older - 1), story.log_end(older - 1));
    let (older_root, root) = (story.edge_at(older).root(), story.edge_at(end).root());
    let verify = |position: u64, size: u64, root: &Hash| {
        let leaf = &story.leaves[usize::try_from(position).unwrap()];
        assert_eq!(&reader.leaf(position).unwrap(), leaf);
        let proof = reader.inclusion_proof(position, size).unwrap();
        assert_eq!(proof.index, position - first);
        proof.verify(size - first, &leaf_hash(leaf), root).unwrap();
    };
    verify(older - 1, end, &root);
    verify(first + (older - first) / 2, older, &older_root);
    let proof = reader.consistency_proof(older, end).unwrap();
    proof
        .verify(older - first, end - first, &older_root, &root)
        .unwrap();
}

/// The interesting sizes up to this one.
fn sizes(size: u64) -> Vec<u64> {
    let near = [
        0,
        1,
        2,
        3,
        255,
        256,
        257,
        300,
        511,
        512,
        513,
        size / 2,
        size.saturating_sub(1),
        size,
    ];
    near.into_iter().filter(|near| *near <= size).collect()
}

/// Every tile and bundle that the tree ever had is given, and makes the hashes above it.
fn check_tiles(reader: &dyn Reader, first: u64, size: u64) {
    for older in sizes(size) {
        for path in tiles_for_size(older) {
            let range = path.leaf_range();
            let mut leaves = Vec::new();
            let collect = &mut |_, leaf: &[u8]| {
                leaves.push(leaf.to_vec());
                ControlFlow::Continue(())
            };
            reader
                .leaves(first + range.start..first + range.end, collect)
                .unwrap();
            let expected = match path.kind() {
                TileKind::Entries => encode_bundle(leaves.iter().map(Vec::as_slice)).unwrap(),
                TileKind::Hashes(level) => {
                    let mut row: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
                    for _ in 0..8 * u32::from(level) {
                        row = row
                            .chunks(2)
                            .map(|pair| ledger::hash::node_hash(&pair[0], &pair[1]))
                            .collect();
                    }
                    encode_tile(&row)
                }
            };
            assert_eq!(
                reader.tile_of(first, &path).unwrap(),
                Some(expected),
                "{path} at size {older}"
            );
        }
    }
    let beyond = TilePath::new(TileKind::Hashes(0), size / 256, 256).unwrap();
    assert_eq!(reader.tile_of(first, &beyond).unwrap(), None);
    let beyond = TilePath::new(TileKind::Entries, size / 256 + 1, 1).unwrap();
    assert_eq!(reader.tile_of(first, &beyond).unwrap(), None);
}

/// Outbox, inbox, cases and messages.
pub(crate) fn check_index(reader: &dyn Reader, story: &Story) {
    let model = &story.model;
    let outbox: Vec<_> = model.outbox.values().cloned().collect();
    assert_eq!(reader.outbox().unwrap(), outbox);
    for record in outbox {
        assert_eq!(reader.outbox_item(&record.item).unwrap(), Some(record));
    }
    for (key, record) in &model.inbox {
        assert_eq!(reader.inbox(key).unwrap().as_ref(), Some(record));
    }
    for (report, index) in &model.reports {
        assert_eq!(reader.report(report).unwrap(), Some(*index));
    }
    let unopened: Vec<_> = model
        .unopened
        .iter()
        .map(|(index, key)| (key.clone(), *index))
        .collect();
    assert_eq!(reader.unopened().unwrap(), unopened);
    let pulling: Vec<_> = model
        .pulling
        .iter()
        .map(|(index, key)| (key.clone(), *index))
        .collect();
    assert_eq!(reader.pulling().unwrap(), pulling);
    for ((manifest, peer), index) in &model.shared {
        assert_eq!(reader.shared(manifest, *peer).unwrap(), Some(*index));
        assert_eq!(reader.shared(manifest, "XZ".parse().unwrap()).unwrap(), None);
    }
    let cases: Vec<_> = model.cases.keys().copied().collect();
    assert_eq!(reader.cases(None, usize::MAX).unwrap(), cases);
    for (place, case) in cases.iter().enumerate() {
        assert_eq!(
            reader.cases(Some(*case), 1).unwrap(),
            cases.get(place + 1).copied().into_iter().collect::<Vec<_>>()
        );
        let messages: Vec<_> = model.cases[case]
            .iter()
            .map(|(index, message)| (*message, *index))
            .collect();
        assert_eq!(reader.case_messages(*case).unwrap(), messages);
    }
    assert_eq!(reader.key_changes().unwrap(), model.key_changes);
    erasing::check(reader, model);
    for (message, entries) in &model.messages {
        assert_eq!(
            reader.message_entries(*message).unwrap(),
            entries.iter().copied().collect::<Vec<_>>()
        );
    }
}

/// Lets a store do all its background work.
pub(crate) fn settle(store: &mut dyn Store) {
    while goes_on(store.maintain().unwrap()) {}
}

/// Whether more is to be done at once or, beside the writer, is being done.
pub(crate) fn goes_on(progress: Progress) -> bool {
    if progress == Progress::UnderWay {
        std::thread::yield_now();
    }
    matches!(progress, Progress::More | Progress::UnderWay)
}

pub(crate) fn an_empty_store_answers(medium: &dyn Medium) {
    let store = medium.open();
    let reader = store.reader();
    check_all(&*reader, &Story::default());
    assert_eq!(reader.root_at(0).unwrap(), EMPTY_ROOT);
    assert!(matches!(reader.leaf(0), Err(ReadError::OutOfRange { .. })));
    assert!(matches!(reader.root_at(1), Err(ReadError::OutOfRange { .. })));
    assert!(matches!(
        reader.inclusion_proof(0, 0),
        Err(ReadError::OutOfRange { .. })
    ));
    assert!(matches!(
        reader.consistency_proof(0, 0),
        Err(ReadError::OutOfRange { .. })
    ));
    assert!(matches!(
        reader.leaves(0..1, &mut |_, _| ControlFlow::Continue(())),
        Err(ReadError::OutOfRange { .. })
    ));
    assert_eq!(reader.payload(&Commitment::from_bytes([1; 32])).unwrap(), None);
    assert_eq!(reader.report(&Digest::of(b"")).unwrap(), None);
    assert_eq!(reader.outbox_item(&Digest::of(b"")).unwrap(), None);
}

pub(crate) fn what_was_committed_is_read_at_once_and_after_a_crash(medium: &dyn Medium) {
    let mut story = Story::default();
    let mut store = medium.open();
    let reader = store.reader();
    for day in 0..40 {
        let commit = story.day().fill(day).commit();
        store.commit(&commit).unwrap();
        assert_eq!(reader.size(), story.size());
        if day % 3 == 0 {
            check_index(&*reader, &story);
        }
        if day % 7 == 0 {
            store.maintain().unwrap();
        }
    }
    check_all(&*reader, &story);
    settle(&mut *store);
    check_all(&*reader, &story);
    // A crash: dropped, not closed. A reader stays usable.
    drop(store);
    check_ledger(&*reader, &story);
    drop(reader);
    let mut store = medium.open();
    check_all(&*store.reader(), &story);
    store.commit(&story.day().commit()).unwrap();
    store.close().unwrap();
    let store = medium.open();
    check_all(&*store.reader(), &story);
}

pub(crate) fn a_commit_that_does_not_fit_changes_nothing(medium: &dyn Medium) {
    let mut story = Story::default();
    let mut store = medium.open();
    store.commit(&story.day().commit()).unwrap();
    let good = story.clone().day().commit();
    let mut variants = vec![good.clone(); 6];
    variants[0].first_index += 1;
    variants[1].size_after += 1;
    variants[2].root_after = EMPTY_ROOT;
    variants[3].leaves = Arc::new([]);
    variants[4].leaves = Arc::new([b"no entry".to_vec()]);
    let mut edge = story.edge_at(story.size());
    edge.append(leaf_hash(b"no entry"));
    (variants[4].size_after, variants[4].root_after) = (edge.size(), edge.root());
    variants[5].leaves = Arc::new([vec![0; 65_536]]);
    for (number, wrong) in variants.iter().enumerate() {
        let error = store.commit(wrong).unwrap_err();
        assert!(!error.is_final(), "variant {number}: {error}");
        let expected = match number {
            0 => matches!(error, StoreError::NotContinuing { .. }),
            4 => matches!(error, StoreError::NotAnEntry { index, .. } if index == story.size()),
            5 => matches!(error, StoreError::TooLarge(_)),
            _ => matches!(error, StoreError::Inconsistent(_)),
        };
        assert!(expected, "variant {number}: {error}");
    }
    check_all(&*store.reader(), &story);
    store.commit(&story.day().commit()).unwrap();
    check_all(&*store.reader(), &story);
}

/// `[ROLLBACK]` What was released is never taken back.
pub(crate) fn a_released_checkpoint_is_compared_and_swapped(medium: &dyn Medium) {
    let mut story = Story::default();
    let mut store = medium.open();
    store.commit(&story.day().commit()).unwrap();
    let (first, first_root) = (story.size(), story.edge_at(story.size()).root());
    store.commit(&story.day().commit()).unwrap();
    let (second, second_root) = (story.size(), story.edge_at(story.size()).root());
    store.note_released(first, first_root).unwrap();
    store.note_released(second, second_root).unwrap();
    store.note_released(second, second_root).unwrap();
    for (size, root) in [
        (first, first_root),
        (second, first_root),
        (second + 1, second_root),
    ] {
        let error = store.note_released(size, root).unwrap_err();
        assert!(matches!(error, StoreError::ReleasedAnother { .. }), "{error}");
    }
    drop(store);
    let mut store = medium.open();
    assert!(store.note_released(first, first_root).is_err());
    store.note_released(second, second_root).unwrap();
    store.commit(&story.day().commit()).unwrap();
}

/// `[IDEMPOTENT]` Keys are compared whole: two that share a beginning, or all but one byte, are two
/// (Sunlight and azul #259 compared a part).
pub(crate) fn keys_are_compared_whole(medium: &dyn Medium) {
    let mut story = Story::default();
    let mut store = medium.open();
    store
        .commit(&story.receive().receive().receive().commit())
        .unwrap();
    let reader = store.reader();
    for key in story.model.inbox.keys() {
        let office = format!("{}-0", key.to.office());
        let to = protocol::ids::ContactPoint::new(key.to.party(), &office).unwrap();
        let near = [
            InboxKey { to, ..key.clone() },
            InboxKey {
                message: message(1_000),
                ..key.clone()
            },
            InboxKey {
                from: "XC".parse().unwrap(),
                ..key.clone()
            },
        ];
        for near in near {
            assert_eq!(reader.inbox(&near).unwrap(), None);
        }
        assert!(reader.inbox(key).unwrap().is_some());
    }
    store.commit(&story.submit().commit()).unwrap();
    let item = *story.model.outbox.values().next().unwrap().item.as_bytes();
    for byte in [0, 15, 16, 31] {
        let mut near = item;
        near[byte] ^= 1;
        assert_eq!(reader.outbox_item(&Digest::from_bytes(near)).unwrap(), None);
    }
}

macro_rules! for_every_store {
    ($medium:expr) => {
        $crate::contract::suite::for_every_store!(
            $medium,
            an_empty_store_answers,
            what_was_committed_is_read_at_once_and_after_a_crash,
            a_commit_that_does_not_fit_changes_nothing,
            a_released_checkpoint_is_compared_and_swapped,
            keys_are_compared_whole,
            a_log_follows_the_one_before,
            a_log_that_does_not_follow_changes_nothing,
            readers_see_whole_commits,
            what_is_erased_is_gone_and_its_notice_is_found
        );
    };
    ($medium:expr, $($name:ident),+) => {$(
        #[test]
        fn $name() {
            $crate::contract::suite::$name(&$medium);
        }
    )+};
}
pub(crate) use for_every_store;

//! What every store must do when a year ends: the ledger goes on, and its tree begins anew.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use ledger::hash::leaf_hash;

use super::{Medium, check_all, settle};
use crate::contract::example::Story;
use crate::contract::{ReadError, Reader, StoreError};

/// The logs follow each other without a gap.
pub(super) fn check_logs(reader: &dyn Reader, story: &Story) {
    let logs = reader.logs();
    let firsts: Vec<u64> = logs.iter().map(|log| log.first).collect();
    let expected: Vec<u64> = [0].into_iter().chain(story.logs.iter().copied()).collect();
    assert_eq!(firsts, expected);
    for log in logs {
        assert_eq!(log.end(), story.log_end(log.first));
        assert_eq!(log.root, story.edge_at(log.end()).root());
        if log.size != 0 {
            assert_eq!(reader.log_of(log.first).unwrap(), log);
            assert_eq!(reader.log_of(log.end() - 1).unwrap(), log);
        }
    }
    assert!(reader.log_of(story.size()).is_err());
    // No proof reaches over the turn of a year.
    for first in story.logs.iter().copied() {
        for (leaf, size) in [(first - 1, first + 1), (first, first)] {
            let refused = reader.inclusion_proof(leaf, size);
            assert!(
                matches!(refused, Err(ReadError::OutOfRange { .. })),
                "{refused:?}"
            );
        }
        for old in [first - 1, first] {
            let refused = reader.consistency_proof(old, first + 1);
            assert!(
                matches!(refused, Err(ReadError::OutOfRange { .. })),
                "{refused:?}"
            );
        }
    }
}

/// A ledger of several years: each log has a tree of its own, and everything else goes on.
pub(crate) fn a_log_follows_the_one_before(medium: &dyn Medium) {
    let mut story = Story::default();
    let mut store = medium.open();
    let reader = store.reader();
    // A year with a full bundle and more, one with a single leaf, one with a bundle that is just full.
    for (days, fill) in [(20, 15), (0, 0), (17, 0), (3, 2)] {
        for day in 0..days {
            store.commit(&story.day().fill(fill).commit()).unwrap();
            if day % 7 == 0 {
                store.maintain().unwrap();
            }
        }
        let in_log = story.size() - story.log_first(story.size());
        let rest = usize::try_from(256 - in_log % 256).unwrap();
        if days == 17 {
            store.commit(&story.fill(rest).commit()).unwrap();
        }
        let edge = story.edge_at(story.size());
        store.note_released(story.size(), edge.root()).unwrap();
        store.commit(&story.begin_log().fill(1).commit()).unwrap();
        check_all(&*reader, &story);
    }
    assert_eq!(story.logs.len(), 4);
    settle(&mut *store);
    check_all(&*reader, &story);
    let edge = story.edge_at(story.size());
    store.note_released(story.size(), edge.root()).unwrap();
    // A crash: dropped, not closed.
    drop((store, reader));
    let mut store = medium.open();
    check_all(&*store.reader(), &story);
    store.commit(&story.day().fill(300).commit()).unwrap();
    settle(&mut *store);
    store.close().unwrap();
    let mut store = medium.open();
    store.commit(&story.begin_log().commit()).unwrap();
    check_all(&*store.reader(), &story);
    drop(store);
    check_all(&*medium.open().reader(), &story);
}

/// A log begins with its own leaf, once, and after all of the one before.
pub(crate) fn a_log_that_does_not_follow_changes_nothing(medium: &dyn Medium) {
    let mut empty = medium.open();
    let first = Story::default().begin_log().commit();
    assert!(matches!(empty.commit(&first), Err(StoreError::Inconsistent(_))));
    let mut story = Story::default();
    empty.commit(&story.day().commit()).unwrap();
    let mut store = empty;
    // In the middle of a commit; of another tree than this; and not as a tree of its own.
    let leaf = story.clone().begin_log().commit().leaves[0].clone();
    let mut other = Story::default();
    let of_other = other.fill(usize::try_from(story.size()).unwrap()).commit();
    drop(of_other);
    let mut late = story.clone().day().commit();
    late.leaves = late.leaves.iter().cloned().chain([leaf.clone()]).collect();
    late.size_after += 1;
    let mut going_on = story.clone().begin_log().commit();
    let mut edge = story.edge_at(story.size());
    edge.append(leaf_hash(&leaf));
    going_on.root_after = edge.root();
    for wrong in [late, other.begin_log().commit(), going_on] {
        let error = store.commit(&wrong).unwrap_err();
        assert!(matches!(error, StoreError::Inconsistent(_)), "{error}");
    }
    check_all(&*store.reader(), &story);
    store.commit(&story.begin_log().commit()).unwrap();
    check_all(&*store.reader(), &story);
}

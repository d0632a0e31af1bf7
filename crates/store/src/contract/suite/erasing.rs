//! What every store must do with what is erased, and what is held `[ERASE]`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use protocol::entry::Hold;

use super::{Medium, Progress, Reader, Story, check_all};
use crate::contract::example::Model;

/// Notices and holds are those of the model.
pub(super) fn check(reader: &dyn Reader, model: &Model) {
    assert_eq!(reader.erasures(0).unwrap(), model.erasures);
    if let Some(last) = model.erasures.last() {
        assert_eq!(reader.erasures(*last).unwrap(), [*last]);
        assert!(reader.erasures(*last + 1).unwrap().is_empty());
    }
    for entry in 0..reader.size().min(60) {
        assert_eq!(
            reader.erased_by(entry).unwrap(),
            model.erased.get(&entry).copied()
        );
    }
    assert_eq!(
        reader.holds().unwrap(),
        model
            .holds
            .iter()
            .map(|(case, index)| (*case, *index))
            .collect::<Vec<_>>()
    );
    for case in model.cases.keys() {
        assert_eq!(reader.hold(*case).unwrap(), model.holds.get(case).copied());
    }
}

pub(crate) fn what_is_erased_is_gone_and_its_notice_is_found(medium: &dyn Medium) {
    let mut story = Story::default();
    let mut store = medium.open();
    store.commit(&story.day().commit()).unwrap();
    store.commit(&story.day().notice(vec![0, 1]).commit()).unwrap();
    let cases: Vec<_> = story.model.cases.keys().copied().collect();
    store
        .commit(
            &story
                .hold(cases[0], Hold::Placed)
                .hold(cases[1], Hold::Placed)
                .commit(),
        )
        .unwrap();
    store
        .commit(&story.hold(cases[1], Hold::Released).commit())
        .unwrap();
    assert_eq!((story.model.erased.len(), story.model.holds.len()), (2, 1));
    let erased: Vec<_> = story.payloads.drain(..2).collect();
    let commitments = erased.iter().map(|payload| payload.commitment()).collect();
    while store.erase(&commitments).unwrap() == Progress::More {}
    let gone = |reader: &dyn Reader| {
        for payload in &erased {
            assert_eq!(reader.payload(&payload.commitment()).unwrap(), None);
        }
    };
    check_all(&*store.reader(), &story);
    gone(&*store.reader());
    drop(store);
    let mut store = medium.open();
    check_all(&*store.reader(), &story);
    gone(&*store.reader());
    assert_eq!(store.erase(&commitments).unwrap(), Progress::Idle);
}

//! A log that has ended goes to cold storage and comes back, and what is asked for meanwhile is said to be
//! there.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::disk::faults::directory_in_memory;

/// Two logs, all of which is settled; the first has a bundle and more.
fn two_logs() -> (TempDir, Story) {
    let directory = directory_in_memory();
    let mut story = Story::default();
    let mut store = directory.open();
    store
        .commit(&story.fill(300).change_key().fill(7).commit())
        .unwrap();
    store
        .commit(&story.begin_log().change_key().fill(4).commit())
        .unwrap();
    let edge = story.edge_at(story.size());
    store.note_released(story.size(), edge.root()).unwrap();
    store.close().unwrap();
    (directory, story)
}

#[test]
fn a_log_goes_to_cold_storage_and_comes_back() {
    let (directory, mut story) = two_logs();
    let elsewhere = TempDir::new().unwrap();
    let to = elsewhere.path().join("xa-2026");
    let moved = Embedded::move_log_away(directory.path(), "2026", &to).unwrap();
    assert_eq!((moved.first, moved.size), (0, 308));
    assert!(!directory.path().join("ledger").exists());
    assert!(to.join("checkpoint").exists() && elsewhere.path().join("xa-2026.vkey").exists());

    let mut store = directory.open();
    let reader = store.reader();
    assert_eq!(reader.logs()[0].kept, Kept::Away);
    assert!(matches!(
        reader.leaf(3),
        Err(ReadError::InColdStorage {
            first: 0,
            size: 308,
            ..
        })
    ));
    assert!(matches!(
        reader.inclusion_proof(3, 308),
        Err(ReadError::InColdStorage { .. })
    ));
    assert!(matches!(reader.root_at(7), Err(ReadError::InColdStorage { .. })));
    assert_eq!(reader.root_at(308).unwrap(), story.edge_at(308).root());
    // Which key was in use when is known all the same.
    for position in reader.key_changes().unwrap() {
        assert_eq!(
            reader.leaf(position).unwrap(),
            story.leaves[usize::try_from(position).unwrap()]
        );
    }
    // It goes on, and begins the next log.
    store.commit(&story.day().fill(300).commit()).unwrap();
    store.commit(&story.begin_log().commit()).unwrap();
    settle(&mut *store);
    drop((store, reader));
    let again = Embedded::move_log_away(directory.path(), "2026", &elsewhere.path().join("other"));
    assert!(matches!(again, Err(MoveError::Elsewhere(_))));
    let rebuilt = Embedded::rebuild_index(directory.path());
    assert!(
        matches!(rebuilt, Err(OpenError::InColdStorage { .. })),
        "{rebuilt:?}"
    );

    // A folder that was changed is not put back.
    let bundle = to.join("tile/entries/001.p/52");
    let good = fs::read(&bundle).unwrap();
    let mut bad = good.clone();
    bad[20] ^= 1;
    fs::write(&bundle, &bad).unwrap();
    assert!(Embedded::put_log_back(directory.path(), "2026", &to).is_err());
    fs::write(&bundle, &good).unwrap();
    Embedded::put_log_back(directory.path(), "2026", &to).unwrap();
    suite::check_all(&*directory.open().reader(), &story);
}

#[test]
fn what_is_still_needed_stays() {
    let directory = directory_in_memory();
    let elsewhere = TempDir::new().unwrap();
    let to = elsewhere.path().join("log");
    let mut story = Story::default();
    let mut store = directory.open();
    store.commit(&story.submit().commit()).unwrap();
    store.commit(&story.begin_log().commit()).unwrap();
    drop(store);
    let needed = Embedded::move_log_away(directory.path(), "2026", &to);
    assert!(matches!(needed, Err(MoveError::StillNeeded(1))), "{needed:?}");
    for named in ["2027", "2025", ""] {
        let newest = Embedded::move_log_away(directory.path(), named, &to);
        assert!(matches!(newest, Err(MoveError::NoSuchLog(_))), "{newest:?}");
    }
    assert!(!to.exists());
    suite::check_all(&*directory.open().reader(), &story);
}

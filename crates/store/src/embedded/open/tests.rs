#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::{Debug, Write as _};
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use ledger::hash::{Hash, leaf_hash};
use protocol::exchange::types::Commit;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

use super::*;
use crate::contract::Store as _;
use crate::contract::example::Story;
use crate::contract::suite::{Medium as _, check_ledger, settle};
use crate::disk::faults::{Faults, directory_in_memory};
use crate::embedded::tests::{payload, small, with_payloads, with_retired};

fn start(directory: &Path) -> Result<(Embedded, OpenReport), OpenError> {
    open(&Disk::new(directory), &small())
}

/// Leaves that are neither in the journal nor in a bundle are lost: the bundle is named, and the position of
/// its first leaf in the ledger, whichever log it is in.
#[test]
fn a_bundle_whose_leaves_the_journal_has_not_got_any_more_is_named() {
    // The journal begins within the second bundle, or just behind it.
    for retired in [300, 512] {
        let (directory, story) = with_retired(retired);
        let (store, _) = start(directory.path()).unwrap();
        check_ledger(&*store.reader(), &story);
        drop(store);
        let bundle = directory.path().join("ledger-000000000001/tile/entries/001");
        fs::remove_file(&bundle).unwrap();
        let refused = start(directory.path()).unwrap_err();
        assert!(
            matches!(&refused, OpenError::Damaged { file, index: Some(257), what }
                if *file == bundle && what.starts_with("a bundle is missing")),
            "{retired}: {refused}"
        );
    }
}

/// `[ROLLBACK]` A checkpoint that was released before the journal begins is compared with what the tiles say.
#[test]
fn what_was_released_before_the_journal_begins_is_compared_with_the_tiles() {
    let (directory, story) = with_retired(512);
    let head = directory.path().join("head");
    let note = |size: u64, root: Hash| fs::write(&head, Released { size, root }.encode()).unwrap();
    for size in [1, 300] {
        note(size, story.edge_at(size).root());
        let (store, report) = start(directory.path()).unwrap();
        assert_eq!(report.released.size, size);
        drop(store);
        note(size, story.edge_at(size + 1).root());
        let refused = start(directory.path()).unwrap_err();
        assert!(
            matches!(&refused, OpenError::Damaged { file, index: Some(index), .. }
                if *file == head && *index == size),
            "{refused}"
        );
    }
}

/// A tile counts as stored only together with its bundle. Where one of them is missing, and the journal has
/// the leaves, both are made again.
#[test]
fn a_tile_or_a_bundle_that_the_journal_can_give_again_is_written_again() {
    let directory = directory_in_memory();
    let (mut story, mut store) = (Story::default(), directory.open());
    store.commit(&story.fill_quietly(300).commit()).unwrap();
    settle(&mut *store);
    store.close().unwrap();
    for file in ["ledger/tile/0/000", "ledger/tile/entries/000"] {
        let file = directory.path().join(file);
        let before = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        let (mut store, _) = start(directory.path()).unwrap();
        check_ledger(&*store.reader(), &story);
        settle(&mut store);
        check_ledger(&*store.reader(), &story);
        assert!(fs::read(&file).unwrap() == before, "{}", file.display());
    }
}

/// `[DURABLE]` The process that stored tiles may have been killed before their names were durable: they are
/// made so before anything rests on them, those of tiles and those of bundles.
#[test]
fn the_names_of_stored_tiles_are_durable_before_they_count() {
    let directory = directory_in_memory();
    let (mut story, mut store) = (Story::default(), directory.open());
    store.commit(&story.fill_quietly(256).commit()).unwrap();
    settle(&mut *store);
    store.close().unwrap();
    let faults = Faults::default();
    open(&Disk::with_faults(directory.path(), faults.clone()), &small()).unwrap();
    let steps = faults.take_log();
    for names in ["ledger/tile/0", "ledger/tile/entries"] {
        let synced = ("fsync directory", directory.path().join(names));
        assert!(steps.contains(&synced), "{names}: {steps:?}");
    }
}

/// An index is moved aside only where it can be made anew: not while leaves are in cold storage.
#[test]
fn an_index_that_could_not_be_made_anew_is_left_where_it_is() {
    let (directory, elsewhere) = (directory_in_memory(), directory_in_memory());
    let (mut story, mut store) = (Story::default(), directory.open());
    store.commit(&story.fill_quietly(1).commit()).unwrap();
    store.commit(&story.begin_log().commit()).unwrap();
    store.close().unwrap();
    Embedded::move_log_away(directory.path(), "2026", &elsewhere.path().join("log")).unwrap();
    let suspect = directory.path().join("index-suspect");
    for is_suspect in [false, true] {
        let refused = if is_suspect {
            fs::write(&suspect, b"").unwrap();
            start(directory.path()).unwrap_err()
        } else {
            Embedded::rebuild_index(directory.path()).unwrap_err()
        };
        assert!(
            matches!(refused, OpenError::InColdStorage { first: 0, size: 1 }),
            "{refused}"
        );
        assert!(directory.path().join("index/db").exists());
        assert!(!directory.path().join("set-aside").exists());
    }
    fs::remove_file(suspect).unwrap();
    let (_, report) = start(directory.path()).unwrap();
    assert_eq!(report.index, IndexReport::UpToDate);
}

/// A leaf that is in the tree and that this version cannot read: the store is not opened, and the leaf is
/// named, with the bundle that it is in, or will be.
#[test]
fn a_leaf_that_is_no_entry_is_named_with_its_bundle() {
    let directory = directory_in_memory();
    let (mut store, _) = start(directory.path()).unwrap();
    let mut story = Story::default();
    store.commit(&story.fill_quietly(200).commit()).unwrap();
    let commit = story.begin_log().fill_quietly(299).commit();
    store.commit(&commit).unwrap();
    // No store commits such a leaf.
    let leaf = b"of a later version".to_vec();
    let levels = Arc::clone(&store.shared.state().levels);
    let mut edge = levels.edge().clone();
    edge.append(leaf_hash(&leaf));
    let commit = Commit {
        first_index: 500,
        leaves: Arc::new([leaf]),
        payloads: Arc::new([]),
        size_after: 501,
        root_after: edge.root(),
    };
    store.journal.append(&commit, &levels).unwrap();
    drop(store);
    let refused = start(directory.path()).unwrap_err();
    let bundle = directory.path().join("ledger-000000000200/tile/entries/001");
    assert!(
        matches!(&refused, OpenError::Damaged { file, index: Some(500), .. } if *file == bundle),
        "{refused}"
    );
}

/// What was said to whoever runs the node.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<String>>);

struct Line<'said>(&'said mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

impl tracing::Subscriber for Said {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut said = self.0.lock().unwrap();
        write!(said, "\n{} ", event.metadata().level()).unwrap();
        event.record(&mut Line(&mut said));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// A start says how long the ledger is, and what it cut from the journal.
#[test]
fn what_a_start_found_and_cut_is_said() {
    let directory = directory_in_memory();
    let faults = Faults::default();
    let (mut store, _) = open(&Disk::with_faults(directory.path(), faults.clone()), &small()).unwrap();
    let mut story = Story::default();
    store.commit(&story.fill_quietly(2).commit()).unwrap();
    let torn = with_payloads(story.fill_quietly(1).commit(), [payload(1, 50_000)]);
    faults.stop_at(faults.steps() + 1);
    assert!(store.commit(&torn).is_err());
    drop(store);
    let said = Said::default();
    let (_, report) = tracing::subscriber::with_default(said.clone(), || start(directory.path())).unwrap();
    let torn = report.torn.unwrap();
    let said = said.0.lock().unwrap().clone();
    let line = |level: &str| {
        said.lines()
            .find(|line| line.starts_with(level))
            .unwrap_or_default()
    };
    let warning = line("WARN");
    for part in [
        "torn tail",
        "size=2 ",
        &format!("bytes={} ", torn.bytes),
        ".segment",
    ] {
        assert!(warning.contains(part), "{said}");
    }
    assert!(
        line("INFO message=the store is open size=2 ").contains("index="),
        "{said}"
    );
}

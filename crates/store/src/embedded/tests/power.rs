//! The power is cut at any step, and what was not synced is lost in any mixture. What was acknowledged
//! must be there, nothing may be there in part, and the store must go on.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::disk::faults::directory_in_memory;

/// What somebody outside knows when the power fails.
#[derive(Default)]
struct Known {
    story: Story,
    /// The story as far as it is acknowledged.
    before: Story,
    acknowledged: u64,
    payloads: usize,
    /// The steps of the disk in which a log ended and the next one began.
    turns: Vec<u64>,
}

/// A year ends while there is still something in memory and in the journal, and again when there is not.
fn turn(directory: &TempDir, faults: &Faults, known: &mut Known) -> Result<(), String> {
    let disk = &Disk::with_faults(directory.path(), faults.clone());
    let failed = |error: StoreError| error.to_string();
    let (mut store, _) = Embedded::open_on(disk, &small()).map_err(|error| error.to_string())?;
    for round in 0..8 {
        if round % 4 == 3 {
            known.story.begin_log();
        }
        known.story.fill(120).submit();
        let commit = known.story.commit();
        let before = faults.steps();
        store.commit(&commit).map_err(failed)?;
        if round % 4 == 3 {
            known.turns.extend(before + 1..=faults.steps());
        }
        known.acknowledged = known.story.size();
        known.payloads = known.story.payloads.len();
        known.before = known.story.clone();
        if round % 4 == 2 {
            let edge = known.story.edge_at(known.acknowledged);
            store
                .note_released(known.acknowledged, edge.root())
                .map_err(failed)?;
        }
        while round > 4 && suite::goes_on(store.maintain().map_err(failed)?) {}
    }
    Ok(())
}

/// Works until something fails.
fn work(disk: &Disk, known: &mut Known) -> Result<(), String> {
    let (mut store, _) = Embedded::open_on(disk, &small()).map_err(|error| error.to_string())?;
    for round in 0..14 {
        known.story.day().fill(28);
        let commit = known.story.commit();
        store.commit(&commit).map_err(|error| error.to_string())?;
        known.acknowledged = known.story.size();
        known.payloads = known.story.payloads.len();
        known.before = known.story.clone();
        if round % 4 == 3 {
            let edge = known.story.edge_at(known.acknowledged);
            store
                .note_released(known.acknowledged, edge.root())
                .map_err(|error| error.to_string())?;
        }
        if round > 6 {
            while suite::goes_on(store.maintain().map_err(|error| error.to_string())?) {}
        }
    }
    Ok(())
}

fn check_after_cut(directory: &TempDir, known: &Known, what: &str) {
    let (mut store, _) =
        Embedded::open(directory.path(), &small()).unwrap_or_else(|error| panic!("{what}: {error}"));
    let reader = store.reader();
    let size = reader.size();
    assert!(
        size >= known.acknowledged && size <= known.story.size(),
        "{what}: {size}"
    );
    assert_eq!(reader.edge(), known.story.edge_at(size), "{what}");
    for index in (0..size).step_by(17).chain(size.checked_sub(1)) {
        assert_eq!(
            reader.leaf(index).unwrap(),
            known.story.leaves[usize::try_from(index).unwrap()],
            "{what}"
        );
    }
    for payload in &known.story.payloads[..known.payloads] {
        assert_eq!(
            reader.payload(&payload.commitment()).unwrap().as_ref(),
            Some(payload),
            "{what}"
        );
    }
    if size == known.story.size() {
        suite::check_index(&*reader, &known.story);
        let mut story = known.story.clone();
        store.commit(&story.day().commit()).unwrap();
        settle(&mut store);
        suite::check_ledger(&*reader, &story);
    }
}

/// Before the turn of the year or after it, whole in both cases, and the ledger goes on from there.
#[test]
fn a_year_ends_whole_or_not_at_all_whenever_the_power_is_cut() {
    let mut whole = Known::default();
    turn(&directory_in_memory(), &Faults::default(), &mut whole).unwrap();
    assert!(whole.turns.len() > 20, "{:?}", whole.turns);
    for (seed, step) in (0..).zip(whole.turns) {
        let directory = directory_in_memory();
        let faults = Faults::default();
        faults.stop_at(step);
        let mut known = Known::default();
        let stopped = turn(&directory, &faults, &mut known);
        assert!(stopped.is_err());
        faults.cut_power(seed);
        let what = format!("step {step}, seed {seed}: {stopped:?}");
        check_after_cut(&directory, &known, &what);
        // What was on its way comes again, as far as it is not there.
        let (mut store, _) = Embedded::open(directory.path(), &small()).unwrap();
        let is_before = store.reader().size() == known.acknowledged;
        if is_before && known.acknowledged > 0 {
            let mut story = known.before;
            store.commit(&story.begin_log().submit().commit()).unwrap();
            suite::check_all(&*store.reader(), &story);
            drop(store);
            let (store, _) = Embedded::open(directory.path(), &small()).unwrap();
            suite::check_all(&*store.reader(), &story);
        }
    }
}

#[test]
fn what_was_acknowledged_survives_a_power_cut_at_any_step() {
    let faults = Faults::default();
    let directory = directory_in_memory();
    work(
        &Disk::with_faults(directory.path(), faults.clone()),
        &mut Known::default(),
    )
    .unwrap();
    let steps = faults.steps();
    assert!(steps > 200, "{steps}");
    // Every step of the beginning, where names are made; then a sample, another one for each seed.
    let sampled = (1..30).step_by(2).chain((30..=steps).step_by(13));
    for (seed, step) in (0..).zip(sampled) {
        let directory = directory_in_memory();
        let faults = Faults::default();
        faults.stop_at(step);
        let mut known = Known::default();
        let stopped = work(&Disk::with_faults(directory.path(), faults.clone()), &mut known);
        assert!(stopped.is_err());
        faults.cut_power(seed);
        check_after_cut(
            &directory,
            &known,
            &format!("step {step} of {steps}, seed {seed}: {stopped:?}"),
        );
    }
}

/// `[DURABLE]` The process is killed at a step, or the step fails; the next process goes on with what is in
/// memory, and only then the power is cut: what the first process left unsynced is lost, and what a sync
/// that failed has left behind. The simulation found the header of a segment among that, which made the store
/// refuse to open, and reading found the names of tiles.
#[test]
fn what_another_process_goes_on_with_survives_a_power_cut() {
    let faults = Faults::default();
    let directory = directory_in_memory();
    let disk = Disk::with_faults(directory.path(), faults.clone());
    work(&disk, &mut Known::default()).unwrap();
    let steps = faults.steps();
    for (turn, step) in (0..).zip((1..=steps).step_by(7)) {
        let directory = directory_in_memory();
        let faults = Faults::default();
        if turn % 2 == 0 {
            faults.stop_at(step);
        } else {
            faults.fail_at(step);
        }
        let mut known = Known::default();
        let disk = || Disk::with_faults(directory.path(), faults.clone());
        let stopped = work(&disk(), &mut known);
        let what = format!("step {step} of {steps}: {stopped:?}");
        faults.revive();
        faults.mend();
        let opened = Embedded::open_on(&disk(), &small());
        let (mut store, _) = opened.unwrap_or_else(|error| panic!("{what}: {error}"));
        let is_whole = store.reader().size() == known.story.size();
        let mut story = if is_whole { known.story } else { known.before };
        for _ in 0..3 {
            let committed = store.commit(&story.day().fill(20).commit());
            committed.unwrap_or_else(|error| panic!("{what}: {error}"));
        }
        settle(&mut store);
        drop(store);
        faults.cut_power(0);
        let opened = Embedded::open(directory.path(), &small());
        let (store, _) = opened.unwrap_or_else(|error| panic!("{what}: {error}"));
        check_all(&*store.reader(), &story);
    }
}

//! The power is cut at any step, and what was not synced is lost in any mixture. What was acknowledged
//! must be there, nothing may be there in part, and the store must go on.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::disk::faults::directory_in_memory;

/// What somebody outside knows when the power fails.
#[derive(Default)]
struct Known {
    story: Story,
    acknowledged: u64,
    payloads: usize,
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
        if round % 4 == 3 {
            let edge = known.story.edge_at(known.acknowledged);
            store
                .note_released(edge.size(), edge.root())
                .map_err(|error| error.to_string())?;
        }
        if round > 6 {
            while store.maintain().map_err(|error| error.to_string())? == Progress::More {}
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

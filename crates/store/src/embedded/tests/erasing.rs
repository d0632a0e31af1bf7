//! `[ERASE]` After an erasure no byte of a payload, and nothing of its salt, is in any file of the store; and
//! everything else is as it was.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

use super::*;
use crate::disk::faults::directory_in_memory;
use protocol::payload::SealedPayload;

/// So many bytes in a row are no accident.
const RUN: usize = 16;

/// What of these payloads is still somewhere below the directory: each payload's file, once for each hit.
fn found(directory: &Path, payloads: &[SealedPayload]) -> Vec<PathBuf> {
    let parts = payloads.iter().flat_map(|payload| {
        payload
            .bytes
            .chunks_exact(RUN)
            .chain(payload.salt.as_bytes().chunks(RUN))
    });
    let parts: BTreeSet<[u8; RUN]> = parts.map(|part| part.try_into().unwrap()).collect();
    let firsts: BTreeSet<u8> = parts.iter().map(|part| part[0]).collect();
    let mut found = Vec::new();
    for file in files_below(directory) {
        let bytes = fs::read(&file).unwrap();
        let hits = bytes.array_windows::<RUN>().filter(|window| {
            // Zeros are most of what there is.
            (window[0] != 0 || window[1] != 0) && firsts.contains(&window[0]) && parts.contains(*window)
        });
        found.extend(hits.map(|_| file.clone()));
    }
    found
}

fn erase(store: &mut dyn Store, payloads: &[SealedPayload]) {
    let commitments = payloads.iter().map(SealedPayload::commitment).collect();
    while store.erase(&commitments).unwrap() == Progress::More {}
}

/// Takes every n-th payload out of a story.
fn take_every(story: &mut Story, n: usize) -> Vec<SealedPayload> {
    let (erased, kept) = story
        .payloads
        .drain(..)
        .enumerate()
        .partition::<Vec<_>, _>(|(place, _)| place % n == 0);
    story.payloads = kept.into_iter().map(|(_, payload)| payload).collect();
    erased.into_iter().map(|(_, payload)| payload).collect()
}

#[test]
fn nothing_of_an_erased_payload_is_in_any_file_of_the_store() {
    // Of so many days, the first are in files, the last in several segments of the journal.
    let (directory, mut story) = told(60);
    let mut store = directory.open();
    for _ in 0..20 {
        store.commit(&story.day().fill(28).commit()).unwrap();
    }
    store.commit(&story.day().commit()).unwrap();
    let erased = take_every(&mut story, 3);
    let before = found(directory.path(), &erased);
    for place in ["journal", "payload"] {
        assert!(
            before
                .iter()
                .any(|file| file.starts_with(directory.path().join(place))),
            "{place}"
        );
    }
    erase(&mut *store, &erased);
    assert_eq!(found(directory.path(), &erased), Vec::<PathBuf>::new());
    let reader = store.reader();
    for payload in &erased {
        assert_eq!(reader.payload(&payload.commitment()).unwrap(), None);
    }
    check_all(&*reader, &story);
    // It goes on, and retires what was rewritten.
    for _ in 0..40 {
        store.commit(&story.day().fill(28).commit()).unwrap();
        store.maintain().unwrap();
    }
    settle(&mut *store);
    check_all(&*reader, &story);
    drop((store, reader));
    let store = directory.open();
    check_all(&*store.reader(), &story);
    assert_eq!(found(directory.path(), &erased), Vec::<PathBuf>::new());
}

/// What is in the segment that is written to, and nowhere else.
#[test]
fn a_payload_that_was_just_committed_is_erased_and_the_journal_goes_on() {
    let directory = directory_in_memory();
    let (mut story, mut store) = (Story::default(), directory.open());
    for round in 0..6 {
        store.commit(&story.day().commit()).unwrap();
        let newest = story.payloads.pop().unwrap();
        assert!(!found(directory.path(), std::slice::from_ref(&newest)).is_empty());
        erase(&mut *store, std::slice::from_ref(&newest));
        // Once more, as after a crash.
        erase(&mut *store, std::slice::from_ref(&newest));
        assert_eq!(
            found(directory.path(), &[newest]),
            Vec::<PathBuf>::new(),
            "{round}"
        );
        check_all(&*store.reader(), &story);
        drop(store);
        store = directory.open();
        check_all(&*store.reader(), &story);
    }
    // There is nothing to erase: nothing is written.
    let segments = files_below(&directory.path().join("journal"));
    erase(&mut *store, &[]);
    assert_eq!(files_below(&directory.path().join("journal")), segments);
}

/// What was being retired while something else was erased is retired all the same.
#[test]
fn an_erasure_in_the_midst_of_retiring_harms_neither() {
    let directory = directory_in_memory();
    let (mut story, mut store) = (Story::default(), directory.open());
    for _ in 0..25 {
        store.commit(&story.day().fill(28).commit()).unwrap();
    }
    let erased = take_every(&mut story, 4);
    for payload in erased.chunks(3) {
        store.maintain().unwrap();
        erase(&mut *store, payload);
        store.maintain().unwrap();
    }
    settle(&mut *store);
    assert_eq!(found(directory.path(), &erased), Vec::<PathBuf>::new());
    check_all(&*store.reader(), &story);
}

/// `[DURABLE]` The power is cut at any step of it: nothing else is lost, and the same call again ends it.
#[test]
fn a_power_cut_within_an_erasure_loses_nothing_else() {
    let work = |directory: &TempDir, faults: &Faults| {
        let disk = Disk::with_faults(directory.path(), faults.clone());
        let (mut store, _) = Embedded::open_on(&disk, &small()).unwrap();
        let mut story = Story::default();
        for _ in 0..14 {
            store.commit(&story.day().fill(28).commit()).unwrap();
        }
        settle(&mut store);
        store.commit(&story.day().commit()).unwrap();
        let edge = story.edge_at(story.size());
        store.note_released(edge.size(), edge.root()).unwrap();
        let erased = take_every(&mut story, 5);
        (store, story, erased)
    };
    let faults = Faults::default();
    let directory = directory_in_memory();
    let (mut store, _, erased) = work(&directory, &faults);
    let before = faults.steps();
    erase(&mut store, &erased);
    let steps = faults.steps();
    assert!(steps - before > 40, "{steps}");
    for (seed, step) in (0..).zip((before + 1..=steps).step_by(5)) {
        let directory = directory_in_memory();
        let faults = Faults::default();
        let (mut store, story, erased) = work(&directory, &faults);
        faults.stop_at(step);
        let commitments = erased.iter().map(SealedPayload::commitment).collect();
        let stopped = loop {
            match store.erase(&commitments) {
                Ok(Progress::More) => {}
                other => break other,
            }
        };
        assert!(stopped.is_err(), "{stopped:?}");
        drop(store);
        let what = format!("step {step}, seed {seed}");
        if seed % 2 == 0 {
            // Killed only: another process ends it, and the power is cut after that. The simulation found
            // files that were back then, as zeros.
            faults.revive();
            let disk = Disk::with_faults(directory.path(), faults.clone());
            erase(&mut Embedded::open_on(&disk, &small()).unwrap().0, &erased);
            faults.cut_power(0);
            let (store, _) = Embedded::open(directory.path(), &small()).unwrap();
            let reader = store.reader();
            for payload in &erased {
                assert_eq!(reader.payload(&payload.commitment()).unwrap(), None, "{what}");
            }
        }
        faults.cut_power(seed);
        let (mut store, _) =
            Embedded::open(directory.path(), &small()).unwrap_or_else(|error| panic!("{what}: {error}"));
        check_all(&*store.reader(), &story);
        erase(&mut store, &erased);
        assert_eq!(found(directory.path(), &erased), Vec::<PathBuf>::new(), "{what}");
        check_all(&*store.reader(), &story);
    }
}

/// A full disk puts it off, and changes nothing.
#[test]
fn without_room_for_a_copy_an_erasure_waits() {
    let directory = directory_in_memory();
    let faults = Faults::default();
    let disk = Disk::with_faults(directory.path(), faults.clone());
    let (mut store, _) = Embedded::open_on(&disk, &small()).unwrap();
    let mut story = Story::default();
    store.commit(&story.day().commit()).unwrap();
    settle(&mut store);
    let erased = vec![story.payloads.remove(0)];
    let commitments: BTreeSet<_> = erased.iter().map(SealedPayload::commitment).collect();
    faults.fail("create", std::io::ErrorKind::StorageFull);
    assert_eq!(store.erase(&commitments).unwrap(), Progress::WaitsForSpace);
    store.commit(&story.day().commit()).unwrap();
    faults.mend();
    erase(&mut store, &erased);
    assert_eq!(found(directory.path(), &erased), Vec::<PathBuf>::new());
    check_all(&*store.reader(), &story);
}

/// A flipped bit in what was rewritten is damage, as anywhere else in the journal.
#[test]
fn damage_to_a_rewritten_segment_is_found() {
    let directory = directory_in_memory();
    let (mut story, mut store) = (Story::default(), directory.open());
    store.commit(&story.day().fill(28).commit()).unwrap();
    let erased = vec![story.payloads.remove(0)];
    erase(&mut *store, &erased);
    let edge = story.edge_at(story.size());
    store.note_released(edge.size(), edge.root()).unwrap();
    drop(store);
    let segment = files_below(&directory.path().join("journal")).remove(0);
    let whole = fs::read(&segment).unwrap();
    for place in (0..whole.len())
        .step_by(whole.len() / 40)
        .filter(|place| whole[*place] != 0)
    {
        let mut flipped = whole.clone();
        flipped[place] ^= 1;
        fs::write(&segment, &flipped).unwrap();
        assert!(
            Embedded::open(directory.path(), &small()).is_err(),
            "byte {place}"
        );
    }
    fs::write(&segment, &whole).unwrap();
    check_all(&*directory.open().reader(), &story);
}

/// Readers go on while payloads are erased: between any two steps of it they find what is kept, and of what
/// is erased all or nothing. A reader that came upon zeros took them for damage.
#[test]
fn whoever_reads_while_payloads_are_erased_finds_no_damage() {
    let (directory, mut story) = told(60);
    let faults = Faults::default();
    let disk = Disk::with_faults(directory.path(), faults.clone());
    let (mut store, _) = Embedded::open_on(&disk, &small()).unwrap();
    for _ in 0..6 {
        store.commit(&story.day().fill(20).commit()).unwrap();
    }
    let erased = take_every(&mut story, 3);
    let (reader, kept, doomed) = (store.reader(), story.payloads.clone(), erased.clone());
    let places: Vec<_> = {
        let state = store.shared.state();
        let places = kept.iter().map(SealedPayload::commitment);
        places
            .filter_map(|payload| Some((payload, state.payloads.get(&payload).cloned()?)))
            .collect()
    };
    assert!(!places.is_empty());
    let looks = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counted = Arc::clone(&looks);
    faults.watch(Some(Box::new(move || {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        for payload in &kept {
            assert_eq!(
                reader.payload(&payload.commitment()).unwrap().as_ref(),
                Some(payload)
            );
        }
        for payload in &doomed {
            let found = reader.payload(&payload.commitment()).unwrap();
            assert!(found.is_none_or(|found| found == *payload));
        }
        // Who had found the place before reads on.
        for (payload, place) in &places {
            crate::payloads::read_from_journal(place, payload).unwrap();
        }
    })));
    erase(&mut store, &erased);
    faults.watch(None);
    assert!(looks.load(std::sync::atomic::Ordering::Relaxed) > 20);
    check_all(&*store.reader(), &story);
}

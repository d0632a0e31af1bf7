#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use protocol::payload::SealedPayload;
use tempfile::TempDir;

use super::*;
use crate::contract::example::Story;
use crate::contract::{Progress, Store};
use crate::disk::faults::directory_in_memory;
use crate::embedded::Embedded;
use crate::embedded::tests::small;
use crate::journal::segment::file_name;

fn open(directory: &Path) -> Embedded {
    Embedded::open(directory, &small()).unwrap().0
}

/// What a backup copies of a store, with something that the node does between two steps.
fn copy(from: &Path, to: &Path, mut between: impl FnMut(u8)) -> Result<(Released, u64), CopyError> {
    let released = released(from)?;
    fs::create_dir_all(to.join(JOURNAL_DIRECTORY)).unwrap();
    fs::copy(from.join(HEAD_FILE), to.join(HEAD_FILE)).unwrap();
    between(1);
    let journal = JournalCopy::open(from)?;
    between(2);
    for segment in journal.segments() {
        let mut bytes = vec![0; usize::try_from(segment.whole_bytes()).unwrap()];
        assert_eq!(segment.read_at(&mut bytes, 0).unwrap(), bytes.len());
        fs::write(to.join(JOURNAL_DIRECTORY).join(segment.name()), bytes).unwrap();
    }
    between(3);
    copy_files(from, to);
    between(4);
    if !journal.is_still_whole()? {
        let file = from.join(JOURNAL_DIRECTORY);
        return Err(CopyError::NotWhole {
            file,
            what: "overwritten",
        });
    }
    Ok((released, journal.size()))
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let (from, to) = (entry.path(), to.join(&name));
        if is_derived(&name) || name == HEAD_FILE {
            continue;
        }
        if from.is_dir() {
            copy_files(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}

/// Everything that was released before the copy is in it, and it is a store that goes on.
fn assert_copied(to: &Path, story: &Story, (released, size): (Released, u64), payloads: &[SealedPayload]) {
    let store = open(to);
    let reader = store.reader();
    assert!(size >= released.size, "{size} of {released:?}");
    assert_eq!(reader.size(), size);
    assert_eq!(reader.root_at(size).unwrap(), story.edge_at(size).root());
    for payload in payloads {
        assert_eq!(
            reader.payload(&payload.commitment()).unwrap().as_ref(),
            Some(payload)
        );
    }
}

fn commit_and_release(store: &mut Embedded, story: &mut Story, maintained: usize) {
    store.commit(&story.day().fill(20).commit()).unwrap();
    let edge = story.edge_at(story.size());
    store.note_released(edge.size(), edge.root()).unwrap();
    for _ in 0..maintained {
        store.maintain().unwrap();
    }
}

/// Whatever the node does meanwhile, commits, storing tiles, retiring segments, and at whichever step.
#[test]
fn a_store_is_copied_while_it_is_written_to() {
    for busy_after in 1..=4 {
        for maintained in [0, 40] {
            let (directory, to) = (directory_in_memory(), directory_in_memory());
            let (mut story, mut store) = (Story::default(), open(directory.path()));
            for _ in 0..15 {
                commit_and_release(&mut store, &mut story, maintained);
            }
            let payloads = story.payloads.clone();
            let copied = copy(directory.path(), to.path(), |step| {
                for _ in 0..if step == busy_after { 15 } else { 1 } {
                    commit_and_release(&mut store, &mut story, maintained);
                }
            });
            assert_copied(to.path(), &story, copied.unwrap(), &payloads);
        }
    }
}

/// A batch of which the disk has only a part is left out, and the one before it is not.
#[test]
fn what_is_being_written_is_left_out() {
    let (directory, to) = (directory_in_memory(), directory_in_memory());
    let (mut story, mut store) = (Story::default(), open(directory.path()));
    for _ in 0..5 {
        commit_and_release(&mut store, &mut story, 0);
    }
    let whole = JournalCopy::open(directory.path()).unwrap();
    let (size, place) = (whole.size(), whole.segments().last().unwrap().whole_bytes());
    store.commit(&story.day().fill(30).commit()).unwrap();
    let name = whole.segments().last().unwrap().name();
    let file = OpenOptions::new()
        .write(true)
        .open(directory.path().join(JOURNAL_DIRECTORY).join(name))
        .unwrap();
    // Its beginning is not written yet, its end is.
    file.write_all_at(&[0; 512], place).unwrap();
    let copied = copy(directory.path(), to.path(), |_| {}).unwrap();
    assert_eq!(copied.1, size);
    assert_copied(to.path(), &story, copied, &[]);
}

/// `[ERASE]` A copy during which something was erased is none: it is begun anew.
#[test]
fn what_is_erased_meanwhile_is_noticed() {
    let (directory, to) = (directory_in_memory(), directory_in_memory());
    let (mut story, mut store) = (Story::default(), open(directory.path()));
    for _ in 0..5 {
        commit_and_release(&mut store, &mut story, 0);
    }
    let newest: BTreeSet<_> = story.payloads.iter().map(SealedPayload::commitment).collect();
    let copied = copy(directory.path(), to.path(), |step| {
        while step == 2 && store.erase(&newest).unwrap() == Progress::More {}
    });
    assert!(matches!(copied, Err(CopyError::NotWhole { .. })), "{copied:?}");

    let size = JournalCopy::open(directory.path()).unwrap().size();
    assert!(!erased_since(directory.path(), size).unwrap());
    store.commit(&story.notice(vec![0]).commit()).unwrap();
    assert!(erased_since(directory.path(), size).unwrap());
    assert!(!erased_since(directory.path(), size + 1).unwrap());
}

#[test]
fn no_store_is_said_to_be_none() {
    let nothing = TempDir::new().unwrap();
    assert!(matches!(released(nothing.path()), Err(CopyError::NoStore(_))));
    assert!(matches!(
        JournalCopy::open(nothing.path()),
        Err(CopyError::NotWhole { .. })
    ));
}

/// Only what is whole is copied; before the copy is used, each segment is as long again as it was.
#[test]
fn copied_segments_get_their_length_again() {
    let (directory, to) = (directory_in_memory(), directory_in_memory());
    let (mut story, mut store) = (Story::default(), open(directory.path()));
    for _ in 0..5 {
        commit_and_release(&mut store, &mut story, 0);
    }
    let copied = copy(directory.path(), to.path(), |_| {}).unwrap();
    let journal = JournalCopy::open(directory.path()).unwrap();
    let file = |of: &Path, segment: &SegmentCopy| of.join(JOURNAL_DIRECTORY).join(segment.name());
    for _ in 0..2 {
        for segment in journal.segments() {
            let capacity_bytes = fs::metadata(file(directory.path(), segment)).unwrap().len();
            assert_eq!(segment.capacity_bytes(), capacity_bytes);
            assert!(segment.whole_bytes() < capacity_bytes);
        }
        complete_segments(to.path()).unwrap();
        for segment in journal.segments() {
            let bytes = fs::read(file(to.path(), segment)).unwrap();
            assert_eq!(bytes.len() as u64, segment.capacity_bytes());
            let behind = &bytes[usize::try_from(segment.whole_bytes()).unwrap()..];
            assert!(behind.iter().all(|byte| *byte == 0));
        }
    }
    assert_copied(to.path(), &story, copied, &[]);
}

#[test]
fn what_can_be_made_anew_is_known_by_its_name() {
    for name in [
        "index",
        "index.suspect",
        "cases",
        "cases-new",
        "lock",
        "reserve",
        "staging",
    ] {
        assert!(is_derived(name), "{name}");
    }
    for name in ["head", "tile", "attachment", "indexes", "case", "logs", "locks"] {
        assert!(!is_derived(name), "{name}");
    }
}

/// A store whose journal has several segments, closed.
fn of_several_segments() -> TempDir {
    let directory = directory_in_memory();
    let (mut story, mut store) = (Story::default(), open(directory.path()));
    while JournalCopy::open(directory.path()).unwrap().segments().len() < 3 {
        commit_and_release(&mut store, &mut story, 0);
    }
    directory
}

/// Before it is completed, only its header says how long a segment was.
#[test]
fn a_copied_segment_tells_how_long_it_was_and_is_not_touched_when_it_is_so_again() {
    let (directory, to) = (of_several_segments(), directory_in_memory());
    copy(directory.path(), to.path(), |_| {}).unwrap();
    let capacities = |of: &Path| {
        let journal = JournalCopy::open(of).unwrap();
        let capacities: Vec<u64> = journal
            .segments()
            .iter()
            .map(SegmentCopy::capacity_bytes)
            .collect();
        capacities
    };
    assert_eq!(capacities(to.path()), capacities(directory.path()));
    complete_segments(to.path()).unwrap();
    let files = || open_segments(&to.path().join(JOURNAL_DIRECTORY)).unwrap();
    for segment in files() {
        segment.file.set_modified(std::time::UNIX_EPOCH).unwrap();
    }
    complete_segments(to.path()).unwrap();
    for segment in files() {
        let modified = segment.file.metadata().unwrap().modified().unwrap();
        assert_eq!(modified, std::time::UNIX_EPOCH, "{}", segment.path.display());
    }
}

/// A segment that is prepared and not begun has no header yet; one that others follow from, or the only one,
/// must have it.
#[test]
fn a_journal_ends_before_a_segment_without_a_header_and_its_first_one_has_one() {
    let directory = of_several_segments();
    let files = open_segments(&directory.path().join(JOURNAL_DIRECTORY)).unwrap();
    let remove_header = |segment: &Segment| {
        let file = OpenOptions::new().write(true).open(&segment.path).unwrap();
        file.write_all_at(&[0; 4096], 0).unwrap();
    };
    remove_header(&files[1]);
    let journal = JournalCopy::open(directory.path()).unwrap();
    assert_eq!(journal.segments().len(), 1);
    remove_header(&files[0]);
    match JournalCopy::open(directory.path()) {
        Err(CopyError::NotWhole { file, .. }) => assert_eq!(file, files[0].path),
        other => panic!("{other:?}"),
    }
}

/// A node that runs removes segments: then the list is taken again. A disk that fails is another matter.
#[test]
fn a_segment_that_was_removed_meanwhile_is_told_from_one_that_cannot_be_opened() {
    let directory = of_several_segments();
    let journal = JournalCopy::open(directory.path()).unwrap();
    let next = journal.segments().last().unwrap().segment.sequence + 2;
    let next = directory.path().join(JOURNAL_DIRECTORY).join(file_name(next));
    let open_with_link_to = |to: &Path| {
        std::os::unix::fs::symlink(to, &next).unwrap();
        let error = JournalCopy::open(directory.path()).unwrap_err();
        fs::remove_file(&next).unwrap();
        error
    };
    let removed = open_with_link_to(Path::new("removed"));
    let is_removed = matches!(removed, CopyError::NotWhole { what, .. } if what.contains("removed"));
    assert!(is_removed, "{removed}");
    // A link that leads to itself leads nowhere.
    let unreadable = open_with_link_to(&next);
    assert!(matches!(unreadable, CopyError::Disk(_)), "{unreadable}");
}

//! Any stored file is changed, cut, emptied or taken away. Then either the store is not opened and says
//! which file is wrong, or whatever is read is right or an error: never a wrong answer.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::disk::faults::directory_in_memory;
use std::ops::ControlFlow;

/// Something that happens to a file's bytes.
type Change = Box<dyn Fn(&mut Vec<u8>)>;

/// Opens a damaged store and asks it everything. Returns whether the damage was noticed.
fn noticed(directory: &Path, story: &Story) -> bool {
    let (store, report) = match Embedded::open(directory, &small()) {
        Ok(opened) => opened,
        Err(error) => {
            let named = matches!(
                error,
                OpenError::Damaged { .. } | OpenError::BehindReleased { .. }
            );
            assert!(named, "{error}");
            return true;
        }
    };
    let reader = store.reader();
    let edge = story.edge_at(story.size());
    assert_eq!(reader.edge(), edge, "what was released is there");
    let mut noticed = report.torn.is_some() || report.index != IndexReport::UpToDate;
    let mut seen = 0;
    let all = reader.leaves(0..story.size(), &mut |index, leaf| {
        assert!(story.leaves[usize::try_from(index).unwrap()] == leaf);
        seen += 1;
        ControlFlow::Continue(())
    });
    noticed |= all.is_err();
    assert!(all.is_err() || seen == story.size());
    for size in [1, 256, 300, story.size() - 1] {
        match reader.root_at(size) {
            Ok(root) => assert_eq!(root, story.edge_at(size).root()),
            Err(_) => noticed = true,
        }
        match reader.inclusion_proof(size / 2, size) {
            Ok(proof) => {
                let leaf = ledger::hash::leaf_hash(&story.leaves[usize::try_from(size / 2).unwrap()]);
                proof.verify(size, &leaf, &story.edge_at(size).root()).unwrap();
            }
            Err(_) => noticed = true,
        }
    }
    for payload in &story.payloads {
        match reader.payload(&payload.commitment()) {
            Ok(found) => noticed |= found.map(|found| assert_eq!(found, *payload)).is_none(),
            Err(_) => noticed = true,
        }
    }
    noticed | index_noticed(&*reader, story)
}

fn index_noticed(reader: &dyn Reader, story: &Story) -> bool {
    let mut noticed = false;
    for (key, record) in &story.model.inbox {
        match reader.inbox(key) {
            Ok(found) => assert_eq!(found.as_ref(), Some(record)),
            Err(_) => noticed = true,
        }
    }
    match reader.outbox() {
        Ok(outbox) => assert_eq!(outbox, story.model.outbox.values().cloned().collect::<Vec<_>>()),
        Err(_) => noticed = true,
    }
    match reader.cases(None, 100) {
        Ok(cases) => assert_eq!(cases, story.model.cases.keys().copied().collect::<Vec<_>>()),
        Err(_) => noticed = true,
    }
    noticed
}

/// Tries each change of a file, and puts the file back.
fn try_all(directory: &TempDir, story: &Story, file: &Path, changes: &[Change]) {
    let whole = fs::read(file).unwrap();
    let copy = directory_in_memory();
    for (number, change) in changes.iter().enumerate() {
        copy_directory(directory.path(), copy.path());
        let mut bytes = whole.clone();
        change(&mut bytes);
        let target = copy.path().join(file.strip_prefix(directory.path()).unwrap());
        fs::write(&target, &bytes).unwrap();
        let noticed = noticed(copy.path(), story);
        // What is behind the last batch, or in padding, may change without harm.
        let padding = file.parent().is_some_and(|parent| parent.ends_with("journal"));
        assert!(
            noticed || padding || bytes == whole,
            "change {number} of {}",
            file.display()
        );
    }
}

fn copy_directory(from: &Path, to: &Path) {
    for name in [
        "journal",
        "ledger",
        "payload",
        "index",
        "set-aside",
        "index-suspect",
    ] {
        let _ = fs::remove_dir_all(to.join(name));
        let _ = fs::remove_file(to.join(name));
    }
    for file in files_below(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(file, target).unwrap();
    }
}

fn flip(byte: usize) -> Change {
    Box::new(move |bytes| {
        let place = byte % bytes.len();
        bytes[place] ^= 1 << (byte % 8);
    })
}

fn cut(part: usize) -> Change {
    Box::new(move |bytes| bytes.truncate(bytes.len() * part / 8))
}

fn zero_page(page: usize) -> Change {
    Box::new(move |bytes| {
        let start = page * 4_096 % bytes.len();
        let end = bytes.len().min(start + 4_096);
        bytes[start..end].fill(0);
    })
}

fn changes() -> Vec<Change> {
    vec![
        flip(0),
        flip(20_011),
        flip(77),
        cut(0),
        cut(5),
        zero_page(0),
        zero_page(1),
    ]
}

#[test]
fn damage_to_the_truth_is_never_a_wrong_answer() {
    let (directory, story) = told(34);
    let below = |name: &str| files_below(&directory.path().join(name));
    let mut files = below("ledger");
    files.extend(below("payload").into_iter().step_by(17));
    files.extend(below("journal").into_iter().take(2));
    files.push(directory.path().join("head"));
    for file in files {
        try_all(&directory, &story, &file, &changes());
    }
}

#[test]
fn damage_to_the_index_is_mended_or_noticed() {
    let (directory, story) = told(20);
    for file in files_below(&directory.path().join("index")) {
        let length = usize::try_from(fs::metadata(&file).unwrap().len()).unwrap();
        if length != 0 {
            let places = (0..length).step_by(length / 6 + 1).map(|byte| flip(byte + 3));
            let more = [cut(0), cut(4), zero_page(1)];
            let copy = directory_in_memory();
            for change in places.chain(more) {
                copy_directory(directory.path(), copy.path());
                let target = copy.path().join(file.strip_prefix(directory.path()).unwrap());
                let mut bytes = fs::read(&target).unwrap();
                change(&mut bytes);
                fs::write(&target, bytes).unwrap();
                let _ = noticed(copy.path(), &story);
            }
        }
    }
}

#[test]
fn a_missing_file_is_named() {
    let (directory, story) = told(40);
    let copy = directory_in_memory();
    let segment = files_below(&directory.path().join("journal"))[0].clone();
    for file in [
        directory.path().join("head"),
        directory.path().join("ledger/tile/0/000"),
        directory.path().join("ledger/tile/entries/001"),
        segment,
    ] {
        copy_directory(directory.path(), copy.path());
        fs::copy(directory.path().join("head"), copy.path().join("head")).unwrap();
        fs::remove_file(copy.path().join(file.strip_prefix(directory.path()).unwrap())).unwrap();
        assert!(noticed(copy.path(), &story), "{}", file.display());
    }
}

/// `[ROLLBACK]` Yesterday's copy, with today's head: refused, and nothing is signed again.
#[test]
fn an_old_backup_is_refused() {
    let directory = directory_in_memory();
    let mut story = Story::default();
    let mut store = directory.open();
    store.commit(&story.day().commit()).unwrap();
    drop(store);
    let backup = directory_in_memory();
    copy_directory(directory.path(), backup.path());
    let mut store = directory.open();
    store.commit(&story.day().commit()).unwrap();
    let edge = story.edge_at(story.size());
    store.note_released(edge.size(), edge.root()).unwrap();
    drop(store);
    fs::copy(directory.path().join("head"), backup.path().join("head")).unwrap();
    let error = Embedded::open(backup.path(), &small()).unwrap_err();
    assert!(matches!(error, OpenError::BehindReleased { .. }), "{error}");
    // Another ledger of the same length is no better.
    let released = Released {
        size: 1,
        root: ledger::hash::EMPTY_ROOT,
    };
    fs::write(directory.path().join("head"), released.encode()).unwrap();
    let error = Embedded::open(directory.path(), &small()).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
}

//! `[UPGRADE]` What an earlier release wrote is read; what a later one wrote is refused with words, and left
//! alone.
//!
//! `upgrade/store-VERSION.tar.gz` is a store as that release wrote it, without the indexes: 0.1.0's that of
//! a real node, between two fictitious Parties with throw-away keys; no secret key is in it.
//! `upgrade/store-VERSION.txt` says what must be found in it. A later release is added, once, by running
//! `a_store_of_this_release_is_written` with `OHRID_WRITE_RELEASE` set to a folder; what is there is never
//! written again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::process::Command;

use protocol::entry::Entry;

use super::*;
use crate::contract::Reader;
use crate::disk::faults::directory_in_memory;

/// Every release of which there is a store.
const RELEASES: [&str; 1] = ["0.1.0"];

fn kept(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/embedded/tests/upgrade")
        .join(file)
}

/// What a reader finds: every entry by its kind, payloads, cases with their messages, and what waits.
fn found(reader: &dyn Reader) -> String {
    let mut text = String::new();
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    let mut payloads = 0_u64;
    reader
        .leaves(0..reader.size(), &mut |index, leaf| {
            let entry = Entry::decode(leaf).unwrap();
            if let Entry::Submitted { header, .. } | Entry::Received { header, .. } = &entry {
                let payload = reader.payload(&header.peek().unwrap().0.payload).unwrap();
                let erased = reader.erased_by(index).unwrap();
                assert!(
                    payload.is_some() || erased.is_some(),
                    "the payload of entry {index}"
                );
                payloads += u64::from(payload.is_some());
            }
            let kind = format!("{entry:?}");
            let kind = kind.split([' ', '{', '(']).next().unwrap().to_owned();
            *kinds.entry(kind).or_default() += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
    writeln!(text, "entries {}", reader.size()).unwrap();
    for log in reader.logs() {
        let (first, size, root) = (log.first, log.size, log.root);
        writeln!(text, "log at {first}: {size} entries, root {root}").unwrap();
    }
    for (kind, count) in kinds {
        writeln!(text, "{kind} {count}").unwrap();
    }
    writeln!(text, "payloads {payloads}").unwrap();
    let (pending, unopened) = (reader.outbox().unwrap().len(), reader.unopened().unwrap().len());
    writeln!(text, "to be confirmed {pending}, to be opened {unopened}").unwrap();
    let cases = reader.cases(None, 1000).unwrap();
    let messages = cases
        .iter()
        .map(|case| reader.case_messages(*case).unwrap().len());
    let messages: usize = messages.sum();
    writeln!(text, "cases {}, messages {messages}", cases.len()).unwrap();
    text
}

fn open(directory: &Path) -> Result<Embedded, OpenError> {
    Embedded::open(directory, &small()).map(|(store, _)| store)
}

#[test]
fn stores_of_earlier_releases_are_opened_and_go_on() {
    for release in RELEASES {
        let directory = TempDir::new().unwrap();
        let unpacked = Command::new("tar")
            .arg("-xzf")
            .arg(kept(&format!("store-{release}.tar.gz")))
            .arg("-C")
            .arg(directory.path())
            .status()
            .unwrap();
        assert!(unpacked.success());
        let expected = fs::read_to_string(kept(&format!("store-{release}.txt"))).unwrap();
        let mut store = open(directory.path()).unwrap();
        let size = store.reader().size();
        assert_eq!(found(&*store.reader()), expected, "{release}");
        // And it is written to: by this version.
        settle(&mut store);
        assert_eq!(found(&*store.reader()), expected, "{release}, maintained");
        Box::new(store).close().unwrap();
        let rebuilt = Embedded::rebuild_index(directory.path()).unwrap();
        assert_eq!(rebuilt.leaves, size);
        assert_eq!(
            found(&*open(directory.path()).unwrap().reader()),
            expected,
            "{release}, rebuilt"
        );
    }
}

/// A year that is over, segments that were retired, an erasure, and a journal with a tail.
fn release_story(directory: &Path) {
    let mut story = Story::default();
    let mut store = open(directory).unwrap();
    let day = |store: &mut Embedded, story: &mut Story| {
        store.commit(&story.day().fill(12).commit()).unwrap();
        let edge = story.edge_at(story.size());
        store.note_released(story.size(), edge.root()).unwrap();
    };
    for _ in 0..12 {
        day(&mut store, &mut story);
    }
    store.commit(&story.begin_log().commit()).unwrap();
    let erased = story.payloads[0].commitment();
    store.commit(&story.notice(vec![0]).commit()).unwrap();
    while store.erase(&[erased].into()).unwrap() == Progress::More {}
    for _ in 0..10 {
        day(&mut store, &mut story);
        settle(&mut store);
    }
    day(&mut store, &mut story);
    Box::new(store).close().unwrap();
}

#[test]
fn a_store_of_this_release_is_written() {
    let directory = directory_in_memory();
    release_story(directory.path());
    let text = found(&*open(directory.path()).unwrap().reader());
    let Some(folder) = std::env::var_os("OHRID_WRITE_RELEASE").map(PathBuf::from) else {
        return;
    };
    let version = env!("CARGO_PKG_VERSION");
    let archive = folder.join(format!("store-{version}.tar.gz"));
    assert!(!archive.exists(), "a release is written once");
    // What can be made anew is left out: an index of sled's is no format of ours.
    let packed = Command::new("tar")
        .args([
            "--sort=name",
            "--mtime=@0",
            "--owner=0",
            "--group=0",
            "--numeric-owner",
        ])
        .args([
            "--exclude=./index",
            "--exclude=./lock",
            "--exclude=./reserve",
            "--exclude=./staging",
        ])
        .arg("-czf")
        .arg(&archive)
        .arg("-C")
        .arg(directory.path())
        .arg(".")
        .status()
        .unwrap();
    assert!(packed.success());
    fs::write(folder.join(format!("store-{version}.txt")), text).unwrap();
}

/// Every format that has a number: with a greater one nothing is opened, and nothing is changed.
#[test]
fn what_a_later_version_wrote_is_refused_with_words() {
    let directory = directory_in_memory();
    release_story(directory.path());
    let mut journal = files_below(&directory.path().join("journal"));
    journal.retain(|file| fs::read(file).unwrap().starts_with(b"ohrid-journal/"));
    let newest = journal.last().unwrap().clone();
    let header = fs::read(&newest).unwrap()[..b"ohrid-journal/2".len()].to_vec();
    let changes: [(PathBuf, &[u8], &[u8]); 4] = [
        (directory.path().join("head"), b"ohrid-head/1", b"ohrid-head/2"),
        (directory.path().join("logs"), b"ohrid-logs/1", b"ohrid-logs/7"),
        (newest.clone(), &header, b"ohrid-journal/3"),
        (newest, b"ohbatch1", b"ohbatch3"),
    ];
    for (file, known, later) in changes {
        let before = fs::read(&file).unwrap();
        let place = before.windows(known.len()).position(|window| window == known);
        let mut bytes = before.clone();
        bytes[place.unwrap()..][..later.len()].copy_from_slice(later);
        fs::write(&file, &bytes).unwrap();
        let refused = open(directory.path()).unwrap_err();
        assert!(
            matches!(&refused, OpenError::Later { file: named, .. } if *named == file),
            "{refused}"
        );
        assert!(
            refused.to_string().contains("written by a later version"),
            "{refused}"
        );
        assert!(
            fs::read(&file).unwrap() == bytes,
            "{} was changed",
            file.display()
        );
        fs::write(&file, before).unwrap();
    }
    assert!(open(directory.path()).is_ok());
}

//! The index is only ever derived: damaged, gone, foreign or old, it is made anew; and it tells nobody
//! anything.

use std::fs;
use std::path::Path;

use super::*;

fn ledger() -> Ledger {
    let mut ledger = Ledger::of(&["XA", "XB"]);
    for number in 1..=3 {
        let header = header("XA", "XB", number, number);
        let numbered = CaseNumber::new("XA".parse().unwrap(), 2026, u32::from(number)).unwrap();
        let body = message_of(&header, REQUEST, None).numbered(numbered).to_json();
        ledger.said_as(&header, &body);
    }
    ledger
}

fn open(folder: &Path, secret: u8, reader: &dyn Reader) -> CaseIndex {
    CaseIndex::open(folder, &[secret; 32], party("XA"), &Policy::default(), reader).unwrap()
}

/// Writes an index into the folder and closes it.
fn write(folder: &Path, ledger: &mut Ledger) {
    ledger.index_with(open(folder, 1, &*ledger.reader));
    ledger.cases.caught_up().unwrap();
    ledger.cases.flush_index().unwrap();
    ledger.index_with(CaseIndex::in_memory(party("XA"), &Policy::default()).unwrap());
}

fn followed(index: &CaseIndex) -> u64 {
    index.size.load(Ordering::Relaxed)
}

#[test]
fn an_index_is_used_again_only_under_its_key_and_for_its_ledger() {
    let folder = TempDir::new().unwrap();
    let mut ledger = ledger();
    write(folder.path(), &mut ledger);
    assert_eq!(followed(&open(folder.path(), 1, &*ledger.reader)), 3);
    // A ledger of the same length with other entries; then a shorter one; then another key.
    let other = {
        let mut other = Ledger::of(&["XA", "XB"]);
        for number in 7..=9 {
            other.said(&header("XA", "XB", number, number), REQUEST);
        }
        other
    };
    let shorter = Ledger::of(&["XA", "XB"]);
    let own = std::sync::Arc::clone(&ledger.reader);
    for (secret, reader) in [(1, &other.reader), (1, &shorter.reader), (2, &own)] {
        assert_eq!(followed(&open(folder.path(), secret, &**reader)), 0);
        let aside = folder.path().join("set-aside");
        assert!(aside.exists());
        fs::remove_dir_all(aside).unwrap();
        fs::remove_dir_all(folder.path().join("cases")).unwrap();
        write(folder.path(), &mut ledger);
    }
}

/// Whatever is done to its files: it is either as it was, or made anew, and says the same.
#[test]
fn a_damaged_index_is_made_anew() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("staging")).unwrap();
    let mut ledger = ledger();
    let expected = ledger.cases.list(&all(9), BEGIN).unwrap();
    for damage in ["gone", "cut", "flipped", "zero"] {
        write(folder.path(), &mut ledger);
        let file = folder.path().join("cases/db");
        let mut bytes = fs::read(&file).unwrap();
        let middle = bytes.iter().rposition(|byte| *byte != 0).unwrap() / 2;
        match damage {
            "gone" => fs::remove_dir_all(folder.path().join("cases")).unwrap(),
            "cut" => fs::write(&file, &bytes[..middle]).unwrap(),
            "flipped" => {
                bytes[middle..middle + 64]
                    .iter_mut()
                    .for_each(|byte| *byte ^= 0x55);
                fs::write(&file, &bytes).unwrap();
            }
            _ => fs::write(&file, vec![0x5a; 300_000]).unwrap(),
        }
        ledger.index_with(open(folder.path(), 1, &*ledger.reader));
        let listed = ledger.cases.list(&all(9), BEGIN);
        // What is only noticed when it is read is marked, and gone at the next start.
        let listed = listed.unwrap_or_else(|error| {
            assert!(matches!(error, IndexError::Table(_)), "{damage}: {error}");
            ledger.index_with(CaseIndex::in_memory(party("XA"), &Policy::default()).unwrap());
            ledger.index_with(open(folder.path(), 1, &*ledger.reader));
            ledger.cases.list(&all(9), BEGIN).unwrap()
        });
        assert_eq!(listed, expected, "{damage}");
        ledger.index_with(CaseIndex::in_memory(party("XA"), &Policy::default()).unwrap());
    }
}

/// Nothing that people wrote lies on the disk in the clear: not in values, not in keys.
#[test]
fn a_stolen_index_tells_nothing() {
    let folder = TempDir::new().unwrap();
    let mut ledger = ledger();
    write(folder.path(), &mut ledger);
    let case = ledger.cases.find(&id(1)).unwrap();
    let mut canaries: Vec<String> = case.selectors().into_iter().collect();
    canaries.extend(
        case.selectors()
            .iter()
            .filter_map(|one| Some(one.split_once(' ')?.1.to_owned())),
    );
    let summary = ledger.cases.summary(&case, BEGIN);
    canaries.extend([summary.title, summary.state_because, summary.peer, summary.state]);
    canaries.extend([summary.reference, "preservation".to_owned(), "Officer".to_owned()]);
    assert!(canaries.iter().all(|text| text.len() >= 6), "{canaries:?}");
    let mut looked_at = 0;
    for file in fs::read_dir(folder.path().join("cases")).unwrap() {
        let path = file.unwrap().path();
        let Ok(bytes) = fs::read(&path) else { continue };
        looked_at += bytes.len();
        for canary in &canaries {
            let found = bytes
                .windows(canary.len())
                .any(|window| window == canary.as_bytes());
            assert!(!found, "{canary} in {}", path.display());
        }
    }
    assert!(looked_at > 1000);
}

/// The form of a row is part of the version: whoever changes it counts the version up.
#[test]
fn rows_have_the_form_of_their_version() {
    let ledger = ledger();
    let case = ledger.cases.find(&id(1)).unwrap();
    let row = row::CaseRow::of(&case, party("XA"), &Policies::default());
    let value = serde_json::to_value(&row).unwrap();
    let names =
        |value: &serde_json::Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(VERSION, 2, "write down the new form below");
    assert_eq!(
        names(&value),
        ["clockwork", "ended", "summary", "timed", "waiting"]
    );
    assert_eq!(
        names(&value["summary"]).join(" "),
        "alarms case kind next_deadline opened_at our_role peer preserved_until reference state \
         state_because title updated_at"
    );
    assert_eq!(
        names(&value["clockwork"]).join(" "),
        "at because mutual_assistance preservation requested requesting silent state"
    );
}

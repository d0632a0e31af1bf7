#![allow(clippy::unwrap_used, clippy::expect_used)]
//! One log follows the other, or it is seen that it does not.

use std::fs;
use std::path::PathBuf;

use ledger::SigningKey;
use ledger::hash::leaf_hash;
use ledger::note::NoteSigner;
use ledger::tree::Edge;
use protocol::directory::Period;
use protocol::entry::Side;
use protocol::ids::ActorId;
use protocol::receipt::SignedCheckpoint;

use super::*;
use crate::check::check_ledger;
use crate::report::Verdict;
use crate::sample::{Network, Sample, at, message, write_export};
use crate::trust::Sources;

/// How many entries the old log has.
const OLD: usize = 5;

struct Years {
    network: Network,
    new: NoteSigner,
    sample: Sample,
}

fn signer(name: &str, seed: u8) -> NoteSigner {
    NoteSigner::new(name, SigningKey::from_bytes(&[seed; 32])).unwrap()
}

/// XA's ledger in two logs: a message sent in the old year is receipted in the new one.
fn years() -> Years {
    let mut network = Network::new();
    let new = signer(&network.xa.ledger.name().replace("2026", "2027"), 77);
    let record = network.directory.parties.get_mut(&network.xa.party).unwrap();
    record.ledger_keys.push(Period {
        value: new.verifier_key().clone(),
        valid_from: at(3),
        valid_until: None,
    });
    let sample = Sample::new(&network, &entries_of_old(&network));
    let years = Years { network, new, sample };
    years.write_new(&years.entries_of_new());
    years
}

/// A directory, a key, a message and an answer that is still to come, and another two.
fn entries_of_old(network: &Network) -> Vec<Entry> {
    let all = network.entries();
    [0, 1, 2, 3, 5].map(|place| all[place].clone()).to_vec()
}

impl Years {
    fn begun(&self) -> Entry {
        let mut edge = Edge::new();
        for entry in entries_of_old(&self.network) {
            edge.append(leaf_hash(&entry.encode()));
        }
        let old = &self.network.xa.ledger;
        Entry::LogBegun {
            at: at(4),
            position: OLD as u64,
            last: SignedCheckpoint::sign(OLD as u64, edge.root(), old).note(),
            old: Box::new(old.verifier_key().clone()),
            new: Box::new(self.new.verifier_key().clone()),
            witnessed: Some(SignedCheckpoint::sign(2, edge.root(), old).note()),
        }
    }

    /// The receipt of the old year's message among them, and a notice about the old year's entry.
    fn entries_of_new(&self) -> Vec<Entry> {
        let all = self.network.entries();
        let delivered = all.iter().find(|entry| matches!(entry, Entry::Delivered { .. }));
        vec![
            self.begun(),
            delivered.unwrap().clone(),
            Entry::ErasureNotice {
                at: at(20),
                entries: vec![2],
                basis: "retention".parse().unwrap(),
                actor: ActorId::from_bytes([1; 16]),
            },
        ]
    }

    fn write_new(&self, entries: &[Entry]) {
        let leaves: Vec<Vec<u8>> = entries.iter().map(Entry::encode).collect();
        let _ = fs::remove_dir_all(self.new_folder());
        write_export(&self.new_folder(), &leaves, &self.new);
        let vkey = format!("{}\n", self.new.verifier_key());
        fs::write(self.sample.beside("xa-2027.vkey"), vkey).unwrap();
    }

    fn new_folder(&self) -> PathBuf {
        self.sample.beside("xa-2027")
    }

    fn checked(&self, previous: Option<PathBuf>) -> Report {
        let sources = Sources {
            previous,
            ..Sources::default()
        };
        check_ledger(&self.new_folder(), &sources)
    }
}

#[test]
fn both_logs_verify_and_one_follows_the_other() {
    let years = years();
    let old = check_ledger(&years.sample.export(), &Sources::default());
    assert_eq!(old.verdict(), Verdict::Valid, "{old}");
    let new = years.checked(Some(years.sample.export()));
    assert_eq!(new.verdict(), Verdict::Valid, "{new}");
    assert_eq!(new.receipts_proven, 1);
    // Alone, it cannot show what the receipt is for; all else holds.
    let alone = years.checked(None);
    assert_eq!(alone.verdict(), Verdict::CouldNotCheck, "{alone}");
    assert_eq!(alone.receipts_proven, 0);
}

#[test]
fn another_log_before_it_is_found_out() {
    let years = years();
    let mut entries = entries_of_old(&years.network);
    let old = &years.network.xa.ledger;
    let other = |entries: &[Entry], signer: &NoteSigner| {
        let folder = years.sample.beside("other");
        let _ = fs::remove_dir_all(&folder);
        let leaves: Vec<Vec<u8>> = entries.iter().map(Entry::encode).collect();
        write_export(&folder, &leaves, signer);
        years.checked(Some(folder)).verdict()
    };
    assert_eq!(other(&entries, old), Verdict::Valid);
    assert_eq!(
        other(&entries, &signer(old.name(), 9)),
        Verdict::Invalid,
        "another key"
    );
    assert_eq!(
        other(&entries[..4], old),
        Verdict::CouldNotCheck,
        "exported too early"
    );
    entries.push(entries[1].clone());
    assert_eq!(other(&entries, old), Verdict::Invalid, "it went on");
    entries.truncate(OLD - 1);
    entries.push(entries[1].clone());
    assert_eq!(other(&entries, old), Verdict::Invalid, "another history");
    let gone = years.checked(Some(years.sample.beside("nothing")));
    assert_eq!(gone.verdict(), Verdict::CouldNotCheck);
    // The old log follows none.
    let sources = Sources {
        previous: Some(years.new_folder()),
        ..Sources::default()
    };
    assert_eq!(
        check_ledger(&years.sample.export(), &sources).verdict(),
        Verdict::Invalid
    );
}

/// What somebody could write into a leaf.
type Change<'a> = Box<dyn Fn(&mut Entry) + 'a>;

#[test]
fn what_the_first_entry_says_is_checked() {
    let years = years();
    let other = signer(years.network.xa.ledger.name(), 9);
    let changes: Vec<(&str, Change)> = vec![
        (
            "another key has signed",
            Box::new(|entry| {
                let Entry::LogBegun { last, .. } = entry else {
                    panic!()
                };
                let checkpoint = Checkpoint::parse(Note::parse(last.as_bytes()).unwrap().text().as_str());
                let checkpoint = checkpoint.unwrap();
                *last = SignedCheckpoint::sign(checkpoint.size, checkpoint.root, &other).note();
            }),
        ),
        (
            "not so many entries",
            Box::new(|entry| {
                let Entry::LogBegun { position, .. } = entry else {
                    panic!()
                };
                *position = 4;
            }),
        ),
        (
            "another new log",
            Box::new(|entry| {
                let Entry::LogBegun { new, .. } = entry else {
                    panic!()
                };
                **new = signer("node.xa.example/ledger/2028", 77).verifier_key().clone();
            }),
        ),
        (
            "witnessed what never was",
            Box::new(|entry| {
                let Entry::LogBegun { witnessed, .. } = entry else {
                    panic!()
                };
                *witnessed = Some("nothing\n".to_owned());
            }),
        ),
        (
            "the directory has another key",
            Box::new(|entry| {
                let Entry::LogBegun { last, old, .. } = entry else {
                    panic!()
                };
                let checkpoint = Checkpoint::verify(last, old).unwrap();
                *last = SignedCheckpoint::sign(checkpoint.size, checkpoint.root, &other).note();
                **old = other.verifier_key().clone();
            }),
        ),
    ];
    for (what, change) in changes {
        let mut entries = years.entries_of_new();
        change(&mut entries[0]);
        years.write_new(&entries);
        let report = years.checked(None);
        assert_eq!(report.verdict(), Verdict::Invalid, "{what}: {report}");
        assert_eq!(report.first_bad_index(), Some(0), "{what}: {report}");
    }
    let mut entries = years.entries_of_new();
    entries.swap(0, 1);
    years.write_new(&entries);
    assert_eq!(years.checked(None).verdict(), Verdict::Invalid, "in the middle");
}

/// An answer to what nobody sent is found, in whichever log it is.
#[test]
fn what_neither_log_has_sent_is_found() {
    let years = years();
    let mut entries = years.entries_of_new();
    let header = years.network.xa.header(&years.network.xb, 9, None);
    entries.push(Entry::Rejected {
        at: at(21),
        side: Side::Received,
        rejection: years.network.xb.rejection(&header, 9),
        key: None,
    });
    years.write_new(&entries);
    let report = years.checked(Some(years.sample.export()));
    assert_eq!(report.verdict(), Verdict::Invalid, "{report}");
    assert_eq!(report.first_bad_index(), Some(3), "{report}");
    assert_eq!(message(9), header.peek().unwrap().0.message);
}

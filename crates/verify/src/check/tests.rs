#![allow(clippy::unwrap_used, clippy::expect_used)]

mod tampering;

use std::fs;
use std::os::unix::fs::symlink;

use ledger::hash::leaf_hash;
use ledger::note::Note;
use ledger::tile::decode_bundle;
use protocol::entry::Entry;

use super::*;
use crate::report::Verdict;
use crate::sample::{Network, Sample, at, write_export};

fn check(sample: &Sample) -> Report {
    check_ledger(&sample.export(), &Sources::default())
}

fn sample() -> Sample {
    let network = Network::new();
    Sample::new(&network, &network.entries())
}

/// X-Road's checker failed where the bodies of messages had been pruned. Here no payload is read at all: what
/// the ledger holds is enough, and an erasure notice says which are gone.
#[test]
fn a_ledger_is_checked_whole_without_one_payload() {
    let sample = sample();
    let report = check(&sample);
    assert_eq!(report.verdict(), Verdict::Valid, "{report}");
    assert_eq!(report.entry_counts["erasure-notice"], 1);
    let is_of_the_tree = |name: &String| name == "checkpoint" || name.starts_with("tile/");
    assert!(
        sample.file_names().iter().all(is_of_the_tree),
        "nothing else lies there"
    );
}

/// `[FOUR-EYES]` An auditor sees how many messages went out without the approval that they needed.
#[test]
fn what_was_sent_alone_is_counted() {
    let alone = Entry::SentAlone {
        at: at(0),
        message: protocol::ids::MessageId::from_parts(1, [1; 10]),
        actor: protocol::ids::ActorId::from_bytes([1; 16]),
    };
    let report = check(&Sample::new(&Network::new(), &[alone]));
    assert_eq!(report.verdict(), Verdict::Valid, "{report}");
    assert_eq!(report.entry_counts["sent-alone"], 1);
}

/// A ledger of so many entries without signatures: two tiles and more.
fn long_sample(count: u64) -> Sample {
    let entry = |number| Entry::DirectoryAccepted {
        at: at(number),
        version: 2 + number,
        digest: crate::sample::no_digest(),
    };
    Sample::new(&Network::new(), &(0..count).map(entry).collect::<Vec<_>>())
}

#[test]
fn a_real_export_is_valid_and_everything_in_it_was_checked() {
    let report = check(&sample());
    assert_eq!(report.verdict(), Verdict::Valid, "{report}");
    // The checkpoint; three headers and one sender's checkpoint; two reports; two rejections; one peer's
    // checkpoint; a receipt with the checkpoint in it.
    assert_eq!(
        (report.signatures_valid, report.receipts_proven),
        (1 + 3 + 1 + 2 + 2 + 1 + 2, 1)
    );
    assert_eq!((report.entries_hashed, report.files_checked), (13, 3));
    assert_eq!(report.entry_counts["submitted"], 2);
    assert_eq!(report.period, Some((at(0), at(11))));
    let head = report.head.as_ref().unwrap();
    assert_eq!(
        (head.size, head.origin.as_str()),
        (13, "node.xa.example/ledger/2026")
    );
}

#[test]
fn a_changed_byte_of_an_entry_is_named_by_its_very_index() {
    let sample = sample();
    let path = sample.export().join("tile/entries/000.p/13");
    let original = fs::read(&path).unwrap();
    let entries = decode_bundle(&original, 13).unwrap();
    let mut begins = 0;
    for (index, entry) in (0..).zip(&entries) {
        // A byte of its length, and a byte in its middle.
        for position in [begins, begins + 1, begins + 2 + entry.len() / 2] {
            let mut changed = original.clone();
            changed[position] ^= 0x01;
            fs::write(&path, &changed).unwrap();
            let report = check(&sample);
            assert_eq!(report.first_bad_index(), Some(index), "byte {position}: {report}");
        }
        begins += 2 + entry.len();
    }
}

#[test]
fn a_changed_hash_of_any_level_is_named_with_what_it_covers() {
    let sample = long_sample(600);
    assert_eq!(check(&sample).verdict(), Verdict::Valid);
    let cases = [
        ("tile/0/001", 32 * 3, Some(259)),
        ("tile/0/002.p/88", 32 * 87 + 31, Some(599)),
        ("tile/1/000.p/2", 32, Some(256)),
        ("tile/1/000.p/2", 0, Some(0)),
        ("checkpoint", 0, Some(0)),
    ];
    for (name, position, index) in cases {
        let path = sample.export().join(name);
        let original = fs::read(&path).unwrap();
        let mut changed = original.clone();
        changed[position] ^= 0x01;
        fs::write(&path, &changed).unwrap();
        let report = check(&sample);
        assert_eq!(report.verdict(), Verdict::Invalid, "{name}");
        assert_eq!(report.first_bad_index(), index, "{name}: {report}");
        assert_eq!(report.findings_total(), 1, "one damage, one finding: {report}");
        assert!(
            report.findings().iter().any(|finding| finding.file == name),
            "{name}: {report}"
        );
        fs::write(&path, &original).unwrap();
    }
}

#[test]
fn one_damage_does_not_hide_another() {
    let sample = long_sample(600);
    for (name, position) in [
        ("tile/entries/000", 7),
        ("tile/entries/001", 9),
        ("tile/0/002.p/88", 5),
    ] {
        let path = sample.export().join(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes[position] ^= 0x01;
        fs::write(&path, &bytes).unwrap();
    }
    let report = check(&sample);
    let places: Vec<Place> = report.findings().iter().map(|finding| finding.place).collect();
    for index in [0, 256, 512] {
        assert!(places.contains(&Place::Entry(index)), "{report}");
    }
}

#[test]
fn each_missing_or_emptied_file_is_found() {
    for name in sample().file_names() {
        let sample = sample();
        let path = sample.export().join(&name);
        fs::write(&path, b"").unwrap();
        assert_eq!(check(&sample).verdict(), Verdict::Invalid, "{name} emptied");
        fs::remove_file(&path).unwrap();
        let report = check(&sample);
        assert_eq!(report.verdict(), Verdict::Invalid, "{name} removed");
        assert!(
            report.findings().iter().any(|finding| finding.file == name),
            "{name}: {report}"
        );
        assert!(
            report.first_bad_index().is_some() || name.contains("entries"),
            "{name}: {report}"
        );
    }
}

#[test]
fn a_middle_bundle_that_is_missing_is_named_by_its_range() {
    let sample = long_sample(600);
    fs::remove_file(sample.export().join("tile/entries/001")).unwrap();
    fs::remove_file(sample.export().join("tile/0/001")).unwrap();
    let report = check(&sample);
    let findings = report.findings();
    assert_eq!(findings.len(), 2, "nothing else is wrong: {report}");
    assert!(
        findings
            .iter()
            .all(|finding| finding.place == Place::Entries(256, 511)),
        "{report}"
    );
}

#[test]
fn unexpected_files_are_found() {
    let added = [
        "notes.txt",
        "tile/entries/000",
        "tile/0/000.p/12",
        "tile/9/000",
        "tile/0/x000/000",
        "tile/x",
        ".hidden",
    ];
    for name in added {
        let sample = sample();
        fs::create_dir_all(sample.export().join(name).parent().unwrap()).unwrap();
        fs::write(sample.export().join(name), b"data").unwrap();
        let report = check(&sample);
        assert_eq!(report.verdict(), Verdict::Invalid, "{name}");
        assert!(
            report.findings().iter().all(|finding| finding.file == name),
            "{name}: {report}"
        );
    }
}

#[test]
fn links_and_folders_in_place_of_files_are_found() {
    let sample = sample();
    let path = sample.export().join("tile/0/000.p/13");
    fs::rename(&path, sample.beside("moved")).unwrap();
    symlink(sample.beside("moved"), &path).unwrap();
    let report = check(&sample);
    assert_eq!(report.verdict(), Verdict::Invalid);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(check(&sample).verdict(), Verdict::Invalid);
    // A link that leads back into the export is not followed for ever.
    symlink(sample.export(), sample.export().join("loop")).unwrap();
    assert_eq!(check(&sample).verdict(), Verdict::Invalid);
}

/// `fsck` of another log hung on corrupt input (Tessera #1098): this always ends.
#[test]
fn a_checkpoint_that_claims_2_to_the_63_entries_ends() {
    let network = Network::new();
    let sample = sample();
    let huge = Checkpoint {
        origin: network.xa.ledger.name().to_owned(),
        size: ledger::limits::MAX_TREE_SIZE,
        root: leaf_hash(b"no tree"),
    };
    fs::write(
        sample.export().join("checkpoint"),
        huge.sign(&network.xa.ledger).unwrap(),
    )
    .unwrap();
    let report = check(&sample);
    assert_eq!(report.verdict(), Verdict::Invalid);
    assert!(
        report.findings_total() > report.findings().len() as u64,
        "findings are bounded"
    );
    // The same with a bundle at the far end, and no checkpoint that says so.
    fs::remove_file(sample.export().join("checkpoint")).unwrap();
    let far = sample.export().join("tile/entries/x009/x999/x999/x999/x999/999");
    fs::create_dir_all(far.parent().unwrap()).unwrap();
    fs::write(far, b"").unwrap();
    assert_eq!(check(&sample).verdict(), Verdict::Invalid);
}

#[test]
fn what_is_absent_could_not_be_checked_and_what_is_damaged_is_invalid() {
    for name in ["xa.vkey", "directory.cose", "secretariat.pub"] {
        let sample = sample();
        let path = sample.beside(name);
        let original = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let report = check(&sample);
        assert_eq!(report.verdict(), Verdict::CouldNotCheck, "{name}: {report}");
        assert_eq!(report.not_checked().len(), 1, "{name}: {report}");
        // The tree is checked all the same, and what is invalid wins.
        assert_eq!(report.entries_hashed, 13);
        let bundle = sample.export().join("tile/entries/000.p/13");
        let mut bytes = fs::read(&bundle).unwrap();
        bytes[20] ^= 0x10;
        fs::write(&bundle, bytes).unwrap();
        assert_eq!(check(&sample).verdict(), Verdict::Invalid, "{name}");

        let sample = self::sample();
        let mut damaged = original.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0x02;
        fs::write(sample.beside(name), damaged).unwrap();
        assert_eq!(check(&sample).verdict(), Verdict::Invalid, "{name} damaged");
    }
}

#[test]
fn a_folder_that_is_not_there_could_not_be_checked() {
    let sample = sample();
    let report = check_ledger(&sample.beside("nowhere"), &Sources::default());
    assert_eq!(report.verdict(), Verdict::CouldNotCheck);
    fs::create_dir(sample.beside("nowhere")).unwrap();
    fs::copy(sample.beside("xa.vkey"), sample.beside("nowhere.vkey")).unwrap();
    let report = check_ledger(&sample.beside("nowhere"), &Sources::default());
    assert_eq!(report.verdict(), Verdict::Invalid, "an empty folder is no export");
}

#[test]
fn keys_may_be_named_as_text_or_as_files() {
    let network = Network::new();
    let sample = sample();
    let moved = |name: &str| {
        let to = sample.beside(&format!("moved-{name}"));
        fs::rename(sample.beside(name), &to).unwrap();
        to
    };
    let files = ["xa.vkey", "directory.cose", "secretariat.pub"].map(moved);
    assert_eq!(check(&sample).verdict(), Verdict::CouldNotCheck);
    let as_files = Sources {
        log_key: Some(files[0].display().to_string()),
        directory: Some(files[1].clone()),
        secretariat: vec![files[2].display().to_string()],
        ..Sources::default()
    };
    assert_eq!(
        check_ledger(&sample.export(), &as_files).verdict(),
        Verdict::Valid
    );
    let as_text = Sources {
        log_key: Some(network.xa.ledger.verifier_key().to_string()),
        directory: Some(files[1].clone()),
        secretariat: vec![network.secretariat.public().to_string()],
        ..Sources::default()
    };
    assert_eq!(check_ledger(&sample.export(), &as_text).verdict(), Verdict::Valid);
}

/// Somebody writes a ledger anew, under a key of their own, and lays that key beside it.
#[test]
fn a_ledger_under_another_key_than_the_directory_has_is_invalid() {
    let network = Network::new();
    let sample = sample();
    let forger = ledger::note::NoteSigner::new(
        network.xa.ledger.name(),
        ledger::SigningKey::from_bytes(&[99; 32]),
    )
    .unwrap();
    fs::remove_dir_all(sample.export()).unwrap();
    let leaves: Vec<Vec<u8>> = network.entries().iter().map(Entry::encode).collect();
    write_export(&sample.export(), &leaves, &forger);
    fs::write(sample.beside("xa.vkey"), forger.verifier_key().to_string()).unwrap();
    let report = check(&sample);
    assert_eq!(report.verdict(), Verdict::Invalid, "{report}");
}

#[test]
fn a_signature_line_that_nobody_can_check_is_not_passed_over() {
    let sample = sample();
    let path = sample.export().join("checkpoint");
    let stranger =
        ledger::cosignature::Cosigner::new("stranger.example/w", ledger::SigningKey::from_bytes(&[3; 32]))
            .unwrap();
    let mut note = Note::parse(&fs::read(&path).unwrap()).unwrap();
    note.push(stranger.cosign(note.text(), 1_700_000_000).unwrap())
        .unwrap();
    fs::write(&path, note.to_string()).unwrap();
    assert_eq!(check(&sample).verdict(), Verdict::Invalid);
    fs::remove_file(sample.beside("directory.cose")).unwrap();
    assert_eq!(check(&sample).verdict(), Verdict::CouldNotCheck);
}

#[test]
fn an_empty_ledger_is_valid() {
    let sample = Sample::of_leaves(&Network::new(), &[]);
    let report = check(&sample);
    assert_eq!(report.verdict(), Verdict::Valid, "{report}");
}

#[test]
fn ledgers_around_the_width_of_a_tile_are_valid() {
    for count in [1, 255, 256, 257, 512] {
        let report = check(&long_sample(count));
        assert_eq!(report.verdict(), Verdict::Valid, "{count} entries: {report}");
    }
}

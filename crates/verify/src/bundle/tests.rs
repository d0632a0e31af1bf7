#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(feature = "openpgp")]
mod opened;
mod tampering;

use std::fs;

use tempfile::TempDir;

use super::contents::Told;
use super::sample::{Files, Story, write_folder, zip};
use super::*;

/// A bundle on disk, as a folder and as a zip file, with the secretariat's key beside it.
pub(super) struct Bag {
    pub(super) folder: TempDir,
}

impl Bag {
    pub(super) fn new(story: &Story) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = format!("{}\n", story.network.secretariat.public());
        fs::write(folder.path().join("secretariat.pub"), key).unwrap();
        Self { folder }
    }

    pub(super) fn check_folder(&self, files: &Files) -> BundleReport {
        let path = self.folder.path().join("bag");
        let _ = fs::remove_dir_all(&path);
        write_folder(&path, files);
        check_bundle(&path, &Sources::default())
    }

    pub(super) fn check_zip(&self, bytes: &[u8]) -> BundleReport {
        let path = self.zip_file();
        fs::write(&path, bytes).unwrap();
        check_bundle(&path, &Sources::default())
    }

    pub(super) fn zip_file(&self) -> std::path::PathBuf {
        self.folder.path().join("bag.zip")
    }
}

pub(super) const TOP: &str = "XA-2026-0412-7K";

#[test]
fn a_bundle_is_valid_as_a_folder_and_as_a_zip_file() {
    let story = Story::redacted();
    let (files, bag) = (story.files(Told::Redacted), Bag::new(&story));
    let checked = bag.check_folder(&files);
    assert_eq!(checked.verdict(), Verdict::Valid, "{checked}");
    let zipped = bag.check_zip(&zip(TOP, &files));
    assert_eq!(zipped.verdict(), Verdict::Valid, "{zipped}");
    assert_eq!(zipped.to_json(), checked.to_json());
    let report = &checked.report;
    assert_eq!((report.entries_hashed, report.receipts_proven), (7, 1));
    // The node's; the log's and the witness's; two headers, a report, a receipt with its checkpoint.
    assert_eq!(report.signatures_valid, 1 + 2 + 2 + 1 + 2);
    assert_eq!(report.files_checked, files.len() as u64);
    let shown = checked.to_string();
    assert!(
        shown.contains("left out    content of message 1: redacted"),
        "{shown}"
    );
}

#[test]
fn what_nobody_can_hold_against_the_sealed_original_could_not_be_checked() {
    let story = Story::redacted();
    let checked = Bag::new(&story).check_folder(&story.files(Told::WithoutKeys));
    assert_eq!(checked.verdict(), Verdict::CouldNotCheck, "{checked}");
    assert_eq!(checked.report.not_checked().len(), 2);
}

#[test]
fn what_the_auditor_does_not_bring_could_not_be_checked() {
    let story = Story::redacted();
    let (files, bag) = (story.files(Told::Redacted), Bag::new(&story));
    let key = bag.folder.path().join("secretariat.pub");
    fs::remove_file(&key).unwrap();
    assert_eq!(bag.check_folder(&files).verdict(), Verdict::CouldNotCheck);
    let nowhere = check_bundle(&bag.folder.path().join("nowhere"), &Sources::default());
    assert_eq!(nowhere.verdict(), Verdict::CouldNotCheck);
    // Another secretariat's key: the directory is not signed by those whom the auditor believes.
    let other = protocol::key::SecretariatKey::from_seed(&[99; 32]).public();
    fs::write(&key, format!("{other}\n")).unwrap();
    assert_eq!(bag.check_folder(&files).verdict(), Verdict::Invalid);
}

#[test]
fn the_auditors_policy_must_be_satisfied() {
    let story = Story::redacted();
    let (files, bag) = (story.files(Told::Redacted), Bag::new(&story));
    bag.check_folder(&files);
    let policy = bag.folder.path().join("policy");
    let check = |quorum: &str| {
        let known = super::sample::witness().verifier_key().to_string();
        let unknown =
            ledger::cosignature::Cosigner::new("w.example", ledger::SigningKey::from_bytes(&[3; 32]));
        let unknown = unknown.unwrap().verifier_key().to_string();
        fs::write(
            &policy,
            format!("witness A {known}\nwitness B {unknown}\nquorum {quorum}\n"),
        )
        .unwrap();
        let sources = Sources {
            policy: Some(policy.clone()),
            ..Sources::default()
        };
        check_bundle(&bag.folder.path().join("bag"), &sources)
    };
    assert_eq!(check("A").verdict(), Verdict::Valid);
    assert_eq!(check("B").verdict(), Verdict::Invalid);
}

/// A key's time counts: the node's, the log's, and those of whoever signed a statement.
#[test]
fn each_signature_is_judged_by_the_key_of_its_time_rotation() {
    let changes: [fn(&mut protocol::directory::PartyRecord); 3] = [
        |xa| xa.envelope_keys[0].valid_until = Some(crate::sample::at(150_000)),
        |xa| xa.ledger_keys[0].valid_until = Some(crate::sample::at(150_000)),
        |xa| xa.envelope_keys[0].valid_from = crate::sample::at(60_001),
    ];
    for change in changes {
        let mut story = Story::redacted();
        let xa = story.network.xa.party;
        change(story.network.directory.parties.get_mut(&xa).unwrap());
        let checked = Bag::new(&story).check_folder(&story.files(Told::Redacted));
        assert_eq!(checked.verdict(), Verdict::Invalid, "{checked}");
        assert!(checked.to_string().contains("valid then"), "{checked}");
    }
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use ledger::SigningKey;
use ledger::cosignature::Cosigner;
use ledger::note::NoteSigner;
use protocol::directory::Period;
use protocol::entry::Entry;

use crate::check::check_ledger;
use crate::report::{Place, Report, Since, Verdict};
use crate::sample::{Network, Sample, write_export};
use crate::trust::Sources;

use super::*;

fn sample() -> Sample {
    let network = Network::new();
    Sample::new(&network, &network.entries())
}

fn leaves() -> Vec<Vec<u8>> {
    Network::new().entries().iter().map(Entry::encode).collect()
}

fn witness(seed: u8) -> Cosigner {
    Cosigner::new(&format!("w{seed}.example"), SigningKey::from_bytes(&[seed; 32])).unwrap()
}

/// Puts cosignatures under the sample's checkpoint.
fn cosign(sample: &Sample, seeds: &[u8]) {
    let path = sample.export().join("checkpoint");
    let mut note = Note::parse(&fs::read(&path).unwrap()).unwrap();
    for seed in seeds {
        let line = witness(*seed).cosign(note.text(), 1_800_000_000).unwrap();
        note.push(line).unwrap();
    }
    fs::write(path, note.to_string()).unwrap();
}

fn check_with_policy(sample: &Sample, quorum: &str) -> Report {
    let log = Network::new().xa.ledger.verifier_key().to_string();
    let [one, two] = [1, 2].map(|seed| witness(seed).verifier_key().to_string());
    let text = format!("log {log}\nwitness One {one}\nwitness Two {two}\n{quorum}\n");
    let file = sample.beside("policy");
    fs::write(&file, text).unwrap();
    let sources = Sources {
        policy: Some(file),
        ..Sources::default()
    };
    check_ledger(&sample.export(), &sources)
}

#[test]
fn a_policy_is_satisfied_by_the_witnesses_that_it_asks_for() {
    let sample = sample();
    cosign(&sample, &[1]);
    let report = check_with_policy(&sample, "group Any any One Two\nquorum Any");
    assert_eq!(report.verdict(), Verdict::Valid, "{report}");
    let outcome = report.policy.as_ref().unwrap();
    assert_eq!(outcome.cosigned_by, [("One".to_owned(), 1_800_000_000)]);
    assert!(
        report
            .to_string()
            .contains("satisfied; cosigned by: One at 2027-01-15T08:00:00Z")
    );

    let report = check_with_policy(&sample, "group All all One Two\nquorum All");
    assert_eq!(report.verdict(), Verdict::Invalid);
    let shown = report.to_string();
    assert!(
        shown.contains("quorum is not satisfied: All: 1 of 2 needed; missing: Two"),
        "{shown}"
    );
    let report = check_with_policy(&sample, "quorum none");
    assert_eq!(report.verdict(), Verdict::Valid, "{report}");
}

#[test]
fn a_cosignature_that_is_invalid_or_by_nobody_known_is_found() {
    let sample = sample();
    cosign(&sample, &[1, 3]);
    let report = check_with_policy(&sample, "quorum One");
    assert_eq!(
        report.verdict(),
        Verdict::Invalid,
        "the third is in no policy and no directory"
    );
    let sample = self::sample();
    cosign(&sample, &[1]);
    let path = sample.export().join("checkpoint");
    let forged = fs::read_to_string(&path).unwrap();
    // A digit of the time within the line's base64.
    let at = forged.rfind(' ').unwrap() + 9;
    let mut bytes = forged.into_bytes();
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    fs::write(&path, bytes).unwrap();
    assert_eq!(
        check_with_policy(&sample, "quorum none").verdict(),
        Verdict::Invalid
    );
}

/// A witness's key has its time as well; and it may have had another one before.
#[test]
fn a_cosignature_from_outside_its_keys_time_is_found_rotation() {
    let seconds = 1_800_000_000_u64;
    let period = |seed, from: u64, until: Option<u64>| Period {
        value: witness(seed).verifier_key().clone(),
        valid_from: UnixMillis(from * 1000),
        valid_until: until.map(|until| UnixMillis(until * 1000)),
    };
    let check = |periods: Vec<Period<VerifierKey>>| {
        let mut network = Network::new();
        let record = network.directory.parties.get_mut(&network.xb.party).unwrap();
        record.witness_keys = periods;
        let sample = Sample::new(&network, &network.entries());
        cosign(&sample, &[1, 2]);
        check_ledger(&sample.export(), &Sources::default())
    };
    let (earlier, now) = (seconds - 100, seconds);
    let report = check(vec![period(1, now, None), period(2, earlier, None)]);
    assert_eq!(report.verdict(), Verdict::Valid, "{report}");
    for (first, last) in [(now + 1, None), (earlier, Some(now))] {
        let report = check(vec![period(1, first, last), period(2, earlier, None)]);
        assert_eq!(report.verdict(), Verdict::Invalid, "{report}");
        assert_eq!(report.findings_total(), 1);
        assert!(report.to_string().contains("the key of w1.example"), "{report}");
    }
}

/// One byte changed anywhere in a cosigned checkpoint: none goes undetected, with the policy or without.
#[test]
fn every_changed_byte_of_a_cosigned_checkpoint_is_found() {
    let sample = sample();
    cosign(&sample, &[1, 2]);
    let quorum = "group All all One Two\nquorum All";
    assert_eq!(check_with_policy(&sample, quorum).verdict(), Verdict::Valid);
    let path = sample.export().join("checkpoint");
    let original = fs::read(&path).unwrap();
    for at in 0..original.len() {
        let mut changed = original.clone();
        changed[at] ^= 1 << (at % 8);
        fs::write(&path, &changed).unwrap();
        let report = check_with_policy(&sample, quorum);
        assert_eq!(report.verdict(), Verdict::Invalid, "byte {at}: {report}");
        let report = check_ledger(&sample.export(), &Sources::default());
        assert_eq!(report.verdict(), Verdict::Invalid, "byte {at}: {report}");
    }
    fs::write(&path, &original).unwrap();
    assert_eq!(check_with_policy(&sample, quorum).verdict(), Verdict::Valid);
}

#[test]
fn a_policy_of_another_log_is_not_satisfied_and_an_unreadable_one_could_not_be_checked() {
    let sample = sample();
    let file = sample.beside("policy");
    let check = |text: &[u8]| {
        fs::write(&file, text).unwrap();
        let policy = Some(file.clone());
        check_ledger(
            &sample.export(),
            &Sources {
                policy,
                ..Sources::default()
            },
        )
    };
    let other = Network::new().xb.ledger.verifier_key().to_string();
    let report = check(format!("log {other}\nquorum none\n").as_bytes());
    assert_eq!(report.verdict(), Verdict::Invalid);
    assert!(
        report.to_string().contains("no log of the checkpoint's origin"),
        "{report}"
    );
    assert_eq!(check(b"quorum none\n").verdict(), Verdict::Valid);
    let report = check(b"log x\nquorum none\n");
    assert_eq!(report.verdict(), Verdict::CouldNotCheck);
    assert!(report.to_string().contains("line 1 of the policy"), "{report}");
    fs::remove_file(&file).unwrap();
    let policy = Some(file.clone());
    let report = check_ledger(
        &sample.export(),
        &Sources {
            policy,
            ..Sources::default()
        },
    );
    assert_eq!(report.verdict(), Verdict::CouldNotCheck);
}

/// A checkpoint as XA signed it of these leaves.
fn checkpoint_of(leaves: &[Vec<u8>], signer: &NoteSigner) -> String {
    let mut edge = ledger::tree::Edge::new();
    leaves
        .iter()
        .for_each(|leaf| edge.append(ledger::hash::leaf_hash(leaf)));
    let checkpoint = Checkpoint::of_edge(signer.name(), &edge).unwrap();
    checkpoint.sign(signer).unwrap()
}

fn check_since(sample: &Sample, kept: &str) -> Report {
    let file = sample.beside("kept");
    fs::write(&file, kept).unwrap();
    let since = Some(file);
    check_ledger(
        &sample.export(),
        &Sources {
            since,
            ..Sources::default()
        },
    )
}

/// `[ROLLBACK]`
#[test]
fn a_ledger_continues_every_checkpoint_that_its_log_has_signed() {
    let (network, sample) = (Network::new(), sample());
    for size in 0..=13 {
        let kept = checkpoint_of(&leaves()[..size], &network.xa.ledger);
        let report = check_since(&sample, &kept);
        assert_eq!(report.verdict(), Verdict::Valid, "{size}: {report}");
        let expected = Since {
            size: size as u64,
            is_continued: true,
            proof: None,
        };
        assert_eq!(report.since, Some(expected));
    }
}

/// `[ROLLBACK]`
#[test]
fn a_ledger_that_was_cut_or_rewritten_is_found_by_what_the_auditor_kept() {
    let (network, sample) = (Network::new(), sample());
    let mut grown = leaves();
    grown.push(leaves()[0].clone());
    let report = check_since(&sample, &checkpoint_of(&grown, &network.xa.ledger));
    assert_eq!(report.verdict(), Verdict::Invalid);
    assert_eq!(report.findings()[0].place, Place::Entry(13));
    assert!(report.to_string().contains("rolled back, or cut"), "{report}");

    let mut rewritten = leaves();
    rewritten[3] = leaves()[4].clone();
    for size in [4, 8, 13] {
        let report = check_since(&sample, &checkpoint_of(&rewritten[..size], &network.xa.ledger));
        assert_eq!(report.verdict(), Verdict::Invalid, "{report}");
        assert!(report.to_string().contains("two histories"), "{report}");
        let since = report.since.unwrap();
        assert!(!since.is_continued);
        // What was found is a proof for anybody who has the key.
        let proof = sample.beside("proof");
        fs::write(&proof, since.proof.unwrap()).unwrap();
        let key = network.xa.ledger.verifier_key().to_string();
        let proven = crate::fork::check_fork(&proof, &[key]);
        assert!(matches!(proven, crate::fork::ForkReport::Forked(_)), "{proven}");
    }
}

#[test]
fn a_kept_checkpoint_that_nobody_can_believe_could_not_be_checked() {
    let (network, sample) = (Network::new(), sample());
    let stranger = NoteSigner::new(network.xa.ledger.name(), SigningKey::from_bytes(&[99; 32])).unwrap();
    let of_xb = network.xb.early_checkpoint();
    for kept in [
        checkpoint_of(&leaves()[..4], &stranger),
        of_xb,
        "no note".to_owned(),
    ] {
        let report = check_since(&sample, &kept);
        assert_eq!(report.verdict(), Verdict::CouldNotCheck, "{report}");
        assert_eq!(report.since, None);
    }
    let since = Some(sample.beside("nowhere"));
    let report = check_ledger(
        &sample.export(),
        &Sources {
            since,
            ..Sources::default()
        },
    );
    assert_eq!(report.verdict(), Verdict::CouldNotCheck);

    // A damaged tree is invalid where it is damaged, and proves nothing here.
    let kept = checkpoint_of(&leaves()[..4], &network.xa.ledger);
    let tile = sample.export().join("tile/0/000.p/13");
    let mut bytes = fs::read(&tile).unwrap();
    bytes[32 * 12] ^= 1;
    fs::write(&tile, bytes).unwrap();
    let report = check_since(&sample, &kept);
    assert_eq!(report.verdict(), Verdict::Invalid);
    assert_eq!(report.since, None);
}

/// The auditor's checkpoint in a ledger of three tiles: the proof is read from tiles of two levels.
#[test]
fn greater_ledgers_are_compared_by_their_tiles() {
    let network = Network::new();
    let entry = |number: u64| {
        let digest = crate::sample::no_digest();
        let (at, version) = (crate::sample::at(number), 2 + number);
        Entry::DirectoryAccepted { at, version, digest }.encode()
    };
    let leaves: Vec<Vec<u8>> = (0..600).map(entry).collect();
    let sample = Sample::of_leaves(&network, &leaves);
    for size in [1, 255, 256, 257, 511, 512, 600] {
        let report = check_since(&sample, &checkpoint_of(&leaves[..size], &network.xa.ledger));
        assert_eq!(report.verdict(), Verdict::Valid, "{size}: {report}");
    }
    let kept = checkpoint_of(&leaves[..300], &network.xa.ledger);
    let mut other = leaves.clone();
    other[299] = entry(1_000);
    fs::remove_dir_all(sample.export()).unwrap();
    write_export(&sample.export(), &other, &network.xa.ledger);
    assert_eq!(check_since(&sample, &kept).verdict(), Verdict::Invalid);
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use protocol::key::SecretariatKey;

use super::*;
use crate::check::check_ledger;
use crate::report::Verdict;
use crate::sample::{Network, Sample};

fn key(seed: u8) -> SecretariatKey {
    SecretariatKey::from_seed(&[seed; 32])
}

/// A ledger whose directory is signed by these keys.
fn sample_signed_by(seeds: &[u8]) -> Sample {
    let network = Network::new();
    let draft = SignedDirectory::draft(&network.directory, &[]).unwrap();
    let copies: Vec<SignedDirectory> = seeds
        .iter()
        .map(|seed| draft.countersign(&key(*seed)).unwrap())
        .collect();
    let keys: Vec<PublicKey> = seeds.iter().map(|seed| key(*seed).public()).collect();
    let signed = SignedDirectory::merge(&copies, &keys).unwrap();
    let sample = Sample::new(&network, &network.entries());
    fs::write(sample.beside("directory.cose"), signed.as_bytes()).unwrap();
    sample
}

fn sources(seeds: &[u8], threshold: Option<usize>) -> Sources {
    Sources {
        secretariat: seeds.iter().map(|seed| key(*seed).public().to_string()).collect(),
        threshold,
        ..Sources::default()
    }
}

#[test]
fn enough_keys_of_the_secretariat_must_have_signed() {
    /// Who signed, whom the auditor knows, the threshold, and whether that is enough.
    type Case = (&'static [u8], &'static [u8], Option<usize>, bool);
    let cases: [Case; 9] = [
        (&[1], &[1], None, true),
        (&[1], &[1, 2], Some(1), true),
        (&[1], &[1, 2], None, false),
        (&[1, 2], &[1, 2, 3], None, true),
        (&[1, 2], &[1, 2, 3], Some(3), false),
        (&[1, 2, 3], &[1, 2, 3], Some(3), true),
        // Signing twice, or by a stranger, counts for nothing; nor does a key that is named twice.
        (&[1, 4, 5], &[1, 2, 3], None, false),
        (&[1], &[1, 1, 1], None, true),
        (&[1], &[2], Some(1), false),
    ];
    for (signed_by, known, threshold, expected) in cases {
        let sample = sample_signed_by(signed_by);
        let report = check_ledger(&sample.export(), &sources(known, threshold));
        let verdict = if expected {
            Verdict::Valid
        } else {
            Verdict::Invalid
        };
        assert_eq!(
            report.verdict(),
            verdict,
            "{signed_by:?} {known:?} {threshold:?}: {report}"
        );
    }
}

#[test]
fn keys_may_lie_in_files_and_stand_beside_each_other() {
    let sample = sample_signed_by(&[1, 2]);
    let file = sample.beside("two.pub");
    fs::write(&file, format!("{}\n{}\n", key(1).public(), key(2).public())).unwrap();
    let named = Sources {
        secretariat: vec![file.display().to_string(), key(3).public().to_string()],
        ..Sources::default()
    };
    assert_eq!(check_ledger(&sample.export(), &named).verdict(), Verdict::Valid);
    fs::write(sample.beside("secretariat.pub"), fs::read(&file).unwrap()).unwrap();
    assert_eq!(
        check_ledger(&sample.export(), &Sources::default()).verdict(),
        Verdict::Valid
    );
    fs::write(&file, "not a key\n").unwrap();
    assert_eq!(check_ledger(&sample.export(), &named).verdict(), Verdict::Invalid);
    fs::remove_file(&file).unwrap();
    assert_eq!(
        check_ledger(&sample.export(), &named).verdict(),
        Verdict::CouldNotCheck
    );
    let many: Vec<u8> = (0..=64).collect();
    let report = check_ledger(&sample.export(), &sources(&many, Some(1)));
    assert_eq!(report.verdict(), Verdict::Invalid);
    assert!(report.to_string().contains("so many keys"), "{report}");
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::num::NonZeroUsize;

use crate::check::check_ledger_with;
use crate::options::Sample as Chosen;
use crate::report::Verdict;
use crate::sample::{Network, Sample, at, no_digest};
use crate::trust::Sources;

use super::*;

/// Six bundles: the real entries again and again, and plain ones between.
fn long_sample() -> Sample {
    let network = Network::new();
    let mut entries = network.entries();
    let plain = |number| Entry::DirectoryAccepted {
        at: at(number),
        version: 2 + number,
        digest: no_digest(),
    };
    for round in 0..5 {
        entries.extend((0..250).map(|number| plain(1_000 * round + number)));
        entries.extend(network.entries().into_iter().skip(2).take(6));
    }
    Sample::new(&network, &entries)
}

fn check(sample: &Sample, options: &Options) -> Report {
    check_ledger_with(&sample.export(), &Sources::default(), options, &mut |_, _| {}).0
}

fn threads(count: usize) -> Options {
    Options {
        threads: NonZeroUsize::new(count).unwrap(),
        ..Options::default()
    }
}

/// Whatever is wrong, and however many look at it, the report is the same to the letter.
#[test]
fn the_report_is_the_same_on_any_number_of_cores() {
    let damages: [fn(&Sample); 4] = [
        |_| {},
        |sample| {
            for (name, position) in [
                ("tile/entries/001", 9),
                ("tile/entries/004", 3000),
                ("tile/0/002", 7),
            ] {
                let path = sample.export().join(name);
                let mut bytes = fs::read(&path).unwrap();
                bytes[position] ^= 0x01;
                fs::write(&path, &bytes).unwrap();
            }
        },
        |sample| fs::remove_file(sample.export().join("tile/entries/002")).unwrap(),
        |sample| fs::remove_file(sample.beside("directory.cose")).unwrap(),
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        let sample = long_sample();
        damage(&sample);
        let one = check(&sample, &threads(1));
        let expected = [
            Verdict::Valid,
            Verdict::Invalid,
            Verdict::Invalid,
            Verdict::CouldNotCheck,
        ];
        assert_eq!(one.verdict(), expected[number], "{one}");
        for count in [2, 3, 7, 64] {
            let report = check(&sample, &threads(count));
            assert_eq!(report.to_json(), one.to_json(), "{count} threads");
            assert_eq!(report.to_string(), one.to_string());
        }
    }
}

#[test]
fn a_sample_checks_the_tree_whole_and_says_what_was_passed_over() {
    let sample = long_sample();
    let with_sample = |count, seed| Options {
        sample: Some(Chosen { count, seed }),
        ..threads(2)
    };
    let all = check(&sample, &threads(2));
    let none = check(&sample, &with_sample(0, 1));
    assert_eq!(none.verdict(), Verdict::CouldNotCheck, "{none}");
    assert_eq!((none.sampled, none.entries_hashed), (Some(0), all.entries_hashed));
    assert_eq!(none.signatures_valid, 1, "the checkpoint's");
    assert!(
        none.to_string()
            .contains("1293 of 1293 entries: a sample was asked for"),
        "{none}"
    );
    let some = check(&sample, &with_sample(200, 2));
    assert_eq!(some.verdict(), Verdict::CouldNotCheck);
    assert!(
        some.signatures_valid < all.signatures_valid && some.signatures_valid > 1,
        "{some}"
    );
    let every = check(&sample, &with_sample(10_000, 3));
    assert_eq!(every.verdict(), Verdict::Valid, "{every}");
    assert_eq!(every.signatures_valid, all.signatures_valid);
    assert_eq!(every.sampled, Some(1_293));

    let path = sample.export().join("tile/entries/003");
    let mut bytes = fs::read(&path).unwrap();
    bytes[40] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(
        check(&sample, &with_sample(0, 4)).verdict(),
        Verdict::Invalid,
        "the tree is whole"
    );
}

#[test]
fn progress_goes_from_bundle_to_bundle_to_the_end() {
    let sample = long_sample();
    let mut told = Vec::new();
    let (report, _) = check_ledger_with(
        &sample.export(),
        &Sources::default(),
        &threads(3),
        &mut |done, all| told.push((done, all)),
    );
    let size = report.head.unwrap().size;
    let expected: Vec<(u64, u64)> = [256, 512, 768, 1024, 1280, size].map(|done| (done, size)).into();
    assert_eq!(told, expected);
}

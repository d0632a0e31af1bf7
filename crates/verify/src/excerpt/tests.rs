#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use ledger::tile::TilePath;

use super::*;
use crate::check::check_ledger_with;
use crate::options::Options;
use crate::period::{Event, PeriodList};
use crate::report::Verdict;
use crate::sample::{Network, Sample, at, message};
use crate::trust::Sources;

/// The entry with the receipt, late in a ledger whose third entry sent what it answers.
const RECEIPT: u64 = 1_012;
const SIZE: u64 = 1_213;

/// Five bundles: the real entries, a thousand others, the receipt, and two hundred more.
fn long_sample() -> Sample {
    let network = Network::new();
    let mut entries = network.entries();
    let Entry::Delivered { receipt, .. } = entries.remove(4) else {
        panic!("the fifth entry of the sample is a receipt");
    };
    let read = |number| Entry::Retrieved {
        at: at(number),
        message: message(1),
        actor: protocol::ids::ActorId::from_bytes([1; 16]),
    };
    entries.extend((100..1_100).map(read));
    entries.push(Entry::Delivered {
        at: at(2_000),
        receipt,
    });
    entries.extend((3_000..3_200).map(read));
    assert_eq!(entries.len() as u64, SIZE);
    Sample::new(&network, &entries)
}

/// The sample with nothing but the excerpt's files.
fn excerpt_of(entries: std::ops::Range<u64>, also: &[u64]) -> Sample {
    let sample = long_sample();
    let excerpt = Excerpt::new(entries, also.iter().copied()).unwrap();
    for name in sample.file_names() {
        let left_out = TilePath::parse(&name).is_ok_and(|path| !excerpt.has(&path, SIZE));
        if left_out {
            fs::remove_file(sample.export().join(&name)).unwrap();
        }
    }
    fs::write(sample.export().join(EXCERPT_FILE), excerpt.to_string()).unwrap();
    sample
}

fn period(sample: &Sample, from: u64, until: u64) -> (Report, PeriodList) {
    let options = Options {
        period: Some(Period {
            from: at(from),
            until: at(until),
        }),
        ..Options::default()
    };
    check_ledger_with(&sample.export(), &Sources::default(), &options, &mut |_, _| {})
}

fn good() -> Sample {
    excerpt_of(RECEIPT - 1..RECEIPT + 2, &[0])
}

#[test]
fn a_period_is_valid_without_the_rest_of_the_ledger() {
    let sample = good();
    let names = sample.file_names();
    assert!(!names.contains(&"tile/entries/001".to_owned()) && !names.contains(&"tile/0/002".to_owned()));
    let (report, list) = period(&sample, 1_500, 2_500);
    assert_eq!(report.verdict(), Verdict::Valid, "{report}");
    assert_eq!((list.rows().len(), list.count(Event::Receipted)), (1, 1));
    assert_eq!(list.rows()[0].index, RECEIPT);
    assert_eq!(report.receipts_proven, 1);
}

#[test]
fn what_may_have_been_left_out_could_not_be_checked() {
    let sample = good();
    for (from, until) in [(1_000, 2_500), (1_500, 3_500), (0, 9_999)] {
        let (report, _) = period(&sample, from, until);
        assert_eq!(report.verdict(), Verdict::CouldNotCheck, "{report}");
    }
    let whole = crate::check::check_ledger(&sample.export(), &Sources::default());
    assert_eq!(whole.verdict(), Verdict::CouldNotCheck, "{whole}");
    // What the receipt answers is not at hand, and may well be in the ledger.
    let (report, _) = period(&excerpt_of(RECEIPT - 1..RECEIPT + 2, &[]), 1_500, 2_500);
    assert_eq!(report.verdict(), Verdict::CouldNotCheck, "{report}");
}

#[test]
fn an_excerpt_may_begin_and_end_with_the_ledger() {
    let sample = excerpt_of(0..300, &[]);
    assert_eq!(period(&sample, 0, 200).0.verdict(), Verdict::Valid);
    let sample = excerpt_of(RECEIPT - 1..SIZE, &[0]);
    assert_eq!(period(&sample, 1_500, 99_999).0.verdict(), Verdict::Valid);
}

#[test]
fn no_changed_byte_and_no_file_too_many_or_too_few_goes_unnoticed() {
    let sample = good();
    for name in sample.file_names() {
        let path = sample.export().join(&name);
        let original = fs::read(&path).unwrap();
        let step = (original.len() / 12).max(1);
        for place in (0..original.len()).step_by(step) {
            let mut changed = original.clone();
            changed[place] ^= 0x01;
            fs::write(&path, &changed).unwrap();
            let (report, list) = period(&sample, 1_500, 2_500);
            // Another range of the same bundles says the same, of the same entries.
            let says_the_same = name == EXCERPT_FILE && list.count(Event::Receipted) == 1;
            assert!(
                report.verdict() != Verdict::Valid || says_the_same,
                "{name} byte {place}"
            );
        }
        fs::remove_file(&path).unwrap();
        let (report, _) = period(&sample, 1_500, 2_500);
        assert_ne!(report.verdict(), Verdict::Valid, "{name} removed");
        fs::write(&path, &original).unwrap();
    }
    let whole = long_sample();
    let extra = "tile/entries/001";
    fs::copy(whole.export().join(extra), sample.export().join(extra)).unwrap();
    let (report, _) = period(&sample, 1_500, 2_500);
    assert_eq!(report.verdict(), Verdict::Invalid, "{report}");
    assert_eq!(report.first_bad_index(), Some(256));
}

#[test]
fn a_ledger_that_is_said_to_be_endless_ends_the_check_all_the_same() {
    let sample = good();
    fs::remove_file(sample.export().join("checkpoint")).unwrap();
    let far = sample.export().join("tile/entries/x001/x000/x000/x000/000.p/1");
    fs::create_dir_all(far.parent().unwrap()).unwrap();
    fs::write(far, [0, 0]).unwrap();
    let (report, _) = period(&sample, 1_500, 2_500);
    assert_eq!(report.verdict(), Verdict::Invalid);
}

#[test]
fn a_range_that_the_ledger_does_not_have_is_a_finding() {
    let sample = good();
    let file = sample.export().join(EXCERPT_FILE);
    for text in ["ledger-excerpt/1\nentries 0 1214\n", "ledger-excerpt/1\n", ""] {
        fs::write(&file, text).unwrap();
        let (report, _) = period(&sample, 1_500, 2_500);
        assert_eq!(report.verdict(), Verdict::Invalid, "{text:?}");
    }
}

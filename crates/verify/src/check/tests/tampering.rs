#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A small export, and what an auditor brings along, with a byte changed, put in or taken out, at every place
//! there is: none goes undetected.

use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::*;

/// One byte changed anywhere in any file: invalid, and an index or a range of them is named (Tessera #1098).
/// There is no byte that does not matter: texts have one form, bundles and tiles have nothing but what is
/// hashed and its length, and a signature line by a stranger is refused.
#[test]
fn every_changed_byte_is_found_and_an_index_named() {
    let sample = sample();
    for name in sample.file_names() {
        let path = sample.export().join(&name);
        for position in 0..fs::read(&path).unwrap().len() {
            change(&path, position, || {
                let report = check(&sample);
                let verdict = report.verdict();
                assert_eq!(verdict, Verdict::Invalid, "{name} byte {position}: {report}");
                let index = report.first_bad_index();
                assert!(index.is_some(), "{name} byte {position}: {report}");
            });
        }
    }
    assert_eq!(check(&sample).verdict(), Verdict::Valid);
}

/// A byte more, or one less, or all from some place on missing.
#[test]
fn every_byte_put_in_or_taken_out_is_found() {
    let sample = sample();
    for name in sample.file_names() {
        let path = sample.export().join(&name);
        let original = fs::read(&path).unwrap();
        // Of what is not a text, a byte here and there: lengths are checked alike at every place.
        let step = if name == "checkpoint" { 1 } else { 37 };
        for position in (0..original.len()).step_by(step) {
            let (before, after) = original.split_at(position);
            let changed = [
                [before, &original[position..=position], after].concat(),
                [before, &[0], after].concat(),
                [before, &after[1..]].concat(),
                before.to_vec(),
            ];
            for (kind, bytes) in changed.iter().enumerate() {
                fs::write(&path, bytes).unwrap();
                let report = check(&sample);
                let verdict = report.verdict();
                assert_eq!(
                    verdict,
                    Verdict::Invalid,
                    "{name} byte {position}, {kind}: {report}"
                );
            }
        }
        fs::write(&path, [original.as_slice(), b"\n"].concat()).unwrap();
        assert_eq!(
            check(&sample).verdict(),
            Verdict::Invalid,
            "{name} with a byte at its end"
        );
        fs::write(&path, &original).unwrap();
    }
    assert_eq!(check(&sample).verdict(), Verdict::Valid);
}

/// The key, the directory and the secretariat's key: whoever changes a byte of them makes no valid ledger
/// invalid by it without being noticed, and above all no invalid one valid.
#[test]
fn every_changed_byte_of_what_the_auditor_brings_is_noticed() {
    let sample = sample();
    for name in ["xa.vkey", "directory.cose", "secretariat.pub"] {
        let path = sample.beside(name);
        for position in 0..fs::read(&path).unwrap().len() {
            change(&path, position, || {
                let report = check(&sample);
                assert_ne!(
                    report.verdict(),
                    Verdict::Valid,
                    "{name} byte {position}: {report}"
                );
            });
        }
    }
    assert_eq!(check(&sample).verdict(), Verdict::Valid);
}

/// One bit of one byte, for as long as `look` takes. In place: to write the file anew each time would mostly
/// be waiting for the disk.
fn change(path: &Path, position: usize, look: impl FnOnce()) {
    let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let (mut byte, at) = ([0], position as u64);
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ (1 << (position % 8))], at).unwrap();
    look();
    file.write_all_at(&byte, at).unwrap();
}

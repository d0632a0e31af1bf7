#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn invalid_wins_over_could_not_check_and_the_codes_differ() {
    let mut report = Report::default();
    assert_eq!(
        (report.verdict(), report.verdict().exit_code()),
        (Verdict::Valid, 0)
    );
    report.could_not_check("no key");
    assert_eq!(
        (report.verdict(), report.verdict().exit_code()),
        (Verdict::CouldNotCheck, 3)
    );
    report.find(Place::Elsewhere, "file", "damaged");
    assert_eq!(
        (report.verdict(), report.verdict().exit_code()),
        (Verdict::Invalid, 1)
    );
}

#[test]
fn the_first_bad_index_is_an_exact_one_if_there_is_one() {
    let mut report = Report::default();
    report.find(Place::Elsewhere, "a", "somewhere");
    assert_eq!(report.first_bad_index(), None);
    report.find(Place::range(256..512), "b", "in a range");
    assert_eq!(report.first_bad_index(), Some(256));
    report.find(Place::Entry(400), "c", "here");
    report.find(Place::Entry(300), "d", "and here");
    assert_eq!(report.first_bad_index(), Some(300));
    let files: Vec<&str> = report
        .findings()
        .iter()
        .map(|finding| finding.file.as_str())
        .collect();
    assert_eq!(files, ["b", "d", "c", "a"]);
}

#[test]
fn findings_and_reasons_are_bounded_and_counted() {
    let mut report = Report::default();
    for index in 0..1000 {
        report.find(Place::Entry(999 - index), "file", "x".repeat(10_000));
        report.could_not_check(format!("reason {index}"));
    }
    assert_eq!(
        (report.findings().len(), report.findings_total()),
        (FINDINGS_MAX, 1000)
    );
    assert_eq!(report.not_checked().len(), NOT_CHECKED_MAX);
    assert_eq!(
        report.first_bad_index(),
        Some(0),
        "also where the finding was not kept"
    );
    assert!(
        report
            .findings()
            .iter()
            .all(|finding| finding.reason.len() <= REASON_BYTES_MAX)
    );
}

#[test]
fn what_a_hostile_export_says_does_not_reach_the_terminal() {
    let mut report = Report::default();
    report.find(Place::Elsewhere, "a\u{1b}[2Jb", "c\r\nd\u{9b}e");
    let shown = report.to_string();
    assert!(!shown.contains('\u{1b}') && !shown.contains('\r') && !shown.contains('\u{9b}'));
}

#[test]
fn ranges_become_places() {
    assert_eq!(Place::range(3..4), Place::Entry(3));
    assert_eq!(Place::range(3..5), Place::Entries(3, 4));
    assert_eq!(Place::range(0..0), Place::Elsewhere);
}

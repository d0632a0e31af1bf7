#![allow(clippy::unwrap_used, clippy::expect_used)]
//! What people see of the retention policy `[ERASE]`.

use control::types::{DueCase, RetentionTerm};

use super::*;

fn report(notices: Vec<u64>) -> RetentionReport {
    let due = |reference: &str, is_held| DueCase {
        case: "01a2".to_owned(),
        reference: reference.to_owned(),
        ended_at: "2026-01-22T10:00:00Z".parse().unwrap(),
        kinds: vec!["drill".to_owned()],
        entries: vec![3],
        is_held,
    };
    RetentionReport {
        terms: vec![RetentionTerm {
            kind: "drill".to_owned(),
            days: 90,
        }],
        due: vec![due("XA-2026-0001-7K", false), due("XA-2026-0002-9M", true)],
        notices,
        is_complete: true,
    }
}

#[test]
fn what_is_due_held_and_erased_is_told_apart() {
    let shown = text(&report(Vec::new()), &TimeZone::UTC);
    assert!(
        shown.contains("90 days") && shown.contains("due") && shown.contains("held"),
        "{shown}"
    );
    let shown = text(&report(vec![7]), &TimeZone::UTC);
    assert!(shown.contains("erased") && shown.contains("held"), "{shown}");
}

#[test]
fn without_a_policy_everything_is_kept() {
    let none = RetentionReport {
        terms: Vec::new(),
        due: Vec::new(),
        ..report(Vec::new())
    };
    assert!(text(&none, &TimeZone::UTC).contains("everything is kept"));
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use ledger::checkpoint::Checkpoint;
use ledger::hash::EMPTY_ROOT;
use protocol::time::UnixMillis;

use super::*;

#[test]
fn times_are_shown_in_utc() {
    assert_eq!(utc(0), "1970-01-01T00:00:00Z");
    assert_eq!(utc(951_782_400_000), "2000-02-29T00:00:00Z");
    assert_eq!(utc(1_700_000_000_000), "2023-11-14T22:13:20Z");
    assert_eq!(utc(1_709_251_199_999), "2024-02-29T23:59:59Z");
    assert_eq!(utc(4_107_542_400_000), "2100-03-01T00:00:00Z");
    // The greatest time that an entry can hold must not overflow.
    assert!(utc(u64::MAX).ends_with('Z'));
}

#[test]
fn the_json_document_has_the_fields_that_are_described() {
    let mut report = Report {
        head: Some(Checkpoint {
            origin: "node.xa.example/ledger/2026".to_owned(),
            size: 0,
            root: EMPTY_ROOT,
        }),
        period: Some((UnixMillis(1), UnixMillis(2))),
        ..Report::default()
    };
    report.find(Place::Entries(0, 255), "tile/1/000.p/1", "another hash");
    report.could_not_check("no directory");
    let document: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(document["format"], "ohrid-verify/ledger/1");
    assert_eq!(
        (&document["result"], &document["exit_code"]),
        (&"invalid".into(), &1.into())
    );
    assert_eq!(document["first_bad_index"], 0);
    let finding = &document["findings"][0];
    assert_eq!(
        (&finding["first_index"], &finding["last_index"]),
        (&0.into(), &255.into())
    );
    assert_eq!(document["not_checked"][0]["reason"], "no directory");
    assert_eq!(document["ledger"]["root"], EMPTY_ROOT.to_string());
    assert!(document["key"].is_null());
    // Every field of the example in the module's documentation, and no other.
    let source = include_str!("../print.rs");
    for field in document.as_object().unwrap().keys() {
        assert!(
            source.contains(&format!("//!   \"{field}\"")) || source.contains(&format!(" \"{field}\": ")),
            "{field}"
        );
    }
}

#[test]
fn people_are_told_what_was_checked() {
    let mut report = Report {
        files_checked: 3,
        entries_hashed: 9,
        ..Report::default()
    };
    report.count_entry("submitted", UnixMillis(0));
    let text = report.to_string();
    assert!(text.starts_with("valid: "));
    assert!(
        text.contains("1 submitted") && text.contains("9 entries against the tree"),
        "{text}"
    );
    assert!(text.contains("1970-01-01T00:00:00Z"));
}

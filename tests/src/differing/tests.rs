#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn compared(shown: &str, said: &str) -> Result<Vec<(String, String)>> {
    compare(shown, said, &StandIns::of_documents()?)
}

#[test]
fn what_differs_from_run_to_run_does_not_count_and_everything_else_does() {
    let said = "sent at 2026-11-22T03:07:00Z in 12 ms\n   and recorded";
    assert!(compared("sent at 2025-01-01T00:00:00Z in 7 ms and\nrecorded", said).is_ok());
    assert!(compared("sent at 2025-01-01T00:00:00Z in 7 ms", said).is_err());
    assert!(compared("sent in 7 ms and recorded", said).is_err());
    assert!(compared("", "something").is_err());
}

#[test]
fn an_ellipsis_stands_for_any_lines_in_its_place_only() {
    let said = "one\ntwo\nthree\nfour";
    for shown in [
        "one\n…\nfour",
        "…\nfour",
        "one\n…",
        "…\ntwo\n...\nfour",
        "one two\n…\nthree four",
    ] {
        assert!(compared(shown, said).is_ok(), "{shown}");
    }
    for shown in [
        "two\n…",
        "…\nthree",
        "…\nthree\n…\ntwo\n…",
        "…\nfive\n…",
        "one\n…\ntwo",
    ] {
        assert!(compared(shown, said).is_err(), "{shown}");
    }
}

#[test]
fn numbers_and_ids_of_the_document_are_learned() {
    let learned = compared(
        "…\nCase XA-2026-0412-7K (0193aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee) of XB-2026-0001-AB",
        "Before XC-2026-0009-XY\nCase XA-2027-0001-99 \
         (0199aaaa-bbbb-7ccc-8ddd-ffffffffffff) of XB-2027-0002-CD",
    );
    assert_eq!(
        learned.unwrap(),
        [
            ("XA-2026-0412-7K".to_owned(), "XA-2027-0001-99".to_owned()),
            (
                "0193aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee".to_owned(),
                "0199aaaa-bbbb-7ccc-8ddd-ffffffffffff".to_owned()
            ),
            ("XB-2026-0001-AB".to_owned(), "XB-2027-0002-CD".to_owned()),
        ]
    );
}

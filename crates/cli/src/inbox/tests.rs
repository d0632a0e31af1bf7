#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn item(needs_action: bool) -> InboxItem {
    InboxItem {
        case: "01939c5e-7b1a-7cc3-8f00-0102030405aa".to_owned(),
        message: "01939c5e-7b1a-7cc3-8f00-0102030405aa".to_owned(),
        reference: "01939c5e-7b1a-7cc3-8f00-0102030405aa".to_owned(),
        kind: "preservation-request".to_owned(),
        from: "XA/police".to_owned(),
        to: "XB/police".to_owned(),
        received_at: "2026-11-22T03:07:00Z".parse().unwrap(),
        priority: Priority::Urgent,
        summary: "preserve \u{1b}[2J traffic data ".repeat(8),
        state: "delivered".to_owned(),
        readable: true,
        nonconformities: Vec::new(),
        needs_action,
        tasks: if needs_action {
            vec!["take charge of the request".to_owned()]
        } else {
            Vec::new()
        },
        related: Vec::new(),
    }
}

/// `[TIME-BOTH]`
#[test]
fn what_waits_comes_first_within_eighty_columns() {
    let zone = TimeZone::get("Europe/Bucharest").unwrap();
    let text = text(&[item(false), item(true)], &zone);
    assert!(
        text.starts_with("2 received, 1 waiting for you (*).\n\n* 0193"),
        "{text}"
    );
    assert!(
        text.contains("2026-11-22 05:07:00 Europe/Bucharest (03:07:00 UTC)"),
        "{text}"
    );
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn an_empty_inbox_is_said() {
    assert_eq!(text(&[], &TimeZone::UTC), "Nothing was received.\n");
}

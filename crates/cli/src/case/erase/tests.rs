#![allow(clippy::unwrap_used, clippy::expect_used)]
//! What people see of erasures `[ERASE]`.

use super::*;

fn erasure(is_complete: bool) -> Erasure {
    Erasure {
        case: "01a2".to_owned(),
        basis: "court-order-4711".to_owned(),
        messages: 2,
        entries: vec![3, 5],
        notices: vec![9],
        at: "2026-11-22T10:00:00Z".parse().unwrap(),
        is_complete,
    }
}

#[test]
fn whether_anything_is_left_is_said() {
    let text = |is_complete| erasure_text(&erasure(is_complete), &TimeZone::UTC);
    assert!(text(true).contains("nothing of it is left on this node"));
    assert!(text(false).contains("goes on with it"));
    assert!(text(true).contains("leaf 9") && text(true).contains("court-order-4711"));
}

#[test]
fn an_erased_message_says_by_whom_and_why() {
    let erased = ErasedMessage {
        at: "2026-11-22T10:00:00Z".parse().unwrap(),
        basis: "retention-policy".to_owned(),
        officer: None,
        actor: "0f".repeat(16),
        leaf_index: 12,
    };
    let line = erased_line(&erased, &TimeZone::UTC);
    assert!(
        line.starts_with("ERASED on the basis retention-policy, by 0f0f"),
        "{line}"
    );
    assert!(line.ends_with("leaf 12"), "{line}");
}

#[test]
fn where_nothing_is_held_or_waits_it_says_so() {
    assert_eq!(orders_text(&[], &TimeZone::UTC), "No erasure waits.\n");
    assert_eq!(holds_text(&[], &TimeZone::UTC), "No case is held.\n");
}

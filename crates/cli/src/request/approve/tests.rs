#![allow(clippy::unwrap_used, clippy::expect_used)]
//! `[FOUR-EYES]`

use super::*;

fn zone() -> TimeZone {
    TimeZone::get("Europe/Bucharest").unwrap()
}

fn draft(needs_approval: bool) -> StoredDraft {
    StoredDraft {
        draft: "0e9d9f0c-7a54-4f5f-9f5c-0c3b0d8f1a11".to_owned(),
        kind: "refusal".to_owned(),
        to: vec!["XB/police".to_owned()],
        stored_at: "2026-11-22T03:07:00Z".parse().unwrap(),
        advice: Vec::new(),
        author: "A. Officer\u{1b}[2J".to_owned(),
        case: Some("01939c5e-7b1a-7cc3-8f00-0102030405aa".to_owned()),
        needs_approval,
        damaged: None,
    }
}

/// `[TIME-BOTH]`
#[test]
fn drafts_say_who_wrote_them_and_what_they_wait_for() {
    let text = drafts_text(&[draft(true), draft(false)], &zone());
    assert!(text.contains("by A. Officer") && text.contains("05:07"), "{text}");
    assert!(
        text.contains("waits for another officer's approval\n\n0e9d9f0c"),
        "{text}"
    );
    assert!(text.ends_with("can be sent\n"), "{text}");
    assert!(!text.contains('\u{1b}'));
    assert!(text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
    assert_eq!(drafts_text(&[], &zone()), "No draft waits.\n");
}

#[test]
fn a_damaged_draft_is_shown_beside_the_others_and_is_a_failure() {
    let damaged = StoredDraft {
        damaged: Some("/var/lib/ohrid/drafts/x.json: the sum is wrong; mend: move it away".to_owned()),
        ..draft(false)
    };
    let both = [damaged, draft(false)];
    let text = drafts_text(&both, &zone());
    assert!(text.contains("DAMAGED, the node cannot read it: /var"), "{text}");
    assert!(text.ends_with("can be sent\n"), "{text}");
    let failure = all_readable(&both).unwrap_err().problem();
    assert!(failure.message.contains("drafts/x.json"), "{failure:?}");
    assert!(all_readable(&[draft(true)]).is_ok());
}

#[test]
fn reviews_say_why_it_could_not_wait() {
    let review = Review {
        message: "01939c5e-7b1a-7cc3-8f00-0102030405aa".to_owned(),
        case: "01939c5e-7b1a-7cc3-8f00-0102030405aa".to_owned(),
        kind: "preservation-request".to_owned(),
        to: vec!["XB/police".to_owned()],
        officer: "A. Officer".to_owned(),
        reason: "a child is in danger, and nobody else is on duty tonight ".repeat(3),
        sent_at: "2026-11-22T03:07:00Z".parse().unwrap(),
    };
    let text = reviews_text(&[review], &zone());
    assert!(text.contains("sent alone by A. Officer, "), "{text}");
    assert!(text.contains("because: a child is in danger"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use control::types::{
    CaseDetail, CaseMessage, Fault, ReceiptSummary, RecipientState, RecipientStatus, TimelineItem,
};
use jiff::Timestamp;

use super::*;

const CASE: &str = "01939c5e-7b1a-7cc3-8f00-0102030405aa";

fn at() -> Timestamp {
    "2026-11-22T03:07:00Z".parse().unwrap()
}

fn summary() -> CaseSummary {
    CaseSummary {
        case: CASE.to_owned(),
        reference: CASE.to_owned(),
        kind: "preservation-request".to_owned(),
        peer: "XB/police".to_owned(),
        our_role: OurRole::Requesting,
        state: "preserved".to_owned(),
        state_because: format!("preserved, because message {CASE} of XB/police said so"),
        opened_at: at(),
        updated_at: at(),
        title: "unauthorised access to a hospital's records ".repeat(3),
        preserved_until: Some(at()),
        alarms: Vec::new(),
        next_deadline: None,
    }
}

fn recipient(to: &str, state: RecipientState) -> RecipientStatus {
    let receipt = ReceiptSummary {
        origin: "node.xb.example/ledger/2026".to_owned(),
        index: 5,
        received_at: at(),
        tree_size: 6,
        verified: true,
    };
    RecipientStatus {
        to: to.to_owned(),
        state,
        delivered_at: None,
        receipt: (state == RecipientState::Delivered).then_some(receipt),
        consignment: None,
    }
}

fn detail() -> CaseDetail {
    CaseDetail {
        summary: summary(),
        view: serde_json::json!({ "messages": [{ "id": CASE, "summary": "preserve traffic data" }] }),
        timeline: vec![TimelineItem {
            at: at(),
            what: "submitted".to_owned(),
            message: CASE.to_owned(),
            from: None,
            to: None,
            leaf_index: 3,
            officer: None,
            detail: Some("to XB/police".to_owned()),
        }],
        messages: vec![CaseMessage {
            message: CASE.to_owned(),
            check_words: String::new(),
            kind: "preservation-request".to_owned(),
            from: "XA/police".to_owned(),
            to: vec!["XB/police".to_owned()],
            sent_at: at(),
            author: Some("A. Officer\u{1b}[31m".to_owned()),
            body: None,
            nonconformities: vec![Fault {
                rule: "C29-5".to_owned(),
                field: "body.ground".to_owned(),
                what: "is not permitted".to_owned(),
                mend: "none".to_owned(),
                source: String::new(),
            }],
            recipients: vec![recipient("XB/police", RecipientState::Delivered)],
            approvals: Vec::new(),
            sent_alone: None,
        }],
        allowed_answers: vec![
            "acknowledgement".to_owned(),
            "note".to_owned(),
            "refusal".to_owned(),
        ],
        alarms: Vec::new(),
        deadlines: Vec::new(),
        related: Vec::new(),
    }
}

/// `[TIME-BOTH]`
#[test]
fn a_case_says_where_it_stands_and_why() {
    let zone = TimeZone::get("Europe/Bucharest").unwrap();
    let text = show::text(&detail(), &zone);
    for part in [
        "we asked XB/police",
        "because message",
        "05:07:00 Europe/Bucharest (03:07:00 UTC)",
        "preserve traffic data",
        "leaf 5 of node.xb.example/ledger/2026",
        "NON-CONFORMING: body.ground: is not permitted [C29-5]",
        "preservation-request submitted, leaf 3: to XB/police",
    ] {
        assert!(text.contains(part), "{part} in:\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 76), "{text}");
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn the_next_command_offers_what_the_case_allows() {
    assert_eq!(
        show::next_commands(&detail()),
        [format!("ohrid answer acknowledge | refuse {CASE}")]
    );
    let quiet = CaseDetail {
        allowed_answers: vec!["note".to_owned()],
        ..detail()
    };
    assert!(show::next_commands(&quiet).is_empty());
}

#[test]
fn the_list_fits_the_terminal() {
    let text = list_text(&[summary(), summary()], &TimeZone::UTC);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert_eq!(text.matches("preserved until").count(), 2);
    assert_eq!(list_text(&[], &TimeZone::UTC), "There is no case yet.\n");
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use control::types::{
    CaseDetail, CaseMessage, Deadline, DeadlineFamily, Fault, ReceiptSummary, RecipientState,
    RecipientStatus, RelatedCase, TimelineItem,
};
use convention::case::{CaseFact, CaseView};
use convention::message::{Context, Draft, Kind, MessageId};
use jiff::Timestamp;

use control::types::{CaseSummary, OurRole};
use jiff::tz::TimeZone;

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
            attachments: Vec::new(),
            attachment_receipts: Vec::new(),
            erased: None,
        }],
        allowed_answers: vec![
            "acknowledgement".to_owned(),
            "note".to_owned(),
            "refusal".to_owned(),
        ],
        alarms: Vec::new(),
        deadlines: Vec::new(),
        related: Vec::new(),
        hold: None,
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

/// `[C27-9]` Who has it, and who has not.
#[test]
fn a_case_shows_how_far_each_recipient_is() {
    use RecipientState::{Delivered, Expired, Pending, Rejected};
    let mut several = detail();
    several.messages[0].recipients = [
        ("XB/police", Delivered),
        ("XB/prosecution", Pending),
        ("XC/police", Rejected),
        ("XC/central", Expired),
    ]
    .map(|(to, state)| recipient(to, state))
    .to_vec();
    let text = show::text(&several, &TimeZone::UTC);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "XB/police: has it, leaf 5 of node.xb.example/ledger/2026, proof verified",
        "XB/prosecution: not confirmed there yet",
        "XC/police: REJECTED there",
        "XC/central: EXPIRED",
    ] {
        assert!(text.contains(part), "{part} in:\n{text}");
    }
}

/// Every kind that the node says is allowed is a command, on either side; what waits comes first.
#[test]
fn the_commands_are_those_that_the_case_allows() {
    let commands = |allowed: &[Kind], view: &CaseView| {
        let mut case = detail();
        case.summary.our_role = OurRole::Requested;
        case.allowed_answers = allowed.iter().map(|kind| kind.as_str().to_owned()).collect();
        case.view = serde_json::to_value(view).unwrap();
        commands::allowed(&case)
    };
    let all: Vec<Kind> = Kind::ALL
        .iter()
        .copied()
        .filter(|kind| kind.belongs_to_case())
        .collect();
    let empty = CaseView::fold([]);
    let shown = commands(&all, &empty);
    assert_eq!(shown.len(), all.len());
    assert!(
        shown
            .iter()
            .all(|one| one.command.ends_with(CASE) && !one.is_awaited)
    );
    assert!(commands::text(&[]).contains("nothing that you can say"));

    let text = std::fs::read_to_string("../../config/examples/preservation-request.toml").unwrap();
    let id: MessageId = "019d3a5e-7c00-7000-8000-000000000001".parse().unwrap();
    let now = convention::time::Instant::from("2026-03-15T16:00:00Z".parse::<Timestamp>().unwrap());
    let context = Context {
        message_id: id,
        case: id.into(),
        sender: "XA/police".parse().unwrap(),
        recipients: Vec::new(),
        officer: None,
        now,
        case_view: None,
        own_profile: None,
        recipient_profile: None,
    };
    let (request, _) = Draft::from_toml(&text).unwrap().validate(&context).unwrap();
    let view = CaseView::fold([CaseFact::submitted(request, now)]);
    let shown = commands(&[Kind::Note, Kind::Refusal, Kind::Acknowledgement], &view);
    assert!(shown[0].is_awaited && shown[0].command == format!("ohrid answer acknowledge {CASE}"));
    let text = commands::text(&shown);
    assert!(
        text.contains(&format!("* ohrid answer acknowledge {CASE}\n      Take charge")),
        "{text}"
    );
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

/// `[DRILL]`
#[test]
fn a_drill_is_marked() {
    let mut drill = detail();
    drill.summary.kind = "drill".to_owned();
    drill.messages[0].kind = "drill".to_owned();
    let text = show::text(&drill, &TimeZone::UTC);
    assert!(text.contains("DRILL: an exercise"), "{text}");
}

/// `[CASE-NUMBER]` `[TIME-BOTH]` The number and the check words are there to be said, and what is due.
#[test]
fn a_case_shows_numbers_words_and_dates() {
    let mut case = detail();
    case.summary.reference = "XA-2026-0412-7K".to_owned();
    case.messages[0].check_words = "amber bridge candle delta".to_owned();
    case.deadlines = vec![Deadline {
        family: DeadlineFamily::Law,
        kind: "preservation-ends".to_owned(),
        at: at(),
        local: "2026-11-22 05:07:00 Europe/Bucharest (2026-11-22 03:07:00 UTC)".to_owned(),
        because: CASE.to_owned(),
    }];
    case.related = vec![RelatedCase {
        case: CASE.to_owned(),
        reference: "XA-2026-0007-5C".to_owned(),
        peer: "XC/police".to_owned(),
        state: "preserved".to_owned(),
        opened_at: at(),
        selectors: vec!["ip 192.0.2.17".to_owned()],
    }];
    let text = show::text(&case, &TimeZone::UTC);
    for part in [
        "XA-2026-0412-7K",
        "check words: amber bridge candle delta",
        "preservation-ends (law)",
        "also in case XA-2026-0007-5C with XC/police (preserved): ip 192.0.2.17",
    ] {
        assert!(text.contains(part), "{part} in:\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 76), "{text}");
}

#[test]
fn the_list_fits_the_terminal() {
    let text = list_text(&[summary(), summary()], &TimeZone::UTC);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert_eq!(text.matches("preserved until").count(), 2);
    assert_eq!(list_text(&[], &TimeZone::UTC), "There is no such case.\n");
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use clap::Parser;
use convention::case::{CaseFact, Event};
use convention::message::{Context, Draft, MessageId};
use jiff::Timestamp;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    drill: DrillArguments,
}

fn drill(line: &[&str]) -> DrillArguments {
    let line = ["drill"].iter().chain(line);
    Line::try_parse_from(line).unwrap().drill
}

fn instant(text: &str) -> convention::time::Instant {
    text.parse::<Timestamp>().unwrap().into()
}

fn sent() -> Sent {
    Sent {
        message: "m".to_owned(),
        check_words: String::new(),
        case: "c".to_owned(),
        reference: "XA-2026-1-0".to_owned(),
        to: vec!["XB/police".to_owned()],
        leaf_indexes: vec![1],
        recorded_at: Timestamp::UNIX_EPOCH,
        advice: Vec::new(),
        related: Vec::new(),
    }
}

/// `[DRILL]` The machine's receipt and the human's word are told apart, each as our ledger has it.
#[test]
fn machine_and_human_are_measured_apart() {
    let begin = instant("2026-11-22T03:07:00Z");
    let id: MessageId = "019d3a5e-7c00-7000-8000-000000000001".parse().unwrap();
    let context = Context {
        message_id: id,
        case: id.into(),
        sender: "XA/police".parse().unwrap(),
        recipients: Vec::new(),
        officer: None,
        now: begin,
        case_view: None,
        own_profile: None,
        recipient_profile: None,
    };
    let form = request(&drill(&["XB/police"]), "XB/police", "A. Officer")
        .unwrap()
        .draft;
    let (message, _) = Draft::judge_json(&form.to_string(), &context).unwrap();
    let facts = vec![CaseFact::submitted(message, begin)];
    let nobody = measured(&CaseView::fold(facts.clone()), &sent());
    assert_eq!(
        (nobody.receipt_after_ms, nobody.acknowledged_after_ms),
        (None, None)
    );
    assert!(text(&nobody).contains("no answer yet"));

    let to: convention::party::ContactPoint = "XB/police".parse().unwrap();
    let receipt = CaseFact::event(
        id.into(),
        id,
        Event::Delivered { to },
        instant("2026-11-22T03:07:00.132Z"),
    );
    let view = CaseView::fold(facts.clone().into_iter().chain([receipt.clone()]));
    let answer = json!({
        "kind": "acknowledgement", "language": "en", "reference": "B-7", "next_steps": "none",
        "officer": { "name": "B. Officer", "role": "duty" },
    });
    let reply: MessageId = "019d3a5e-7c00-7000-8000-000000000002".parse().unwrap();
    let context = Context {
        message_id: reply,
        sender: "XB/police".parse().unwrap(),
        recipients: vec!["XA/police".parse().unwrap()],
        now: instant("2026-11-22T03:09:00Z"),
        case_view: Some(&view),
        ..context
    };
    let (answer, _) = Draft::judge_json(&answer.to_string(), &context).unwrap();
    let answer = convention::message::Message::read(&answer.to_json()).unwrap();
    let answered = CaseFact::received(answer, instant("2026-11-22T03:09:04Z"));
    let view = CaseView::fold(facts.into_iter().chain([receipt, answered]));
    let report = measured(&view, &sent());
    assert_eq!(
        (report.receipt_after_ms, report.acknowledged_after_ms),
        (Some(132), Some(124_000))
    );
    let text = text(&report);
    for part in ["after 0.132 s", "after 2 min 4 s", "B. Officer"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_drill_waits_for_a_human_where_nothing_else_is_said() {
    assert_eq!(drill(&["XB"]).wait, Wait::Acknowledged);
    let short = drill(&["XB", "--wait", "delivered", "--timeout", "10s"]);
    assert_eq!(
        (short.wait, short.timeout),
        (Wait::Delivered, Duration::from_secs(10))
    );
    assert_eq!(shown(3_700_000), "after 1 h 1 min");
}

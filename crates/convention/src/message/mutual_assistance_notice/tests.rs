#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::case::{ClockKind, State};
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[C29-7]` Reference, date and channel; from then on the preservation has no end date.
#[test]
fn c29_7_a_notice_stops_the_lapse() {
    let preserved = Story::of(&[Kind::PreservationRequest, Kind::PreservationReport]);
    let ends = |story: &Story| {
        story
            .view()
            .clocks
            .iter()
            .any(|clock| clock.kind == ClockKind::PreservationEnds)
    };
    assert!(ends(&preserved));
    let example = form(Kind::MutualAssistanceNotice);
    let noticed = preserved.and(&example);
    assert_eq!(noticed.state(), State::MutualAssistanceReceived);
    assert!(!ends(&noticed));
    assert_eq!(
        noticed.view().mutual_assistance.unwrap().reference,
        "XA-MLA-2026-0088"
    );
    for pointer in ["/reference", "/sent", "/channel"] {
        preserved.assert_refused(&without(example.clone(), pointer), Rule::C29_7, &pointer[1..]);
    }
    let planned = with(example, "/sent", "2026-05-01T10:00:00[Europe/Bucharest]");
    preserved.assert_refused(&planned, Rule::C29_7, "sent");
}

/// `[C29-7]` While there is no decision, a later report gives no end date either, whatever it says.
#[test]
fn c29_7_no_report_brings_the_end_date_back() {
    let noticed = Story::of(&[Kind::PreservationRequest, Kind::MutualAssistanceNotice]);
    let reported = noticed.then(Kind::PreservationReport);
    assert_eq!(reported.view().preservation.unwrap().until, None);
    let decided = reported
        .then(Kind::MutualAssistanceDecision)
        .then(Kind::PreservationReport);
    assert!(decided.view().preservation.unwrap().until.is_some());
    let withdrawn = noticed.then(Kind::Withdrawal);
    withdrawn.assert_refused(&form(Kind::MutualAssistanceNotice), Rule::CaseState, "kind");
}

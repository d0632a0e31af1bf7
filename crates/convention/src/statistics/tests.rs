#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::output::{csv_field, shown};
use super::{Period, Spread, Statistics};
use crate::case::{CaseFact, CaseView, Event};
use crate::examples::{case, id, minute, point};
use crate::message::Kind;
use crate::party::PartyCode;
use crate::story::Story;
use crate::time::{Instant, Zone};

fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

fn year() -> Period {
    Period::named("2026", &Zone::utc()).unwrap()
}

/// A case of which XA recorded the request at minute 0, its receipt after two seconds, and each answer when
/// it was sent.
fn seen_by_xa(story: &Story) -> CaseView {
    let after_two_seconds = Instant::from_unix_ms(minute(0).as_unix_ms() + 2_000).unwrap();
    let to = point("XB/police");
    let mut facts = vec![CaseFact::event(
        case(),
        id(1),
        Event::Delivered { to },
        after_two_seconds,
    )];
    for (index, message) in story.messages.iter().enumerate() {
        let at = minute(u32::try_from(index).unwrap() * 10);
        facts.push(if message.from().party() == party("XA") {
            CaseFact::submitted(message.clone(), at)
        } else {
            CaseFact {
                at,
                event: Event::Received,
                ..CaseFact::submitted(message.clone(), at)
            }
        });
    }
    CaseView::fold(facts)
}

fn cases() -> Vec<CaseView> {
    [
        &[
            Kind::PreservationRequest,
            Kind::Acknowledgement,
            Kind::Note,
            Kind::PreservationReport,
        ][..],
        &[
            Kind::PreservationRequest,
            Kind::PreservationReport,
            Kind::MutualAssistanceRequest,
        ],
        &[Kind::PreservationRequest, Kind::Refusal],
        &[Kind::AssistanceRequest],
        &[Kind::Drill, Kind::Acknowledgement],
        &[Kind::Drill],
    ]
    .iter()
    .map(|kinds| seen_by_xa(&Story::of(kinds)))
    .collect()
}

#[test]
fn requests_are_counted_by_article_and_peer() {
    let statistics = Statistics::of(cases(), party("XA"), year());
    assert_eq!(statistics.peers.len(), 1);
    assert_eq!(statistics.peers[0].traffic, statistics.total);
    let sent = &statistics.total.sent;
    let requests = sent.requests;
    assert_eq!(
        (
            requests.total,
            requests.preservation,
            requests.mutual_assistance,
            requests.assistance
        ),
        (5, 3, 1, 1)
    );
    assert_eq!(statistics.total.received, super::Direction::default());
    assert_eq!(
        (sent.preservations.preserved, sent.preservations.followed_up),
        (2, 1)
    );
    assert_eq!((sent.drills.held, sent.drills.answered.count), (2, 1));
    assert_eq!(sent.drills.answered.median_ms, Some(600_000));
    let of_xb = Statistics::of(cases(), party("XB"), year());
    assert_eq!(of_xb.total.received.requests.total, 5);
    assert_eq!(Statistics::of(cases(), party("XC"), year()).peers, []);
}

#[test]
fn times_are_those_of_our_ledger() {
    let times = Statistics::of(cases(), party("XA"), year()).total.sent.timeliness;
    let spread = |count, median, worst| Spread {
        count,
        median_ms: Some(median),
        worst_ms: Some(worst),
    };
    // Four requests opened a case, and one followed in a case, of which there is no receipt.
    assert_eq!(times.receipt, spread(4, 2_000, 2_000));
    assert_eq!(times.acknowledgement, spread(1, 600_000, 600_000));
    // The refusal and one report after 10 minutes, the other report after 30.
    assert_eq!(times.first_action, spread(3, 600_000, 1_800_000));
    assert_eq!(times.outcome, times.first_action);
    assert_eq!(Spread::of(vec![9, 1, 5, 7]), spread(4, 5, 9));
    assert_eq!(Spread::of(Vec::new()), Spread::default());
}

/// The same figures from the same cases, in any order; a case of another period is in none of them.
#[test]
fn figures_are_reproducible() {
    let forward = Statistics::of(cases(), party("XA"), year());
    let backward: Vec<CaseView> = cases().into_iter().rev().collect();
    assert_eq!(Statistics::of(backward, party("XA"), year()), forward);
    let other = Period::named("2026-Q2", &Zone::utc()).unwrap();
    assert_eq!(Statistics::of(cases(), party("XA"), other).peers, []);
    let json = serde_json::to_string(&forward).unwrap();
    assert_eq!(serde_json::from_str::<Statistics>(&json).unwrap(), forward);
}

#[test]
fn periods_are_those_of_the_place() {
    let lisbon = Zone::named("Europe/Lisbon").unwrap();
    let quarter = Period::named("2026-q2", &lisbon).unwrap();
    assert_eq!(quarter.from.to_string(), "2026-03-31T23:00:00Z");
    assert_eq!(quarter.until.to_string(), "2026-06-30T23:00:00Z");
    assert!(quarter.contains(quarter.from) && !quarter.contains(quarter.until));
    assert_eq!(
        Period::named("2026-12", &Zone::utc()).unwrap().until.to_string(),
        "2027-01-01T00:00:00Z"
    );
    for wrong in [
        "",
        "26",
        "2026-",
        "2026-13",
        "2026-Q5",
        "2026-7",
        // Found by fuzzing: read as July.
        "2026-+7",
        "-2026",
        "2026-07-01",
        "é026",
    ] {
        assert!(Period::named(wrong, &lisbon).is_err(), "{wrong}");
    }
}

#[test]
fn csv_is_safe_against_formulas() {
    for (text, field) in [
        ("=1+1", "'=1+1"),
        ("+4", "'+4"),
        ("-4", "'-4"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "\"'\tx\""),
        ("a,b", "\"a,b\""),
        ("a\"b", "\"a\"\"b\""),
        ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
        ("XA", "XA"),
        ("", ""),
    ] {
        assert_eq!(csv_field(text), field);
    }
    let csv = Statistics::of(cases(), party("XA"), year()).to_csv();
    let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[1].starts_with("XA,2026,XB,5,3,1,0,1,0,2000,2000,600000,600000,"));
    let columns = |line: &str| line.matches(',').count() - line.matches(", ").count();
    assert_eq!(columns(lines[0]), columns(lines[1]));
}

#[test]
fn the_table_is_for_people() {
    let table = Statistics::of(cases(), party("XA"), year()).to_table();
    assert!(
        table.starts_with("Requests of XA in 2026\n\npeer  sent  29+30  31+33+34"),
        "{table}"
    );
    assert!(
        table.contains("10 min 0 s") && table.contains("1 of 2"),
        "{table}"
    );
    assert_eq!(shown(Some(3_600_000 * 26)), "1 d 2 h");
    assert_eq!(shown(Some(7)), "7 ms");
    assert_eq!(shown(None), "-");
}

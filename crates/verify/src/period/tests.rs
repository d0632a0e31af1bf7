#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::check::check_ledger_with;
use crate::options::Options;
use crate::report::{Report, Verdict};
use crate::sample::{Network, START, Sample, at};
use crate::trust::Sources;

fn list(from: u64, until: u64) -> (Report, PeriodList) {
    let network = Network::new();
    let sample = Sample::new(&network, &network.entries());
    let options = Options {
        period: Some(Period {
            from: at(from),
            until: at(until),
        }),
        ..Options::default()
    };
    check_ledger_with(&sample.export(), &Sources::default(), &options, &mut |_, _| {})
}

fn rows(list: &PeriodList) -> Vec<(u64, &'static str)> {
    list.rows()
        .iter()
        .map(|row| (row.index, row.event.name()))
        .collect()
}

#[test]
fn what_was_exchanged_in_a_period_is_listed_and_counted() {
    let (report, whole) = list(0, 1_000);
    assert_eq!(report.verdict(), Verdict::Valid, "{report}");
    let expected = [
        (2, "sent"),
        (4, "receipted"),
        (6, "sent"),
        (7, "rejected"),
        (8, "received"),
        (10, "rejected-by-us"),
    ];
    assert_eq!(rows(&whole), expected);
    assert_eq!(Event::ALL.map(|event| whole.count(event)), [2, 1, 1, 1, 1, 0]);
    let sent = &whole.rows()[0];
    assert_eq!(
        (sent.from.as_deref(), sent.to.as_deref()),
        (Some("XA/police"), Some("XB/police"))
    );
    assert_eq!(sent.at, at(1));
    assert_eq!(
        whole.rows()[1].message,
        sent.message,
        "the receipt is for the first message"
    );
    assert!(whole.rows().iter().all(|row| row.message.is_some()));
}

#[test]
fn the_first_instant_is_part_of_the_period_and_the_last_is_not() {
    assert_eq!(rows(&list(1, 5).1), [(2, "sent"), (4, "receipted")]);
    assert_eq!(rows(&list(5, 6).1), [(6, "sent")]);
    assert!(rows(&list(6, 5).1).is_empty());
    assert_eq!(
        list(6, 5).0.verdict(),
        Verdict::Valid,
        "the ledger is checked whole all the same"
    );
}

#[test]
fn the_table_and_the_document_say_the_same() {
    let (report, list) = list(0, 6);
    let table = list.to_table();
    assert!(table.starts_with("from 2026-11-22T00:00:00Z until 2026-11-22T00:00:00Z\n"));
    assert!(table.contains("2 sent, 0 received, 1 receipted, 0 rejected, 0 rejected-by-us, 0 expired"));
    assert!(table.contains("XA/police -> XB/police"), "{table}");
    let document: serde_json::Value = serde_json::from_str(&list.to_json(&report)).unwrap();
    assert_eq!(document["counts"]["sent"], 2);
    assert_eq!(document["rows"].as_array().unwrap().len(), 3);
    assert_eq!(document["ledger"]["result"], "valid");
    assert_eq!(document["from_ms"], START);
}

#[test]
fn what_does_not_fit_is_counted() {
    let (_, list_of_all) = list(0, 1_000);
    let row = &list_of_all.rows()[0];
    let mut list = PeriodList::new(None);
    for _ in 0..PERIOD_ROWS_MAX + 3 {
        list.push(row.clone());
    }
    assert_eq!(list.rows().len(), PERIOD_ROWS_MAX);
    assert_eq!(list.count(Event::Sent), PERIOD_ROWS_MAX as u64 + 3);
    assert!(list.to_table().contains("and 3 more"));
}

#[test]
fn instants_are_read_strictly() {
    let instant = |text: &str| parse_instant(text).map(|instant| instant.0);
    assert_eq!(instant("1970-01-01"), Ok(0));
    assert_eq!(instant("2026-11-22T00:00:00Z"), Ok(START));
    assert_eq!(instant("2026-11-22"), Ok(START));
    assert_eq!(instant("2024-02-29T23:59:59Z"), Ok(1_709_251_199_000));
    assert_eq!(instant("2000-03-01"), Ok(951_868_800_000));
    assert_eq!(instant("9999-12-31T23:59:59Z"), Ok(253_402_300_799_000));
    for text in [
        "",
        "2026",
        "2026-13-01",
        "2026-00-01",
        "2026-02-29",
        "1900-02-29",
        "2100-02-29",
        "2026-04-31",
        "2026-1-01",
        "2026-01-1",
        "+026-01-01",
        "1969-12-31",
        "2026-01-01T",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00Z",
        "2026-01-01T00:00:00+01:00",
        "2026-01-01 00:00:00Z",
        "２０２６-01-01",
    ] {
        assert_eq!(instant(text), Err(InstantError), "{text:?}");
    }
    // Every day of four centuries, against the function that prints them.
    for day in 0..146_097 {
        let millis = day * 86_400_000;
        assert_eq!(instant(&crate::report::utc(millis)), Ok(millis));
    }
}

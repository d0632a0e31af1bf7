//! The list of a period as a table for people, and as JSON for programs.
//!
//! The JSON document, version 1, holds the report of the whole ledger as [`crate::report`] prints it:
//!
//! ```json
//! {
//!   "format": "ohrid-verify/period/1",
//!   "from_ms": 1795305600000, "until_ms": 1795392000000,
//!   "counts": { "sent": 2, "received": 1, "receipted": 1, "rejected": 1, "rejected-by-us": 0,
//!     "expired": 0 },
//!   "rows": [
//!     { "index": 2, "at_ms": 1795305600001, "event": "sent", "message": "<id>", "from": "XA/police",
//!       "to": "XB/police" }
//!   ],
//!   "rows_left_off": 0,
//!   "ledger": { "format": "ohrid-verify/ledger/1", "result": "valid" }
//! }
//! ```
//!
//! Its schema is `schema/period.schema.json`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::{Event, PeriodList, Row};
use crate::report::{LedgerDocument, Report, printable, utc};

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    from_ms: Option<u64>,
    until_ms: Option<u64>,
    counts: BTreeMap<&'static str, u64>,
    rows: Vec<RowDocument<'a>>,
    rows_left_off: u64,
    ledger: LedgerDocument<'a>,
}

#[derive(Serialize)]
struct RowDocument<'a> {
    index: u64,
    at_ms: u64,
    event: &'static str,
    message: Option<&'a str>,
    from: Option<&'a str>,
    to: Option<&'a str>,
}

impl PeriodList {
    /// The list and the report of the ledger as one JSON document, without a line feed at its end.
    #[must_use]
    pub fn to_json(&self, report: &Report) -> String {
        let document = Document {
            format: "ohrid-verify/period/1",
            from_ms: self.period.map(|period| period.from.0),
            until_ms: self.period.map(|period| period.until.0),
            counts: Event::ALL.map(|event| (event.name(), self.count(event))).into(),
            rows: self.rows.iter().map(RowDocument::from).collect(),
            rows_left_off: self.left_off(),
            ledger: LedgerDocument::of(report),
        };
        // Plain structs with string keys cannot fail to serialise; an empty document would say so.
        serde_json::to_string_pretty(&document).unwrap_or_default()
    }

    /// The list as a table, with the counts under it.
    #[must_use]
    pub fn to_table(&self) -> String {
        let mut table = String::new();
        let instant = |millis: Option<u64>| millis.map(utc).unwrap_or_default();
        let (from, until) = (
            self.period.map(|period| period.from.0),
            self.period.map(|period| period.until.0),
        );
        // Writing to a string cannot fail.
        let _ = writeln!(table, "from {} until {}", instant(from), instant(until));
        let _ = writeln!(table);
        let _ = writeln!(
            table,
            "{:>10}  {:20}  {:14}  {:36}  from -> to",
            "index", "time", "what", "message"
        );
        for row in &self.rows {
            let named = |name: &Option<String>| printable(name.as_deref().unwrap_or("-"));
            let _ = writeln!(
                table,
                "{:>10}  {:20}  {:14}  {:36}  {} -> {}",
                row.index,
                utc(row.at.0),
                row.event.name(),
                named(&row.message),
                named(&row.from),
                named(&row.to)
            );
        }
        if self.left_off() > 0 {
            let _ = writeln!(table, "and {} more", self.left_off());
        }
        let counts = Event::ALL.map(|event| format!("{} {}", self.count(event), event.name()));
        let _ = writeln!(table, "\n{}", counts.join(", "));
        table
    }

    fn left_off(&self) -> u64 {
        self.counts.values().sum::<u64>() - self.rows.len() as u64
    }
}

impl<'a> From<&'a Row> for RowDocument<'a> {
    fn from(row: &'a Row) -> Self {
        Self {
            index: row.index,
            at_ms: row.at.0,
            event: row.event.name(),
            message: row.message.as_deref(),
            from: row.from.as_deref(),
            to: row.to.as_deref(),
        }
    }
}

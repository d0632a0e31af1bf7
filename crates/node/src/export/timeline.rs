//! The timeline of a bundle, as a table and for programs (`docs/bundle.md`, section 4).

use protocol::bundle::Bundle;
use protocol::entry::Side;
use serde::Serialize;

use super::Exporter;
use super::facts::Facts;
use super::ledger::Behind;
use crate::cases::{Leaf, Said};
use crate::news::utc;

/// One leaf, for people.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub(super) at: String,
    pub(super) what: &'static str,
    pub(super) message: Option<u32>,
    pub(super) message_id: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) log: String,
    pub(super) index: u64,
    pub(super) officer: Option<String>,
    pub(super) detail: Option<String>,
}

/// The columns, in their order.
const COLUMNS: [&str; 11] = [
    "at",
    "what",
    "message",
    "message_id",
    "kind",
    "from",
    "to",
    "log",
    "index",
    "officer",
    "detail",
];

impl Exporter {
    /// One line for each leaf of the bundle, in the same order.
    pub(super) fn timeline(&self, facts: &Facts<'_>, bundle: &Bundle, behind: &[Behind<'_>]) -> Vec<Line> {
        let leaves = bundle.leaves.iter().zip(behind);
        leaves
            .map(|(shown, behind)| {
                let log = (shown.log as usize).checked_sub(1);
                let log = log.and_then(|place| bundle.logs.get(place));
                let message = shown.message.and_then(|number| facts.message(number));
                let number = shown.message.and_then(|number| (number as usize).checked_sub(1));
                let told = number.and_then(|place| bundle.messages.get(place));
                let read = message.and_then(|(_, told)| told.reading.as_ref().ok());
                let author = read.map(|read| read.message.author().name.as_str().to_owned());
                let (to, by, detail) = match behind {
                    Behind::Leaf(leaf) => (leaf.to(), leaf.by, detail(leaf)),
                    Behind::Notice { actor, basis } => {
                        (None, Some(*actor), Some(format!("on the basis {basis}")))
                    }
                };
                Line {
                    at: utc(shown.at_ms),
                    what: shown.kind.as_str(),
                    message: shown.message,
                    message_id: told.map(|message| message.id.to_string()),
                    kind: told.and_then(|message| message.kind.as_ref().map(ToString::to_string)),
                    from: told.map(|message| message.from.to_string()),
                    to: to.map(ToString::to_string),
                    log: log.map(|log| log.origin.clone()).unwrap_or_default(),
                    index: shown.index,
                    officer: by.and_then(|actor| self.officers.name_of(actor, author.as_deref())),
                    detail,
                }
            })
            .collect()
    }
}

/// What a leaf says beside its kind.
fn detail(leaf: &Leaf) -> Option<String> {
    use protocol::consignment::Verdict;
    match &leaf.said {
        Said::Delivered(receipt, _) => Some(format!(
            "received {} as leaf {} of {}",
            utc(receipt.received_at),
            receipt.inclusion.index,
            receipt.checkpoint.origin
        )),
        Said::Consigned(side, report, _) => {
            let by = match side {
                Side::Issued => "here",
                Side::Received => "there",
            };
            Some(match &report.verdict {
                Verdict::Readable => format!("readable {by}"),
                Verdict::Unreadable { code } => format!("unreadable {by}: {code}"),
                Verdict::NonConforming { rules } => {
                    let rules: Vec<_> = rules.iter().map(ToString::to_string).collect();
                    format!("non-conforming {by}: {}", rules.join(", "))
                }
            })
        }
        Said::Rejected(_, rejection, _) => Some(format!("{:?}", rejection.reason)),
        _ => None,
    }
}

/// One JSON object on each line.
pub(super) fn json_lines(lines: &[Line]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in lines {
        // Strings and numbers have a form in JSON.
        let _ = serde_json::to_writer(&mut out, line);
        out.push(b'\n');
    }
    out
}

/// A table (RFC 4180).
pub(super) fn csv(lines: &[Line]) -> Vec<u8> {
    let mut out = COLUMNS.join(",") + "\r\n";
    for line in lines {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let fields = [
            line.at.clone(),
            line.what.to_owned(),
            line.message.map(|number| number.to_string()).unwrap_or_default(),
            text(&line.message_id),
            text(&line.kind),
            text(&line.from),
            text(&line.to),
            line.log.clone(),
            line.index.to_string(),
            text(&line.officer),
            text(&line.detail),
        ];
        let fields = fields.map(|field| convention::statistics::csv_field(&field));
        out.push_str(&fields.join(","));
        out.push_str("\r\n");
    }
    out.into_bytes()
}

#[cfg(test)]
mod tests;

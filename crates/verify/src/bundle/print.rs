//! The report of a bundle as text for people, and as JSON for programs.
//!
//! The JSON document, version 1 (`schema/bundle.schema.json`); fields may be added, never taken away. What
//! it has in common with that of a ledger means the same; `first_index` is that of a leaf in its log.

use std::fmt;

use protocol::bundle::{Bundle, LeftOut, Why};
use serde::Serialize;

use super::BundleReport;
use crate::report::{FindingRow, NotCheckedRow, PolicyRow, Verdict, printable, utc};

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    result: &'static str,
    exit_code: u8,
    findings_total: u64,
    findings: Vec<FindingRow<'a>>,
    not_checked: Vec<NotCheckedRow<'a>>,
    bundle: Option<Contents>,
    directory: Option<u64>,
    policy: Option<PolicyRow<'a>>,
    entries: &'a std::collections::BTreeMap<&'static str, u64>,
    first_time_ms: Option<u64>,
    last_time_ms: Option<u64>,
    files_checked: u64,
    entries_hashed: u64,
    signatures_valid: u64,
    receipts_proven: u64,
}

#[derive(Serialize)]
struct Contents {
    network: String,
    party: String,
    node: String,
    case: String,
    reference: String,
    state_at_ms: u64,
    messages: usize,
    logs: Vec<LogRow>,
    left_out: Vec<LeftOutRow>,
}

#[derive(Serialize)]
struct LogRow {
    origin: String,
    size: u64,
    witnessed: bool,
}

#[derive(Serialize)]
struct LeftOutRow {
    message: u32,
    part: &'static str,
    why: &'static str,
}

impl BundleReport {
    /// The report as a JSON document, without a line feed at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let report = &self.report;
        let document = Document {
            format: "ohrid-verify/bundle/1",
            result: report.verdict().name(),
            exit_code: report.verdict().exit_code(),
            findings_total: report.findings_total(),
            findings: report.findings().into_iter().map(FindingRow::from).collect(),
            not_checked: NotCheckedRow::all_of(report),
            bundle: self.bundle.as_ref().map(Contents::of),
            directory: report.directory.as_ref().map(|(_, version)| *version),
            policy: report.policy.as_ref().map(PolicyRow::from),
            entries: &report.entry_counts,
            first_time_ms: report.period.map(|(first, _)| first.0),
            last_time_ms: report.period.map(|(_, last)| last.0),
            files_checked: report.files_checked,
            entries_hashed: report.entries_hashed,
            signatures_valid: report.signatures_valid,
            receipts_proven: report.receipts_proven,
        };
        // Plain structs with string keys cannot fail to serialise; an empty document would say so.
        serde_json::to_string_pretty(&document).unwrap_or_default()
    }
}

impl Contents {
    fn of(bundle: &Bundle) -> Self {
        let log = |log: &protocol::bundle::Log| LogRow {
            origin: log.origin.clone(),
            size: log.size,
            witnessed: log.is_witnessed,
        };
        let left_out = |one: &LeftOut| LeftOutRow {
            message: one.message,
            part: one.part.as_str(),
            why: word(one.why),
        };
        Self {
            network: bundle.network.clone(),
            party: bundle.made_by.party.to_string(),
            node: bundle.made_by.node.clone(),
            case: bundle.case.id.to_string(),
            reference: bundle.case.reference.clone(),
            state_at_ms: bundle.state_at_ms.0,
            messages: bundle.messages.len(),
            logs: bundle.logs.iter().map(log).collect(),
            left_out: bundle.left_out.iter().map(left_out).collect(),
        }
    }
}

/// The reason in words, as `bundle.json` has it.
fn word(why: Why) -> &'static str {
    match why {
        Why::Redacted => "redacted",
        Why::Role => "role",
        Why::NotAsked => "not-asked",
        Why::Erased => "erased",
        Why::Unreadable => "unreadable",
        Why::NotHere => "not-here",
    }
}

impl fmt::Display for BundleReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{}",
            match self.verdict() {
                Verdict::Valid => "valid: the bundle is whole, and everything in it holds",
                Verdict::Invalid => "INVALID",
                Verdict::CouldNotCheck => "COULD NOT CHECK everything; what could be checked holds",
            }
        )?;
        self.report.print_findings(out)?;
        writeln!(out)?;
        if let Some(bundle) = &self.bundle {
            let maker = &bundle.made_by;
            writeln!(
                out,
                "  case        {}, {}",
                printable(&bundle.case.reference),
                bundle.case.id
            )?;
            writeln!(out, "  made by     {} of {}", printable(&maker.node), maker.party)?;
            writeln!(out, "  state of    {}", utc(bundle.state_at_ms.0))?;
            for log in &bundle.logs {
                let word = if log.is_witnessed {
                    "cosigned"
                } else {
                    "not cosigned"
                };
                writeln!(
                    out,
                    "  log         {}, {} leaves, {word}",
                    printable(&log.origin),
                    log.size
                )?;
            }
            writeln!(out, "  messages    {}", bundle.messages.len())?;
            for one in &bundle.left_out {
                let (part, why) = (one.part.as_str(), word(one.why));
                writeln!(out, "  left out    {part} of message {}: {why}", one.message)?;
            }
        }
        self.report.print_what_was_checked(out)
    }
}

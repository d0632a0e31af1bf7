//! A report as text for people, and as JSON for programs.
//!
//! The JSON document, version 1; numbers are exact integers, times are milliseconds since 1970:
//!
//! ```json
//! {
//!   "format": "ohrid-verify/ledger/1",
//!   "result": "invalid",
//!   "exit_code": 1,
//!   "first_bad_index": 4,
//!   "findings_total": 1,
//!   "findings": [
//!     { "first_index": 4, "last_index": 4, "file": "tile/entries/000.p/9", "reason": "..." }
//!   ],
//!   "not_checked": [ { "reason": "...", "times": 1 } ],
//!   "ledger": { "origin": "xa.example.org/ledger/2026", "size": 9, "root": "<64 hex digits>" },
//!   "key": "<verifier key>",
//!   "directory": { "network": "exercise.example.org", "version": 1 },
//!   "policy": {
//!     "satisfied": true, "cosigned_by": [ { "witness": "W1", "time_s": 1790000001 } ], "lacking": []
//!   },
//!   "since": { "size": 4, "continued": true },
//!   "signatures_sampled_of_entries": null,
//!   "entries": { "submitted": 2, "delivered": 2 },
//!   "first_time_ms": 1790000000000,
//!   "last_time_ms": 1790000000900,
//!   "files_checked": 3, "entries_hashed": 9, "signatures_valid": 8, "receipts_proven": 2
//! }
//! ```
//!
//! `result` is `valid`, `invalid` or `could-not-check`. `first_bad_index`, `first_index`, `last_index`,
//! `ledger`, `key`, `directory`, `policy`, `since`, `signatures_sampled_of_entries` and the times are `null`
//! where there is none. The schema is `schema/ledger.schema.json`; fields may be added to version 1, never
//! taken away.

use std::fmt;

use serde::Serialize;

use super::{Finding, Place, PolicyOutcome, Report, Verdict};

/// The report of a ledger as it is written in JSON; also part of other documents.
#[derive(Serialize)]
pub struct LedgerDocument<'a> {
    format: &'static str,
    result: &'static str,
    exit_code: u8,
    first_bad_index: Option<u64>,
    findings_total: u64,
    findings: Vec<FindingRow<'a>>,
    not_checked: Vec<NotCheckedRow<'a>>,
    ledger: Option<Head<'a>>,
    key: Option<&'a str>,
    directory: Option<DirectoryRow<'a>>,
    policy: Option<PolicyRow<'a>>,
    since: Option<SinceRow>,
    signatures_sampled_of_entries: Option<u64>,
    entries: &'a std::collections::BTreeMap<&'static str, u64>,
    first_time_ms: Option<u64>,
    last_time_ms: Option<u64>,
    files_checked: u64,
    entries_hashed: u64,
    signatures_valid: u64,
    receipts_proven: u64,
}

#[derive(Serialize)]
pub(crate) struct FindingRow<'a> {
    first_index: Option<u64>,
    last_index: Option<u64>,
    file: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
pub(crate) struct NotCheckedRow<'a> {
    reason: &'a str,
    times: u64,
}

#[derive(Serialize)]
struct Head<'a> {
    origin: &'a str,
    size: u64,
    root: String,
}

#[derive(Serialize)]
struct DirectoryRow<'a> {
    network: &'a str,
    version: u64,
}

#[derive(Serialize)]
pub(crate) struct PolicyRow<'a> {
    satisfied: bool,
    cosigned_by: Vec<CosignedRow<'a>>,
    lacking: &'a [String],
}

#[derive(Serialize)]
struct CosignedRow<'a> {
    witness: &'a str,
    time_s: u64,
}

#[derive(Serialize)]
struct SinceRow {
    size: u64,
    continued: bool,
}

impl Report {
    /// The report as the JSON document described in this module, without a line feed at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Plain structs with string keys cannot fail to serialise; an empty document would say so.
        serde_json::to_string_pretty(&LedgerDocument::of(self)).unwrap_or_default()
    }
}

impl<'a> LedgerDocument<'a> {
    /// The document of a report.
    pub(crate) fn of(report: &'a Report) -> Self {
        Self {
            format: "ohrid-verify/ledger/1",
            result: report.verdict().name(),
            exit_code: report.verdict().exit_code(),
            first_bad_index: report.first_bad_index(),
            findings_total: report.findings_total(),
            findings: report.findings().into_iter().map(FindingRow::from).collect(),
            not_checked: NotCheckedRow::all_of(report),
            ledger: report.head.as_ref().map(|head| Head {
                origin: &head.origin,
                size: head.size,
                root: head.root.to_string(),
            }),
            key: report.log_key.as_deref(),
            directory: report.directory.as_ref().map(|(network, version)| DirectoryRow {
                network,
                version: *version,
            }),
            policy: report.policy.as_ref().map(PolicyRow::from),
            since: report.since.as_ref().map(|since| SinceRow {
                size: since.size,
                continued: since.is_continued,
            }),
            signatures_sampled_of_entries: report.sampled,
            entries: &report.entry_counts,
            first_time_ms: report.period.map(|(first, _)| first.0),
            last_time_ms: report.period.map(|(_, last)| last.0),
            files_checked: report.files_checked,
            entries_hashed: report.entries_hashed,
            signatures_valid: report.signatures_valid,
            receipts_proven: report.receipts_proven,
        }
    }
}

impl<'a> NotCheckedRow<'a> {
    /// All that a report has.
    pub(crate) fn all_of(report: &'a Report) -> Vec<Self> {
        let rows = report.not_checked().iter();
        rows.map(|(reason, times)| Self {
            reason,
            times: *times,
        })
        .collect()
    }
}

impl<'a> From<&'a PolicyOutcome> for PolicyRow<'a> {
    fn from(outcome: &'a PolicyOutcome) -> Self {
        let cosigned_by = outcome.cosigned_by.iter();
        Self {
            satisfied: outcome.is_satisfied,
            cosigned_by: cosigned_by
                .map(|(witness, time_s)| CosignedRow {
                    witness,
                    time_s: *time_s,
                })
                .collect(),
            lacking: &outcome.lacking,
        }
    }
}

impl<'a> From<&'a Finding> for FindingRow<'a> {
    fn from(finding: &'a Finding) -> Self {
        let (first_index, last_index) = match finding.place {
            Place::Entry(index) => (Some(index), Some(index)),
            Place::Entries(first, last) => (Some(first), Some(last)),
            Place::Elsewhere => (None, None),
        };
        Self {
            first_index,
            last_index,
            file: &finding.file,
            reason: &finding.reason,
        }
    }
}

impl Verdict {
    /// The verdict in one word, as the JSON document has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::CouldNotCheck => "could-not-check",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry(index) => write!(out, "index {index}"),
            Self::Entries(first, last) => write!(out, "index {first} to {last}"),
            Self::Elsewhere => out.write_str("no index"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.verdict(), self.first_bad_index()) {
            (Verdict::Valid, _) => writeln!(out, "valid: the ledger is what its log has signed")?,
            (Verdict::Invalid, Some(index)) => writeln!(out, "INVALID: the first bad index is {index}")?,
            (Verdict::Invalid, None) => writeln!(out, "INVALID: at no index in particular")?,
            (Verdict::CouldNotCheck, _) => {
                writeln!(out, "COULD NOT CHECK everything; what could be checked holds")?;
            }
        }
        self.print_findings(out)?;
        self.print_what_was_checked(out)
    }
}

impl Report {
    /// Every finding that was kept, and every reason why something could not be checked.
    pub(crate) fn print_findings(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in self.findings() {
            writeln!(out, "  {}, {}: {}", finding.place, finding.file, finding.reason)?;
        }
        let more = self.findings_total - self.findings().len() as u64;
        if more > 0 {
            writeln!(out, "  and {more} more findings")?;
        }
        for (reason, times) in self.not_checked() {
            write!(out, "  not checked: {reason}")?;
            if *times > 1 {
                write!(out, " ({times} times)")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    /// How much was checked, and with what.
    pub(crate) fn print_what_was_checked(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out)?;
        if let Some(head) = &self.head {
            writeln!(out, "  ledger      {}", super::printable(&head.origin))?;
            writeln!(out, "  tree size   {}", head.size)?;
            writeln!(out, "  root        {}", head.root)?;
        }
        if let Some(key) = &self.log_key {
            writeln!(out, "  key         {key}")?;
        }
        if let Some((network, version)) = &self.directory {
            writeln!(
                out,
                "  directory   version {version} of {}",
                super::printable(network)
            )?;
        }
        if let Some(policy) = &self.policy {
            let names = policy.cosigned_by.iter();
            let names: Vec<String> = names
                .map(|(name, time)| format!("{name} at {}", utc(time.saturating_mul(1000))))
                .collect();
            let (word, names) = (
                if policy.is_satisfied {
                    "satisfied"
                } else {
                    "not satisfied"
                },
                names.join(", "),
            );
            writeln!(
                out,
                "  policy      {word}; cosigned by: {}",
                super::printable(&names)
            )?;
        }
        if let Some(since) = &self.since {
            let word = if since.is_continued {
                "continues"
            } else {
                "DOES NOT continue"
            };
            writeln!(
                out,
                "  since       {word} the kept checkpoint of {} entries",
                since.size
            )?;
        }
        if let Some((first, last)) = self.period {
            writeln!(out, "  period      {} to {}", utc(first.0), utc(last.0))?;
        }
        let kinds: Vec<String> = self
            .entry_counts
            .iter()
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        if !kinds.is_empty() {
            writeln!(out, "  entries     {}", kinds.join(", "))?;
        }
        write!(
            out,
            "  checked     {} files, {} entries against the tree, {} signatures, {} receipts with proof",
            self.files_checked, self.entries_hashed, self.signatures_valid, self.receipts_proven
        )
    }
}

/// A time in RFC 3339, to the second. From days to a civil date as in Howard Hinnant's
/// `civil_from_days`, with March as the first month so that the leap day comes last.
pub(crate) fn utc(unix_millis: u64) -> String {
    let seconds = unix_millis / 1000;
    let (days, second_of_day) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests;

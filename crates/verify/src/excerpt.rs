//! An export of a part of a ledger ([`ledger::tile::Excerpt`]): what it holds, and what it leaves unsaid.
//!
//! All that is there is checked as in a whole export, up to the root. What an auditor must also know is
//! whether something of the period could have been left out: so an excerpt holds one entry from before the
//! period and one from after it, unless the ledger begins or ends within. The times of entries never go back,
//! since a node's clock never shows less than the last entry of its ledger.

use ledger::tile::{EXCERPT_FILE, Excerpt};
use protocol::entry::Entry;
use protocol::time::UnixMillis;

use crate::export::{Export, ReadError};
use crate::period::Period;
use crate::report::{Place, Report};

/// Reads which part of a ledger of `size` entries the export is; `None` for all of it, and for what cannot be
/// read, which is reported and then makes every file that is not there a finding.
pub fn read(export: &Export, size: u64, report: &mut Report) -> Option<Excerpt> {
    let bytes = match export.excerpt() {
        Ok(bytes) => bytes,
        Err(ReadError::Missing) => return None,
        Err(ReadError::Unreadable(error)) => {
            report.could_not_check(format!("{EXCERPT_FILE}: {error}"));
            return None;
        }
        Err(error) => {
            report.find(Place::Elsewhere, EXCERPT_FILE, error);
            return None;
        }
    };
    match Excerpt::parse(&bytes) {
        Ok(excerpt) if excerpt.entries().end <= size => Some(excerpt),
        Ok(excerpt) => {
            let reason = format!("the ledger has {size} entries");
            report.find(Place::range(excerpt.entries()), EXCERPT_FILE, reason);
            None
        }
        Err(error) => {
            report.find(Place::Elsewhere, EXCERPT_FILE, error);
            None
        }
    }
}

/// Says what could not be checked since it is not there: entries of the period that may lie outside the
/// excerpt, or all entries outside it where no period was asked for.
pub fn report_what_is_left_out(
    excerpt: &Excerpt,
    export: &Export,
    size: u64,
    period: Option<&Period>,
    report: &mut Report,
) {
    let entries = excerpt.entries();
    let Some(period) = period else {
        let outside = size - (entries.end - entries.start);
        if outside > 0 {
            report.could_not_check(format!(
                "{outside} of {size} entries: this export holds entries {} to {} and what they refer to",
                entries.start,
                entries.end - 1
            ));
        }
        return;
    };
    let at = |index| -> Option<UnixMillis> {
        let leaf = export.entry(index, size)?;
        Entry::decode(&leaf).ok().map(|entry| entry.at())
    };
    if entries.start > 0 && at(entries.start).is_none_or(|at| at >= period.from) {
        report.could_not_check(format!(
            "whether entries before {}, with which this export begins, are of the period",
            entries.start
        ));
    }
    if entries.end < size && at(entries.end - 1).is_none_or(|at| at < period.until) {
        report.could_not_check(format!(
            "whether entries after {}, with which this export ends, are of the period",
            entries.end - 1
        ));
    }
}

#[cfg(test)]
mod tests;

//! What a check has found, in a bounded space, for people and for programs.

mod print;

use std::collections::BTreeMap;
use std::fmt;

use ledger::checkpoint::Checkpoint;
use protocol::time::UnixMillis;

pub use print::LedgerDocument;
pub(crate) use print::{FindingRow, NotCheckedRow, PolicyRow, utc};

use crate::limits::{FINDINGS_MAX, NOT_CHECKED_MAX, REASON_BYTES_MAX};

/// What a check comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything was checked, and it holds.
    Valid,
    /// Something is wrong. This wins over what could not be checked.
    Invalid,
    /// Nothing is wrong with what could be checked, but not all could be.
    CouldNotCheck,
}

/// The entries that a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// One entry, by its index.
    Entry(u64),
    /// Entries from the first index to the last, which is included.
    Entries(u64, u64),
    /// None in particular.
    Elsewhere,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The entries that it is about.
    pub place: Place,
    /// The file in which it shows, relative to the export.
    pub file: String,
    /// What is wrong, in words.
    pub reason: String,
}

/// What came of a tlog-policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyOutcome {
    /// Whether the quorum is satisfied.
    pub is_satisfied: bool,
    /// The policy's names of the witnesses that have cosigned, each with its time in seconds since 1970.
    pub cosigned_by: Vec<(String, u64)>,
    /// What is missing, in words.
    pub lacking: Vec<String>,
}

/// What came of a checkpoint that the auditor kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// Its number of entries.
    pub size: u64,
    /// Whether the ledger begins with exactly these.
    pub is_continued: bool,
    /// If not, the proof of it ([`ledger::fork`]), for anybody who has the log's key.
    pub proof: Option<String>,
}

/// Everything that is said at the end of a check.
#[derive(Debug, Default)]
pub struct Report {
    /// The head of the ledger as its checkpoint says, if that could be read.
    pub head: Option<Checkpoint>,
    /// The verifier key that was used.
    pub log_key: Option<String>,
    /// Network and version of the directory that was used.
    pub directory: Option<(String, u64)>,
    /// What came of the auditor's policy, if one was given.
    pub policy: Option<PolicyOutcome>,
    /// The checkpoint that the auditor kept, if one was given and could be believed: whether the ledger
    /// continues it.
    pub since: Option<Since>,
    /// How many entries had their signatures looked at, if not all: see
    /// [`crate::options::Options::sample`].
    pub sampled: Option<u64>,
    /// The number of entries of each kind.
    pub entry_counts: BTreeMap<&'static str, u64>,
    /// The earliest and the latest time at which an entry was recorded.
    pub period: Option<(UnixMillis, UnixMillis)>,
    /// Files that were read and are part of the tree.
    pub files_checked: u64,
    /// Entries whose hash was compared with the tree.
    pub entries_hashed: u64,
    /// Signatures that were checked and are valid.
    pub signatures_valid: u64,
    /// Receipts whose envelope and ledger proof were checked and hold.
    pub receipts_proven: u64,
    findings: Vec<Finding>,
    findings_total: u64,
    first_entry: Option<u64>,
    first_of_range: Option<u64>,
    not_checked: BTreeMap<String, u64>,
}

impl Place {
    /// The entries of a half-open range.
    #[must_use]
    pub fn range(range: std::ops::Range<u64>) -> Self {
        match range.end.checked_sub(1) {
            Some(last) if last > range.start => Self::Entries(range.start, last),
            Some(last) if last == range.start => Self::Entry(last),
            _ => Self::Elsewhere,
        }
    }
}

impl Report {
    /// Notes that something is wrong.
    pub fn find(&mut self, place: Place, file: impl fmt::Display, reason: impl fmt::Display) {
        self.findings_total += 1;
        let lowest = |known: Option<u64>, new: u64| Some(known.map_or(new, |known| known.min(new)));
        match place {
            Place::Entry(index) => self.first_entry = lowest(self.first_entry, index),
            Place::Entries(first, _) => self.first_of_range = lowest(self.first_of_range, first),
            Place::Elsewhere => {}
        }
        if self.findings.len() < FINDINGS_MAX {
            let (file, reason) = (printable(&file.to_string()), printable(&reason.to_string()));
            self.findings.push(Finding { place, file, reason });
        }
    }

    /// Notes that something could not be checked, and why.
    pub fn could_not_check(&mut self, reason: impl fmt::Display) {
        self.count_not_checked(printable(&reason.to_string()), 1);
    }

    fn count_not_checked(&mut self, reason: String, times: u64) {
        if self.not_checked.len() < NOT_CHECKED_MAX || self.not_checked.contains_key(&reason) {
            *self.not_checked.entry(reason).or_default() += times;
        }
    }

    /// Counts an entry.
    pub fn count_entry(&mut self, kind: &'static str, at: UnixMillis) {
        *self.entry_counts.entry(kind).or_default() += 1;
        self.period = Some(
            self.period
                .map_or((at, at), |(first, last)| (first.min(at), last.max(at))),
        );
    }

    /// Takes in what was found elsewhere in the ledger, at later indices.
    pub fn absorb(&mut self, other: Self) {
        let lowest = |one: Option<u64>, other: Option<u64>| one.into_iter().chain(other).min();
        for (kind, count) in other.entry_counts {
            *self.entry_counts.entry(kind).or_default() += count;
        }
        self.period = match (self.period, other.period) {
            (Some((first, last)), Some((other_first, other_last))) => {
                Some((first.min(other_first), last.max(other_last)))
            }
            (one, other) => one.or(other),
        };
        self.files_checked += other.files_checked;
        self.entries_hashed += other.entries_hashed;
        self.signatures_valid += other.signatures_valid;
        self.receipts_proven += other.receipts_proven;
        self.findings_total += other.findings_total;
        self.first_entry = lowest(self.first_entry, other.first_entry);
        self.first_of_range = lowest(self.first_of_range, other.first_of_range);
        let room = FINDINGS_MAX - self.findings.len();
        self.findings.extend(other.findings.into_iter().take(room));
        for (reason, times) in other.not_checked {
            self.count_not_checked(reason, times);
        }
    }

    /// What it comes to.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (self.findings_total, self.not_checked.is_empty()) {
            (0, true) => Verdict::Valid,
            (0, false) => Verdict::CouldNotCheck,
            _ => Verdict::Invalid,
        }
    }

    /// The lowest index that a finding names by itself; where none does, the lowest of the ranges.
    #[must_use]
    pub fn first_bad_index(&self) -> Option<u64> {
        self.first_entry.or(self.first_of_range)
    }

    /// The findings that were kept, lowest index first.
    #[must_use]
    pub fn findings(&self) -> Vec<&Finding> {
        let mut findings: Vec<&Finding> = self.findings.iter().collect();
        findings.sort_by_key(|finding| match finding.place {
            Place::Entry(index) => (index, 0),
            Place::Entries(first, last) => (first, last.saturating_sub(first)),
            Place::Elsewhere => (u64::MAX, 0),
        });
        findings
    }

    /// How many findings there were, kept or not.
    #[must_use]
    pub fn findings_total(&self) -> u64 {
        self.findings_total
    }

    /// Why things could not be checked, each with how often.
    #[must_use]
    pub fn not_checked(&self) -> &BTreeMap<String, u64> {
        &self.not_checked
    }
}

impl Verdict {
    /// The program's exit code (interfaces: 0 valid, 1 invalid, 3 could not check).
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::CouldNotCheck => 3,
        }
    }
}

/// Text that may quote a hostile export: bounded, and without characters that a terminal would obey.
pub(crate) fn printable(text: &str) -> String {
    let mut end = text.len().min(REASON_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end]
        .chars()
        .map(|letter| if letter.is_control() { '\u{fffd}' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests;

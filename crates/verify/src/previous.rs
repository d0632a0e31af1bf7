//! The log before: a ledger is a sequence of logs, one for each year, and the first entry of each but the
//! first says how the one before ended.
//!
//! What that entry says is always checked: the last checkpoint of the log before, its signature, and that
//! both logs are of one Party. Whether an export of the log before *is* that log is checked where the auditor
//! brings one along; then envelopes are found in it too that entries of this log answer. That the export is
//! whole in itself is another check, of its own.

use std::path::Path;

use ledger::checkpoint::Checkpoint;
use ledger::note::{Note, VerifierKey};
use protocol::entry::Entry;
use protocol::time::UnixMillis;

use crate::export::Export;
use crate::report::{Place, Report};
use crate::statements::Witnesses;

/// How this log began.
#[derive(Debug)]
pub struct Beginning {
    /// How many entries the logs before have together.
    pub position: u64,
    /// When.
    at: UnixMillis,
    /// The last checkpoint of the log before, if it is signed as it must be.
    last: Option<Checkpoint>,
    old: VerifierKey,
    new: VerifierKey,
    witnessed: Option<String>,
}

/// The export of the log before, which is that log as far as its checkpoint tells.
#[derive(Debug)]
pub struct Previous {
    /// The export.
    pub export: Export,
    /// Its entries.
    pub size: u64,
}

impl Beginning {
    /// What the first entry says, if it begins a log that follows another one.
    #[must_use]
    pub fn read(export: &Export, size: u64) -> Option<Self> {
        let leaf = export.entry(0, size)?;
        let Ok(Entry::LogBegun {
            at,
            position,
            last,
            old,
            new,
            witnessed,
        }) = Entry::decode(&leaf)
        else {
            return None;
        };
        Some(Self {
            at,
            position,
            last: Checkpoint::verify(&last, &old).ok(),
            old: *old,
            new: *new,
            witnessed,
        })
    }

    /// Checks what the entry says by itself, and against the directory and this log's own checkpoint.
    pub fn check(
        &self,
        checkpoint: Option<&Checkpoint>,
        witnesses: Option<&Witnesses<'_>>,
        report: &mut Report,
    ) {
        let mut wrong = |reason: &str| report.find(Place::Entry(0), "tile/entries", reason);
        match &self.last {
            None => {
                wrong("the last checkpoint of the log before is not signed by the key that the entry names")
            }
            Some(last) if last.size == 0 || last.size > self.position => {
                wrong("the log before cannot have ended with so many entries");
            }
            Some(_) => {}
        }
        if checkpoint.is_some_and(|checkpoint| checkpoint.origin != self.new.name()) {
            wrong("the entry begins another log than the one that it is in");
        }
        if let (Some(note), Some(last)) = (&self.witnessed, &self.last)
            && !self.is_of_log_before(note, last)
        {
            wrong("what witnesses had cosigned is no checkpoint of the log before");
        }
        if self.last.is_some() {
            report.signatures_valid += 1;
        }
        if let Some(witnesses) = witnesses {
            self.check_key(witnesses, report);
        }
    }

    /// The key of the log before must be one of this Party's.
    fn check_key(&self, witnesses: &Witnesses<'_>, report: &mut Report) {
        let record = witnesses.directory.party(witnesses.own);
        let keys = record
            .map(|record| record.ledger_keys.as_slice())
            .unwrap_or_default();
        let mut of_log = keys
            .iter()
            .filter(|key| key.value.name() == self.old.name())
            .peekable();
        if of_log.peek().is_none() {
            return report.could_not_check(format!(
                "the key of the log before: the directory knows no ledger {}",
                self.old.name()
            ));
        }
        let mut same = of_log.filter(|key| key.value == self.old).peekable();
        if same.peek().is_none() {
            let reason = "the directory has another key for the log before";
            report.find(Place::Entry(0), "tile/entries", reason);
        } else if !same.any(|key| key.valid_from <= self.at) {
            let reason = "the key of the log before was not valid yet when this log began";
            report.find(Place::Entry(0), "tile/entries", reason);
        }
    }

    fn is_of_log_before(&self, note: &str, last: &Checkpoint) -> bool {
        let text = Note::parse(note.as_bytes()).ok();
        let checkpoint = text.and_then(|note| Checkpoint::parse(note.text().as_str()).ok());
        checkpoint.is_some_and(|witnessed| {
            let is_whole = witnessed.size != last.size || witnessed.root == last.root;
            witnessed.origin == last.origin && witnessed.size <= last.size && is_whole
        })
    }

    /// Holds the export of the log before against what the entry says; gives it, if it is that log.
    pub fn open_previous(&self, folder: &Path, report: &mut Report) -> Option<Previous> {
        let export = Export::new(folder);
        let file = folder.display();
        let last = self.last.as_ref()?;
        let read = export.checkpoint();
        let checkpoint = match read {
            Ok(bytes) => String::from_utf8(bytes)
                .ok()
                .and_then(|note| Checkpoint::verify(&note, &self.old).ok()),
            Err(error) => {
                report.could_not_check(format!("the log before: {file}: {error}"));
                return None;
            }
        };
        let Some(checkpoint) = checkpoint else {
            let reason = "the checkpoint of the log before is not signed by the key that this log names";
            report.find(Place::Elsewhere, file, reason);
            return None;
        };
        if checkpoint == *last {
            let size = checkpoint.size;
            return Some(Previous { export, size });
        }
        if checkpoint.size < last.size {
            report.could_not_check(format!(
                "the log before: {file} was exported before that log ended, with {} of {} entries",
                checkpoint.size, last.size
            ));
        } else {
            let reason = "the log before did not end as this one says: it shows two histories";
            report.find(Place::Elsewhere, file, reason);
        }
        None
    }
}

#[cfg(test)]
mod tests;

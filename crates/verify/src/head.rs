//! The head of the export: its checkpoint and every signature under it, the auditor's policy, and the
//! checkpoint that the auditor kept from last time.

use std::path::Path;

use ledger::checkpoint::{Checkpoint, CheckpointVerifyError};
use ledger::cosignature;
use ledger::fork::{CompareError, Comparison, compare};
use ledger::head::SignedHead;
use ledger::limits::{MAX_NOTE_BYTES, MAX_POLICY_BYTES};
use ledger::note::{Note, NoteVerifyError, VerifierKey};
use ledger::policy::{Evaluation, Policy};
use ledger::tile::TileReader;
use protocol::directory::Directory;
use protocol::time::UnixMillis;

use crate::export::{Export, ReadError};
use crate::inventory;
use crate::report::{Place, PolicyOutcome, Report, Since};
use crate::trust::{self, Trusted};

/// The name of the checkpoint's file.
const CHECKPOINT: &str = "checkpoint";

/// A checkpoint that can be relied on as far as keys were at hand, with the note that it stands in.
#[derive(Debug)]
pub struct Head {
    /// What it says.
    pub checkpoint: Checkpoint,
    note: Note,
}

impl Head {
    /// Reads the checkpoint and checks it; `None` if it is missing, damaged or not signed by the log. Without
    /// a key it is taken as it is.
    #[must_use]
    pub fn read(
        export: &Export,
        trusted: &Trusted,
        policy: Option<&Policy>,
        report: &mut Report,
    ) -> Option<Self> {
        let checked = read_head(export, trusted, policy, report);
        checked
            .map_err(|reason| {
                let all = Place::range(0..inventory::size_by_names(export));
                report.find(all, CHECKPOINT, reason);
            })
            .ok()
            .flatten()
    }

    /// Holds the checkpoint against the auditor's policy: the log must be one of the policy's, if it names
    /// any, and the quorum must have cosigned.
    pub fn check_policy(&self, policy: &Policy, report: &mut Report) {
        check_policy(CHECKPOINT, &self.note, policy, report);
    }

    /// Holds the ledger against a checkpoint that the auditor kept: it must begin with those entries
    /// `[ROLLBACK]`. The proof is made from the export's own tiles, and checked against its checkpoint.
    pub fn check_since(&self, file: &Path, export: &Export, trusted: &Trusted, report: &mut Report) {
        let Some(kept) = read_kept(file, trusted, report) else {
            return;
        };
        // Without a key of the log, nothing that was kept could be believed either.
        let keys: Vec<&VerifierKey> = trusted.log_key.iter().collect();
        let Ok(ours) = SignedHead::verify(&self.note, &keys) else {
            return report.could_not_check("whether the export continues the kept checkpoint: no log key");
        };
        let (size, name) = (kept.checkpoint().size, file.display());
        let mut reader = TileReader::new(self.checkpoint.size, |path| export.tile(path));
        let (reason, proof) = match compare(&ours, &kept, &mut |id| reader.node(id)) {
            Ok(Comparison::Consistent) => (None, None),
            Ok(Comparison::RolledBack(rollback)) => {
                let has = self.checkpoint.size;
                let reason = format!(
                    "the log had signed {size} entries, and the export has {has}: rolled back, or cut"
                );
                (Some(reason), Some(rollback.to_string()))
            }
            Ok(Comparison::Forked(fork)) => {
                let reason =
                    format!("the log had signed other entries than the first {size} here: two histories");
                (Some(reason), Some(fork.to_string()))
            }
            // A damaged tree is reported where it is damaged; here it only proves nothing.
            Err(CompareError::OtherLog) => {
                return report.could_not_check(format!("{name}: this is a checkpoint of another log"));
            }
            Err(error) => {
                return report.could_not_check(format!(
                    "whether the export continues the checkpoint in {name}: {error}"
                ));
            }
        };
        report.since = Some(Since {
            size,
            is_continued: reason.is_none(),
            proof,
        });
        if let Some(reason) = reason {
            let first_bad = size.min(self.checkpoint.size);
            let rolled_back = Place::range(first_bad..size);
            let place = if first_bad < size {
                rolled_back
            } else {
                Place::range(0..size)
            };
            report.find(place, name, reason);
        }
    }
}

/// Holds the checkpoint in a file against the auditor's policy, as [`Head::check_policy`] does.
pub(crate) fn check_policy(file: &str, note: &Note, policy: &Policy, report: &mut Report) {
    let find = |report: &mut Report, reason: String| report.find(Place::Elsewhere, file, reason);
    let evaluated: Result<Evaluation, String> = if policy.logs().is_empty() {
        policy.evaluate(note).map_err(|error| error.to_string())
    } else {
        let verified = policy.verify(note);
        verified
            .map(|(_, evaluation)| evaluation)
            .map_err(|error| error.to_string())
    };
    let evaluation = match evaluated {
        Ok(evaluation) => evaluation,
        Err(error) => return find(report, format!("by the policy: {error}")),
    };
    let cosigned_by = evaluation.cosigned_by.iter();
    let outcome = PolicyOutcome {
        is_satisfied: evaluation.is_satisfied(),
        cosigned_by: cosigned_by
            .map(|by| (by.witness.to_string(), by.time_seconds))
            .collect(),
        lacking: evaluation.lacking.iter().map(ToString::to_string).collect(),
    };
    for lacking in &outcome.lacking {
        find(report, format!("the policy's quorum is not satisfied: {lacking}"));
    }
    report.policy = Some(outcome);
}

fn read_head(
    export: &Export,
    trusted: &Trusted,
    policy: Option<&Policy>,
    report: &mut Report,
) -> Result<Option<Head>, String> {
    let bytes = match export.checkpoint() {
        Err(ReadError::Unreadable(error)) => {
            report.could_not_check(format!("{CHECKPOINT}: {error}"));
            return Ok(None);
        }
        bytes => bytes.map_err(|error| error.to_string())?,
    };
    report.files_checked += 1;
    let note = Note::parse(&bytes).map_err(|error| error.to_string())?;
    let checkpoint = Checkpoint::parse(note.text().as_str()).map_err(|error| error.to_string())?;
    if checkpoint.to_text() != note.text().as_str() {
        return Err("it has extension lines, which our ledgers do not write".to_owned());
    }
    if let Some(log_key) = &trusted.log_key {
        let verified = Checkpoint::verify_note(&note, log_key);
        verified.map_err(|error| match error {
            CheckpointVerifyError::Signature(NoteVerifyError::NoKnownKey) => {
                "it bears no signature by the log's key".to_owned()
            }
            error => error.to_string(),
        })?;
        let directory = trusted.directory.as_ref().map(|(directory, _)| directory);
        check_all_lines(CHECKPOINT, &note, log_key, directory, policy, report)?;
    }
    Ok(Some(Head { checkpoint, note }))
}

/// Checks every signature line: that of the log, and those of the directory's and the policy's witnesses. A
/// line by anybody else has no place in an export, since nobody could tell whether it was changed.
pub(crate) fn check_all_lines(
    file: &str,
    note: &Note,
    log_key: &VerifierKey,
    directory: Option<&Directory>,
    policy: Option<&Policy>,
    report: &mut Report,
) -> Result<(), String> {
    let mut known = vec![log_key];
    if let Some(directory) = directory {
        let records = directory.parties.values();
        known.extend(records.flat_map(|record| record.witness_keys.iter().map(|key| &key.value)));
    }
    if let Some(policy) = policy {
        known.extend(policy.logs().iter().map(|log| &log.key));
        known.extend(policy.witnesses().map(|witness| &witness.key));
    }
    let valid = note.verify(&known).map_err(|error| error.to_string())?.len();
    report.signatures_valid += valid as u64;
    if let Some(directory) = directory {
        check_cosigning_times(file, note, directory, report);
    }
    match note
        .signatures()
        .iter()
        .find(|line| !known.iter().any(|key| key.is_named_by(line)))
    {
        None => Ok(()),
        Some(line) if directory.is_some() => Err(format!(
            "it bears a signature by {}, whom the directory does not know",
            line.name
        )),
        Some(line) => {
            report.could_not_check(format!(
                "the cosignature by {}: no directory is at hand",
                line.name
            ));
            Ok(())
        }
    }
}

/// A witness must have had its key at the time at which it says that it cosigned.
fn check_cosigning_times(file: &str, note: &Note, directory: &Directory, report: &mut Report) {
    let witness_keys = || {
        let records = directory.parties.values();
        records.flat_map(|record| &record.witness_keys)
    };
    for line in note.signatures() {
        let mut periods = witness_keys()
            .filter(|key| key.value.is_named_by(line))
            .peekable();
        let Some(time_seconds) = cosignature::time_seconds(line).filter(|_| periods.peek().is_some()) else {
            continue;
        };
        let at = UnixMillis(time_seconds.saturating_mul(1000));
        if !periods.any(|period| period.covers(at)) {
            let name = &line.name;
            let reason =
                format!("the directory does not have the key of {name} for the time of its cosignature");
            report.find(Place::Elsewhere, file, reason);
        }
    }
}

/// The policy in a file. One that cannot be read says nothing about the export.
#[must_use]
pub fn read_policy(file: &Path, report: &mut Report) -> Option<Policy> {
    let bytes = trust::read(file, MAX_POLICY_BYTES, "the policy", report)?;
    Policy::parse(&bytes)
        .map_err(|error| report.could_not_check(format!("{}: {error}", file.display())))
        .ok()
}

/// The checkpoint that the auditor kept, if a key of its log has signed it: the one at hand, or an older one
/// of which the directory knows. Whoever kept it may have kept the wrong file: that is no finding.
fn read_kept(file: &Path, trusted: &Trusted, report: &mut Report) -> Option<SignedHead> {
    let bytes = trust::read(file, MAX_NOTE_BYTES, "the checkpoint that was kept", report)?;
    let mut keys: Vec<&VerifierKey> = trusted.log_key.iter().collect();
    if let Some((directory, _)) = &trusted.directory {
        let records = directory.parties.values();
        keys.extend(records.flat_map(|record| record.ledger_keys.iter().map(|key| &key.value)));
    }
    let read = Note::parse(&bytes)
        .map_err(CheckpointVerifyError::from)
        .and_then(|note| SignedHead::verify(&note, &keys));
    read.map_err(|error| {
        report.could_not_check(format!("the checkpoint in {}: {error}", file.display()));
    })
    .ok()
}

#[cfg(test)]
mod tests;

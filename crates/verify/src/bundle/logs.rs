//! The checkpoints of a bundle: each is signed by its log, and cosigned by nobody who cannot be told.

use ledger::checkpoint::Checkpoint;
use ledger::limits::MAX_NOTE_BYTES;
use ledger::note::{Note, VerifierKey};
use ledger::policy::Policy;
use protocol::bundle::{Bundle, Log};
use protocol::statement::NotAuthentic;

use super::bag::{find, tell};
use super::container::Container;
use super::trust::Directories;
use crate::head::{check_all_lines, check_policy};
use crate::report::{Place, Report};

/// A checkpoint that was read, whether it can be believed or not.
#[derive(Debug)]
pub struct LogHead {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The note, as it stands in every proof.
    pub note: String,
}

/// Reads and checks the checkpoint of each log, in the order of `bundle.json`; `None` for those that are no
/// checkpoint.
pub fn check(
    container: &Container,
    bundle: &Bundle,
    directories: &Directories,
    policy: Option<&Policy>,
    report: &mut Report,
) -> Vec<Option<LogHead>> {
    let check = |log: &Log| {
        let file = log.checkpoint.as_str();
        let bytes = container
            .read(file, MAX_NOTE_BYTES)
            .map_err(|error| tell(error, file, report))
            .ok()?;
        let head = read(&bytes).map_err(|error| find(report, file, error)).ok()?;
        check_one(file, log, &head, bundle, directories, policy, report);
        Some(LogHead {
            checkpoint: head.1,
            note: head.0.to_string(),
        })
    };
    bundle.logs.iter().map(check).collect()
}

fn read(bytes: &[u8]) -> Result<(Note, Checkpoint), String> {
    let note = Note::parse(bytes).map_err(|error| error.to_string())?;
    let checkpoint = Checkpoint::parse(note.text().as_str()).map_err(|error| error.to_string())?;
    if checkpoint.to_text() != note.text().as_str() {
        return Err("it has extension lines, which our ledgers do not write".to_owned());
    }
    Ok((note, checkpoint))
}

fn check_one(
    file: &str,
    log: &Log,
    (note, checkpoint): &(Note, Checkpoint),
    bundle: &Bundle,
    directories: &Directories,
    policy: Option<&Policy>,
    report: &mut Report,
) {
    if checkpoint.origin != log.origin || checkpoint.size != log.size {
        find(
            report,
            file,
            "the checkpoint has another origin or size than bundle.json says",
        );
    }
    if let Some(policy) = policy {
        check_policy(file, note, policy, report);
    }
    let own = bundle.made_by.party;
    let Some(witnesses) = directories.witnesses(log.directory, own) else {
        return report.could_not_check(format!("the checkpoint in {file}: its directory cannot be read"));
    };
    let keys = witnesses
        .directory
        .ledger_keys(own, &checkpoint.origin, log.dated_at_ms);
    let keys = match keys {
        Ok(keys) => keys,
        Err(unknown) => {
            let unknown = NotAuthentic::UnknownKey(unknown);
            return witnesses.judge_at(Err(unknown), "checkpoint", file, Place::Elsewhere, report);
        }
    };
    let signed_by = |key: &&&VerifierKey| Checkpoint::verify_note(note, key).is_ok();
    let Some(key) = keys.iter().find(signed_by) else {
        return find(
            report,
            file,
            "it is not signed by a key that the log had at that time",
        );
    };
    let checked = check_all_lines(file, note, key, Some(witnesses.directory), policy, report);
    if let Err(error) = checked {
        find(report, file, error);
    }
    let by_others = note.signatures().iter().any(|line| !key.is_named_by(line));
    if by_others != log.is_witnessed {
        let reason = "whether it bears cosignatures is not as bundle.json says";
        find(report, file, reason);
    }
}

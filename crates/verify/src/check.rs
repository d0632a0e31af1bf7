//! The whole check of an export, from its checkpoint to its last entry.

use std::path::Path;

use ledger::checkpoint::{Checkpoint, CheckpointVerifyError};
use ledger::hash::{Hash, leaf_hash};
use ledger::note::{Note, NoteVerifyError, VerifierKey};
use ledger::tile::{TileDecodeError, TileKind, TilePath, decode_bundle, decode_tile};
use protocol::directory::Directory;

use crate::answers::Answers;
use crate::export::{Export, ReadError};
use crate::inventory;
use crate::limits::MISSING_IN_A_ROW_MAX;
use crate::report::{Place, Report};
use crate::statements::{Site, Witnesses, check_entry};
use crate::tiles::Tiles;
use crate::trust::{self, Sources, Trusted};

/// The name of the checkpoint's file.
const CHECKPOINT: &str = "checkpoint";

/// Checks the ledger exported to `folder`.
///
/// Ends for every input, and keeps no more in memory than [`crate::limits`] allows. A folder that is not
/// there could not be checked; an empty one is an invalid export.
#[must_use]
pub fn check_ledger(folder: &Path, sources: &Sources) -> Report {
    let mut report = Report::default();
    let export = Export::new(folder);
    if !folder.is_dir() {
        report.could_not_check(format!("there is no folder {}", folder.display()));
        return report;
    }
    let trusted = trust::load(folder, sources, &mut report);
    let checkpoint = check_checkpoint(&export, &trusted, &mut report);
    // A size that nobody has signed is not relied on: the files tell as well.
    let size = match &checkpoint {
        Some(checkpoint) => checkpoint.size,
        None => inventory::size_by_names(&export),
    };
    inventory::find_unexpected(&export, size, &mut report);
    let witnesses = find_witnesses(&trusted, checkpoint.as_ref(), &mut report);
    let answers = Answers::new(&export, size);
    let pass = Pass {
        export: &export,
        size,
        witnesses: witnesses.as_ref(),
        answers,
        report: &mut report,
    };
    pass.run(checkpoint.as_ref());
    check_ledger_key_period(&trusted, witnesses.as_ref(), &mut report);
    report.head = checkpoint;
    report
}

/// Reads the checkpoint and checks it; `None` if it is missing, damaged or not signed by the log. Without
/// a key it is taken as it is.
fn check_checkpoint(export: &Export, trusted: &Trusted, report: &mut Report) -> Option<Checkpoint> {
    let checked = read_checkpoint(export, trusted, report);
    checked
        .map_err(|reason| {
            let all = Place::range(0..inventory::size_by_names(export));
            report.find(all, CHECKPOINT, reason);
        })
        .ok()
        .flatten()
}

fn read_checkpoint(
    export: &Export,
    trusted: &Trusted,
    report: &mut Report,
) -> Result<Option<Checkpoint>, String> {
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
        check_all_lines(&note, log_key, trusted, report)?;
    }
    Ok(Some(checkpoint))
}

/// Checks every signature line: that of the log, and those of the directory's witnesses. A line by
/// anybody else has no place in an export, since nobody could tell whether it was changed.
fn check_all_lines(
    note: &Note,
    log_key: &VerifierKey,
    trusted: &Trusted,
    report: &mut Report,
) -> Result<(), String> {
    let mut known = vec![log_key];
    if let Some((directory, _)) = &trusted.directory {
        let records = directory.parties.values();
        known.extend(records.flat_map(|record| record.witness_keys.iter().map(|key| &key.value)));
    }
    let valid = note.verify(&known).map_err(|error| error.to_string())?.len();
    report.signatures_valid += valid as u64;
    match note
        .signatures()
        .iter()
        .find(|line| !known.iter().any(|key| key.is_named_by(line)))
    {
        None => Ok(()),
        Some(line) if trusted.directory.is_some() => Err(format!(
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

/// Finds out whose ledger it is, going by its origin.
fn find_witnesses<'a>(
    trusted: &'a Trusted,
    checkpoint: Option<&Checkpoint>,
    report: &mut Report,
) -> Option<Witnesses<'a>> {
    let (directory, directory_digest) = trusted.directory.as_ref()?;
    let key_name = trusted.log_key.as_ref().map(VerifierKey::name);
    let origin = key_name.or(checkpoint.map(|checkpoint| checkpoint.origin.as_str()));
    let Some(origin) = origin else {
        report.could_not_check("signatures in entries: whose ledger this is cannot be told");
        return None;
    };
    let mut with_origin = directory.parties.iter().flat_map(|(party, record)| {
        let of_origin = record.ledger_keys.iter().filter(|key| key.value.name() == origin);
        of_origin.map(|key| (*party, &key.value))
    });
    let Some((own, _)) = with_origin.clone().next() else {
        report.could_not_check(format!(
            "signatures in entries: the directory knows no ledger {origin}"
        ));
        return None;
    };
    if let Some(log_key) = &trusted.log_key
        && !with_origin.any(|(_, known)| known == log_key)
    {
        report.find(
            Place::Elsewhere,
            "verifier key",
            format!("the directory has another key for the ledger {origin} of {own}"),
        );
    }
    Some(Witnesses {
        directory,
        directory_digest: *directory_digest,
        own,
    })
}

/// The reading of all entries, from left to right.
struct Pass<'a> {
    export: &'a Export,
    size: u64,
    witnesses: Option<&'a Witnesses<'a>>,
    answers: Answers<'a>,
    report: &'a mut Report,
}

impl Pass<'_> {
    fn run(mut self, checkpoint: Option<&Checkpoint>) {
        let mut tiles = Tiles::new(self.export, self.size);
        let mut missing_in_a_row = 0;
        for index in 0.. {
            let Some(path) = TilePath::in_tree(TileKind::Entries, index, self.size) else {
                break;
            };
            let unreadable = vec![None; usize::from(path.width())];
            let leaf_hashes = match self.export.tile(path) {
                Ok(bundle) => {
                    missing_in_a_row = 0;
                    self.check_bundle(&bundle, path).unwrap_or(unreadable)
                }
                Err(ReadError::Unreadable(error)) => {
                    self.report.could_not_check(format!("{path}: {error}"));
                    unreadable
                }
                Err(error) => {
                    missing_in_a_row += 1;
                    self.report.find(Place::range(path.leaf_range()), path, error);
                    unreadable
                }
            };
            if missing_in_a_row > MISSING_IN_A_ROW_MAX {
                let rest = Place::range(path.leaf_range().start..self.size);
                let reason = "so many bundles are missing that the rest was not looked at";
                return self.report.find(rest, path, reason);
            }
            tiles.push_bundle(leaf_hashes, self.report);
        }
        tiles.finish(checkpoint, self.report);
        if let Some(witnesses) = self.witnesses {
            self.answers.check_late(witnesses, self.report);
        }
    }

    /// Checks the entries of a bundle, and returns their hashes; `None` if it is malformed.
    fn check_bundle(&mut self, bundle: &[u8], path: TilePath) -> Option<Vec<Option<Hash>>> {
        self.report.files_checked += 1;
        let first = path.leaf_range().start;
        let entries = match decode_bundle(bundle, path.width()) {
            Ok(entries) => entries,
            Err(error) => {
                let index = first + first_bad_entry(bundle, path, self.export, self.size);
                self.report.find(Place::Entry(index), path, error);
                return None;
            }
        };
        let file = path.to_string();
        self.report.entries_hashed += entries.len() as u64;
        for (index, leaf) in (first..).zip(&entries) {
            let site = Site {
                index,
                ledger_size: self.size,
                file: &file,
            };
            check_entry(leaf, &site, self.witnesses, &mut self.answers, self.report);
        }
        Some(entries.into_iter().map(|leaf| Some(leaf_hash(leaf))).collect())
    }
}

/// Which entry of a malformed bundle is the first bad one. A changed length makes all that follows
/// unreadable, so the tile is asked: the first entry that does not have its hash is the one.
fn first_bad_entry(bundle: &[u8], path: TilePath, export: &Export, size: u64) -> u64 {
    let readable = (0..=path.width())
        .rev()
        .find_map(|count| match decode_bundle(bundle, count) {
            Ok(entries) => Some(entries),
            // Trailing bytes: so many entries can be read, and bytes are left over.
            Err(TileDecodeError::TrailingBytes(rest)) => {
                decode_bundle(&bundle[..bundle.len() - rest], count).ok()
            }
            Err(_) => None,
        })
        .unwrap_or_default();
    let tile = TilePath::in_tree(TileKind::Hashes(0), path.index(), size);
    let stored = tile
        .and_then(|tile| export.tile(tile).ok())
        .and_then(|bytes| decode_tile(&bytes, path.width()).ok())
        .unwrap_or_default();
    let differs = readable
        .iter()
        .zip(&stored)
        .position(|(leaf, stored)| leaf_hash(leaf) != *stored);
    let last = u64::from(path.width()) - 1;
    differs
        .map_or(readable.len() as u64, |place| place as u64)
        .min(last)
}

/// The log's key must have been valid when the last entry was recorded.
fn check_ledger_key_period(trusted: &Trusted, witnesses: Option<&Witnesses<'_>>, report: &mut Report) {
    let (Some(witnesses), Some(log_key), Some((_, last))) = (witnesses, &trusted.log_key, report.period)
    else {
        return;
    };
    let directory: &Directory = witnesses.directory;
    let keys = directory
        .party(witnesses.own)
        .map(|record| record.ledger_keys.as_slice())
        .unwrap_or_default();
    let mut periods = keys.iter().filter(|key| key.value == *log_key).peekable();
    if periods.peek().is_some() && !periods.any(|period| period.covers(last)) {
        let reason = "the directory does not have this key for the time of the last entries";
        report.find(Place::Elsewhere, "verifier key", reason);
    }
}

#[cfg(test)]
mod tests;

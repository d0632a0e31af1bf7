//! `ohrid directory merge`: copies that members have signed apart become one document, and change requests of
//! Parties become part of the draft. The order makes no difference.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use protocol::directory::{ChangeRequest, SignedDirectory, SignedKeySet};
use serde::Serialize;

use super::add::Present;
use super::change::{self, Taken};
use super::document::{self, Document};
use super::key_sets::{self, NEXT_KEYS_NAME, Progress};
use super::sign::{self, NEXT_NAME};
use super::{MergeArguments, draft};
use crate::failure::Failure;
use crate::files;
use crate::session::Session;
use crate::{table, when};

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Merged {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key_set: Option<Collected>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) directory: Option<Collected>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) changes: Vec<Taken>,
}

/// A document, and who has signed it so far.
#[derive(Debug, Serialize)]
pub(super) struct Collected {
    pub(super) file: PathBuf,
    /// Its version, or the key set's number.
    pub(super) number: u64,
    digest: String,
    signatures: Vec<Progress>,
    /// Whether it is in force.
    pub(super) is_complete: bool,
}

/// The files by kind.
#[derive(Debug, Default)]
struct Sorted {
    directories: Vec<SignedDirectory>,
    key_sets: Vec<SignedKeySet>,
    changes: Vec<ChangeRequest>,
}

pub(super) fn run(session: &Session, arguments: &MergeArguments) -> Result<(), Failure> {
    let folder = session.folder("the secretariat's")?;
    let present = if arguments.replace {
        Present::Replaced
    } else {
        Present::Kept
    };
    let merged = merge(folder, &arguments.files, present, when::now())?;
    session.terminal.result(&merged, text);
    if !merged.changes.is_empty() {
        session.terminal.explain(
            "The signatures show that the requests come from who holds the Parties' keys. Telephone each \
             Party at a number that you know, and compare the changes above, before you sign.",
        );
    }
    next(session, folder, &merged)
}

/// Merges the files into what lies in the folder.
pub(super) fn merge(
    folder: &Path,
    paths: &[PathBuf],
    present: Present,
    now: Timestamp,
) -> Result<Merged, Failure> {
    let network = draft::network(folder)?;
    let sorted = sort(paths, &network)?;
    let mut merged = Merged::default();
    if !sorted.key_sets.is_empty() {
        merged.key_set = Some(merge_key_sets(folder, sorted.key_sets)?);
    }
    if !sorted.directories.is_empty() {
        merged.directory = Some(merge_directories(folder, sorted.directories)?);
    }
    merged.changes = change::take(folder, &sorted.changes, present, now)?;
    Ok(merged)
}

fn sort(paths: &[PathBuf], network: &str) -> Result<Sorted, Failure> {
    let mut sorted = Sorted::default();
    for path in paths {
        let of = match document::read(path)? {
            Document::Directory(signed, directory) => {
                sorted.directories.push(signed);
                directory.network
            }
            Document::KeySet(signed, key_set) => {
                sorted.key_sets.push(signed);
                key_set.network().to_owned()
            }
            Document::Change(request, change) => {
                sorted.changes.push(request);
                change.network
            }
            Document::Join(..) => {
                let what = format!("{} is a join request", path.display());
                return Err(Failure::usage(
                    what,
                    "take it into the draft with `ohrid directory add`",
                ));
            }
        };
        if of != network {
            return Err(Failure::invalid(format!(
                "{} is of the network {of}",
                path.display()
            )));
        }
    }
    Ok(sorted)
}

fn merge_key_sets(folder: &Path, mut copies: Vec<SignedKeySet>) -> Result<Collected, Failure> {
    let sets = key_sets::load(folder)?;
    let pending = folder.join(NEXT_KEYS_NAME);
    if pending.exists() {
        copies.insert(0, key_sets::read(&pending)?);
    }
    let merged = sets.merge(&copies)?;
    let signatures = sets.progress(&merged)?;
    let file = key_sets::keep(folder, &sets, &merged)?;
    let is_complete = file != pending;
    if is_complete {
        // It was made for the keys before; their signatures would not count any more.
        files::remove_if_there(&folder.join(NEXT_NAME))?;
    }
    let key_set = merged.peek().map_err(|error| key_sets::cannot(&error))?;
    Ok(Collected {
        file,
        number: key_set.number(),
        digest: key_set.digest().to_string(),
        signatures,
        is_complete,
    })
}

fn merge_directories(folder: &Path, mut copies: Vec<SignedDirectory>) -> Result<Collected, Failure> {
    let sets = key_sets::load(folder)?;
    let invalid = |error: &dyn std::fmt::Display| Failure::invalid(error.to_string());
    if sets.in_force.is_none() {
        let what = "this secretariat has one key, which signs alone: there is nothing to put together";
        return Err(Failure::usage(what, "ohrid directory sign"));
    }
    let pending = folder.join(NEXT_NAME);
    if !pending.exists() {
        let what = "no directory waits for signatures in this folder";
        return Err(Failure::failed(what).mended_by("make the next version: ohrid directory sign"));
    }
    let Document::Directory(next, directory) = document::read(&pending)? else {
        return Err(Failure::invalid(format!("{} is no directory", pending.display())));
    };
    copies.insert(0, next);
    let merged = sign::merge_copies(&sets, &copies)?;
    let (file, progress) = sign::keep(folder, &sets, &merged)?;
    Ok(Collected {
        file,
        number: directory.version,
        digest: merged.digest().map_err(|error| invalid(&error))?.to_string(),
        is_complete: progress.is_enough(),
        signatures: vec![progress],
    })
}

fn text(merged: &Merged) -> String {
    let mut text = String::new();
    for (kind, collected) in [("Key set", &merged.key_set), ("Version", &merged.directory)] {
        let Some(collected) = collected else { continue };
        let mut pairs = vec![
            (kind, collected.number.to_string()),
            ("File", collected.file.display().to_string()),
            ("Its digest", collected.digest.clone()),
        ];
        let progress = collected.signatures.iter();
        pairs.extend(progress.map(|progress| ("Signatures", progress.to_string())));
        text.push_str(&table::properties(&pairs));
    }
    for taken in &merged.changes {
        text.push_str(&table::properties(&[
            ("Party", taken.party.clone()),
            ("Changes", table::printable(&taken.changes.join("\n"))),
        ]));
    }
    text
}

fn next(session: &Session, folder: &Path, merged: &Merged) -> Result<(), Failure> {
    let waiting = [&merged.key_set, &merged.directory];
    let waiting = waiting
        .into_iter()
        .flatten()
        .find(|collected| !collected.is_complete);
    if let Some(collected) = waiting {
        session.terminal.next(format_args!(
            "send {} to other members; there:\n  ohrid directory sign FILE --dir MEMBER",
            collected.file.display()
        ));
    } else if let Some(published) = &merged.directory {
        let trust = sign::trust_options(&key_sets::load(folder)?, None);
        session.terminal.next(format_args!(
            "send {} to every Party; there:\n  ohrid directory install FILE --dir NODE \\\n    {trust}",
            published.file.display()
        ));
    } else {
        session.next("ohrid directory sign --expires-in 30d");
    }
    Ok(())
}

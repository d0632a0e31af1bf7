//! Change requests of Parties, on their way into the draft.
//!
//! A request is verified against the directory in force, whose record it names. Then it takes the place of
//! the Party's earlier request in the draft. A copy stays in `taken`: what was merged once is not merged
//! again, even when the Party has changed its record back since.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use protocol::digest::Digest;
use protocol::directory::{Change, ChangeRequest, Directory};
use serde::Serialize;

use super::add::Present;
use super::draft::{self, DIRECTORY_NAME};
use super::{diff, show};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::{self, Secrecy};
use crate::limits::SIGNED_DOCUMENT_BYTES_MAX;
use crate::when;

/// The folder of change requests that were merged.
const TAKEN_NAME: &str = "taken";

/// What a change request changes: to be compared with what the Party says by telephone.
#[derive(Debug, Serialize)]
pub(super) struct Taken {
    pub(super) party: String,
    pub(super) changes: Vec<String>,
}

/// Takes change requests into the draft: all of them, or none.
pub(super) fn take(
    folder: &Path,
    requests: &[ChangeRequest],
    present: Present,
    now: Timestamp,
) -> Result<Vec<Taken>, Failure> {
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let directory = in_force(folder)?;
    let at = when::unix_millis(now);
    directory
        .with_changes(requests, at)
        .map_err(|error| refused(&error))?;
    let mut taken = Vec::new();
    let mut writes = Vec::new();
    for request in requests {
        let change = request.peek().map_err(|error| refused(&error.into()))?;
        let target = draft::request_path(folder, change.party);
        let copy = taken_path(folder, request);
        let (_, pending, bytes) = draft::open_entry(&target)?;
        if bytes == request.as_bytes() {
            continue;
        }
        if copy.exists() {
            let what = format!("this change request of {} was merged before", change.party);
            return Err(Failure::new(Exit::Refused, "refused_by_rule", what)
                .mended_by("ask the Party for a new one: ohrid directory request"));
        }
        let is_published = directory.party(change.party) == Some(&pending);
        if !is_published && present == Present::Kept {
            let what = format!(
                "the draft has another change of {}, which is not yet signed",
                change.party
            );
            return Err(
                Failure::failed(what).mended_by("if the Party says that this one is right: --replace")
            );
        }
        taken.push(describe(&directory, &change));
        writes.push((target, copy, request.as_bytes().to_vec()));
    }
    files::make_folder(&folder.join(TAKEN_NAME))?;
    for (target, copy, bytes) in writes {
        files::replace(&copy, &bytes, Secrecy::Public)?;
        files::replace(&target, &bytes, Secrecy::Public)?;
    }
    Ok(taken)
}

/// What the directory says that was signed last.
fn in_force(folder: &Path) -> Result<Directory, Failure> {
    draft::network(folder)?;
    let path = folder.join(DIRECTORY_NAME);
    if !path.exists() {
        let what = "there is no directory yet that a Party could ask to change";
        return Err(Failure::failed(what).mended_by("ohrid directory add JOIN_REQUEST..., and sign"));
    }
    let bytes = files::read(&path, SIGNED_DOCUMENT_BYTES_MAX)?;
    Ok(show::peek(&path, &bytes)?.1)
}

fn describe(directory: &Directory, change: &Change) -> Taken {
    Taken {
        party: change.party.to_string(),
        changes: diff::record(directory.party(change.party), Some(&change.record)),
    }
}

fn taken_path(folder: &Path, request: &ChangeRequest) -> PathBuf {
    let digest = Digest::of(request.as_bytes());
    folder.join(TAKEN_NAME).join(format!("{digest}.cose"))
}

fn refused(error: &protocol::directory::ChangeError) -> Failure {
    Failure::new(Exit::Refused, "refused_by_rule", error.to_string())
        .mended_by("ask the Party for a new one, made with the latest directory: ohrid directory request")
}

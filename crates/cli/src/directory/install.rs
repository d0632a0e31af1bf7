//! `ohrid directory install`: a checked directory goes into a node's folder, and the node learns whom to
//! trust.

use std::path::Path;

use control::starting::start_command;
use jiff::Timestamp;
use protocol::directory::{Directory, Fork, InUse, Judgement, judge};

use super::draft::{DIRECTORY_NAME, PUBLIC_KEY_NAME};
use super::verify::{named, verify};
use super::{VerifyArguments, show};
use crate::failure::Failure;
use crate::files::{self, Secrecy};
use crate::limits::{DOCUMENT_BYTES_MAX, SIGNED_DOCUMENT_BYTES_MAX};
use crate::node::{CONFIG_NAME, trust_text};
use crate::session::Session;
use crate::when;

pub(super) fn run(session: &Session, arguments: &VerifyArguments) -> Result<(), Failure> {
    let folder = session.folder("the node's")?;
    let directory = install(folder, arguments, when::now())?;
    session
        .terminal
        .result(&show::summary(&directory), show::text_of_summary);
    session
        .terminal
        .explain(format_args!("Installed in {}.", folder.display()));
    session.terminal.next(start_command(&folder.join(CONFIG_NAME)));
    Ok(())
}

/// Checks the directory and installs it. An older version than the one that lies there is refused, and so is
/// one that is signed with keys which the secretariat has withdrawn since.
pub(crate) fn install(
    folder: &Path,
    arguments: &VerifyArguments,
    now: Timestamp,
) -> Result<Directory, Failure> {
    let opened = verify(arguments, now)?;
    let target = folder.join(DIRECTORY_NAME);
    if target.exists() {
        check_against_present(folder, arguments, now)?;
    }
    let config_path = folder.join(CONFIG_NAME);
    let config = files::read_document(&config_path, DOCUMENT_BYTES_MAX)?;
    // Those of the key set in force: what was named may have been withdrawn since.
    let (trusted, threshold) = match &opened.key_set {
        Some(in_force) => (in_force.keys(), in_force.threshold()),
        None => (&*arguments.key, named(arguments)?.1.threshold),
    };
    let config = trust_text(&config.text, trusted, threshold, &opened.directory.network)?;
    let keys: String = trusted.iter().map(|key| format!("{key}\n")).collect();
    // The directory last: a node that starts in between finds none, or one that it trusts.
    files::replace(&config_path, config.as_bytes(), Secrecy::Public)?;
    files::replace(&folder.join(PUBLIC_KEY_NAME), keys.as_bytes(), Secrecy::Public)?;
    files::replace(&target, opened.signed.as_bytes(), Secrecy::Public)?;
    Ok(opened.directory)
}

/// Holds a directory that the operator's keys have signed against the one that is installed.
fn check_against_present(folder: &Path, arguments: &VerifyArguments, now: Timestamp) -> Result<(), Failure> {
    let target = folder.join(DIRECTORY_NAME);
    let bytes = files::read(&target, SIGNED_DOCUMENT_BYTES_MAX)?;
    let (present, claimed) = show::peek(&target, &bytes)?;
    let (offered, trust) = named(arguments)?;
    if claimed.network != trust.network {
        // Another network altogether: the operator has named it, and its keys.
        return Ok(());
    }
    let in_use = InUse::kept(&present).map_err(|error| Failure::invalid(error.to_string()))?;
    match judge(&offered, Some(&in_use), &trust, when::unix_millis(now)) {
        Judgement::Newer(_) | Judgement::Same(_) => Ok(()),
        Judgement::Older { known, offered } => {
            let what = format!("version {known} is installed, and {offered} is older");
            Err(Failure::invalid(what).mended_by("ask the secretariat for the latest directory"))
        }
        Judgement::Fork(fork) => Err(fork_noticed(folder, &fork)),
        Judgement::Expired { .. } => Err(Failure::invalid("the directory has ended")),
        Judgement::Untrusted(error) => {
            let what = format!("it does not follow from the directory that is installed: {error}");
            Err(Failure::invalid(what).mended_by(
                "ask the secretariat by telephone which keys are in force, and for the latest directory",
            ))
        }
    }
}

/// Two directories of one version, both signed: the other is kept beside the one in use, as proof.
fn fork_noticed(folder: &Path, fork: &Fork) -> Failure {
    let start: String = fork.offered.to_string().chars().take(8).collect();
    let proof = folder.join(format!("directory.fork-{}-{start}.cose", fork.version));
    if let Err(failure) = files::replace(&proof, fork.offered_signed.as_bytes(), Secrecy::Public) {
        return failure;
    }
    let what = format!(
        "there are two directories of version {}, and the secretariat has signed both: {} and {}",
        fork.version, fork.known, fork.offered
    );
    Failure::invalid(what).mended_by(format!(
        "keep {} as proof; call the secretariat, and other Parties: somebody is told something else than \
         you, or holds the secretariat's keys",
        proof.display()
    ))
}

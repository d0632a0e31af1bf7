//! `ohrid directory install`: a checked directory goes into a node's folder, and the node learns whom to
//! trust.

use std::path::Path;

use jiff::Timestamp;
use protocol::directory::Directory;

use super::draft::{DIRECTORY_NAME, PUBLIC_KEY_NAME};
use super::verify::verify;
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
    session.terminal.result(&show::summary(&directory), show::text);
    session
        .terminal
        .explain(format_args!("Installed in {}.", folder.display()));
    session.terminal.next(format_args!(
        "ohrid-node --config {}",
        folder.join(CONFIG_NAME).display()
    ));
    Ok(())
}

/// Checks the directory and installs it. An older version than the one that lies there is refused.
pub(crate) fn install(
    folder: &Path,
    arguments: &VerifyArguments,
    now: Timestamp,
) -> Result<Directory, Failure> {
    let (directory, bytes) = verify(arguments, now)?;
    let target = folder.join(DIRECTORY_NAME);
    if target.exists() {
        let present = files::read(&target, SIGNED_DOCUMENT_BYTES_MAX)?;
        let present = show::peek(&target, &present)?.1.version;
        if present > directory.version {
            let what = format!(
                "version {present} is installed, and {} is older",
                directory.version
            );
            return Err(Failure::invalid(what).mended_by("ask the secretariat for the latest directory"));
        }
    }
    let config_path = folder.join(CONFIG_NAME);
    let config = files::read_document(&config_path, DOCUMENT_BYTES_MAX)?;
    let config = trust_text(&config.text, &arguments.key, &directory.network)?;
    let keys: String = arguments.key.iter().map(|key| format!("{key}\n")).collect();
    // The directory last: a node that starts in between finds none, or one that it trusts.
    files::replace(&config_path, config.as_bytes(), Secrecy::Public)?;
    files::replace(&folder.join(PUBLIC_KEY_NAME), keys.as_bytes(), Secrecy::Public)?;
    files::replace(&target, &bytes, Secrecy::Public)?;
    Ok(directory)
}

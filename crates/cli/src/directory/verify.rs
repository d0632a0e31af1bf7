//! `ohrid directory verify`: whether a directory is signed by the secretariat, of the right network, and in
//! date.

use std::time::Duration;

use jiff::Timestamp;
use protocol::directory::{Directory, Trust};

use super::{VerifyArguments, show};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::limits::SIGNED_DOCUMENT_BYTES_MAX;
use crate::session::Session;
use crate::when;

pub(super) fn run(session: &Session, arguments: &VerifyArguments) -> Result<(), Failure> {
    let (directory, _) = verify(arguments, when::now())?;
    session.terminal.result(&show::summary(&directory), show::text);
    session
        .terminal
        .explain("Valid: signed by a key that you named, and in date.");
    session.terminal.next(format_args!(
        "ohrid directory install {} --key KEY --dir NODE",
        arguments.file.display()
    ));
    Ok(())
}

/// The directory, if it is to be believed, and its bytes.
pub(super) fn verify(arguments: &VerifyArguments, now: Timestamp) -> Result<(Directory, Vec<u8>), Failure> {
    let bytes = files::read(&arguments.file, SIGNED_DOCUMENT_BYTES_MAX)?;
    let (signed, claimed) = show::peek(&arguments.file, &bytes)?;
    if arguments.key.is_empty() {
        let mend = "ask the secretariat by telephone, and name it: --key ed25519:…";
        return Err(Failure::new(
            Exit::CouldNotCheck,
            "no_key",
            "no key to check the signature with",
        )
        .mended_by(mend));
    }
    let trust = Trust {
        network: arguments.network.clone().unwrap_or(claimed.network),
        keys: arguments.key.clone(),
        threshold: 1,
        expiry_grace: Duration::ZERO,
    };
    let directory = signed
        .open(&trust, when::unix_millis(now), None)
        .map_err(|error| Failure::invalid(format!("{} is not valid: {error}", arguments.file.display())))?;
    Ok((directory, bytes))
}

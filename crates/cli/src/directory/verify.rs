//! `ohrid directory verify`: whether a directory is signed by the secretariat, of the right network, and in
//! date. Keys that were named before the secretariat changed them will do, as long as the directory brings
//! the key sets along that lead from them to the one in force.

use std::time::Duration;

use jiff::Timestamp;
use protocol::directory::{DirectoryError, KeySetError, Opened, SignedDirectory, Trust, judge};

use super::{VerifyArguments, forks, show};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::limits::SIGNED_DOCUMENT_BYTES_MAX;
use crate::session::Session;
use crate::when;

pub(super) fn run(session: &Session, arguments: &VerifyArguments) -> Result<(), Failure> {
    let opened = verify(arguments, when::now())?;
    session.terminal.result(&show::verified(&opened), show::text);
    forks::warn(&session.terminal, &arguments.file);
    session.terminal.explain(match &opened.key_set {
        None => "Valid: signed by a key that you named, and in date.",
        Some(_) => {
            "Valid: signed by the members of a key set that follows from the keys you named, and in date."
        }
    });
    let keys: Vec<String> = arguments.key.iter().map(|key| format!("--key {key}")).collect();
    let threshold = arguments
        .threshold
        .map(|threshold| format!(" --threshold {threshold}"));
    session.terminal.next(format_args!(
        "ohrid directory install {} \\\n  {}{} --dir NODE",
        arguments.file.display(),
        keys.join(" \\\n  "),
        threshold.unwrap_or_default()
    ));
    Ok(())
}

/// The directory, if it is to be believed.
pub(super) fn verify(arguments: &VerifyArguments, now: Timestamp) -> Result<Opened, Failure> {
    let (signed, trust) = named(arguments)?;
    judge(&signed, None, &trust, when::unix_millis(now))
        .into_opened()
        .map_err(|error| refused(arguments, &error))
}

/// The file, and what the operator has named to believe it.
pub(super) fn named(arguments: &VerifyArguments) -> Result<(SignedDirectory, Trust), Failure> {
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
    let threshold = arguments.threshold.unwrap_or(arguments.key.len());
    if threshold == 0 || threshold > arguments.key.len() {
        let what = format!("{threshold} of {} keys cannot sign", arguments.key.len());
        return Err(Failure::usage(
            what,
            "name a --threshold of 1 to the number of keys",
        ));
    }
    let trust = Trust {
        network: arguments.network.clone().unwrap_or(claimed.network),
        keys: arguments.key.clone(),
        threshold,
        expiry_grace: Duration::ZERO,
    };
    Ok((signed, trust))
}

fn refused(arguments: &VerifyArguments, error: &DirectoryError) -> Failure {
    let failure = Failure::invalid(format!("{} is not valid: {error}", arguments.file.display()));
    match error {
        DirectoryError::KeySet(KeySetError::Unanchored) => failure.mended_by(
            "name all keys of one key set, each with --key, and how many of them must sign with --threshold; \
             `ohrid directory show` says which sets it brings along",
        ),
        DirectoryError::NotSigned { .. } if arguments.key.len() > 1 => {
            failure.mended_by("if fewer signatures are enough, the secretariat says so: --threshold K")
        }
        _ => failure,
    }
}

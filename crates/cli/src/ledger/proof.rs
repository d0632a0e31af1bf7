//! `ohrid ledger proof`: one leaf's proof, for somebody who trusts nobody.

use std::path::Path;

use super::{ProofArguments, logs};
use crate::failure::Failure;
use crate::files::{self, Secrecy};
use crate::session::Session;
use crate::terminal::Format;

pub(super) async fn run(session: &Session, arguments: &ProofArguments) -> Result<(), Failure> {
    let client = session.client().await?;
    let proof = if arguments.witnessed {
        client.witnessed_proof(arguments.index).await?
    } else {
        let log = match &arguments.log {
            Some(named) => Some(logs::find(&client, Some(named)).await?.first),
            None => None,
        };
        client
            .ledger_log_proof(log, arguments.index, arguments.size)
            .await?
    };
    write(session, &proof, arguments.output.as_deref())
}

/// Writes a proof where it is wanted.
pub(super) fn write(session: &Session, proof: &String, output: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = output else {
        return show(session, proof);
    };
    files::write_new(path, proof.as_bytes(), Secrecy::Public)?;
    session
        .terminal
        .say(format_args!("Wrote the proof to {}.", path.display()));
    Ok(())
}

/// Shows a text that programs read: as it is, or as one JSON string.
pub(super) fn show(session: &Session, text: &String) -> Result<(), Failure> {
    match session.terminal.format() {
        Format::Json => session.terminal.result(text, Clone::clone),
        Format::Text => session.terminal.text(text),
    }
    Ok(())
}

//! `ohrid ledger proof`: one leaf's proof, for somebody who trusts nobody.

use super::ProofArguments;
use crate::failure::Failure;
use crate::files::{self, Secrecy};
use crate::session::Session;
use crate::terminal::Format;

pub(super) async fn run(session: &Session, arguments: &ProofArguments) -> Result<(), Failure> {
    let proof = session
        .client()
        .await?
        .ledger_proof(arguments.index, arguments.size)
        .await?;
    match &arguments.output {
        Some(path) => {
            files::write_new(path, proof.as_bytes(), Secrecy::Public)?;
            session.terminal.say(format_args!(
                "Wrote the proof of leaf {} to {}.",
                arguments.index,
                path.display()
            ));
        }
        None if session.terminal.format() == Format::Json => {
            session.terminal.result(&proof, Clone::clone);
        }
        None => session.terminal.text(&proof),
    }
    Ok(())
}

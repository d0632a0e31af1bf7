//! `ohrid ledger`: the node's ledger, for whoever wants to verify it.

mod export;
mod layout;
mod proof;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::session::Session;

pub(crate) use export::{Exported, export};

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Write the whole ledger as files (C2SP tlog-tiles), with its key and the directory beside it
    Export(ExportArguments),
    /// Write the proof that one leaf is in the ledger (C2SP tlog-proof)
    Proof(ProofArguments),
}

/// Options of `ohrid ledger export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The folder to make; its key goes beside it as FOLDER.vkey, the directory as directory.cose
    #[arg(long, value_name = "FOLDER")]
    pub(crate) output: PathBuf,
}

/// Options of `ohrid ledger proof`.
#[derive(Debug, Args)]
pub(crate) struct ProofArguments {
    /// The leaf
    pub(crate) index: u64,
    /// The size of the tree to prove it in; the latest checkpoint's where this is left out
    #[arg(long, value_name = "LEAVES")]
    pub(crate) size: Option<u64>,
    /// Where to write it; stdout where this is left out
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

pub(crate) async fn run(session: &Session, command: LedgerCommand) -> Result<(), Failure> {
    match command {
        LedgerCommand::Export(arguments) => export::run(session, &arguments).await,
        LedgerCommand::Proof(arguments) => proof::run(session, &arguments).await,
    }
}

#[cfg(test)]
mod tests;

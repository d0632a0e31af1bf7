//! `ohrid ledger`: the node's ledger, for whoever wants to verify it.

mod export;
mod layout;
mod proof;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use jiff::Timestamp;

use crate::failure::Failure;
use crate::session::Session;
use crate::when;

pub(crate) use export::{Exported, Wanted, export};

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Write the ledger, all of it or what belongs to a period, as files (C2SP tlog-tiles), with its key and
    /// the directory beside it
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
    /// Only the entries from this instant on, and what they refer to: a day (2026-11-01) or a time in UTC
    /// (2026-11-01T03:07:00Z)
    #[arg(long, value_name = "INSTANT", requires = "to", value_parser = when::parse_instant)]
    pub(crate) from: Option<Timestamp>,
    /// Only the entries before this instant, written likewise
    #[arg(long, value_name = "INSTANT", requires = "from", value_parser = when::parse_instant)]
    pub(crate) to: Option<Timestamp>,
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

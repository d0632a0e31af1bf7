//! `ohrid ledger`: the node's ledger, for whoever wants to verify it.

mod export;
mod layout;
mod logs;
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
    /// Write the newest checkpoint that has its quorum of cosignatures (C2SP tlog-cosignature)
    Witnessed,
    /// Write the proof that a message of ours is in its recipient's ledger, under a checkpoint that
    /// witnesses have cosigned (C2SP tlog-proof); the recipient's node is asked for it
    Receipt(ReceiptArguments),
    /// Print which witnesses must have cosigned a checkpoint (C2SP tlog-policy)
    Policy,
    /// Print the key that signs the ledger's checkpoints (C2SP vkey)
    Key,
    /// The logs that the ledger consists of: one for each year
    Logs,
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
    /// The ledger as far as its witnesses have cosigned it, instead of up to the latest entry
    #[arg(long, conflicts_with_all = ["from", "to"])]
    pub(crate) witnessed: bool,
    /// The log of an earlier year, by its year or its whole origin; the newest where this is left out
    #[arg(long, value_name = "YEAR", conflicts_with_all = ["from", "witnessed"])]
    pub(crate) log: Option<String>,
}

/// Options of `ohrid ledger proof`.
#[derive(Debug, Args)]
pub(crate) struct ProofArguments {
    /// The leaf, as its log counts
    pub(crate) index: u64,
    /// The log of an earlier year, by its year or its whole origin; the newest where this is left out
    #[arg(long, value_name = "YEAR")]
    pub(crate) log: Option<String>,
    /// The size of the tree to prove it in; the latest checkpoint's where this is left out
    #[arg(long, value_name = "LEAVES")]
    pub(crate) size: Option<u64>,
    /// Prove it under the newest checkpoint that has its quorum of cosignatures
    #[arg(long, conflicts_with_all = ["size", "log"])]
    pub(crate) witnessed: bool,
    /// Where to write it; stdout where this is left out
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Options of `ohrid ledger receipt`.
#[derive(Debug, Args)]
pub(crate) struct ReceiptArguments {
    /// The message
    message: String,
    /// The contact point that received it, where there are several
    #[arg(long, value_name = "OFFICE")]
    to: Option<String>,
    /// Where to write it; stdout where this is left out
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) async fn run(session: &Session, command: LedgerCommand) -> Result<(), Failure> {
    match command {
        LedgerCommand::Export(arguments) => export::run(session, &arguments).await,
        LedgerCommand::Proof(arguments) => proof::run(session, &arguments).await,
        LedgerCommand::Witnessed => {
            let note = session.client().await?.witnessed_checkpoint().await?;
            proof::show(session, &note)
        }
        LedgerCommand::Receipt(arguments) => {
            let client = session.client().await?;
            let (message, to) = (&arguments.message, arguments.to.as_deref());
            let proof = client.witnessed_receipt(message, to).await?.proof;
            proof::write(session, &proof, arguments.output.as_deref())
        }
        LedgerCommand::Policy => {
            let policy = session.client().await?.witness_policy().await?;
            proof::show(session, &policy)
        }
        LedgerCommand::Key => {
            let key = session.client().await?.ledger_key().await?;
            proof::show(session, &key)
        }
        LedgerCommand::Logs => logs::run(session).await,
    }
}

#[cfg(test)]
mod tests;

//! `ohrid node`: set up a node, and see how it is.

mod config_text;
mod init;
mod record;
mod status;
mod tls;

use clap::Subcommand;

use crate::failure::Failure;
use crate::session::Session;

pub(crate) use config_text::{CONFIG_NAME, trust_text};
pub(crate) use init::{InitArguments, init};

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Make a node's folder: keys, certificates, configuration, and a join request for the secretariat
    Init(InitArguments),
    /// How the node is: ledger, directory, peers
    Status,
}

pub(crate) async fn run(session: &Session, command: NodeCommand) -> Result<(), Failure> {
    match command {
        NodeCommand::Init(arguments) => init::run(session, &arguments),
        NodeCommand::Status => status::run(session).await,
    }
}

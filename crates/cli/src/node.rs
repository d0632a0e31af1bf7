//! `ohrid node`: set up a node, see how it is, let it read again, stop it.

mod backup;
mod config_text;
mod doctor;
mod init;
mod owner;
mod program;
pub(crate) mod record;
mod reload;
mod status;
pub(crate) mod tls;
mod witness;

use clap::Subcommand;

use crate::failure::Failure;
use crate::session::Session;

pub(crate) use config_text::{CONFIG_NAME, trust_text};
pub(crate) use init::{InitArguments, InitReport, init};
pub(crate) use status::StatusArguments;

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Make a node's folder: keys, certificates, configuration, and a join request for the secretariat
    Init(InitArguments),
    /// How the node is: ledger, directory, peers
    Status(StatusArguments),
    /// Let the node read its directory and keys again, as on SIGHUP; connections go on
    Reload,
    /// Stop the node: it finishes what is under way first
    Stop,
    /// Copy what the node needs to go on after its machine is lost, encrypted; while it runs, or not
    Backup(backup::BackupArguments),
    /// Look at everything that must be right, whether the node runs or not, and say what mends it
    Doctor(doctor::DoctorArguments),
    /// After a restore: accept that what the log had beyond the backup is lost, and go on in another log
    AcceptLoss(backup::AcceptLossArguments),
    /// Restore a node from a backup into an empty folder
    Restore(backup::RestoreArguments),
}

pub(crate) async fn run(session: &Session, command: NodeCommand) -> Result<(), Failure> {
    match command {
        NodeCommand::Init(arguments) => init::run(session, &arguments),
        NodeCommand::Status(arguments) => status::run(session, &arguments).await,
        NodeCommand::Reload => reload::run(session).await,
        NodeCommand::Stop => status::stop(session).await,
        NodeCommand::Backup(arguments) => backup::run(session, arguments),
        NodeCommand::Doctor(arguments) => doctor::run(session, &arguments),
        NodeCommand::AcceptLoss(arguments) => backup::accept_loss(session, &arguments),
        NodeCommand::Restore(arguments) => backup::restore(session, &arguments),
    }
}

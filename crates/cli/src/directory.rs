//! `ohrid directory`: the secretariat's side, and how a node gets what the secretariat signed `[DIRECTORY]`.
//!
//! All of it works offline: the folder can lie on a medium that is never connected. The draft is the folder
//! of join requests, so every entry stays signed by the Party that it is about.
//!
//! ```text
//! DIR/network.toml  DIR/secretariat.seed  DIR/secretariat.pub
//! DIR/requests/XA.cose  …
//! DIR/directory.cose        the latest signed directory
//! ```

mod add;
mod draft;
mod install;
mod show;
mod sign;
mod verify;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use protocol::key::PublicKey;

use crate::failure::Failure;
use crate::session::Session;
use crate::when;

pub(crate) use add::{Present, add};
pub(crate) use draft::{PUBLIC_KEY_NAME, init};
pub(crate) use install::install;
pub(crate) use sign::sign;

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum DirectoryCommand {
    /// Begin a network: a folder with the secretariat's key and an empty draft
    Init(InitArguments),
    /// Take join requests of Parties into the draft
    Add(AddArguments),
    /// Sign the draft as the next version of the directory
    Sign(SignArguments),
    /// Say what a directory says, without believing it
    Show(ShowArguments),
    /// Check a directory's signature, network, and end
    Verify(VerifyArguments),
    /// Check a directory, put it into a node's folder, and let the node trust its signer
    Install(VerifyArguments),
}

/// Options of `ohrid directory init`.
#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// The network's name; directories of two networks never mix
    #[arg(long, value_name = "NAME")]
    pub(crate) network: String,
}

/// Options of `ohrid directory add`.
#[derive(Debug, Args)]
pub(crate) struct AddArguments {
    /// What `ohrid node init` wrote
    #[arg(required = true, value_name = "JOIN_REQUEST")]
    pub(crate) files: Vec<PathBuf>,
    /// Replace a Party's earlier request
    #[arg(long)]
    pub(crate) replace: bool,
}

/// Options of `ohrid directory sign`.
#[derive(Debug, Args)]
pub(crate) struct SignArguments {
    /// How long it is valid; a newer one must be there before
    #[arg(long, value_name = "LENGTH", default_value = "30d", value_parser = when::parse_length)]
    pub(crate) expires_in: Duration,
}

/// Options of `ohrid directory show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// A signed directory, or a join request
    pub(crate) file: PathBuf,
}

/// Options of `ohrid directory verify` and `install`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// The signed directory
    pub(crate) file: PathBuf,
    /// The secretariat's key, as read to you by telephone: ed25519:…
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Vec<PublicKey>,
    /// The network's name, if it is to be checked
    #[arg(long, value_name = "NAME")]
    pub(crate) network: Option<String>,
}

pub(crate) fn run(session: &Session, command: DirectoryCommand) -> Result<(), Failure> {
    match command {
        DirectoryCommand::Init(arguments) => draft::run(session, &arguments),
        DirectoryCommand::Add(arguments) => add::run(session, &arguments),
        DirectoryCommand::Sign(arguments) => sign::run(session, &arguments),
        DirectoryCommand::Show(arguments) => show::run(session, &arguments),
        DirectoryCommand::Verify(arguments) => verify::run(session, &arguments),
        DirectoryCommand::Install(arguments) => install::run(session, &arguments),
    }
}

#[cfg(test)]
mod tests;

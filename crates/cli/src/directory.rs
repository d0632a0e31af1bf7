//! `ohrid directory`: the secretariat's side, and how a node gets what the secretariat signed `[DIRECTORY]`.
//!
//! All of it works offline: the folder can lie on a medium that is never connected. The draft is the folder
//! of requests, so every entry stays signed by the Party that it is about.
//!
//! ```text
//! DIR/network.toml  DIR/secretariat.seed  DIR/secretariat.pub
//! DIR/requests/XA.cose  …   a Party's join request, or its latest change request
//! DIR/taken/DIGEST.cose …   change requests that were merged: each once
//! DIR/directory.cose        the latest signed directory
//! ```
//!
//! A secretariat of several people has a folder for what is common, without a secret, and one for each
//! member, with `secretariat.seed` and `secretariat.pub`. What is common besides:
//!
//! ```text
//! DIR/key-sets/1.cose  …    the key sets so far; the last is in force
//! DIR/next-keys.cose        the next key set, while signatures are collected
//! DIR/next.cose             the next directory, while signatures are collected
//! ```
//!
//! Each member signs a copy on a machine of their own; `merge` puts the copies together, in any order, and
//! puts the document in its place as soon as the threshold is reached.

mod add;
mod arguments;
mod change;
mod diff;
mod document;
mod draft;
mod forks;
mod found;
mod install;
mod key_sets;
mod member;
mod merge;
mod request;
mod rotate;
mod show;
mod sign;
mod standing;
mod verify;

use clap::Subcommand;

use crate::failure::Failure;
use crate::session::Session;

pub(crate) use add::{Present, add};
pub(crate) use arguments::VerifyArguments;
pub(crate) use draft::{PUBLIC_KEY_NAME, init};
pub(crate) use install::install;
pub(crate) use sign::sign;
pub(crate) use standing::{Standing, Wanted};

use arguments::{
    AddArguments, DiffArguments, InitArguments, MergeArguments, RequestArguments, RotateArguments,
    ShowArguments, SignArguments,
};

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum DirectoryCommand {
    /// Begin a network: a folder with the secretariat's key, or its members' keys, and an empty draft
    Init(InitArguments),
    /// A key of a member of the secretariat
    #[command(subcommand)]
    Key(KeyCommand),
    /// Take join requests of Parties into the draft
    Add(AddArguments),
    /// Sign the draft as the next version of the directory, or add a signature to FILE
    Sign(SignArguments),
    /// Put signed copies of one document together, and change requests into the draft
    Merge(MergeArguments),
    /// Change the secretariat's keys: the next key set, to be signed by old and new members
    Rotate(RotateArguments),
    /// A Party asks for a change of its own entry: a request, signed with its node's envelope key
    Request(RequestArguments),
    /// Say what a directory, key set or request says, without believing it
    Show(ShowArguments),
    /// Say what changes from one directory to another, Party by Party. Exit status 0 in any case
    Diff(DiffArguments),
    /// Check a directory's signatures, key sets, network, and end
    Verify(VerifyArguments),
    /// Check a directory, put it into a node's folder, and let the node trust its signers
    Install(VerifyArguments),
}

/// The verbs about a member's key.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a member's folder, with a key; its public half goes to the others as a file
    New,
}

pub(crate) fn run(session: &Session, command: DirectoryCommand) -> Result<(), Failure> {
    match command {
        DirectoryCommand::Init(arguments) => found::run(session, &arguments),
        DirectoryCommand::Key(KeyCommand::New) => member::run(session),
        DirectoryCommand::Add(arguments) => add::run(session, &arguments),
        DirectoryCommand::Sign(arguments) => sign::run(session, &arguments),
        DirectoryCommand::Merge(arguments) => merge::run(session, &arguments),
        DirectoryCommand::Rotate(arguments) => rotate::run(session, &arguments),
        DirectoryCommand::Request(arguments) => request::run(session, &arguments),
        DirectoryCommand::Show(arguments) => show::run(session, &arguments),
        DirectoryCommand::Diff(arguments) => diff::run(session, &arguments),
        DirectoryCommand::Verify(arguments) => verify::run(session, &arguments),
        DirectoryCommand::Install(arguments) => install::run(session, &arguments),
    }
}

#[cfg(test)]
mod tests;

//! `ohrid key`: the node's own keys, and how one follows another without a gap `[ROTATION]`.
//!
//! The next key is made beside the one in use, in the node's folder, and never takes its place there: what a
//! key has signed must be made again with it. Since nobody believes a key that the directory does not name, a
//! change request for the secretariat is made with it. The node uses the next key by itself once its first
//! moment has come and the directory in use names it.

mod folder;
mod list;
mod next;
mod revoke;
mod rotate;
#[cfg(test)]
pub(crate) mod tests;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use seal::Profile;

use crate::failure::Failure;
use crate::session::Session;
use crate::when;

pub(crate) use folder::{KeyFiles, certificate_facts, seeds};
pub(crate) use list::status_line;

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// The node's keys: which are in use, which come next, and when each ends
    List,
    /// Make the next key of a kind beside the one in use, and a change request for the secretariat
    Rotate(RotateArguments),
    /// End a key that others may have, now; and make another where none is left
    Revoke(RevokeArguments),
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// The TLS key, with a certificate of the Party's own authority
    Tls,
    /// The key that signs what the node says to others
    Envelope,
    /// The key that signs the ledger's checkpoints
    Ledger,
    /// The key that signs cosignatures on others' checkpoints
    Witness,
    /// The OpenPGP key of a contact point
    Openpgp,
}

/// Options of `ohrid key rotate`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RotateArguments {
    /// What the key is for
    pub(crate) kind: Kind,
    /// The contact point's office, for an OpenPGP key: police
    #[arg(value_name = "OFFICE")]
    pub(crate) office: Option<String>,
    /// The key of the next year's log, which begins with it: in use from the first moment of that year on
    #[arg(long, value_name = "YEAR")]
    pub(crate) next_log: Option<i16>,
    /// When the node begins to use it: time for the next directory to be signed and to reach everybody
    /// [default:
    /// 7d, or the first moment of the year]
    #[arg(long = "in", value_name = "LENGTH", value_parser = when::parse_length)]
    pub(crate) begins_in: Option<Duration>,
    /// For how long the key before is valid beside it
    #[arg(long, value_name = "LENGTH", default_value = "30d", value_parser = when::parse_length)]
    pub(crate) overlap: Duration,
    #[command(flatten)]
    pub(crate) making: MakingArguments,
}

/// Options of `ohrid key revoke`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RevokeArguments {
    /// What the key is for
    pub(crate) kind: Kind,
    /// The contact point's office, for an OpenPGP key: police
    #[arg(value_name = "OFFICE")]
    pub(crate) office: Option<String>,
    /// Which one, as `ohrid key list` names it; the one in use where this is left out
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    #[command(flatten)]
    pub(crate) making: MakingArguments,
}

/// How a key is made, and where the request goes.
#[derive(Debug, Clone, Args)]
pub(crate) struct MakingArguments {
    /// The kind of OpenPGP certificate: default (post-quantum encryption), compatible, or pqc
    #[arg(long, value_name = "NAME", default_value_t = Profile::Default)]
    pub(crate) profile: Profile,
    /// The key of the Party's certificate authority, if it is not keys/ca.key.pem; for a TLS key
    #[arg(long, value_name = "FILE", conflicts_with = "csr")]
    pub(crate) ca_key: Option<PathBuf>,
    /// Make a request for a certificate instead: the Party's authority is elsewhere; for a TLS key
    #[arg(long)]
    pub(crate) csr: bool,
    /// Where the change request goes; change-request.cose in DIR where this is left out
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

pub(crate) async fn run(session: &Session, command: KeyCommand) -> Result<(), Failure> {
    match command {
        KeyCommand::List => list::run(session).await,
        KeyCommand::Rotate(arguments) => rotate::run(session, &arguments),
        KeyCommand::Revoke(arguments) => revoke::run(session, &arguments),
    }
}

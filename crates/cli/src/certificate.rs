//! `ohrid certificate`: the node's TLS certificate, and renewing it in time.
//!
//! Works in the node's folder, whether or not the node runs. A renewed certificate is for the same key, so
//! there is nothing to tell the secretariat. For a new key see `ohrid key rotate tls`.

mod renew;
mod status;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::failure::Failure;
use crate::session::Session;
use crate::when;

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum CertificateCommand {
    /// When the node's TLS certificate and its authority's end
    Status(StatusArguments),
    /// Renew the TLS certificate, for the same key, if its end is near. Exit status 0 when it is not due
    Renew(RenewArguments),
}

/// Options of `ohrid certificate status`.
#[derive(Debug, Clone, Args)]
pub(crate) struct StatusArguments {
    /// How near an end may be before it is due
    #[arg(long, value_name = "LENGTH", default_value = "30d", value_parser = when::parse_length)]
    pub(crate) within: Duration,
}

/// Options of `ohrid certificate renew`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RenewArguments {
    /// Renew when the end is so near
    #[arg(long, value_name = "LENGTH", default_value = "30d", value_parser = when::parse_length)]
    pub(crate) within: Duration,
    /// Renew now, due or not
    #[arg(long)]
    pub(crate) force: bool,
    /// The key of the Party's certificate authority, if it is not keys/ca.key.pem
    #[arg(long, value_name = "FILE", conflicts_with = "csr")]
    pub(crate) ca_key: Option<PathBuf>,
    /// Make a request for a certificate instead: the Party's authority is elsewhere
    #[arg(long)]
    pub(crate) csr: bool,
}

pub(crate) fn run(session: &Session, command: CertificateCommand) -> Result<(), Failure> {
    match command {
        CertificateCommand::Status(arguments) => status::run(session, &arguments),
        CertificateCommand::Renew(arguments) => renew::run(session, &arguments),
    }
}

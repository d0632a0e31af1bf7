//! `ohrid node doctor`: `ohrid-node` looks, since it is the program that may read keys and store; a running
//! node is asked as well.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::program::{become_node, config_file};
use crate::failure::Failure;
use crate::session::Session;

/// Options of `ohrid node doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// Read every entry and every payload as well; the node must not run
    #[arg(long)]
    deep: bool,
    /// Also write a file for whoever helps: without secrets, names, addresses and paths
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
}

pub(super) fn run(session: &Session, arguments: &DoctorArguments) -> Result<(), Failure> {
    let mut words: Vec<OsString> = vec!["--config".into(), config_file(session).into(), "doctor".into()];
    if arguments.deep {
        words.push("--deep".into());
    }
    if let Some(file) = &arguments.bundle {
        words.extend(["--bundle".into(), file.into()]);
    }
    Err(become_node(session, words))
}

//! Commands that `ohrid-node` carries out: it is the program that may read the store. This one becomes that
//! one, so what it prints, its progress and its exit status are the answer.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use control::starting::SYSTEM_CONFIG;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;
use crate::terminal::Format;

const PROGRAM: &str = "ohrid-node";

/// The configuration of the node that is meant: in `--dir`, in this folder, or where packages put it.
pub(super) fn config_file(session: &Session) -> PathBuf {
    match session.folder_if_named() {
        Some(folder) => folder.join(super::CONFIG_NAME),
        None => {
            let here = PathBuf::from(super::CONFIG_NAME);
            if here.exists() {
                here
            } else {
                PathBuf::from(SYSTEM_CONFIG)
            }
        }
    }
}

/// Becomes `ohrid-node` with these arguments. Returns only when that is not possible.
pub(super) fn become_node(session: &Session, mut arguments: Vec<OsString>) -> Failure {
    if session.terminal.format() == Format::Json {
        arguments.push("--json".into());
    }
    become_node_quietly(arguments)
}

/// The same for a command that has no result to show.
pub(super) fn become_node_quietly(arguments: Vec<OsString>) -> Failure {
    let beside = std::env::current_exe()
        .map(|own| own.with_file_name(PROGRAM))
        .ok();
    let program = beside.filter(|path| path.is_file());
    let program = program.unwrap_or_else(|| PathBuf::from(PROGRAM));
    let error = Command::new(&program).args(arguments).exec();
    let what = format!("{} cannot be run: {error}", program.display());
    let mend = "install the daemon beside this program, or in a folder of PATH";
    Failure::new(Exit::CouldNotCheck, "program_missing", what).mended_by(mend)
}

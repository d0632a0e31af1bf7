//! `ohrid-verify`: checks an exported ledger offline. What it checks is told in the library's
//! documentation; this is only the command line.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use ohrid_verify::check::check_ledger;
use ohrid_verify::trust::Sources;

/// Checks what a node has exported, without asking or trusting the node.
///
/// Exit code: 0 valid, 1 invalid, 2 usage, 3 could not check (a key, the directory or the export is not at
/// hand). Where something is invalid and something else could not be checked, it is 1.
#[derive(Debug, Parser)]
#[command(name = "ohrid-verify", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check an exported ledger: every hash, every signature, every receipt.
    Ledger {
        /// The export: a folder with `checkpoint` and `tile`.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// The log's verifier key (name+id+base64), or a file with it. [default: DIR.vkey]
        #[arg(long, value_name = "FILE|VKEY")]
        key: Option<String>,
        /// The network's signed directory. [default: directory.cose beside DIR]
        #[arg(long, value_name = "FILE")]
        directory: Option<PathBuf>,
        /// The secretariat's public key (ed25519:base64), or a file with it. [default: secretariat.pub
        /// beside DIR]
        #[arg(long, value_name = "FILE|KEY")]
        secretariat: Option<String>,
        /// Print one JSON document instead of text (`format`, `result`, `first_bad_index`, `findings` and
        /// the rest are described in the library's module `report::print`).
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    let Command::Ledger {
        folder,
        key,
        directory,
        secretariat,
        json,
    } = Arguments::parse().command;
    let sources = Sources {
        log_key: key,
        directory,
        secretariat,
    };
    let report = check_ledger(&folder, &sources);
    let text = if json {
        report.to_json()
    } else {
        report.to_string()
    };
    // A reader that has gone away does not change what was found.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
    ExitCode::from(report.verdict().exit_code())
}

//! `ohrid-verify`: checks an exported ledger offline. What it checks is told in the library's
//! documentation; this is only the command line.

mod manual_page;
mod progress;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use ohrid_verify::bundle::check_bundle;
use ohrid_verify::check::check_ledger_with;
use ohrid_verify::fork::check_fork;
use ohrid_verify::options::{Options, Sample};
use ohrid_verify::period::{InstantError, Period, parse_instant};
use ohrid_verify::trust::Sources;
use protocol::time::UnixMillis;

use crate::manual_page::MANUAL;
use crate::progress::ProgressLine;

/// Checks what a node has exported, without asking or trusting the node.
///
/// Exit code: 0 valid, 1 invalid, 2 usage, 3 could not check (a key, the directory or the export is not at
/// hand, or only a sample was asked for). Where something is invalid and something else could not be checked,
/// it is 1.
#[derive(Debug, Parser)]
#[command(name = "ohrid-verify", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check an exported ledger: every hash, every signature, every receipt.
    Ledger(Export),
    /// Check an exported ledger, and list what was sent, received, receipted and rejected between two
    /// instants.
    Period {
        /// The first instant: a day (2026-11-22) or a time in UTC (2026-11-22T03:07:00Z).
        #[arg(long, value_name = "INSTANT", value_parser = instant)]
        from: UnixMillis,
        /// The instant after the last, written likewise.
        #[arg(long, value_name = "INSTANT", value_parser = instant)]
        until: UnixMillis,
        #[command(flatten)]
        export: Export,
    },
    /// Check a bundle, as `ohrid case export` writes it, a folder or a zip file: every sum, signature, proof
    /// and commitment, and that the sealed originals say what the bundle shows.
    Bundle {
        /// The folder or the zip file.
        #[arg(value_name = "PATH")]
        path: PathBuf,
        /// The secretariat's public key (ed25519:base64), or a file with one on each line; give it several
        /// times for several. The oldest set that you believe: later ones are followed. [default:
        /// secretariat.pub beside PATH]
        #[arg(long, value_name = "FILE|KEY")]
        secretariat: Vec<String>,
        /// How many of the secretariat's keys must have signed each directory, at least. [default: more than
        /// half]
        #[arg(long, value_name = "NUMBER", value_parser = threshold)]
        threshold: Option<usize>,
        /// A tlog-policy file: each log's checkpoint must be cosigned by the witnesses that it asks for.
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        /// Print one JSON document instead of text (schema: crates/verify/schema).
        #[arg(long)]
        json: bool,
    },
    /// Check a proof that a log has shown two histories, or that it was rolled back. Exit code 0 means that
    /// the proof holds.
    Fork {
        /// The proof, as a node or `ohrid-verify ledger --proof-to` wrote it.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The log's verifier key (name+id+base64), or a file with it; give it twice where the log has
        /// changed its key.
        #[arg(long, value_name = "FILE|VKEY", required = true)]
        key: Vec<String>,
        /// Print one JSON document instead of text (schema: crates/verify/schema).
        #[arg(long)]
        json: bool,
    },
    /// Write manual pages and shell completions below a folder: for packages.
    #[command(hide = true)]
    Manual {
        /// The folder to write below.
        #[arg(long, value_name = "DIR")]
        output: PathBuf,
    },
}

#[derive(Debug, Args)]
struct Export {
    /// The export: a folder with `checkpoint` and `tile`.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The log's verifier key (name+id+base64), or a file with it. [default: DIR.vkey]
    #[arg(long, value_name = "FILE|VKEY")]
    key: Option<String>,
    /// The network's signed directory. [default: directory.cose beside DIR]
    #[arg(long, value_name = "FILE")]
    directory: Option<PathBuf>,
    /// The secretariat's public key (ed25519:base64), or a file with one on each line; give it several times
    /// for several. [default: secretariat.pub beside DIR]
    #[arg(long, value_name = "FILE|KEY")]
    secretariat: Vec<String>,
    /// How many of the secretariat's keys must have signed the directory, at least. [default: more than half]
    #[arg(long, value_name = "NUMBER", value_parser = threshold)]
    threshold: Option<usize>,
    /// A tlog-policy file: the checkpoint must be cosigned by the witnesses that it asks for.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// A checkpoint of this ledger that you kept: the ledger must begin with the entries that it signed.
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
    /// An export of the log before, which this one must follow: where a new year began a new log. Check that
    /// one by itself as well.
    #[arg(long, value_name = "DIR")]
    previous: Option<PathBuf>,
    /// Where to write the proof, if the ledger does not continue the checkpoint of --since.
    #[arg(long, value_name = "FILE", requires = "since")]
    proof_to: Option<PathBuf>,
    /// Check the signatures of about so many entries, chosen by chance, instead of all. The tree is checked
    /// whole; what was passed over could not be checked, so the exit code is 3 at best.
    #[arg(long, value_name = "NUMBER")]
    sample: Option<u64>,
    /// Print one JSON document instead of text (schemas: crates/verify/schema).
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments: Arguments = manual::arguments(&MANUAL);
    match arguments.command {
        Command::Manual { output } => manual::write_and_say(&output, Arguments::command(), &MANUAL),
        Command::Ledger(export) => check_export(export, None),
        Command::Period { from, until, export } => check_export(export, Some(Period { from, until })),
        Command::Bundle {
            path,
            secretariat,
            threshold,
            policy,
            json,
        } => {
            let sources = Sources {
                secretariat,
                threshold,
                policy,
                ..Sources::default()
            };
            let checked = check_bundle(&path, &sources);
            print(&if json {
                checked.to_json()
            } else {
                checked.to_string()
            });
            ExitCode::from(checked.verdict().exit_code())
        }
        Command::Fork { file, key, json } => {
            let report = check_fork(&file, &key);
            print(&if json {
                report.to_json()
            } else {
                report.to_string()
            });
            ExitCode::from(report.verdict().exit_code())
        }
    }
}

fn check_export(export: Export, period: Option<Period>) -> ExitCode {
    let json = export.json;
    let options = Options {
        sample: export.sample.map(Sample::by_chance),
        period,
        ..Options::default()
    };
    let (folder, proof_to) = (export.folder.clone(), export.proof_to.clone());
    let sources = Sources::from(export);
    let mut line = ProgressLine::begin();
    let (report, list) =
        check_ledger_with(&folder, &sources, &options, &mut |done, all| line.show(done, all));
    line.end(&report);
    let text = match (period, json) {
        (None, true) => report.to_json(),
        (None, false) => report.to_string(),
        (Some(_), true) => list.to_json(&report),
        (Some(_), false) => format!("{}\n{report}", list.to_table()),
    };
    print(&text);
    let proof = report.since.as_ref().and_then(|since| since.proof.as_ref());
    if let (Some(path), Some(proof)) = (proof_to, proof)
        && let Err(error) = std::fs::write(&path, proof)
    {
        // The verdict is invalid in any case, and said so; only the proof is not kept.
        let _ = writeln!(std::io::stderr(), "{}: {error}", path.display());
    }
    ExitCode::from(report.verdict().exit_code())
}

fn print(text: &str) {
    // A reader that has gone away does not change what was found.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

impl From<Export> for Sources {
    fn from(export: Export) -> Self {
        Self {
            log_key: export.key,
            directory: export.directory,
            secretariat: export.secretariat,
            threshold: export.threshold,
            policy: export.policy,
            since: export.since,
            previous: export.previous,
        }
    }
}

fn instant(text: &str) -> Result<UnixMillis, InstantError> {
    parse_instant(text)
}

fn threshold(text: &str) -> Result<usize, &'static str> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or("a threshold is a number from 1")
}

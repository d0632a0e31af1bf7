//! `ohrid demo`: two fictitious countries on this machine, and one preservation request the whole way.
//!
//! Every step goes the way of the separate commands: the same functions make the folders, sign the directory,
//! check and send the form, and export the ledgers; two real `ohrid-node` processes talk to each other over
//! UDP on loopback. With `--dir DIR` everything stays:
//!
//! ```text
//! DIR/xa DIR/xb                     the nodes' folders, each with node.log
//! DIR/secretariat                   the secretariat's folder
//! DIR/export/xa DIR/export/xb       the ledgers (tlog-tiles)
//! DIR/export/xa.vkey xb.vkey        their keys
//! DIR/export/directory.cose secretariat.pub
//! ```

mod audit;
mod exchange;
mod openssl;
mod process;
mod setup;
mod transcript;

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

use crate::exit::Exit;
use crate::failure::{Document, Failure};
use crate::files;
use crate::ledger::Exported;
use crate::limits::DOCUMENT_BYTES_MAX;
use crate::session::Session;
use crate::terminal::Format;

use process::Programs;
use setup::Country;
use transcript::Transcript;

/// The request of the demo, where none is named.
const EXAMPLE: &str = include_str!("../../../config/examples/preservation-request.toml");

/// The code of the failure when somebody stopped the demo.
const INTERRUPTED: &str = "interrupted";

/// Options of `ohrid demo`. With the global `--dir DIR`, everything is kept there.
#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// Another request than the built-in one: from XA/police to XB/police
    #[arg(long, value_name = "FILE")]
    pub(crate) request: Option<PathBuf>,
    /// Leave both nodes running, keep everything, and say how to talk to them
    #[arg(long)]
    pub(crate) keep: bool,
}

/// What the demo did, for programs.
#[derive(Debug, Default, Serialize)]
pub(crate) struct DemoReport {
    /// The folder with everything; it is gone afterwards unless it was named or kept.
    dir: PathBuf,
    /// The request's id, and so the case's.
    message: String,
    /// The leaf of XA's ledger that records the request.
    submitted_index: u64,
    /// The leaf of XB's ledger that its receipt proves.
    received_index: u64,
    /// The state of the case at the end, for XA and for XB.
    states: Vec<String>,
    /// The ledgers, each verified by `ohrid-verify` and by `openssl`.
    ledgers: Vec<Exported>,
    /// The nodes' processes, where they were left running.
    running: Vec<u32>,
}

/// Where everything lies during the demo.
#[derive(Debug)]
enum Place {
    Named(PathBuf),
    Temporary(TempDir),
}

pub(crate) async fn run(session: &Session, arguments: &DemoArguments) -> Result<(), Failure> {
    let programs = Programs::find()?;
    let request = match &arguments.request {
        Some(path) => files::read_document(path, DOCUMENT_BYTES_MAX)?,
        None => Document {
            name: "preservation-request.toml".to_owned(),
            text: EXAMPLE.to_owned(),
        },
    };
    let place = Place::new(session)?;
    let transcript = Transcript::new(session.terminal.format());
    let mut interrupted =
        signal(SignalKind::terminate()).map_err(|error| Failure::failed(format!("cannot start: {error}")))?;
    let mut report = DemoReport {
        dir: place.path().to_owned(),
        ..DemoReport::default()
    };
    // The nodes are owned in here: whichever way this ends, they are stopped when it is dropped.
    let outcome = tokio::select! {
        outcome = show(session, &programs, request, place.path(), &transcript, &mut report) => outcome,
        _ = tokio::signal::ctrl_c() => Err(interruption()),
        _ = interrupted.recv() => Err(interruption()),
    };
    match outcome {
        Ok(countries) => {
            let is_kept = arguments.keep || matches!(place, Place::Named(_));
            let dir = if is_kept {
                place.keep()
            } else {
                place.path().to_owned()
            };
            end(
                &transcript,
                countries,
                arguments,
                is_kept.then_some(dir.as_path()),
                &mut report,
            )
            .await?;
            if session.terminal.format() == Format::Json {
                session.terminal.result(&report, |_| String::new());
            }
            Ok(())
        }
        Err(failure) => {
            if failure.code != INTERRUPTED {
                for name in ["xa", "xb"] {
                    session.terminal.say(process::log_tail(&place.path().join(name)));
                }
            }
            Err(failure)
        }
    }
}

/// The steps, in order. The nodes that run at the end are handed back.
async fn show(
    session: &Session,
    programs: &Programs,
    request: Document,
    dir: &Path,
    transcript: &Transcript,
    report: &mut DemoReport,
) -> Result<Vec<Country>, Failure> {
    transcript.title();
    setup::keys_and_directory(dir, transcript)?;
    let countries = setup::start(dir, programs, transcript).await?;
    let [xa, xb] = countries.as_slice() else {
        return Err(Failure::failed("the demo has two countries"));
    };
    let case = exchange::request(session, xa, request, transcript, report).await?;
    exchange::answers(xb, &case, transcript).await?;
    exchange::cases(&countries, &case, transcript, report).await?;
    audit::export(session, dir, &countries, transcript, report).await?;
    audit::verify(dir, programs, transcript)?;
    Ok(countries)
}

/// Stops the nodes, or leaves them, and says what can be done next.
async fn end(
    transcript: &Transcript,
    countries: Vec<Country>,
    arguments: &DemoArguments,
    kept: Option<&Path>,
    report: &mut DemoReport,
) -> Result<(), Failure> {
    transcript.heading("Done");
    if arguments.keep {
        for country in countries {
            report.running.push(country.node.release());
        }
        let processes: Vec<String> = report.running.iter().map(u32::to_string).collect();
        transcript.line(format_args!(
            "Both nodes go on running. To stop them: kill {}",
            processes.join(" ")
        ));
    } else {
        for country in countries {
            country.node.stop().await?;
        }
        transcript.line("Both nodes have stopped.");
    }
    match kept {
        None => transcript.line("Nothing is left on the disk; --dir DIR keeps everything."),
        Some(dir) => keep_text(transcript, dir, arguments, &report.message),
    }
    Ok(())
}

fn keep_text(transcript: &Transcript, dir: &Path, arguments: &DemoArguments, case: &str) {
    let dir = dir.display();
    transcript.line("");
    transcript.values(&[
        ("Nodes", format!("{dir}/xa {dir}/xb")),
        ("Ledgers", format!("{dir}/export/xa {dir}/export/xb")),
        ("Logs", format!("{dir}/xa/node.log {dir}/xb/node.log")),
    ]);
    transcript.line("To look further:");
    let [ohrid, node, verify] = ["ohrid", "ohrid-node", "ohrid-verify"].map(process::shown);
    if !arguments.keep {
        transcript.command(format_args!("{node} --config {dir}/xb/node.toml &"));
    }
    transcript.command(format_args!("{ohrid} inbox --dir {dir}/xb"));
    transcript.command(format_args!("{ohrid} case show {case} --dir {dir}/xb"));
    transcript.command(format_args!(
        "{ohrid} request new --form preservation --to XB/police --output r.toml"
    ));
    transcript.command(format_args!("{verify} ledger {dir}/export/xa"));
}

fn interruption() -> Failure {
    Failure::new(
        Exit::Failed,
        "interrupted",
        "interrupted; both nodes were stopped",
    )
}

impl Place {
    fn new(session: &Session) -> Result<Self, Failure> {
        let Some(dir) = session.folder_if_named() else {
            let folder = tempfile::Builder::new().prefix("ohrid-demo-").tempdir();
            return folder
                .map(Self::Temporary)
                .map_err(|error| Failure::system("cannot make a folder in", &std::env::temp_dir(), &error));
        };
        files::make_folder(dir)?;
        let mut inside =
            std::fs::read_dir(dir).map_err(|error| Failure::system("cannot look into", dir, &error))?;
        if inside.next().is_some() {
            let what = format!("{} is not empty, and nothing is ever overwritten", dir.display());
            return Err(Failure::usage(what, "name a folder that is not there yet"));
        }
        // Commands that are printed must work from anywhere, and so must the nodes.
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        Ok(Self::Named(dir))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Named(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }

    fn keep(self) -> PathBuf {
        match self {
            Self::Named(path) => path,
            Self::Temporary(folder) => folder.keep(),
        }
    }
}

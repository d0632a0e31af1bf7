//! `ohrid demo`: two fictitious countries on this machine, and one preservation request the whole way; or,
//! with `--countries`, a whole network (`countries.rs`).
//!
//! Every step goes the way of the separate commands: the same functions make the folders, sign the
//! directory, check and send the form, and export the ledgers; two real `ohrid-node` processes talk to each
//! other over UDP on loopback. With `--dir DIR` everything stays:
//!
//! ```text
//! DIR/xa DIR/xb                     the nodes' folders, each with node.log
//! DIR/secretariat                   the secretariat's folder
//! DIR/export/xa DIR/export/xb       the ledgers (tlog-tiles)
//! DIR/export/xa.vkey xb.vkey        their keys
//! DIR/export/directory.cose secretariat.pub
//! ```

mod audit;
mod countries;
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

use countries::CountryReport;
use process::Programs;
use setup::{COUNTRIES_MAX, Country, Seat};
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
    /// So many countries, every node connected to every other: a network on this machine
    #[arg(long, value_name = "NUMBER", default_value_t = 2,
          value_parser = clap::value_parser!(u8).range(2..=i64::from(COUNTRIES_MAX)))]
    pub(crate) countries: u8,
    /// Leave the nodes running, keep everything, and say how to talk to them
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
    /// With `--countries`: what each country did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    countries: Vec<CountryReport>,
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
    let seats = setup::seats(arguments.countries);
    let story = async {
        let dir = place.path();
        match arguments.countries {
            2 => show(session, &programs, request, dir, &seats, &transcript, &mut report).await,
            _ => countries::show(session, &programs, request, dir, &seats, &transcript, &mut report).await,
        }
    };
    // The nodes are owned in here: whichever way this ends, they are stopped when it is dropped.
    let outcome = tokio::select! {
        outcome = story => outcome,
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
                is_kept.then_some((dir.as_path(), seats.as_slice())),
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
                for seat in seats.iter().filter(|seat| is_to_be_seen(seat, &seats, &failure)) {
                    session
                        .terminal
                        .say(process::log_tail(&place.path().join(&seat.folder)));
                }
            }
            Err(failure)
        }
    }
}

/// Whether a node's log says why the demo failed: with many countries, only that of the node that it names.
fn is_to_be_seen(seat: &Seat, seats: &[Seat], failure: &Failure) -> bool {
    seats.len() == 2 || failure.what.contains(&format!("/{} ", seat.folder))
}

/// The steps, in order. The nodes that run at the end are handed back.
async fn show(
    session: &Session,
    programs: &Programs,
    request: Document,
    dir: &Path,
    seats: &[Seat],
    transcript: &Transcript,
    report: &mut DemoReport,
) -> Result<Vec<Country>, Failure> {
    transcript.title();
    setup::keys_and_directory(session, dir, seats, transcript).await?;
    transcript.step("Both nodes start");
    let countries = setup::start(session, dir, seats, programs, transcript).await?;
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
    kept: Option<(&Path, &[Seat])>,
    report: &mut DemoReport,
) -> Result<(), Failure> {
    transcript.heading("Done");
    let all = match countries.len() {
        2 => "Both nodes".to_owned(),
        count => format!("All {count} nodes"),
    };
    if arguments.keep {
        for country in countries {
            report.running.push(country.node.release());
        }
        let processes: Vec<String> = report.running.iter().map(u32::to_string).collect();
        transcript.line(format_args!(
            "{all} go on running. To stop them: kill {}",
            processes.join(" ")
        ));
    } else {
        for country in countries {
            country.node.stop().await?;
        }
        transcript.line(format_args!("{all} have stopped."));
    }
    match kept {
        None => transcript.line("Nothing is left on the disk; --dir DIR keeps everything."),
        Some((dir, seats)) => keep_text(transcript, dir, seats, arguments, &report.message),
    }
    Ok(())
}

fn keep_text(transcript: &Transcript, dir: &Path, seats: &[Seat], arguments: &DemoArguments, case: &str) {
    let dir = dir.display();
    transcript.line("");
    if let [_, _] = seats {
        transcript.values(&[
            ("Nodes", format!("{dir}/xa {dir}/xb")),
            ("Ledgers", format!("{dir}/export/xa {dir}/export/xb")),
            ("Logs", format!("{dir}/xa/node.log {dir}/xb/node.log")),
        ]);
    } else {
        let last = seats.last().map(|seat| seat.folder.clone()).unwrap_or_default();
        transcript.values(&[
            ("Nodes", format!("{dir}/xa to {dir}/{last}")),
            ("Ledgers", format!("{dir}/export/xa to {dir}/export/{last}")),
            ("Logs", format!("{dir}/xa/node.log to {dir}/{last}/node.log")),
        ]);
    }
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
    Failure::new(Exit::Failed, "interrupted", "interrupted; the nodes were stopped")
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

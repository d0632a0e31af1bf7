//! `cargo xtask bench`: the node beside the floors, in interleaved rounds of one run, as ratios.
//!
//! Machines are noisy, so a figure of the node means nothing alone: it is divided by what the same
//! machine did in the same rounds without us. The median of the rounds is shown.

mod against;
mod appending;
mod attachments;
mod busy;
mod case_store;
mod cases;
mod emergency;
mod exchange;
mod floors;
mod forwarding;
mod goals;
mod growth;
mod hostile;
mod peers;
mod quinn_floor;
mod rest;
mod skeleton;
mod start;
mod table;
mod verify;
mod wire;
mod years;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;

use crate::busy::Traffic;
use crate::exchange::Counts;
use crate::peers::Crowd;
use crate::rest::Rest;

/// Prints, side by side, the floors of this machine and two real nodes exchanging messages on it.
#[derive(Parser)]
#[command(name = "ohrid-bench")]
struct Options {
    /// Rounds; each runs every measurement once. The table shows medians.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Two rounds with few messages: shows that the benchmark works, not how fast the node is.
    #[arg(long)]
    quick: bool,
    /// Certificates whose encryption is post-quantum, as nodes have them by default, and not the classical
    /// ones that the design's figures are of.
    #[arg(long)]
    post_quantum: bool,
    /// Only rows whose name holds this. `append`, `attachments`, `busy`, `emergency`, `growth`, `verify`,
    /// `start`, `rest` and `years` are measured only when they are named; `append` and `forwarding`, alone
    /// where they are.
    #[arg(long)]
    only: Option<String>,
    /// Measure with so many cases in a store instead: fold, start-up, lists, searches, rebuild. 100000 takes
    /// minutes and some gigabytes. With `--only years`: how many of them ten years have brought (365000; a
    /// thousand a day are 3650000).
    #[arg(long, value_name = "NUMBER")]
    cases: Option<usize>,
    /// Measure a node at rest instead, alone and with so many connected peers that say nothing (at most
    /// 108). Takes four minutes; with --quick, one.
    #[arg(long, value_name = "NUMBER", num_args = 0..=1, default_missing_value = "100")]
    peers: Option<usize>,
    /// Load this build's nodes and those of another build instead, at the same time: the folder with the
    /// other programs.
    #[arg(long, value_name = "FOLDER")]
    against: Option<PathBuf>,
    /// With `--only attachments` or `emergency`: how large the file is. Each round puts it on the disk twice.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    gib: u64,
    /// With `--only verify`, `growth` or `start`: how long the ledger is that is checked (10000000, 4 GB of
    /// disk), or worked on (10000000, some minutes to make), or that a node starts on (1000000, the same).
    #[arg(long, value_name = "NUMBER")]
    entries: Option<u64>,
    /// Also write the table as JSON to this file.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Where to put the nodes' folders: it should be on the disk that is to be measured.
    #[arg(long)]
    directory: Option<PathBuf>,
    /// Look at one ledger, for a measurement that runs this program again.
    #[arg(long, hide = true, value_name = "FOLDER")]
    probe: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::complain(&format!("bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    if let Some(folder) = &options.probe {
        return table::hand_over(&growth::probe(folder)?);
    }
    let here = options.directory.clone().unwrap_or_else(std::env::temp_dir);
    let folder = tempfile::tempdir_in(&here).with_context(|| format!("a folder in {}", here.display()))?;
    let is_years = options.only.as_deref() == Some("years");
    if let Some(cases) = options.cases.filter(|_| !is_years) {
        return show(options, cases::measure(folder.path(), cases)?);
    }
    let idle_peers = match options.only.as_deref() {
        Some("peers") => options.peers.or(Some(100)),
        Some("busy") => None,
        _ => options.peers,
    };
    if let Some(peers) = idle_peers {
        let rest = Duration::from_secs(if options.quick { 10 } else { 60 });
        return show(options, peers::measure(folder.path(), Crowd { peers, rest })?);
    }
    let rounds = if options.quick { 2 } else { options.rounds.max(1) };
    if options.only.as_deref() == Some("hostile") {
        let messages = if options.quick { 50 } else { 400 };
        return show(options, hostile::measure(folder.path(), rounds, messages)?);
    }
    if let Some(rows) = named(options, folder.path(), rounds)? {
        return show(options, rows);
    }
    let (alone, crowded) = if options.quick { (20, 200) } else { (300, 3_000) };
    table::complain(&format!("{rounds} rounds in {}", folder.path().display()));
    let counts = Counts {
        rounds,
        alone,
        crowded,
    };
    if let Some(other) = &options.against {
        return show(options, against::measure(folder.path(), other, counts)?);
    }
    show(
        options,
        exchange::measure(folder.path(), counts, profile(options))?,
    )
}

/// Of the OpenPGP certificates.
fn profile(options: &Options) -> &'static str {
    match options.post_quantum {
        true => "default",
        false => "compatible",
    }
}

/// What is measured only where it was named.
fn named(options: &Options, folder: &Path, rounds: usize) -> Result<Option<Vec<table::Row>>> {
    let bytes = match options.quick {
        true => 64 << 20,
        false => options.gib << 30,
    };
    let entries = |usual: u64| match options.quick {
        true => options.entries.unwrap_or(usual).min(100_000),
        false => options.entries.unwrap_or(usual),
    };
    let rest = match options.quick {
        true => Rest {
            pause: Duration::from_secs(10),
            messages: 50,
        },
        false => Rest {
            pause: Duration::from_secs(60),
            messages: 500,
        },
    };
    let traffic = match options.quick {
        true => Traffic {
            peers: options.peers.unwrap_or(10),
            messages: 200,
        },
        false => Traffic {
            peers: options.peers.unwrap_or(100),
            messages: 5_000,
        },
    };
    match options.only.as_deref() {
        Some("append") => appending::measure(folder, rounds).map(Some),
        Some("attachments") => attachments::measure(folder, rounds, bytes).map(Some),
        Some("emergency") => emergency::measure(folder, rounds, bytes).map(Some),
        Some("busy") => busy::measure(folder, traffic).map(Some),
        Some("forwarding") => {
            let count = if options.quick { 200 } else { 3_000 };
            forwarding::measure(folder, rounds, count).map(Some)
        }
        Some("growth") => growth::measure(folder, rounds, entries(10_000_000)).map(Some),
        Some("verify") => verify::measure(folder, rounds, entries(10_000_000)).map(Some),
        Some("start") => start::measure(folder, rounds, entries(1_000_000)).map(Some),
        Some("years") => {
            let cases = if options.quick { years::CASES_MIN } else { 365_000 };
            years::measure(folder, options.cases.unwrap_or(cases), profile(options)).map(Some)
        }
        Some("rest") => rest::measure(folder, rest).map(Some),
        _ => Ok(None),
    }
}

/// Prints the rows that were asked for.
fn show(options: &Options, rows: Vec<table::Row>) -> Result<()> {
    let rows: Vec<_> = rows
        .into_iter()
        .filter(|row| options.only.as_deref().is_none_or(|only| row.name.contains(only)))
        .collect();
    table::print(&rows);
    if let Some(file) = &options.json {
        std::fs::write(file, table::json(&rows)?).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(())
}

//! `cargo xtask faults`: real faults on the real programs.
//!
//! Two nodes on loopback, with real disks. They are killed at system calls, their disk answers with errors,
//! fills up, or is cut off in the middle; bits of what they stored are flipped, and their clocks leap. After
//! each fault it is asked: is every message that was accepted there, once, in both ledgers, with its first
//! receipt? Is anything shown that is not so? Does the node come back without an operator?
//!
//! docs/faults.md says which fault stands for which row of the design, and what the long form counted.

mod arena;
mod books;
mod clock;
mod copies;
mod eio;
mod full;
mod image;
mod kill;
mod lanes;
mod points;
mod power;
mod pull;
mod rot;
mod script;
mod shown;
mod strace;
mod table;
mod traffic;

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};
use clap::Parser;

use crate::table::{Row, complain};

/// Set by an interrupt: what is under way ends, and everything is put away.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// Marks the process that has its mounts for itself.
const PRIVATE: &str = "OHRID_FAULTS_PRIVATE_MOUNTS";

/// Injects faults into two real nodes, and counts what they survived.
#[derive(Parser, Debug, Clone)]
#[command(name = "ohrid-faults")]
struct Options {
    /// Only this kind: kill, eio, full, power, rot or clock
    #[arg(long)]
    only: Option<String>,
    /// Faults of each kind; what the design asks for where it is left out (rot: trials of each change)
    #[arg(long)]
    rounds: Option<u64>,
    /// Some of every kind, in minutes
    #[arg(long)]
    quick: bool,
    /// What is drawn, and in which order, follows from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Pairs of nodes side by side
    #[arg(long, default_value_t = 2)]
    lanes: usize,
    /// Also write the table as JSON to this file
    #[arg(long)]
    json: Option<PathBuf>,
    /// Where to put the nodes' folders and disk images (up to 4 GB)
    #[arg(long)]
    directory: Option<PathBuf>,
}

/// One kind of fault.
struct Kind {
    name: &'static str,
    /// Rounds in the long form, and in the quick one.
    rounds: (u64, u64),
    /// Whether it mounts disk images.
    needs_loop: bool,
    run: fn(&Plan) -> Result<Vec<Row>>,
}

/// What a kind is to do.
#[derive(Debug, Clone)]
struct Plan {
    rounds: u64,
    seed: u64,
    lanes: usize,
    quick: bool,
    folder: PathBuf,
}

const KINDS: &[Kind] = &[
    Kind {
        name: "kill",
        rounds: (1_000, 48),
        needs_loop: false,
        run: kill::run,
    },
    Kind {
        name: "eio",
        rounds: (200, 8),
        needs_loop: false,
        run: eio::run,
    },
    Kind {
        name: "full",
        rounds: (50, 5),
        needs_loop: true,
        run: full::run,
    },
    Kind {
        name: "power",
        rounds: (300, 4),
        needs_loop: true,
        run: power::run,
    },
    Kind {
        name: "rot",
        rounds: (400, 3),
        needs_loop: false,
        run: rot::run,
    },
    Kind {
        name: "clock",
        rounds: (24, 3),
        needs_loop: false,
        run: clock::run,
    },
];

fn main() -> ExitCode {
    let options = Options::parse();
    match start(&options) {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("faults: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn start(options: &Options) -> Result<ExitCode> {
    if std::env::var_os(PRIVATE).is_none() && wants_images(options) {
        ensure!(
            is_root()?,
            "full and power mount disk images, which takes root: without, run --only kill, eio, rot or clock"
        );
        return again_with_private_mounts();
    }
    stop_when_asked()?;
    run(options)
}

fn wanted(options: &Options) -> impl Iterator<Item = &'static Kind> {
    let only = options.only.clone();
    KINDS
        .iter()
        .filter(move |kind| only.as_deref().is_none_or(|only| kind.name == only))
}

fn wants_images(options: &Options) -> bool {
    wanted(options).any(|kind| kind.needs_loop)
}

/// Becomes itself where nobody else sees its mounts: so they go with it, whatever ends it.
fn again_with_private_mounts() -> Result<ExitCode> {
    let own = std::env::current_exe().context("finding our own program")?;
    let failed = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "--"])
        .arg(own)
        .args(std::env::args_os().skip(1))
        .env(PRIVATE, "1")
        .exec();
    Err(failed).context("starting unshare (Debian package util-linux)")
}

/// Disk images take root.
fn is_root() -> Result<bool> {
    let said = Command::new("id").arg("-u").output().context("starting id")?;
    Ok(said.stdout == b"0\n")
}

/// An interrupt ends the round that is under way; whatever is mounted or running goes with its owner.
fn stop_when_asked() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let (Ok(mut terminate), Ok(mut interrupt)) =
                (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
            else {
                return;
            };
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            complain("faults: stopping");
            STOPPED.store(true, Ordering::Relaxed);
        });
    });
    Ok(())
}

/// Whether somebody asked to stop.
fn is_stopped() -> bool {
    STOPPED.load(Ordering::Relaxed)
}

fn run(options: &Options) -> Result<ExitCode> {
    let here = options.directory.clone().unwrap_or_else(std::env::temp_dir);
    ensure!(
        wanted(options).next().is_some(),
        "no kind of fault is called so: there are {}",
        KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", ")
    );
    strace::check()?;
    if wants_images(options) {
        image::check()?;
    }
    let mut rows = Vec::new();
    for kind in wanted(options) {
        let folder = tempfile::Builder::new()
            .prefix("ohrid-faults-")
            .tempdir_in(&here)
            .with_context(|| format!("a folder in {}", here.display()))?;
        let (long, quick) = kind.rounds;
        let plan = Plan {
            rounds: options.rounds.unwrap_or(if options.quick { quick } else { long }),
            seed: options.seed,
            lanes: options.lanes.max(1),
            quick: options.quick,
            folder: folder.path().to_owned(),
        };
        complain(&format!(
            "--- {}: {} rounds, seed {}",
            kind.name, plan.rounds, plan.seed
        ));
        rows.extend((kind.run)(&plan).with_context(|| kind.name)?);
        if is_stopped() {
            break;
        }
    }
    table::print(&rows);
    if let Some(file) = &options.json {
        std::fs::write(file, table::json(&rows, options.seed)?)
            .with_context(|| format!("writing {}", file.display()))?;
    }
    let bad: u64 = rows.iter().map(Row::harmed).sum();
    ensure!(!is_stopped(), "stopped before the end");
    ensure!(
        bad == 0,
        "{bad} faults did harm: see above; the seed is {}",
        options.seed
    );
    Ok(ExitCode::SUCCESS)
}

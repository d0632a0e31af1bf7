//! `ohrid-node`: the daemon. This file reads the command line, sets up the log, waits for signals, and
//! tells systemd how it is.

mod configuration;
mod examining;
mod manual_page;
mod operating;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{CommandFactory as _, Parser, Subcommand};
use configuration::{ConfigCommand, Form};
use manual_page::MANUAL;
use node::config::Config;
use node::node::{Node, rebuild_case_index};
use node::supervisor::Supervisor;
use store::{Embedded, MoveError, MovedLog};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The configuration, or the command line, is wrong.
const EXIT_USAGE: u8 = 2;

/// Runs the Ohrid node of one Party.
#[derive(Debug, Parser)]
#[command(
    name = "ohrid-node",
    version,
    after_help = "Next: `ohrid node init` makes keys, a configuration and a join request; \
                  `ohrid node status` asks a running node how it is."
)]
struct Arguments {
    /// The configuration file, such as /etc/ohrid/node.toml
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,

    /// The short form of `config check`
    #[arg(long)]
    check: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The configuration: check it, show what holds and why, or print its schema
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Make the index anew from the ledger, while the node does not run; the old one is kept aside
    RebuildIndex,
    /// Move the log of a year that is over to cold storage, while the node does not run
    LogAway {
        /// Its year, or its whole origin
        log: String,
        /// The folder to make: it verifies by itself; the log's key goes beside it as FOLDER.vkey
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
    },
    /// Put a log back from cold storage, while the node does not run
    LogBack {
        /// Its year, or its whole origin
        log: String,
        /// The folder that it was moved to, or a copy of it
        #[arg(long, value_name = "FOLDER")]
        from: PathBuf,
    },
    /// Copy what the node needs to go on after its machine is lost, encrypted; while it runs, or not
    Backup(operating::BackupArguments),
    /// Restore a node from a backup into an empty folder
    Restore(operating::RestoreArguments),
    /// After a restore: accept that what the log had beyond the backup is lost, and go on in another log
    AcceptLoss(operating::AcceptLossArguments),
    /// Write manual pages and shell completions below a folder: for packages
    #[command(hide = true)]
    Manual {
        /// The folder to write below
        #[arg(long, value_name = "DIR")]
        output: PathBuf,
    },
    /// Look at everything that must be right, whether the node runs or not, and say what mends it
    Doctor(examining::DoctorArguments),
}

fn main() -> ExitCode {
    let mut arguments: Arguments = manual::arguments(&MANUAL);
    match arguments.command.take() {
        Some(Command::Manual { output }) => {
            return manual::write_and_say(&output, Arguments::command(), &MANUAL);
        }
        Some(Command::Config(ConfigCommand::Schema)) => return configuration::schema(),
        Some(Command::Backup(command)) => return operating::run_backup(command, arguments.config.as_deref()),
        Some(Command::Restore(command)) => return operating::run_restore(command),
        Some(Command::AcceptLoss(command)) => {
            return operating::run_accept_loss(&command, arguments.config.as_deref());
        }
        Some(Command::Doctor(command)) => {
            return examining::run_doctor(&command, arguments.config.as_deref());
        }
        other => arguments.command = other,
    }
    let Some(path) = &arguments.config else {
        return fail(
            EXIT_USAGE,
            "--config FILE is missing; `ohrid node init` makes one, and `ohrid-node --help` says more",
        );
    };
    match &arguments.command {
        Some(Command::Config(ConfigCommand::Check { json })) => {
            return configuration::check(path, json.into());
        }
        Some(Command::Config(ConfigCommand::Show { origin, json })) => {
            return configuration::show(path, origin.into(), json.into());
        }
        _ if arguments.check => return configuration::check(path, Form::Text),
        _ => {}
    }
    let config = match Config::load(path) {
        Ok(config) => config,
        Err(error) => return fail(EXIT_USAGE, &error.to_string()),
    };
    if let Err(error) = node::log::start(&config.log) {
        return fail(EXIT_USAGE, &error);
    }
    let outcome = match arguments.command {
        Some(Command::RebuildIndex) => rebuild_index(&config),
        Some(Command::LogAway { log, to }) => {
            let moved = Embedded::move_log_away(&config.node.data, &log, &to);
            say_moved(moved, "the log is in cold storage")
        }
        Some(Command::LogBack { log, from }) => {
            let moved = Embedded::put_log_back(&config.node.data, &log, &from);
            say_moved(moved, "the log is back")
        }
        // Done before: these read no log, or no configuration.
        Some(
            Command::Backup(_)
            | Command::Restore(_)
            | Command::AcceptLoss(_)
            | Command::Doctor(_)
            | Command::Config(_)
            | Command::Manual { .. },
        ) => Ok(()),
        None => run(config),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(config: Config) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let supervisor = Arc::new(Supervisor::of_process().context("NOTIFY_SOCKET")?);
    supervisor.starting();
    let mut running = Node::start(config).await?;
    tracing::info!(target: "ohrid_node::ready", address = %running.listen(), "ready");
    let wellness = running.wellness();
    supervisor.ready(&wellness.line());
    let watching = watched(Arc::clone(&supervisor), &running);
    let stopper = running.stopper();
    loop {
        tokio::select! {
            _ = terminate.recv() => stopper.stop(),
            _ = interrupt.recv() => stopper.stop(),
            _ = hang_up.recv() => {
                supervisor.reloading();
                running.reload().await;
                supervisor.ready(&wellness.line());
                continue;
            }
            // The control socket, or the core, which then says why.
            () = running.ended() => {}
        }
        break;
    }
    watching.abort();
    supervisor.stopping();
    running.run_to_end().await;
    Ok(())
}

/// Tells systemd for as long as the node runs that core and writer are alive.
fn watched(supervisor: Arc<Supervisor>, running: &Node) -> JoinHandle<()> {
    let (wellness, stop) = (running.wellness(), running.stop());
    tokio::spawn(async move { supervisor.watch(wellness, stop).await })
}

fn rebuild_index(config: &Config) -> anyhow::Result<()> {
    let report = Embedded::rebuild_index(&config.node.data)?;
    tracing::info!(leaves = report.leaves, set_aside = ?report.set_aside, "the index was made anew");
    match rebuild_case_index(config) {
        Ok(cases) => tracing::info!(cases, "the case index was made anew"),
        // Its rows come from payloads, so without the keys it stays as it is; a node that finds it wrong
        // makes it anew by itself.
        Err(error) => tracing::warn!(%error, "the case index was left as it is"),
    }
    Ok(())
}

fn say_moved(moved: Result<MovedLog, MoveError>, what: &str) -> anyhow::Result<()> {
    let moved = moved?;
    tracing::info!(origin = moved.origin, entries = moved.size, "{what}");
    Ok(())
}

#[expect(clippy::print_stderr, reason = "the log is not set up yet")]
fn fail(code: u8, message: &str) -> ExitCode {
    eprintln!("ohrid-node: {message}");
    ExitCode::from(code)
}

//! `ohrid-console`: the web console for officers.
//!
//! For now a start page that lists the cases, read over the node's control socket, and no more: inbox, case
//! page, guided form, passkeys, approvals and languages come with the console's own issue. Until there is a
//! login, it serves on loopback only and refuses anything else.
//!
//! It reaches the node by the control socket and in no other way: a fault in HTML can touch no key, no ledger
//! and no peer. It works without JavaScript, and its pages may load nothing but its own style sheet.

mod config;
mod manual_page;
mod page;
mod server;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{CommandFactory as _, Parser, Subcommand};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use config::{Config, Overrides};
use manual_page::MANUAL;

/// The web console for officers: the list of cases, on this machine only.
#[derive(Debug, Parser)]
#[command(name = "ohrid-console", version)]
struct Arguments {
    /// The configuration; see config/console.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The node's control socket
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Where browsers reach the console; loopback only
    #[arg(long, value_name = "IP:PORT")]
    listen: Option<std::net::SocketAddr>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write manual pages and shell completions below a folder: for packages
    #[command(hide = true)]
    Manual {
        /// The folder to write below
        #[arg(long, value_name = "DIR")]
        output: PathBuf,
    },
}

fn main() -> ExitCode {
    let arguments: Arguments = manual::arguments(&MANUAL);
    if let Some(Command::Manual { output }) = &arguments.command {
        return manual::write_and_say(output, Arguments::command(), &MANUAL);
    }
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(tracing_subscriber::EnvFilter::new("info"))
        .init();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let overrides = Overrides {
        socket: arguments.socket,
        listen: arguments.listen,
    };
    let config = Config::load(arguments.config.as_deref(), overrides)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start")?;
    runtime.block_on(serve(config))
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr().context("cannot tell the address")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for signals")?;
    tracing::info!(%address, socket = %config.socket.display(), "serving http://{address}/");
    axum::serve(listener, server::router(config.socket, config.zone))
        .with_graceful_shutdown(async move {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        })
        .await
        .context("the server failed")
}

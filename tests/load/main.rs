//! `cargo xtask load`: two real nodes and what goes between them on a busy day, for as long as one likes.
//!
//! What is drawn is told in [`mix`]. Every message is waited for until its receipt is verified and recorded.
//! At the end both ledgers are checked by the independent verifier, and both nodes must say the same of every
//! case.

mod agreement;
mod mix;
mod report;
mod traffic;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use e2e::network::Network;
use e2e::pair::Pair;

use crate::report::Report;
use crate::traffic::Traffic;

/// Drives two nodes on this machine with a mix of messages, and checks at the end that they agree.
#[derive(Parser)]
#[command(name = "ohrid-load")]
struct Options {
    /// How long, in seconds.
    #[arg(long, value_name = "NUMBER", default_value_t = 60)]
    seconds: u64,
    /// Conversations at once.
    #[arg(long, value_name = "NUMBER", default_value_t = 16)]
    in_flight: usize,
    /// What is drawn follows from it; how two processes interleave does not.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Certificates: default, compatible or pqc.
    #[arg(long, default_value = "default", value_parser = ["default", "compatible", "pqc"])]
    profile: String,
    /// Also write the figures as JSON to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Where to put the nodes' folders.
    #[arg(long, value_name = "FOLDER")]
    directory: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::complain(&format!("load: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    ensure!(options.in_flight > 0, "--in-flight is at least 1");
    let here = options.directory.clone().unwrap_or_else(std::env::temp_dir);
    let folder = tempfile::tempdir_in(&here).with_context(|| format!("a folder in {}", here.display()))?;
    let profile = match options.profile.as_str() {
        "compatible" => "compatible",
        "pqc" => "pqc",
        _ => "default",
    };
    let network = Network::of_profile(folder.path(), &["XA", "XB"], profile)?;
    let pair = Pair::in_network(network)?;
    pair.warm_up()?;
    let mut report = Report::begin(&pair)?;
    let traffic = Traffic {
        seconds: Duration::from_secs(options.seconds),
        in_flight: options.in_flight,
        seed: options.seed,
    };
    let told = traffic.run(&pair)?;
    report.end(&pair, told)?;
    report::complain("comparing the cases of both nodes, and checking both ledgers");
    report.cases = agreement::check(&pair)?;
    pair.stop_and_check()?;
    report.print();
    if let Some(file) = &options.json {
        std::fs::write(file, report.json()?).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(())
}

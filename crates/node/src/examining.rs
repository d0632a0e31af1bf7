//! `ohrid-node doctor`, which `ohrid node doctor` calls: it prints what was found, and the command that
//! mends it.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use node::doctor::{self, Depth, Options, Outcome, Report};

/// Options of `ohrid-node doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// Read every entry and every payload as well; the node must not run
    #[arg(long)]
    deep: bool,
    /// Also write a file for whoever helps: without secrets, names, addresses and paths
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Write the result as JSON
    #[arg(long)]
    json: bool,
}

/// Looks at the node of a configuration.
pub(crate) fn run_doctor(arguments: &DoctorArguments, config_file: Option<&Path>) -> ExitCode {
    let Some(config_file) = config_file else {
        return crate::fail(2, "--config FILE is missing: which node is to be looked at?");
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return crate::fail(1, &format!("cannot start: {error}")),
    };
    let options = Options {
        config_file: config_file.to_owned(),
        depth: if arguments.deep { Depth::Deep } else { Depth::Quick },
        now: Timestamp::now(),
    };
    let is_shown = !arguments.json && io::stderr().is_terminal();
    let (report, bundle) = runtime.block_on(doctor::examine(&options, move |done, of| {
        if is_shown && done % 10_000 == 0 {
            let _ = write!(io::stderr(), "\r\x1b[K{done} of {of} entries");
        }
    }));
    if is_shown && arguments.deep {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
    if arguments.json {
        crate::operating::print_json(&report);
    } else {
        // Nobody reads it any more: so be it.
        let _ = io::stdout().write_all(text(&report).as_bytes());
    }
    if let (Some(file), Some(bundle)) = (&arguments.bundle, bundle)
        && let Err(error) = bundle.write(file)
    {
        return crate::fail(1, &format!("{}: {error}", file.display()));
    }
    match report.outcome {
        Outcome::Failed => ExitCode::from(1),
        _ => ExitCode::SUCCESS,
    }
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for check in &report.checks {
        text.push_str(&format!(
            "{:<8} {:<20} {}\n",
            check.outcome.as_str(),
            check.check,
            check.what
        ));
        if let Some(mend) = &check.mend {
            text.push_str(&format!("{:<8} {:<20} mend: {mend}\n", "", ""));
        }
    }
    let count = |outcome: Outcome| {
        report
            .checks
            .iter()
            .filter(|check| check.outcome == outcome)
            .count()
    };
    let running = if report.running { "runs" } else { "does not run" };
    text.push_str(&format!(
        "\nThe node {running}. {} failed, {} warnings, {} ok, {} not looked at.\n",
        count(Outcome::Failed),
        count(Outcome::Warning),
        count(Outcome::Ok),
        count(Outcome::Skipped),
    ));
    text
}

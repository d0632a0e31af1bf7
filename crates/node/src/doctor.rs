//! `ohrid node doctor`: looks at everything that must be right for a node to run, whether it runs or not,
//! and says of each thing how it is and which command mends it. It changes nothing.
//!
//! * `machine.rs`: the disk, the file system, the clock, limits of the system.
//! * `files.rs`: the configuration's files, keys, the directory, certificates.
//! * `ledger.rs`: journal, head, index; with `--deep` every entry and payload.
//! * `running.rs`: what a running node says of itself, and its peers of it.
//! * `upkeep.rs`: backups, erasures, what was set aside.
//! * `bundle.rs`: a file for whoever helps, with nothing secret and no names in it.

mod bundle;
mod files;
mod ledger;
mod machine;
mod running;
mod upkeep;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use crate::config::Config;

pub use bundle::Bundle;

/// How a thing is. In the order of gravity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It could not be looked at, or was not asked for.
    Skipped,
    /// As it should be.
    Ok,
    /// The node runs, and somebody should do something.
    Warning,
    /// The node does not run like this, or breaks a promise.
    Failed,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Which.
    pub check: &'static str,
    /// How it is.
    pub outcome: Outcome,
    /// What was found.
    pub what: String,
    /// The command that mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

/// All that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// When.
    pub at: Timestamp,
    /// The version of this program.
    pub version: &'static str,
    /// Whether a node answered on the control socket.
    pub running: bool,
    /// The worst of the checks.
    pub outcome: Outcome,
    /// The checks.
    pub checks: Vec<Check>,
}

/// What is to be looked at.
#[derive(Debug, Clone)]
pub struct Options {
    /// The configuration file.
    pub config_file: PathBuf,
    /// Whether every entry is read, and every payload.
    pub depth: Depth,
    /// Now.
    pub now: Timestamp,
}

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What a start of the node reads.
    Quick,
    /// Every entry and every payload.
    Deep,
}

/// What the checks share.
struct Look<'a> {
    config: &'a Config,
    config_file: &'a Path,
    now: Timestamp,
    checks: Vec<Check>,
}

impl Look<'_> {
    fn add(&mut self, check: Check) {
        self.checks.push(check);
    }

    /// How `ohrid` is told which node is meant.
    fn place(&self) -> String {
        let folder = self
            .config_file
            .parent()
            .filter(|folder| *folder != Path::new(""));
        format!("--dir {}", folder.unwrap_or(Path::new(".")).display())
    }
}

fn ok(check: &'static str, what: impl Into<String>) -> Check {
    Check {
        check,
        outcome: Outcome::Ok,
        what: what.into(),
        mend: None,
    }
}

fn skipped(check: &'static str, what: impl Into<String>) -> Check {
    Check {
        outcome: Outcome::Skipped,
        ..ok(check, what)
    }
}

fn warning(check: &'static str, what: impl Into<String>, mend: impl Into<String>) -> Check {
    Check {
        outcome: Outcome::Warning,
        mend: Some(mend.into()),
        ..ok(check, what)
    }
}

fn failed(check: &'static str, what: impl Into<String>, mend: impl Into<String>) -> Check {
    Check {
        outcome: Outcome::Failed,
        ..warning(check, what, mend)
    }
}

/// Looks at everything. `progress` is told how far a deep look has come.
pub async fn examine(
    options: &Options,
    progress: impl FnMut(u64, u64) + Send + 'static,
) -> (Report, Option<Bundle>) {
    let config = match Config::load(&options.config_file) {
        Ok(config) => config,
        Err(error) => {
            let mend = format!("edit {}", options.config_file.display());
            let checks = vec![failed("config", error.to_string(), mend)];
            return (report(options.now, false, checks), None);
        }
    };
    let mut look = Look {
        config: &config,
        config_file: &options.config_file,
        now: options.now,
        checks: vec![ok(
            "config",
            format!("{} is understood", options.config_file.display()),
        )],
    };
    let (running, trouble) = running::ask(&config).await;
    files::look(&mut look, running.is_some());
    machine::look(&mut look, running.as_ref().map(|running| running.process));
    ledger::look(&mut look, running.is_some(), options.depth, progress).await;
    upkeep::look(&mut look);
    running::look(&mut look, running.as_ref(), trouble);
    let checks = look.checks;
    let report = report(options.now, running.is_some(), checks);
    let bundle = Bundle::of(&config, &options.config_file, &report, running.as_ref());
    (report, Some(bundle))
}

fn report(at: Timestamp, running: bool, checks: Vec<Check>) -> Report {
    Report {
        at,
        version: env!("CARGO_PKG_VERSION"),
        running,
        outcome: checks
            .iter()
            .map(|check| check.outcome)
            .max()
            .unwrap_or(Outcome::Skipped),
        checks,
    }
}

impl Outcome {
    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Ok => "ok",
            Self::Warning => "WARNING",
            Self::Failed => "FAILED",
        }
    }
}

#[cfg(test)]
mod tests;

//! `ohrid-node config`: what can be told of a configuration without starting the node. Belongs to the
//! program: the library finds out, this file prints.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use control::starting::start_command;
use node::config::check::{Finding, Standing, check as look, worst};
use node::config::show::{Origins, json_of, settings, text_of};
use node::config::{self, Config, ConfigError, Environment};
use serde_json::{Value, json};

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Look, without starting, at all that would keep the node from starting: configuration, secrets, keys,
    /// directory, addresses, disk, clock
    #[command(
        after_help = "Exit codes: 0 good, 1 a fault, 2 the configuration itself, 3 something could not be \
                            looked at."
    )]
    Check {
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Print what holds: the file, the environment over it, and the defaults
    Show {
        /// Say of each value where it comes from
        #[arg(long)]
        origin: bool,
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of the configuration, for editors
    Schema,
}

/// For whom it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl From<&bool> for Form {
    fn from(json: &bool) -> Self {
        if *json { Self::Json } else { Self::Text }
    }
}

/// `--origin`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted(Origins);

impl From<&bool> for Wanted {
    fn from(origin: &bool) -> Self {
        Self(if *origin { Origins::Told } else { Origins::Left })
    }
}

pub(crate) fn check(path: &Path, form: Form) -> ExitCode {
    let config = match Config::load(path) {
        Ok(config) => config,
        Err(error) => {
            match form {
                Form::Text => complain(&error.to_string()),
                Form::Json => say(&faults(&error)),
            }
            return ExitCode::from(super::EXIT_USAGE);
        }
    };
    let findings = look(&config);
    match form {
        Form::Text => {
            for finding in &findings {
                say(&line(finding));
            }
            let next = match worst(&findings) {
                Standing::Fault => "not good: mend what is said above".to_owned(),
                _ => format!("good. Next: {}", start_command(path)),
            };
            complain(&format!("{}: {next}", path.display()));
        }
        Form::Json => say(&pretty(
            &json!({ "standing": worst(&findings), "findings": findings }),
        )),
    }
    ExitCode::from(match worst(&findings) {
        Standing::Good | Standing::Warning => 0,
        Standing::Fault => 1,
        Standing::Unchecked => 3,
    })
}

pub(crate) fn show(path: &Path, wanted: Wanted, form: Form) -> ExitCode {
    let shown = config::read(path)
        .and_then(|text| settings(&text, &path.display().to_string(), &Environment::of_process()));
    match (shown, form) {
        (Ok(settings), Form::Text) => say(text_of(&settings, wanted.0).trim_end()),
        (Ok(settings), Form::Json) => say(&pretty(&json_of(&settings))),
        (Err(error), _) => {
            complain(&error.to_string());
            return ExitCode::from(super::EXIT_USAGE);
        }
    }
    ExitCode::SUCCESS
}

pub(crate) fn schema() -> ExitCode {
    say(&pretty(&config::schema()));
    ExitCode::SUCCESS
}

fn line(finding: &Finding) -> String {
    let standing = match finding.standing {
        Standing::Good => "ok   ",
        Standing::Warning => "warn ",
        Standing::Unchecked => "?    ",
        Standing::Fault => "FAULT",
    };
    let mend = finding.mend.as_ref().map(|mend| format!("\n      mend: {mend}"));
    format!(
        "{standing} {}: {}{}",
        finding.what,
        finding.seen,
        mend.unwrap_or_default()
    )
}

fn faults(error: &ConfigError) -> String {
    let faults = match error {
        ConfigError::Unreadable(error) => vec![json!({ "what": error.to_string() })],
        ConfigError::Faulty(faults) => faults
            .iter()
            .map(|fault| {
                let (what, rule, mend) = (&fault.what, fault.rule, &fault.mend);
                json!({ "place": fault.place.to_string(), "what": what, "rule": rule, "mend": mend })
            })
            .collect(),
    };
    pretty(&json!({ "standing": "fault", "configuration": faults }))
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

/// Whoever reads may have read enough.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

#[expect(clippy::print_stderr, reason = "the log is not set up for these commands")]
fn complain(text: &str) {
    eprintln!("ohrid-node: {text}");
}

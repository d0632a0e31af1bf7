//! What operators do with a node's folder, beside running it: backups, and the restore of one. `ohrid node
//! backup` and `ohrid node restore` call this program, which is the one that may read the store.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use control::starting::start_command;
use control::types::Problem;
use jiff::Timestamp;
use node::backup::checking::KeyFiles;
use node::backup::making::Kind;
use node::backup::restoring::Purpose;
use node::backup::{self, BackupError, MakeOptions, RestoreOptions, SetSummary};
use node::config::Config;
use serde::Serialize;

/// It failed, or what was checked is invalid.
const EXIT_FAILED: u8 = 1;
/// The command line, or a file, cannot be understood.
const EXIT_USAGE: u8 = 2;
/// A key is missing, or does not open what is there.
const EXIT_COULD_NOT_CHECK: u8 = 3;
/// Another time it may work.
const EXIT_TEMPORARY: u8 = 75;

/// How often a line of progress is written.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// Options of `ohrid-node backup`.
#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
pub(crate) struct BackupArguments {
    #[command(subcommand)]
    command: Option<BackupCommand>,
    #[command(flatten)]
    make: Option<MakeArguments>,
}

#[derive(Debug, Subcommand)]
enum BackupCommand {
    /// Check the sums of every set, and, with a key, that all of it opens and is what was copied
    Verify(VerifyArguments),
}

#[derive(Debug, Args)]
struct MakeArguments {
    /// The folder of sets; made where it is missing
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// An OpenPGP certificate of whoever may restore it; several times for several people
    #[arg(long, value_name = "FILE", required = true)]
    certificate: Vec<PathBuf>,
    /// Copy everything, and begin a new chain
    #[arg(long)]
    full: bool,
    /// Keep so many chains, this one included, and remove older ones; all are kept without it
    #[arg(long, value_name = "CHAINS", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
    /// Write the result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct VerifyArguments {
    /// The folder of sets
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    #[command(flatten)]
    key: Option<KeyArguments>,
    /// Write the result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct KeyArguments {
    /// The OpenPGP key that the backup is encrypted to
    #[arg(long, value_name = "FILE", requires = "password_file")]
    key: PathBuf,
    /// The file with the key's password
    #[arg(long, value_name = "FILE", requires = "key")]
    password_file: PathBuf,
}

/// Options of `ohrid-node restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// The folder of sets
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The node's new folder: empty, or not there yet
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    #[command(flatten)]
    key: KeyArguments,
    /// The set to restore; the newest without it
    #[arg(long, value_name = "SET")]
    set: Option<String>,
    /// A log that is in cold storage, by year or origin, and its folder; several times for several logs
    #[arg(long, value_name = "LOG=DIR", value_parser = cold)]
    cold: Vec<(String, PathBuf)>,
    /// Do all of it, and remove it again: to see whether it could be done, and how long it takes
    #[arg(long = "try")]
    only_try: bool,
    /// Write the result as JSON
    #[arg(long)]
    json: bool,
}

fn cold(text: &str) -> Result<(String, PathBuf), String> {
    let parts = text
        .split_once('=')
        .filter(|(log, folder)| !log.is_empty() && !folder.is_empty());
    let (log, folder) = parts.ok_or("write LOG=DIR, such as 2026=/srv/cold/2026")?;
    Ok((log.to_owned(), PathBuf::from(folder)))
}

/// `ohrid-node backup`: makes a set, or checks those that are there.
pub(crate) fn run_backup(arguments: BackupArguments, config_file: Option<&Path>) -> ExitCode {
    match (arguments.command, arguments.make) {
        (Some(BackupCommand::Verify(arguments)), _) => verify(&arguments),
        (None, Some(arguments)) => make(arguments, config_file),
        // clap has asked for the options before.
        (None, None) => ExitCode::from(EXIT_USAGE),
    }
}

fn make(arguments: MakeArguments, config_file: Option<&Path>) -> ExitCode {
    let Some(config_file) = config_file else {
        return crate::fail(EXIT_USAGE, "--config FILE is missing: which node is copied?");
    };
    let mut line = Line::new(arguments.json);
    let options = MakeOptions {
        to: arguments.to,
        certificates: arguments.certificate,
        kind: if arguments.full {
            Kind::Full
        } else {
            Kind::Incremental
        },
        keep_chains: arguments.keep.map(usize::from),
        now: Timestamp::now(),
    };
    let made = Config::load(config_file)
        .map_err(BackupError::from)
        .and_then(|config| {
            backup::make(&config, config_file, &options, &mut |what, files, bytes| {
                line.show(what, files, bytes);
            })
        });
    line.clear();
    tell(arguments.json, made, |made| {
        let mut text = set_text(&made.summary);
        text.push_str(&format!(
            "New in it   {} files, {}\nFolder      {}\nTook        {} ms\n",
            made.new_files,
            size(made.new_bytes),
            made.folder.display(),
            made.took_ms
        ));
        for set in &made.removed {
            text.push_str(&format!("Removed     {set}\n"));
        }
        text
    })
}

fn verify(arguments: &VerifyArguments) -> ExitCode {
    let mut line = Line::new(arguments.json);
    let checked = unlock(arguments.key.as_ref()).and_then(|key| {
        backup::check(&arguments.from, key.as_ref(), &mut |what, files, bytes| {
            line.show(what, files, bytes);
        })
    });
    line.clear();
    tell(arguments.json, checked, |checked| {
        let mut text: String = checked.sets.iter().map(set_text).collect();
        let opened = match checked.files_opened {
            0 => "not opened: no --key was given".to_owned(),
            files => format!(
                "{files} files, {}, opened and compared",
                size(checked.bytes_opened)
            ),
        };
        text.push_str(&format!("Sums        right\nContent     {opened}\n"));
        text
    })
}

/// `ohrid-node restore`.
pub(crate) fn run_restore(arguments: RestoreArguments) -> ExitCode {
    let mut line = Line::new(arguments.json);
    let restored = unlock(Some(&arguments.key)).and_then(|key| {
        // There is a key: one was named.
        let key = key.ok_or_else(|| BackupError::NoSet {
            path: arguments.from.clone(),
            what: "no key was named".to_owned(),
        })?;
        let options = RestoreOptions {
            from: arguments.from.clone(),
            set: arguments.set.clone(),
            to: arguments.to.clone(),
            key: &key,
            cold: arguments.cold.clone(),
            purpose: if arguments.only_try {
                Purpose::Try
            } else {
                Purpose::Use
            },
        };
        backup::restore(&options, &mut |what, files, bytes| line.show(what, files, bytes))
    });
    line.clear();
    let code = tell(arguments.json, restored, |restored| {
        let mut text = set_text(&restored.summary);
        let folder = restored.folder.as_ref();
        let folder = folder.map_or("removed again: it was only tried".to_owned(), |folder| {
            folder.display().to_string()
        });
        text.push_str(&format!(
            "Envelope key {}\nHeads       {} published ones are in the ledger\nUnpacked    {} ms\n\
             Verified    {} ms\nFolder      {folder}\n",
            restored.envelope_key, restored.heads_agree, restored.unpacked_ms, restored.verified_ms,
        ));
        text
    });
    if code == ExitCode::SUCCESS && !arguments.json && !arguments.only_try {
        note(&format!(
            "Next: see to it that the old node runs no more, then\n  {}",
            start_command(&arguments.to.join("node.toml"))
        ));
        note("It signs nothing before its witnesses have said that they know no more of its ledger.");
    }
    code
}

/// Options of `ohrid-node accept-loss`.
#[derive(Debug, Args)]
pub(crate) struct AcceptLossArguments {
    /// The origin of the log whose end is lost, such as node.example.org/ledger/2026: `ohrid node status`
    /// shows it
    log: String,
}

/// `ohrid-node accept-loss`.
pub(crate) fn run_accept_loss(arguments: &AcceptLossArguments, config_file: Option<&Path>) -> ExitCode {
    let Some(config_file) = config_file else {
        return crate::fail(EXIT_USAGE, "--config FILE is missing: which node is it?");
    };
    let config = match Config::load(config_file) {
        Ok(config) => config,
        Err(error) => return crate::fail(EXIT_USAGE, &error.to_string()),
    };
    match backup::restored::accept_loss(&config.node.data, &arguments.log) {
        Ok(()) => {
            note(
                "Once the directory names another log of this node for now, the next start goes on in that.",
            );
            ExitCode::SUCCESS
        }
        Err(error) => crate::fail(EXIT_FAILED, &error.to_string()),
    }
}

fn unlock(key: Option<&KeyArguments>) -> Result<Option<seal::UnlockedKey>, BackupError> {
    let files = key.map(|key| KeyFiles {
        key: key.key.clone(),
        password: key.password_file.clone(),
    });
    files.map(|files| files.unlock()).transpose()
}

fn set_text(set: &SetSummary) -> String {
    let kind = if set.set == set.chain {
        "full".to_owned()
    } else {
        format!("goes on from {}", set.chain)
    };
    format!(
        "Set         {} ({kind})\nNode        {}\nBegun       {}\nLedger      {} entries, root {}\n\
         Files       {}, {}; {} stored\n",
        set.set,
        set.node,
        set.begun_at,
        set.ledger.position,
        set.ledger.root,
        set.files,
        size(set.bytes),
        size(set.stored_bytes),
    )
}

/// A length as people read it.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (bytes, "bytes");
    let mut rest = 0;
    for next in UNITS {
        if value < 1024 {
            break;
        }
        (rest, value, unit) = ((value % 1024) * 10 / 1024, value / 1024, next);
    }
    if unit == "bytes" {
        format!("{bytes} bytes")
    } else {
        format!("{value}.{rest} {unit}")
    }
}

/// Writes the result, or what went wrong.
fn tell<T: Serialize>(json: bool, result: Result<T, BackupError>, text: impl Fn(&T) -> String) -> ExitCode {
    match (result, json) {
        (Ok(done), true) => {
            print_json(&done);
            ExitCode::SUCCESS
        }
        (Ok(done), false) => {
            // Nobody reads it any more: so be it.
            let _ = io::stdout().write_all(text(&done).as_bytes());
            ExitCode::SUCCESS
        }
        (Err(error), json) => {
            let (exit, code) = meaning(&error);
            if json {
                print_json(&Problem::new(code, error.to_string()));
                return ExitCode::from(exit);
            }
            crate::fail(exit, &error.to_string())
        }
    }
}

pub(crate) fn print_json<T: Serialize>(value: &T) {
    // Types of our own, with strings as keys: writing them cannot fail.
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let _ = writeln!(io::stdout(), "{text}");
}

fn meaning(error: &BackupError) -> (u8, &'static str) {
    match error {
        BackupError::Config(_) => (EXIT_USAGE, "configuration"),
        BackupError::Key { .. } => (EXIT_COULD_NOT_CHECK, "key"),
        BackupError::Newer { .. } => (EXIT_COULD_NOT_CHECK, "newer_format"),
        BackupError::Busy(_) | BackupError::Restless(_) => (EXIT_TEMPORARY, "busy"),
        BackupError::NotEmpty(_) => (EXIT_FAILED, "not_empty"),
        BackupError::NoSet { .. } => (EXIT_FAILED, "no_set"),
        BackupError::Damaged { .. } => (EXIT_FAILED, "damaged"),
        _ => (EXIT_FAILED, "failed"),
    }
}

/// A line of progress, where somebody looks.
struct Line {
    is_shown: bool,
    written: Option<Instant>,
}

impl Line {
    fn new(json: bool) -> Self {
        Self {
            is_shown: !json && io::stderr().is_terminal(),
            written: None,
        }
    }

    fn show(&mut self, what: &str, count: u64, bytes: u64) {
        if self.is_shown && self.written.is_none_or(|at| at.elapsed() >= PROGRESS_EVERY) {
            let _ = write!(io::stderr(), "\r\x1b[K{what}: {count}, {}", size(bytes));
            self.written = Some(Instant::now());
        }
    }

    fn clear(&mut self) {
        if self.written.take().is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

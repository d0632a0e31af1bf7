//! `ohrid node backup` and `ohrid node restore`: `ohrid-node` does the work. `ohrid node backup key` makes
//! the key that backups are encrypted to, and needs no node.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use seal::{LockedKey, Password, Profile};
use serde::Serialize;
use zeroize::Zeroizing;

use super::program::{become_node, become_node_quietly, config_file};
use crate::failure::Failure;
use crate::files::{self, Secrecy, Staging};
use crate::limits::SECRET_BYTES_MAX;
use crate::session::Session;
use crate::{random, table, when};

/// Options of `ohrid node backup`.
#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
pub(crate) struct BackupArguments {
    #[command(subcommand)]
    command: Option<BackupCommand>,
    #[command(flatten)]
    make: Option<MakeArguments>,
}

/// The verbs, beside making one.
#[derive(Debug, Subcommand)]
enum BackupCommand {
    /// Make the key that backups are encrypted to; keep it away from the node
    Key(KeyArguments),
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
}

#[derive(Debug, Args)]
struct VerifyArguments {
    /// The folder of sets
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The OpenPGP key that the backup is encrypted to
    #[arg(long, value_name = "FILE", requires = "password_file")]
    key: Option<PathBuf>,
    /// The file with the key's password
    #[arg(long, value_name = "FILE", requires = "key")]
    password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct KeyArguments {
    /// The folder to make, for backup.key.asc, backup.cert.asc and the password
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// A file with the password that locks the key; a random one is made where this is left out
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The kind of OpenPGP certificate: default (post-quantum encryption), compatible, or pqc
    #[arg(long, value_name = "NAME", default_value_t = Profile::Default)]
    profile: Profile,
}

/// Options of `ohrid node restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// The folder of sets
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The node's new folder: empty, or not there yet
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// The OpenPGP key that the backup is encrypted to
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The file with the key's password
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
    /// The set to restore; the newest without it
    #[arg(long, value_name = "SET")]
    set: Option<String>,
    /// A log that is in cold storage, by year or origin, and its folder; several times for several logs
    #[arg(long, value_name = "LOG=DIR")]
    cold: Vec<String>,
    /// Do all of it, and remove it again: to see whether it could be done, and how long it takes
    #[arg(long = "try")]
    only_try: bool,
}

/// Options of `ohrid node accept-loss`.
#[derive(Debug, Args)]
pub(crate) struct AcceptLossArguments {
    /// The origin of the log whose end is lost, such as node.example.org/ledger/2026: `ohrid node status`
    /// shows it
    log: String,
}

/// What was made.
#[derive(Debug, Serialize)]
struct NewKey {
    key: PathBuf,
    certificate: PathBuf,
    password: PathBuf,
    fingerprint: String,
}

pub(super) fn run(session: &Session, arguments: BackupArguments) -> Result<(), Failure> {
    match (arguments.command, arguments.make) {
        (Some(BackupCommand::Key(arguments)), _) => key(session, &arguments),
        (Some(BackupCommand::Verify(arguments)), _) => {
            let mut words: Vec<OsString> = vec!["backup".into(), "verify".into()];
            push(&mut words, "--from", &arguments.from);
            for (option, value) in [
                ("--key", &arguments.key),
                ("--password-file", &arguments.password_file),
            ] {
                value.iter().for_each(|value| push(&mut words, option, value));
            }
            Err(become_node(session, words))
        }
        (None, Some(arguments)) => {
            let mut words: Vec<OsString> = Vec::new();
            push(&mut words, "--config", &config_file(session));
            words.push("backup".into());
            push(&mut words, "--to", &arguments.to);
            for certificate in &arguments.certificate {
                push(&mut words, "--certificate", certificate);
            }
            if arguments.full {
                words.push("--full".into());
            }
            if let Some(keep) = arguments.keep {
                words.extend(["--keep".into(), keep.to_string().into()]);
            }
            Err(become_node(session, words))
        }
        (None, None) => Err(Failure::usage("what is to be done?", "ohrid node backup --help")),
    }
}

pub(super) fn restore(session: &Session, arguments: &RestoreArguments) -> Result<(), Failure> {
    let mut words: Vec<OsString> = vec!["restore".into()];
    for (option, value) in [
        ("--from", &arguments.from),
        ("--to", &arguments.to),
        ("--key", &arguments.key),
        ("--password-file", &arguments.password_file),
    ] {
        push(&mut words, option, value);
    }
    for (option, value) in arguments
        .set
        .iter()
        .map(|set| ("--set", set))
        .chain(arguments.cold.iter().map(|cold| ("--cold", cold)))
    {
        words.extend([option.into(), value.into()]);
    }
    if arguments.only_try {
        words.push("--try".into());
    }
    Err(become_node(session, words))
}

pub(super) fn accept_loss(session: &Session, arguments: &AcceptLossArguments) -> Result<(), Failure> {
    let mut words: Vec<OsString> = Vec::new();
    push(&mut words, "--config", &config_file(session));
    words.extend(["accept-loss".into(), arguments.log.as_str().into()]);
    Err(become_node_quietly(words))
}

fn push(words: &mut Vec<OsString>, option: &str, value: &Path) {
    words.extend([option.into(), value.into()]);
}

/// Makes a key that has nothing to do with the node's own.
fn key(session: &Session, arguments: &KeyArguments) -> Result<(), Failure> {
    let password = match &arguments.password_file {
        Some(path) => {
            let bytes = files::read_secret(path, SECRET_BYTES_MAX)?;
            let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
            Zeroizing::new(line.to_vec())
        }
        None => Zeroizing::new(random::hex(random::seed()?.as_slice()).as_bytes().to_vec()),
    };
    let made = {
        let _waiting = session.terminal.waiting("making a key");
        let now = when::system_time(when::now());
        let locking = Password::from(password.to_vec());
        LockedKey::generate(arguments.profile, "backups of an Ohrid node", now, &locking)
            .map_err(|error| Failure::failed(format!("cannot make the key: {error}")))?
    };
    let staging = Staging::begin(&arguments.output, Secrecy::Secret)?;
    let mut line = password.clone();
    line.push(b'\n');
    let certificate = made.certificate();
    for (name, bytes, secrecy) in [
        ("backup.key.asc", made.to_bytes(), Secrecy::Secret),
        (
            "backup.cert.asc",
            certificate.to_armored().into_bytes(),
            Secrecy::Public,
        ),
        ("backup.password", line.to_vec(), Secrecy::Secret),
    ] {
        files::write_new(&staging.path().join(name), &Zeroizing::new(bytes), secrecy)?;
    }
    staging.publish()?;
    let place = |name: &str| arguments.output.join(name);
    let key = NewKey {
        key: place("backup.key.asc"),
        certificate: place("backup.cert.asc"),
        password: place("backup.password"),
        fingerprint: certificate.fingerprint().to_string(),
    };
    session.terminal.result(&key, |key| {
        table::properties(&[
            ("Key", key.key.display().to_string()),
            ("Certificate", key.certificate.display().to_string()),
            ("Password", key.password.display().to_string()),
            ("Fingerprint", key.fingerprint.clone()),
        ])
    });
    session.terminal.explain(
        "Only the certificate belongs on the node. Keep key and password where the node's machine cannot be \
         lost with them, and not in one place: without them no backup can be opened, with them every one \
         can.",
    );
    session.next(format_args!(
        "ohrid node backup --to DIR --certificate {}",
        key.certificate.display()
    ));
    Ok(())
}

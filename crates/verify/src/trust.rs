//! What an auditor brings along to believe a ledger: the log's verifier key, the network's directory, and
//! the secretariat's keys.
//!
//! Each is looked for beside the export if it is not named: `DIR.vkey`, and in the folder of `DIR`
//! `directory.cose` and `secretariat.pub`. What is absent means *could not check*. What is there but
//! damaged, or not signed as it must be, is a finding.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ledger::note::{KeyKind, VerifierKey};
use protocol::digest::Digest;
use protocol::directory::{Directory, SignedDirectory, Trust};
use protocol::key::PublicKey;

use crate::export::ReadError;
use crate::limits::{DIRECTORY_BYTES_MAX, KEY_FILE_BYTES_MAX, SECRETARIAT_KEYS_MAX};
use crate::report::{Place, Report};

/// Where to find what is needed; `None` for the places beside the export.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The log's key: a verifier key in its text form, or a file with one.
    pub log_key: Option<String>,
    /// The signed directory.
    pub directory: Option<PathBuf>,
    /// The secretariat's public keys in their text form, or files with one on each line; empty for the place
    /// beside the export. Where it signs jointly, all of one key set.
    pub secretariat: Vec<String>,
    /// How many of these keys must have signed the directory, at least. More than half of them, if it is
    /// not said.
    pub threshold: Option<usize>,
    /// A tlog-policy file that the checkpoint must satisfy.
    pub policy: Option<PathBuf>,
    /// A checkpoint that the auditor kept, which the ledger must continue.
    pub since: Option<PathBuf>,
    /// An export of the log before, which this one follows.
    pub previous: Option<PathBuf>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Trusted {
    /// The log's key.
    pub log_key: Option<VerifierKey>,
    /// The directory, with the digest of what was signed.
    pub directory: Option<(Directory, Digest)>,
}

/// Reads what is named, or lies beside the export, and reports what is absent or damaged.
#[must_use]
pub fn load(export: &Path, sources: &Sources, report: &mut Report) -> Trusted {
    let log_key = load_log_key(export, sources, report);
    let secretariat = load_secretariat(export, sources, report);
    let directory = load_directory(export, sources, secretariat, report);
    report.log_key = log_key.as_ref().map(ToString::to_string);
    report.directory = directory
        .as_ref()
        .map(|(directory, _)| (directory.network.clone(), directory.version));
    Trusted { log_key, directory }
}

fn load_log_key(export: &Path, sources: &Sources, report: &mut Report) -> Option<VerifierKey> {
    let beside_export = || with_suffix(export, ".vkey").display().to_string();
    let named = sources.log_key.clone().unwrap_or_else(beside_export);
    read_verifier_key(&named, report)
}

/// A log's verifier key: in its text form, or in a file.
pub(crate) fn read_verifier_key(named: &str, report: &mut Report) -> Option<VerifierKey> {
    let (text, file) = if VerifierKey::parse(named).is_ok() {
        (named.to_owned(), "--key".to_owned())
    } else {
        let path = Path::new(named);
        let text = read_text(path, KEY_FILE_BYTES_MAX, "the log's verifier key", report)?;
        (text, path.display().to_string())
    };
    match VerifierKey::parse(text.strip_suffix('\n').unwrap_or(&text)) {
        Ok(key) if key.kind() == KeyKind::Ed25519 => Some(key),
        Ok(_) => {
            let reason = "the key is that of a witness, not of a log";
            report.find(Place::Elsewhere, file, reason);
            None
        }
        Err(error) => {
            report.find(Place::Elsewhere, file, error);
            None
        }
    }
}

/// All keys that are named or lie in files, each once.
pub(crate) fn load_secretariat(
    export: &Path,
    sources: &Sources,
    report: &mut Report,
) -> Option<Vec<PublicKey>> {
    let beside_export = [beside(export, "secretariat.pub").display().to_string()];
    let named = if sources.secretariat.is_empty() {
        &beside_export
    } else {
        sources.secretariat.as_slice()
    };
    let mut keys: Vec<PublicKey> = Vec::new();
    for text in named {
        let (found, file) = match text.parse::<PublicKey>() {
            Ok(key) => (Some(vec![key]), "--secretariat".to_owned()),
            Err(_) => {
                let path = PathBuf::from(text);
                let what = "the secretariat's public key";
                let text = read_text(&path, KEY_FILE_BYTES_MAX, what, report)?;
                let read: Result<Vec<PublicKey>, _> = text.lines().map(str::parse).collect();
                (
                    read.ok().filter(|keys| !keys.is_empty()),
                    path.display().to_string(),
                )
            }
        };
        let Some(found) = found else {
            report.find(Place::Elsewhere, file, "this is not a secretariat's public key");
            return None;
        };
        // Who signs twice is counted once, so a key is wanted once.
        let new = found
            .into_iter()
            .filter(|key| !keys.contains(key))
            .collect::<Vec<_>>();
        keys.extend(new);
        if keys.len() > SECRETARIAT_KEYS_MAX {
            report.find(Place::Elsewhere, file, "a secretariat does not have so many keys");
            return None;
        }
    }
    Some(keys)
}

/// The directory, if the secretariat has signed it. Its expiry does not matter here: it speaks about the
/// time in which the entries were made. Without a secretariat key it is read, but not believed.
fn load_directory(
    export: &Path,
    sources: &Sources,
    secretariat: Option<Vec<PublicKey>>,
    report: &mut Report,
) -> Option<(Directory, Digest)> {
    let path = sources
        .directory
        .clone()
        .unwrap_or_else(|| beside(export, "directory.cose"));
    let bytes = read(&path, DIRECTORY_BYTES_MAX, "the network's directory", report)?;
    let opened = SignedDirectory::from_bytes(&bytes)
        .map_err(Into::into)
        .and_then(|signed| {
            let claimed = signed.peek()?;
            let digest = signed.digest()?;
            let Some(keys) = secretariat else {
                return Ok((claimed, digest));
            };
            let trust = Trust {
                network: claimed.network.clone(),
                threshold: sources.threshold.unwrap_or(keys.len() / 2 + 1),
                keys,
                expiry_grace: Duration::ZERO,
            };
            signed
                .open(&trust, claimed.issued_at, None)
                .map(|directory| (directory, digest))
        });
    opened
        .map_err(|error| report.find(Place::Elsewhere, path.display(), error))
        .ok()
}

/// Reads a file that the auditor brings; links are followed, unlike within the export.
pub(crate) fn read(path: &Path, longest: usize, what: &str, report: &mut Report) -> Option<Vec<u8>> {
    let resolved = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    match crate::export::read_within(&resolved, longest) {
        Ok(bytes) => Some(bytes),
        Err(error @ ReadError::TooLong(_)) => {
            report.find(Place::Elsewhere, path.display(), error);
            None
        }
        Err(error) => {
            report.could_not_check(format!("{what} is not at hand: {}: {error}", path.display()));
            None
        }
    }
}

fn read_text(path: &Path, longest: usize, what: &str, report: &mut Report) -> Option<String> {
    let bytes = read(path, longest, what, report)?;
    String::from_utf8(bytes)
        .map_err(|_| report.find(Place::Elsewhere, path.display(), "this is not a text"))
        .ok()
}

/// `DIR.vkey` for `DIR`, also when it was written `DIR/`.
fn with_suffix(export: &Path, suffix: &str) -> PathBuf {
    let mut name = named(export).file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    beside(export, name)
}

/// A file in the folder in which the export lies.
fn beside(export: &Path, name: impl AsRef<OsStr>) -> PathBuf {
    named(export).with_file_name(name)
}

/// The export's path with a name at its end, which `.` and `..` do not have.
fn named(export: &Path) -> PathBuf {
    match export.file_name() {
        Some(_) => export.to_owned(),
        None => export.canonicalize().unwrap_or_else(|_| export.to_owned()),
    }
}

#[cfg(test)]
mod tests;

//! A file for whoever helps: what the doctor found, the configuration, counts, metrics and the end of the
//! log, without secrets, names, addresses and paths.
//!
//! What may stand in it is decided by what it is, not by what it looks like: of the configuration numbers
//! and a few words; of everything that is text, what is left when the names of this node, its Party, its
//! officers, its files and hosts are taken out, and whatever could be a path, a host, an address or a key.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::Command;

use protocol::time::UnixMillis;
use serde::Serialize;
use serde_json::Value;

use super::running::Running;
use super::{Check, Outcome, Report};
use crate::config::Config;
use crate::directory::CurrentDirectory;
use crate::durable;
use crate::limits::CONFIG_BYTES_MAX;
use crate::limits::doctor::{LOG_BYTES, LOG_LINES};
use crate::secret::read_public;

const FORMAT: &str = "ohrid-support/1";
const LEFT_OUT: &str = "(left out)";

/// Keys of the configuration whose text is a word of ours.
const KEPT: [&str; 4] = ["format", "quorum", "kinds", "zone"];

/// Shorter words are part of too many others.
const WORD_CHARACTERS_MIN: usize = 3;

/// From so many characters on, without a break, it may be a key.
const KEY_CHARACTERS_MIN: usize = 32;

/// What goes into the file.
#[derive(Debug, Clone, Serialize)]
pub struct Bundle {
    format: &'static str,
    version: &'static str,
    at: String,
    running: bool,
    outcome: Outcome,
    checks: Vec<Check>,
    config: Value,
    counts: BTreeMap<String, u64>,
    system: Vec<String>,
    metrics: Vec<String>,
    log: Vec<String>,
}

impl Bundle {
    pub(super) fn of(
        config: &Config,
        config_file: &Path,
        report: &Report,
        running: Option<&Running>,
    ) -> Self {
        let words = words(config, config_file, report);
        let clean = |text: &str| scrub(text, &words);
        let checks = report.checks.iter().map(|check| Check {
            what: clean(&check.what),
            mend: check.mend.as_deref().map(clean),
            ..check.clone()
        });
        let metrics = running.map_or("", |running| running.metrics.as_str());
        let is_figure = |line: &&str| !line.starts_with('#');
        Self {
            format: FORMAT,
            version: report.version,
            at: report.at.to_string(),
            running: report.running,
            outcome: report.outcome,
            checks: checks.collect(),
            config: redacted(config_file),
            counts: counts(&config.node.data),
            system: system().iter().map(|line| clean(line)).collect(),
            metrics: metrics.lines().filter(is_figure).map(clean).collect(),
            log: log(config_file).iter().map(|line| clean(line)).collect(),
        }
    }

    /// Writes the file, which must not be there.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        if file.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let mut bytes = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        bytes.push(b'\n');
        durable::write_private(file, &bytes)
    }
}

/// The configuration: its structure, its numbers, and those words that are ours.
fn redacted(config_file: &Path) -> Value {
    let text = read_public(config_file, CONFIG_BYTES_MAX).ok();
    let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
    let table = text.and_then(|text| text.parse::<toml::Table>().ok());
    let value = table.and_then(|table| serde_json::to_value(table).ok());
    value.map_or(Value::Null, |value| without_text("", value))
}

fn without_text(key: &str, value: Value) -> Value {
    match value {
        Value::String(_) if !KEPT.contains(&key) => Value::from(LEFT_OUT),
        Value::Array(values) => values.into_iter().map(|value| without_text(key, value)).collect(),
        Value::Object(values) => Value::Object(
            values
                .into_iter()
                .map(|(key, value)| {
                    let value = without_text(&key, value);
                    (key, value)
                })
                .collect(),
        ),
        value => value,
    }
}

/// Every name that this machine knows of people, offices, hosts and files.
fn words(config: &Config, config_file: &Path, report: &Report) -> Vec<String> {
    let mut words = vec![config.node.name.clone()];
    let text = read_public(config_file, CONFIG_BYTES_MAX).ok();
    let table = text.and_then(|bytes| String::from_utf8(bytes).ok()?.parse::<toml::Table>().ok());
    let value = table.and_then(|table| serde_json::to_value(table).ok());
    value.iter().for_each(|value| texts("", value, &mut words));
    // A sum follows the document; their names are taken out also where it is wrong.
    let officers = fs::read(&config.node.officers).unwrap_or_default();
    let officers = serde_json::Deserializer::from_slice(&officers).into_iter::<Value>();
    let officers: Vec<Value> = officers.map_while(Result::ok).collect();
    officers.iter().for_each(|value| texts("", value, &mut words));
    let now = UnixMillis(u64::try_from(report.at.as_millisecond()).unwrap_or(0));
    if let Ok(accepted) = CurrentDirectory::look(&config.directory, &config.node.directory_floor, now) {
        words.push(accepted.directory.network.clone());
        for record in accepted.directory.parties.values() {
            words.extend([record.name.clone(), record.node.name.clone()]);
            words.extend(record.node.addresses.iter().map(ToString::to_string));
        }
    }
    for name in fs::read_dir(&config.keys.openpgp_directory)
        .into_iter()
        .flatten()
        .flatten()
    {
        let name = name.file_name().to_string_lossy().into_owned();
        words.extend(name.split('.').next().map(str::to_owned));
    }
    words.retain(|word| word.chars().count() >= WORD_CHARACTERS_MIN);
    // The longest first: a part of it must not break it up.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.dedup();
    words
}

/// All texts of a document, but for words of ours.
fn texts(key: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        // Words of the configuration that are part of many others.
        Value::String(text) if !KEPT.contains(&key) && !["level", "data", "role", "roles"].contains(&key) => {
            found.push(text.clone());
        }
        Value::Array(values) => values.iter().for_each(|value| texts(key, value, found)),
        Value::Object(values) => values.iter().for_each(|(key, value)| texts(key, value, found)),
        _ => {}
    }
}

/// The text without these words, and without anything that could be a path, a host, an address or a key.
fn scrub(text: &str, words: &[String]) -> String {
    let mut text = text.to_owned();
    for word in words {
        if text.contains(word.as_str()) {
            text = text.replace(word.as_str(), "(name)");
        }
    }
    let pieces = text.split_inclusive(|character: char| {
        character.is_whitespace() || "=\"'`,;()[]{}<>".contains(character)
    });
    pieces.map(clean_piece).collect()
}

fn clean_piece(piece: &str) -> String {
    let is_between = |character: char| character.is_whitespace() || "=\"'`,;()[]{}<>".contains(character);
    let word = piece.trim_end_matches(is_between);
    let after = &piece[word.len()..];
    let bare = word.trim_end_matches(['.', ':', '!', '?']);
    let replaced = if bare.contains('/') || bare.contains('@') || bare.contains('\\') {
        "(path)"
    } else if bare.parse::<IpAddr>().is_ok() || bare.parse::<SocketAddr>().is_ok() {
        "(address)"
    } else if is_host(bare) {
        "(host)"
    } else if is_long(bare) {
        "(key)"
    } else {
        return piece.to_owned();
    };
    format!("{replaced}{}{after}", &word[bare.len()..])
}

/// Letters on both sides of a dot: a host, or a file.
fn is_host(word: &str) -> bool {
    let word = word.rsplit_once(':').map_or(word, |(host, _)| host);
    let mut parts = word.split('.');
    let is_part = |part: &str| !part.is_empty() && part.contains(char::is_alphabetic);
    word.contains('.') && parts.all(is_part)
}

fn is_long(word: &str) -> bool {
    let is_of_key = |character: char| character.is_ascii_alphanumeric() || "+-_:".contains(character);
    word.len() >= KEY_CHARACTERS_MIN
        && word.chars().all(is_of_key)
        && word.contains(|c: char| c.is_ascii_digit())
}

/// Files in each folder of the store.
fn counts(data: &Path) -> BTreeMap<String, u64> {
    const FOLDERS: [&str; 7] = [
        "journal",
        "ledger",
        "payload",
        "attachment",
        "index",
        "cases",
        "set-aside",
    ];
    FOLDERS
        .iter()
        .map(|name| ((*name).to_owned(), count(&data.join(name))))
        .collect()
}

fn count(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let of_entry = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => count(&entry.path()),
        _ => 1,
    };
    entries.map(of_entry).sum()
}

/// Which system it is, without the machine's name.
fn system() -> Vec<String> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let pretty = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    vec![
        pretty.unwrap_or("unknown").trim_matches('"').to_owned(),
        kernel.trim().to_owned(),
    ]
}

/// The end of the log: of the file beside the configuration, or of the system's journal.
fn log(config_file: &Path) -> Vec<String> {
    let beside = config_file.with_file_name("node.log");
    let text = tail(&beside).or_else(of_journal).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(LOG_LINES);
    lines[from..].iter().map(|line| (*line).to_owned()).collect()
}

fn tail(file: &Path) -> Option<String> {
    let mut file = File::open(file).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_BYTES)))
        .ok()?;
    let mut bytes = Vec::new();
    file.take(LOG_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn of_journal() -> Option<String> {
    let lines = LOG_LINES.to_string();
    let asked = Command::new("journalctl")
        .args([
            "--unit",
            "ohrid-node",
            "--lines",
            &lines,
            "--output",
            "cat",
            "--no-pager",
        ])
        .output();
    let said = asked.ok().filter(|said| said.status.success())?;
    Some(String::from_utf8_lossy(&said.stdout).into_owned())
}

#[cfg(test)]
mod tests;

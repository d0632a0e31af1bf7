//! The environment's part of the configuration: `OHRID__SECTION__KEY` goes over the file's `[section] key`.
//!
//! For what differs from machine to machine while the file is the same: containers, a drop-in of a unit.
//! Never for secrets: every process of the same user can read another one's environment, and it ends up in
//! crash reports. A variable that begins like ours and is no key is an error, as in the file.
//!
//! A text is taken as it stands, without quotation marks; a list may be written with commas between its
//! members; everything else as in the file.

use std::ffi::OsString;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::keys::{self, KEYS};
use super::shown::{self, Sort};
use super::source::{Fault, Place};

/// What our variables begin with.
pub const PREFIX: &str = "OHRID__";

/// What stands between section and key.
const BETWEEN: &str = "__";

const RULE: &str = "OHRID__SECTION__KEY sets one key that config/node.toml shows";
const RULE_OF_SECRETS: &str = "secrets come from files or $CREDENTIALS_DIRECTORY, never from the environment";

/// What makes a document of a value.
const LABEL: &str = "value = ";

/// Parts of names that only a secret has: no key of the configuration has one of them and holds a secret.
const SECRET_WORDS: &[&str] = &["password", "passphrase", "secret", "seed", "token", "private"];

/// One variable that goes over the file.
#[derive(Debug, Clone)]
pub(super) struct Override {
    /// The variable.
    pub(super) name: String,
    pub(super) section: &'static str,
    pub(super) key: &'static str,
    /// Where its value stands, behind the file.
    begins: usize,
    /// The value, as it would stand in the file, behind as many blanks: so places in it are right by
    /// themselves.
    padded: String,
}

/// What the environment says, as far as it can be understood, and what is wrong with the rest.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    said: Vec<(String, Said)>,
}

#[derive(Debug, Clone)]
enum Said {
    Sets(&'static str, &'static str, String),
    Wrong(Fault),
}

impl Environment {
    /// Our part of these variables.
    pub fn of(variables: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let mut said: Vec<(String, Said)> = variables
            .filter_map(|(name, value)| {
                // A name that is no text does not begin like ours.
                let name = name.into_string().ok()?;
                let words = name.strip_prefix(PREFIX)?.to_ascii_lowercase();
                let said = read(&name, &words, value).unwrap_or_else(Said::Wrong);
                Some((name, said))
            })
            .collect();
        said.sort_by(|one, other| one.0.cmp(&other.0));
        Self { said }
    }

    /// Our part of this process's environment.
    #[must_use]
    pub fn of_process() -> Self {
        Self::of(std::env::vars_os())
    }

    /// What goes over a file of so many bytes, and what is wrong.
    pub(super) fn over(&self, file_bytes: usize) -> (Vec<Override>, Vec<Fault>) {
        let (mut overrides, mut faults) = (Vec::new(), Vec::new());
        let mut after = file_bytes + 1;
        for (name, said) in &self.said {
            match said {
                Said::Wrong(fault) => faults.push(fault.clone()),
                Said::Sets(section, key, value) => {
                    let over = Override::new(name, section, key, value, after);
                    after = over.range().end;
                    overrides.push(over);
                }
            }
        }
        (overrides, faults)
    }
}

fn read(name: &str, words: &str, value: OsString) -> Result<Said, Fault> {
    let fault = |what: String, rule, mend: String| Fault {
        place: Place::Environment(name.to_owned()),
        what,
        rule,
        mend,
    };
    let (section, key) = words.split_once(BETWEEN).unwrap_or((words, ""));
    let Some((section, known)) = KEYS.iter().find(|(known, _)| *known == section) else {
        let meant = keys::nearest(section, &mut KEYS.iter().map(|(section, _)| *section));
        let what = format!(
            "unknown section \"{section}\"{}",
            super::suggestion(meant.as_deref())
        );
        return Err(fault(what, RULE, "unset it, or name a section".to_owned()));
    };
    let Some(key) = known.iter().find(|known| **known == key) else {
        if SECRET_WORDS.iter().any(|word| key.contains(word)) {
            let mend =
                format!("unset {name}; write the secret into a file, mode 0600, and name that in [keys]");
            return Err(fault(
                "a secret has no place here".to_owned(),
                RULE_OF_SECRETS,
                mend,
            ));
        }
        let meant = keys::nearest(key, &mut known.iter().copied());
        let what = format!(
            "unknown key \"{key}\" in [{section}]{}",
            super::suggestion(meant.as_deref())
        );
        return Err(fault(
            what,
            RULE,
            "unset it, or name a key of that section".to_owned(),
        ));
    };
    let value = value
        .into_string()
        .map_err(|_| fault("it is not UTF-8".to_owned(), RULE, "write it as UTF-8".to_owned()))?;
    if value.is_empty() {
        let mend = "unset it, or give it a value".to_owned();
        return Err(fault("it is empty".to_owned(), RULE, mend));
    }
    // The value itself is never said again: it may be what it must not be.
    if *section == "keys" && looks_like_a_secret(&value) {
        let mend =
            "take it for known to others: make a new one, write it into a file, mode 0600, and give its path";
        let what = "this is a secret itself, not the path of one".to_owned();
        return Err(fault(what, RULE_OF_SECRETS, mend.to_owned()));
    }
    Ok(Said::Sets(section, key, value))
}

/// A seed, or a key in PEM or in OpenPGP's armour, where a path should be.
fn looks_like_a_secret(value: &str) -> bool {
    let value = value.trim();
    let is_seed = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_seed || value.contains("-----BEGIN")
}

impl Override {
    /// `after` is where everything that stands before it ends.
    fn new(name: &str, section: &'static str, key: &'static str, value: &str, after: usize) -> Self {
        let blanks = " ".repeat(after);
        Self {
            name: name.to_owned(),
            section,
            key,
            begins: after + LABEL.len(),
            padded: format!("{blanks}{LABEL}{}", as_toml(section, key, value)),
        }
    }

    /// Where its value stands in the whole document.
    pub(super) fn range(&self) -> Range<usize> {
        self.begins..self.padded.len() + 1
    }

    /// As it would stand in the file.
    pub(super) fn as_toml(&self) -> &str {
        &self.padded[self.begins..]
    }

    /// The value, if it is one in TOML, and only one.
    fn parsed(&self) -> Option<Spanned<DeValue<'_>>> {
        let mut table = DeTable::parse(&self.padded).ok()?.into_inner();
        let value = table.remove(LABEL.split(' ').next()?);
        value.filter(|_| table.is_empty())
    }

    /// Puts it over the file's value.
    pub(super) fn apply<'t>(&'t self, table: &mut DeTable<'t>) {
        let section = table
            .entry(Spanned::new(self.range(), DeString::from(self.section)))
            .or_insert_with(|| Spanned::new(self.range(), DeValue::Table(DeTable::new())));
        // What is no table there is a fault of the file, which serde names.
        if let DeValue::Table(keys) = section.get_mut() {
            let key = Spanned::new(self.range(), DeString::from(self.key));
            // What is no TOML is no text either where another sort of value is expected: serde says which.
            let value = self.parsed().unwrap_or_else(|| {
                let text = DeValue::String(DeString::Borrowed(self.as_toml()));
                Spanned::new(self.range(), text)
            });
            keys.insert(key, value);
        }
    }
}

/// A variable's value as it would stand in the file.
fn as_toml(section: &str, key: &str, value: &str) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let is_bracketed = value.trim_start().starts_with('[');
    match shown::find(section, key).map_or(Sort::Text, |shown| shown.sort) {
        Sort::Text => quoted(value),
        Sort::Texts if !is_bracketed => {
            let texts: Vec<String> = value.split(',').map(|text| quoted(text.trim())).collect();
            format!("[{}]", texts.join(", "))
        }
        Sort::Numbers if !is_bracketed => format!("[{value}]"),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests;

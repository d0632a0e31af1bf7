//! What `config/node.toml` shows of each key: its comment, a value, and whether that is its default.
//!
//! That file is the one description of the configuration. The schema for editors, `config show` and the
//! environment's part are made from it, so none of them can say something else.

use std::sync::LazyLock;

use super::keys::KEYS;

/// The file that shows every key.
pub(super) const TEXT: &str = include_str!("../../../../config/node.toml");

/// Keys without which there is no node. All others have a default, or are off.
pub(super) const REQUIRED: &[(&str, &str)] = &[
    ("node", "party"),
    ("node", "name"),
    ("listen", "address"),
    ("keys", "tls_certificate"),
    ("keys", "tls_key"),
    ("keys", "envelope"),
    ("keys", "ledger"),
    ("keys", "witness"),
    ("keys", "openpgp_directory"),
    ("keys", "openpgp_password"),
    ("directory", "file"),
    ("directory", "trusted"),
];

/// What sort of value a key has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Text,
    Number,
    Boolean,
    Texts,
    Numbers,
    Table,
}

/// What is done where a key is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Otherwise {
    /// The value that is shown holds.
    Default,
    /// It is off.
    Off,
    /// There is no node.
    Required,
}

/// One key, as it is shown.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub(super) section: &'static str,
    pub(super) key: &'static str,
    /// A value for it, in TOML.
    pub(super) value: &'static str,
    pub(super) sort: Sort,
    pub(super) otherwise: Otherwise,
    /// What it is for.
    pub(super) comment: String,
}

static SHOWN: LazyLock<Vec<Shown>> = LazyLock::new(|| read(TEXT));

/// Every key, in the file's order.
pub(super) fn all() -> &'static [Shown] {
    &SHOWN
}

/// One key.
pub(super) fn find(section: &str, key: &str) -> Option<&'static Shown> {
    all()
        .iter()
        .find(|shown| shown.section == section && shown.key == key)
}

fn read(text: &'static str) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    let mut section: Option<(&'static str, &'static [&'static str])> = None;
    let mut comment: Vec<&str> = Vec::new();
    let mut is_comment_used = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = KEYS.iter().find(|(known, _)| *known == name).copied();
            comment.clear();
            continue;
        }
        let bare = line.trim_start_matches(['#', ' ']);
        let written = bare.split_once(" = ").and_then(|(name, value)| {
            let (section, keys) = section?;
            let key = keys.iter().find(|key| **key == name)?;
            Some((section, *key, value, sort_of(value)?))
        });
        match written {
            Some((section, key, value, sort)) => {
                let is_set = !line.starts_with('#');
                // An example in a comment goes before the line that sets the key.
                all.retain(|shown| (shown.section, shown.key) != (section, key));
                all.push(Shown {
                    section,
                    key,
                    value,
                    sort,
                    otherwise: match is_set {
                        _ if REQUIRED.contains(&(section, key)) => Otherwise::Required,
                        true => Otherwise::Default,
                        false => Otherwise::Off,
                    },
                    comment: comment.join(" "),
                });
                is_comment_used = true;
            }
            None if line.starts_with('#') => {
                // Keys that follow each other share what stands above the first.
                if std::mem::take(&mut is_comment_used) {
                    comment.clear();
                }
                comment.push(bare);
            }
            None => comment.clear(),
        }
    }
    all
}

fn sort_of(value: &str) -> Option<Sort> {
    let table = toml::from_str::<toml::Table>(&format!("value = {value}")).ok()?;
    Some(match table.get("value")? {
        toml::Value::String(_) => Sort::Text,
        toml::Value::Integer(_) => Sort::Number,
        toml::Value::Boolean(_) => Sort::Boolean,
        toml::Value::Array(members) if members.first().is_some_and(toml::Value::is_integer) => Sort::Numbers,
        toml::Value::Array(_) => Sort::Texts,
        toml::Value::Table(_) => Sort::Table,
        toml::Value::Float(_) | toml::Value::Datetime(_) => return None,
    })
}

#[cfg(test)]
mod tests;

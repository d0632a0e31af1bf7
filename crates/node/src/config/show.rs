//! `ohrid-node config show`: what holds, and where each value comes from.
//!
//! No secret can be shown: none stands in the configuration, only where secrets lie.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::keys::KEYS;
use super::schema::value_of;
use super::shown::{self, Otherwise};
use super::source::{Place, Source};
use super::{Config, ConfigError, Environment, document};

/// One key, its value, and where that comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The section.
    pub section: &'static str,
    /// The key.
    pub key: &'static str,
    /// The value in TOML; `None`: it is off.
    pub value: Option<String>,
    /// Where that is said; `None`: nowhere, it is the default.
    pub place: Option<Place>,
}

/// Whether the place of each value is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origins {
    /// Yes.
    Told,
    /// No.
    Left,
}

/// Every key, in the order of `config/node.toml`.
///
/// # Errors
/// On all faults of the configuration.
pub fn settings(text: &str, file: &str, environment: &Environment) -> Result<Vec<Setting>, ConfigError> {
    let config = Config::parse_over(text, file, std::path::Path::new(""), environment)?;
    let (overrides, _) = environment.over(text.len());
    let source = Source {
        text,
        file,
        overrides: &overrides,
    };
    let mut faults = Vec::new();
    let table = document(&source, &mut faults);
    let written = |section: &str, key: &str| {
        let (name, value) = table.get(section)?.get_ref().as_table()?.get_key_value(key)?;
        let over = overrides
            .iter()
            .find(|over| (over.section, over.key) == (section, key));
        let (value, at) = match over {
            Some(over) => (over.as_toml(), over.range().start),
            None => (&text[value.span()], name.span().start),
        };
        Some((value.to_owned(), source.place(at)))
    };
    let setting = |section: &'static str, key: &'static str| {
        let (value, place) = match written(section, key) {
            Some((value, place)) => (Some(value), Some(place)),
            // Its default is not a number: all of the keys that are trusted.
            None if (section, key) == ("directory", "threshold") => {
                (Some(config.directory.threshold.to_string()), None)
            }
            None => {
                let shown = shown::find(section, key).filter(|shown| shown.otherwise == Otherwise::Default);
                (shown.map(|shown| shown.value.to_owned()), None)
            }
        };
        Setting {
            section,
            key,
            value,
            place,
        }
    };
    let keys = KEYS
        .iter()
        .flat_map(|(section, keys)| keys.iter().map(move |key| (*section, *key)));
    Ok(keys.map(|(section, key)| setting(section, key)).collect())
}

/// For people: TOML, which can be used as a configuration.
#[must_use]
pub fn text_of(settings: &[Setting], origins: Origins) -> String {
    let mut text = String::new();
    let mut section = "";
    let width = settings.iter().map(|setting| line(setting).chars().count());
    let width = width.filter(|width| *width <= COLUMN_MAX).max().unwrap_or(0);
    for setting in settings {
        if setting.section != section {
            let gap = if section.is_empty() { "" } else { "\n" };
            // Writing to a string does not fail.
            let _ = writeln!(text, "{gap}[{}]", setting.section);
            section = setting.section;
        }
        let line = line(setting);
        let _ = match origins {
            Origins::Told => writeln!(text, "{line:width$}  # {}", origin(setting)),
            Origins::Left => writeln!(text, "{line}"),
        };
    }
    text
}

/// Where a value is longer, its origin stands behind it and not in the column.
const COLUMN_MAX: usize = 60;

fn line(setting: &Setting) -> String {
    match &setting.value {
        Some(value) => format!("{} = {value}", setting.key),
        None => format!("# {} is off", setting.key),
    }
}

fn origin(setting: &Setting) -> String {
    setting
        .place
        .as_ref()
        .map_or_else(|| "default".to_owned(), ToString::to_string)
}

/// For programs.
#[must_use]
pub fn json_of(settings: &[Setting]) -> Value {
    let settings = settings.iter().map(|setting| {
        let origin = match &setting.place {
            None => json!({ "from": "default" }),
            Some(Place::File { file, line, column }) => {
                json!({ "from": "file", "file": file, "line": line, "column": column })
            }
            Some(Place::Environment(name)) => json!({ "from": "environment", "variable": name }),
        };
        json!({
            "section": setting.section,
            "key": setting.key,
            "value": setting.value.as_deref().map(value_of),
            "origin": origin,
        })
    });
    Value::Array(settings.collect())
}

#[cfg(test)]
mod tests;

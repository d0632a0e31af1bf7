//! Where a word of the configuration stands: in the file, or in a variable of the environment.
//!
//! Both are read as one document. What comes from a variable has places behind the end of the file's text,
//! so that whoever finds a fault need not know which of them it was.

use std::fmt;

use super::environment::Override;

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the file.
    File {
        /// The file.
        file: String,
        /// Its line, from 1.
        line: usize,
        /// The column in it, from 1, in characters.
        column: usize,
    },
    /// In this variable of the environment.
    Environment(String),
}

/// What is wrong with one word of the configuration. The operator's to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub what: String,
    /// The rule that it breaks.
    pub rule: &'static str,
    /// What mends it.
    pub mend: String,
}

/// The file's text, its name, and what lies over it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) file: &'a str,
    pub(super) overrides: &'a [Override],
}

impl Source<'_> {
    /// The place of the byte at `offset`.
    pub(super) fn place(&self, offset: usize) -> Place {
        let over = self.overrides.iter().find(|over| over.range().contains(&offset));
        if let Some(over) = over {
            return Place::Environment(over.name.clone());
        }
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        let line_start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        Place::File {
            file: self.file.to_owned(),
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
            column: 1 + String::from_utf8_lossy(&before[line_start..]).chars().count(),
        }
    }

    /// A fault of the byte at `offset`.
    pub(super) fn fault(&self, offset: usize, what: String, rule: &'static str, mend: String) -> Fault {
        Fault {
            place: self.place(offset),
            what,
            rule,
            mend,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, column } => write!(out, "{file}:{line}:{column}"),
            Self::Environment(name) => write!(out, "environment variable {name}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}: {}\n  rule: {}\n  mend: {}",
            self.place, self.what, self.rule, self.mend
        )
    }
}

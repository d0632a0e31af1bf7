//! One breach of a rule, one piece of advice, and the list of all breaches.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Rule;
use crate::limits::FAULTS_MAX;

/// One breach of a rule: it blocks sending, and marks a received message as non-conforming.
///
/// Shown as one line: `data.selectors[0].range: an IP address without a time range [C29-2-C]; add ...`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Fault {
    /// The rule that is broken.
    pub rule: Rule,
    /// Where: a path such as `data.selectors[0].range`. Empty for the document as a whole.
    pub field: String,
    /// What is wrong. Never more than a short quotation of what was written.
    pub what: String,
    /// What would mend it.
    pub mend: String,
}

/// Something worth doing that is not required. It has the shape of a [`Fault`], and never blocks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Advice {
    /// The rule or practice that the advice comes from.
    pub rule: Rule,
    /// Where: a path such as `data.selectors[0].port`.
    pub field: String,
    /// What is missing or unusual.
    pub what: String,
    /// What would mend it.
    pub mend: String,
}

impl Fault {
    /// Makes a fault. All four parts are needed: an officer at three in the morning can act on no less.
    pub fn new(
        rule: Rule,
        field: impl Into<String>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Fault {
            rule,
            field: field.into(),
            what: what.into(),
            mend: mend.into(),
        }
    }
}

impl Advice {
    /// Makes a piece of advice.
    pub fn new(
        rule: Rule,
        field: impl Into<String>,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Advice {
            rule,
            field: field.into(),
            what: what.into(),
            mend: mend.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_line(f, self.rule, &self.field, &self.what, &self.mend)
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_line(f, self.rule, &self.field, &self.what, &self.mend)
    }
}

fn write_line(f: &mut fmt::Formatter<'_>, rule: Rule, field: &str, what: &str, mend: &str) -> fmt::Result {
    if !field.is_empty() {
        write!(f, "{field}: ")?;
    }
    write!(f, "{what} {rule}; {mend}")
}

/// All faults of one document: at least one, and at most [`FAULTS_MAX`]. Displayed one per line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// The faults as an error, or nothing where there are none.
    #[must_use]
    pub fn from_list(mut faults: Vec<Fault>) -> Option<Self> {
        faults.truncate(FAULTS_MAX);
        if faults.is_empty() {
            None
        } else {
            Some(Faults(faults))
        }
    }

    /// A single fault.
    #[must_use]
    pub fn one(fault: Fault) -> Self {
        Faults(vec![fault])
    }

    /// The faults, in the order of the document.
    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }

    /// The faults as a list that is never empty.
    #[must_use]
    pub fn as_slice(&self) -> &[Fault] {
        &self.0
    }

    /// Gives the list away.
    #[must_use]
    pub fn into_vec(self) -> Vec<Fault> {
        self.0
    }
}

impl<'a> IntoIterator for &'a Faults {
    type Item = &'a Fault;
    type IntoIter = std::slice::Iter<'a, Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

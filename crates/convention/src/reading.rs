//! Reads a document field by field, and goes on after a fault, so that an officer hears of all of them at
//! once.
//!
//! `[FORM]` A derived parser stops at the first thing that it does not like; at three in the morning that
//! means one round trip per mistake. So drafts and messages are first taken apart into plain JSON values, and
//! then each form asks a [`Section`] for the fields it knows. What is missing, of a wrong type, too long, or
//! unknown goes to [`Findings`].
//!
//! The same code reads what we send and what we receive; only the consequence differs ([`Manner`]): in a
//! draft an unknown field is a fault, in a received message it comes from a later version, and is kept.

mod attachment;
mod field;
pub(crate) mod json;
mod section;
mod word;

pub use attachment::{Bytes, Sha256};
pub(crate) use field::{Field, quoted};
pub(crate) use section::{Form, Need, Section, read_form};
pub(crate) use word::words;
pub use word::{Stated, Word};

use std::collections::BTreeMap;

use serde_json::Value;

use crate::limits::{ADDITIONAL_FIELDS_MAX, FAULTS_MAX};
use crate::rule::{Fault, Rule};
use crate::text::Language;

/// Whether we read what an officer of ours wrote, or what a peer sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// An officer's draft: unknown fields are mistakes.
    Draft,
    /// A peer's message: unknown fields come from a later version.
    Received,
}

/// What was noticed while reading.
#[derive(Debug)]
pub(crate) struct Findings {
    pub(crate) manner: Manner,
    /// The language of texts that name none; only in drafts.
    pub(crate) language: Option<Language>,
    pub(crate) faults: Vec<Fault>,
    /// Fields that this version does not know, by path.
    pub(crate) additional: BTreeMap<String, Value>,
}

impl Findings {
    pub(crate) fn new(manner: Manner) -> Self {
        Findings {
            manner,
            language: None,
            faults: Vec::new(),
            additional: BTreeMap::new(),
        }
    }

    pub(crate) fn fault(
        &mut self,
        rule: Rule,
        field: &str,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault::new(rule, field, what, mend));
        }
    }

    /// As `fault`, for words that take long to find: they are looked for only while there is room for them.
    pub(crate) fn fault_with(&mut self, rule: Rule, field: &str, words: impl FnOnce() -> (String, String)) {
        if self.faults.len() < FAULTS_MAX {
            let (what, mend) = words();
            self.faults.push(Fault::new(rule, field, what, mend));
        }
    }

    fn unknown(&mut self, place: String, key: &str, value: &Value, known: &[&'static str]) {
        match self.manner {
            Manner::Draft => {
                let mend = match field::most_similar(key, known.iter().copied()) {
                    Some(meant) => format!("did you mean {meant:?}?"),
                    None => format!("the fields here are: {}", known.join(", ")),
                };
                self.fault(Rule::Form, &place, format!("unknown key {}", quoted(key)), mend);
            }
            Manner::Received if self.additional.len() < ADDITIONAL_FIELDS_MAX => {
                self.additional.insert(place, value.clone());
            }
            Manner::Received => {}
        }
    }
}

#[cfg(test)]
mod tests;

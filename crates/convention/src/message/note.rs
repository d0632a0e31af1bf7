//! `note`: correspondence within a case. It changes nothing, and is never out of place in a case that exists.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Place, Speaker};
use super::kinds::{Kind, REQUESTS};
use crate::case::State;
use crate::reading::{Form, Need, Section};
use crate::rule::Rule;
use crate::text::{Line, Text};

/// Correspondence within a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Note {
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Line>,
    /// The note.
    pub text: Text,
}

impl Form for Note {
    fn read(section: &mut Section<'_>) -> Self {
        Note {
            subject: section.optional("subject"),
            text: section.required("text", Need::new(Rule::Answer, "write what you have to say")),
        }
    }
}

impl Content for Note {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Either;
    const CASES: &'static [Kind] = REQUESTS;

    fn is_allowed_in(state: State) -> bool {
        !matches!(state, State::Drafted | State::Approved)
    }

    fn check(&self, _: &mut Examination<'_>) {}

    fn summary(&self) -> String {
        match &self.subject {
            Some(subject) => format!("note: {subject}"),
            None => "note".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;

//! `withdrawal`: the request is taken back `[ANSWER]`. What was preserved for it can be released.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Place, Speaker};
use super::kinds::{Kind, REQUESTS};
use crate::case::{CaseView, Marks, State};
use crate::reading::{Form, Need, Section};
use crate::rule::Rule;
use crate::text::Text;

/// The request is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Withdrawal {
    /// Why.
    pub reasons: Text,
}

impl Form for Withdrawal {
    fn read(section: &mut Section<'_>) -> Self {
        Withdrawal {
            reasons: section.required("reasons", Need::new(Rule::Answer, "say why it is taken back")),
        }
    }
}

impl Content for Withdrawal {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Requesting;
    const CASES: &'static [Kind] = REQUESTS;

    /// What was disclosed or answered cannot be taken back; it is closed with an outcome.
    fn is_allowed_in(state: State) -> bool {
        state.is_open() && !matches!(state, State::Disclosed | State::Answered)
    }

    fn check(&self, _: &mut Examination<'_>) {}

    fn leads_to(&self, _: &CaseView) -> State {
        State::Withdrawn
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        marks.withdrawn();
    }

    fn summary(&self) -> String {
        "withdrawn".to_owned()
    }
}

#[cfg(test)]
mod tests;

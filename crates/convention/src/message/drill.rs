//! `drill`: is somebody there? `[DRILL]` Measured to the machine's receipt and to an officer's
//! acknowledgement, which closes the case. It asks for nothing else, so that nobody mistakes it for a
//! request.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Place, Speaker};
use super::kinds::Kind;
use crate::case::{CaseView, State};
use crate::reading::{Form, Need, Section};
use crate::rule::Rule;
use crate::text::{Line, Text};

/// Is somebody there?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Drill {
    /// Why it is held: a monthly test, a new contact point.
    pub purpose: Text,
    /// The exercise that it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exercise: Option<Line>,
}

impl Form for Drill {
    fn read(section: &mut Section<'_>) -> Self {
        Drill {
            purpose: section.required("purpose", Need::new(Rule::Drill, "say why the drill is held")),
            exercise: section.optional("exercise"),
        }
    }
}

impl Content for Drill {
    const PLACE: Place = Place::Opens;
    const SPEAKER: Speaker = Speaker::Requesting;
    const CASES: &'static [Kind] = &[];

    fn is_allowed_in(state: State) -> bool {
        state == State::Unknown
    }

    fn check(&self, _: &mut Examination<'_>) {}

    fn leads_to(&self, _: &CaseView) -> State {
        State::Submitted
    }

    fn summary(&self) -> String {
        "drill: please acknowledge".to_owned()
    }
}

#[cfg(test)]
mod tests;

//! `conditional-grant`: yes, if the requesting Party accepts conditions `[C28-2]` `[C27-6]`.
//!
//! The answer is `conditions-accepted`, which binds, or `conditions-declined`.

use schemars::JsonSchema;
use serde::Serialize;

use super::conditions::Condition;
use super::content::{Content, Examination, Place, Speaker};
use super::kinds::{ASKING, Kind};
use crate::case::{CaseView, Marks, State};
use crate::reading::{Form, Need, Section};
use crate::rule::Rule;
use crate::text::{Line, Text};

/// Yes, if.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConditionalGrant {
    /// What will be done or given once the conditions are accepted.
    pub grants: Text,
    /// `[C28-2]` The conditions.
    #[schemars(length(min = 1))]
    pub conditions: Vec<Condition>,
    /// Why they are set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Text>,
    /// The requested Party's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Line>,
}

impl Form for ConditionalGrant {
    fn read(section: &mut Section<'_>) -> Self {
        const CONDITIONS: &str = "add at least one [[conditions]]; to grant without any, report or decide";
        ConditionalGrant {
            grants: section.required(
                "grants",
                Need::new(
                    Rule::C28_2,
                    "say what will be done once the conditions are accepted",
                ),
            ),
            conditions: section.list("conditions", Need::new(Rule::C28_2, CONDITIONS)),
            reasons: section.optional("reasons"),
            reference: section.optional("reference"),
        }
    }
}

impl Content for ConditionalGrant {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Requested;
    const CASES: &'static [Kind] = ASKING;

    /// Before the data were disclosed: after that a condition comes too late.
    fn is_allowed_in(state: State) -> bool {
        state.is_open() && !matches!(state, State::Disclosed | State::Answered | State::NothingFound)
    }

    fn check(&self, examination: &mut Examination<'_>) {
        examination.advise_if_absent(
            self.reasons.as_ref(),
            Rule::C28_2,
            "reasons",
            "the other side weighs a condition by its reason",
        );
    }

    fn leads_to(&self, _: &CaseView) -> State {
        State::Conditional
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        marks.conditions_set();
    }

    fn summary(&self) -> String {
        format!("granted under {} condition(s)", self.conditions.len())
    }
}

#[cfg(test)]
mod tests;

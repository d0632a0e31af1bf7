//! `outcome`: what the data were used for `[ANSWER]`. It is the feedback that the checklist of 2009 asks for
//! `[CHECKLIST]`, and closes the case.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Objection, Place, Speaker};
use super::kinds::{ASKING, Kind};
use crate::case::{CaseView, State};
use crate::party::PartyCode;
use crate::reading::{Form, Need, Section, Stated, words};
use crate::rule::Rule;
use crate::text::{Line, Text};

words! {
    /// How useful it was.
    Rule::Answer;
    Usefulness {
        /// It was used in proceedings.
        Proceedings = "used-in-proceedings",
        /// It helped the investigation.
        Investigation = "used-in-investigation",
        /// It was of no use.
        None = "of-no-use",
        /// It is too early to say, and nothing more is needed.
        Unknown = "not-known",
    }
}

/// What the data were used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Outcome {
    /// How useful it was.
    pub usefulness: Stated<Usefulness>,
    /// What the data were used for, in words.
    pub feedback: Text,
    /// The proceedings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proceedings: Option<Line>,
}

impl Form for Outcome {
    fn read(section: &mut Section<'_>) -> Self {
        const USEFULNESS: &str = "write used-in-proceedings, used-in-investigation, of-no-use or not-known";
        Outcome {
            usefulness: section.required("usefulness", Need::new(Rule::Answer, USEFULNESS)),
            feedback: section.required(
                "feedback",
                Need::new(Rule::Answer, "say what the data were used for"),
            ),
            proceedings: section.optional("proceedings"),
        }
    }
}

impl Content for Outcome {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Either;
    const CASES: &'static [Kind] = &[
        Kind::PreservationRequest,
        Kind::MutualAssistanceRequest,
        Kind::SpontaneousInformation,
        Kind::AssistanceRequest,
        Kind::EmergencyDisclosureRequest,
        Kind::EmergencyMutualAssistanceRequest,
    ];

    /// Once something has come of the request.
    fn is_allowed_in(state: State) -> bool {
        state.is_preserved()
            || matches!(
                state,
                State::NothingFound
                    | State::Refused
                    | State::Answered
                    | State::Decided
                    | State::Disclosed
                    | State::Released
                    | State::Withdrawn
            )
    }

    /// It comes from the side that was helped: the one that asked, or the one that was informed.
    fn objection(case: &CaseView, sender: PartyCode) -> Option<Objection> {
        let helped = if case.opened_by.is_some_and(|kind| ASKING.contains(&kind)) {
            case.requesting
        } else {
            case.requested
        };
        (helped != Some(sender)).then_some(Objection {
            what: "it is for the side that was helped to say what came of it",
            mend: "ask for it with a note",
        })
    }

    fn check(&self, _: &mut Examination<'_>) {}

    fn leads_to(&self, _: &CaseView) -> State {
        State::Closed
    }

    fn summary(&self) -> String {
        format!("outcome: {}", self.usefulness)
    }
}

#[cfg(test)]
mod tests;

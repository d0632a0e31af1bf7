//! `conditions-declined`: we cannot comply with the conditions, and say so promptly `[C28-3]`. The other side
//! then determines whether to go on all the same.

use schemars::JsonSchema;
use serde::Serialize;

use super::conditions::objection_to_answer;
use super::content::{Content, Examination, Objection, Place, Speaker};
use super::kinds::{Kind, REQUESTS};
use crate::case::{CaseView, Marks, State};
use crate::party::PartyCode;
use crate::reading::{Form, Need, Section};
use crate::rule::Rule;
use crate::text::Text;

/// We cannot comply with the conditions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConditionsDeclined {
    /// Which of them, and why.
    pub reasons: Text,
}

impl Form for ConditionsDeclined {
    fn read(section: &mut Section<'_>) -> Self {
        const REASONS: &str = "say which condition you cannot comply with, and why";
        ConditionsDeclined {
            reasons: section.required("reasons", Need::new(Rule::C28_3, REASONS)),
        }
    }
}

impl Content for ConditionsDeclined {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Either;
    const CASES: &'static [Kind] = REQUESTS;

    fn is_allowed_in(state: State) -> bool {
        state.is_open()
    }

    fn objection(case: &CaseView, sender: PartyCode) -> Option<Objection> {
        objection_to_answer(case, sender)
    }

    fn check(&self, _: &mut Examination<'_>) {}

    /// An offer that is declined is over; a grant goes back to the Party that made it.
    fn leads_to(&self, case: &CaseView) -> State {
        if case.opened_by == Some(Kind::SpontaneousInformation) {
            State::Closed
        } else {
            case.state_after_conditions()
        }
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        marks.conditions_declined();
    }

    fn summary(&self) -> String {
        "conditions declined".to_owned()
    }
}

#[cfg(test)]
mod tests;

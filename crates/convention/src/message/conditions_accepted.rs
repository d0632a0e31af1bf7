//! `conditions-accepted`: the conditions bind us `[C26-2]` `[C28-3]`.

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

/// The conditions bind us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConditionsAccepted {
    /// That the Party is bound: so it is in every acceptance that can be sent.
    #[schemars(required)]
    pub binding: Option<bool>,
    /// Anything to add. It cannot change the conditions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<Text>,
}

impl Form for ConditionsAccepted {
    fn read(section: &mut Section<'_>) -> Self {
        const BINDING: &str = "write binding = true, if your Party will keep to the conditions";
        ConditionsAccepted {
            binding: section.needed("binding", Need::new(Rule::C28_3, BINDING)),
            statement: section.optional("statement"),
        }
    }
}

impl Content for ConditionsAccepted {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Either;
    const CASES: &'static [Kind] = REQUESTS;

    fn is_allowed_in(state: State) -> bool {
        state.is_open()
    }

    fn objection(case: &CaseView, sender: PartyCode) -> Option<Objection> {
        objection_to_answer(case, sender)
    }

    fn check(&self, examination: &mut Examination<'_>) {
        if self.binding == Some(false) {
            let mend = "acceptance binds; to say no, send conditions-declined";
            examination.fault(Rule::C28_3, "binding", "an acceptance that does not bind", mend);
        }
    }

    fn leads_to(&self, case: &CaseView) -> State {
        case.state_after_conditions()
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        // `[C26-2]` What does not bind opens no door.
        if self.binding == Some(true) {
            marks.conditions_accepted();
        }
    }

    fn summary(&self) -> String {
        "conditions accepted".to_owned()
    }
}

#[cfg(test)]
mod tests;

//! `referral`: the request was sent on to the competent authority, which is named `[C27-9-C]`.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Place, Speaker};
use super::kinds::{ASKING, Kind};
use crate::case::{CaseView, Marks, State};
use crate::party::ContactPoint;
use crate::reading::{Form, Need, Section};
use crate::rule::Rule;
use crate::text::{Line, Text};

/// Sent on to the competent authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Referral {
    /// The authority that is competent.
    pub authority: Line,
    /// How to reach it.
    pub contact: Line,
    /// Its contact point, where it is on this network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_point: Option<ContactPoint>,
    /// Under which reference it has the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Line>,
    /// Why it is competent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Text>,
}

impl Form for Referral {
    fn read(section: &mut Section<'_>) -> Self {
        Referral {
            authority: section.required(
                "authority",
                Need::new(Rule::C27_9C, "name the authority that has it now"),
            ),
            contact: section.required(
                "contact",
                Need::new(Rule::C27_9C, "say how to reach it: telephone or mail address"),
            ),
            contact_point: section.optional("contact_point"),
            reference: section.optional("reference"),
            reasons: section.optional("reasons"),
        }
    }
}

impl Content for Referral {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Requested;
    const CASES: &'static [Kind] = ASKING;

    /// While nothing has come of the request; what was answered needs no other authority.
    fn is_allowed_in(state: State) -> bool {
        state.is_early() || matches!(state, State::Postponed | State::MutualAssistanceReceived)
    }

    fn check(&self, examination: &mut Examination<'_>) {
        if let (Some(point), Some(sender)) = (&self.contact_point, examination.around.sender)
            && point.party() != sender.party()
        {
            let what = "is a contact point of another Party";
            let mend =
                "a request is referred within your own Party; tell the other side to write to the third";
            examination.fault(Rule::C27_9C, "contact_point", what, mend);
        }
    }

    fn leads_to(&self, case: &CaseView) -> State {
        case.state_while_working()
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        marks.referred(self.authority.as_str());
    }

    fn summary(&self) -> String {
        format!("referred to {}", self.authority)
    }
}

#[cfg(test)]
mod tests;

//! `emergency-mutual-assistance-request`: mutual assistance at once, because a life or safety is at risk
//! (Second Additional Protocol, Article 10).
//!
//! It says all that a request for mutual assistance says, and the facts of the emergency. `[2AP-10]` The
//! protocol's wording is unverified here: what it asks beyond that is advice, and holds nothing up.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Place, Speaker};
use super::emergency_disclosure_request::Emergency;
use super::kinds::Kind;
use super::mutual_assistance_request::MutualAssistanceRequest;
use super::preservation_request::Selector;
use crate::case::{CaseView, Marks, State};
use crate::reading::{Form, Section};
use crate::rule::Rule;

/// Mutual assistance at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EmergencyMutualAssistanceRequest {
    /// `[2AP-10]` The facts of the emergency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emergency: Option<Emergency>,
    /// What a request for mutual assistance says.
    #[serde(flatten)]
    pub request: MutualAssistanceRequest,
}

impl Form for EmergencyMutualAssistanceRequest {
    fn read(section: &mut Section<'_>) -> Self {
        EmergencyMutualAssistanceRequest {
            emergency: section.optional_form("emergency"),
            request: MutualAssistanceRequest::read(section),
        }
    }
}

impl Content for EmergencyMutualAssistanceRequest {
    const PLACE: Place = Place::Either;
    const SPEAKER: Speaker = Speaker::Requesting;
    const CASES: &'static [Kind] = MutualAssistanceRequest::CASES;

    fn is_allowed_in(state: State) -> bool {
        MutualAssistanceRequest::is_allowed_in(state)
    }

    fn check(&self, examination: &mut Examination<'_>) {
        Emergency::check(self.emergency.as_ref(), Rule::P2_10, examination);
        self.request.check(examination);
    }

    fn leads_to(&self, case: &CaseView) -> State {
        self.request.leads_to(case)
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        self.request.mark(marks);
    }

    fn selectors(&self) -> &[Selector] {
        self.request.selectors()
    }

    fn summary(&self) -> String {
        format!("EMERGENCY: {}", self.request.summary())
    }
}

#[cfg(test)]
mod tests;

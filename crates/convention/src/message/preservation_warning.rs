//! `preservation-warning`: preservation would not help, or would do harm `[C29-6]`. The requesting Party then
//! decides, with a `warning-decision`, whether to go on all the same.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Place, Speaker};
use super::kinds::Kind;
use crate::case::{CaseView, Marks, State};
use crate::reading::{Form, Need, Section, Stated, words};
use crate::rule::Rule;
use crate::text::{Line, Text};
use crate::time::ZonedInstant;

words! {
    /// What preservation would lead to.
    Rule::C29_6;
    WarningGround {
        /// It will not ensure that the data are available in future.
        Availability = "availability-not-ensured",
        /// It will threaten the confidentiality of the investigation.
        Confidentiality = "confidentiality-threatened",
        /// It will otherwise prejudice the investigation.
        Prejudice = "investigation-prejudiced",
    }
}

/// Preservation would not help, or would do harm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PreservationWarning {
    /// What it would lead to.
    #[schemars(length(min = 1))]
    pub grounds: Vec<Stated<WarningGround>>,
    /// Why, in words: the custodian would tell the subscriber, the provider is a suspect.
    pub explanation: Text,
    /// What was done so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meanwhile: Option<Text>,
    /// Until when a decision would still help. The Convention gives no deadline; this is the officer's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted_by: Option<ZonedInstant>,
    /// The requested Party's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Line>,
}

impl Form for PreservationWarning {
    fn read(section: &mut Section<'_>) -> Self {
        const GROUNDS: &str = "choose from availability-not-ensured, confidentiality-threatened, \
                               investigation-prejudiced";
        PreservationWarning {
            grounds: section.list("grounds", Need::new(Rule::C29_6, GROUNDS)),
            explanation: section.required(
                "explanation",
                Need::new(Rule::C29_6, "explain it, so that the other side can decide"),
            ),
            meanwhile: section.optional("meanwhile"),
            wanted_by: section.optional("wanted_by"),
            reference: section.optional("reference"),
        }
    }
}

impl Content for PreservationWarning {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Requested;
    const CASES: &'static [Kind] = &[Kind::PreservationRequest];

    fn is_allowed_in(state: State) -> bool {
        state.is_early() || state.is_preserved() || matches!(state, State::Postponed | State::Conditional)
    }

    fn check(&self, examination: &mut Examination<'_>) {
        examination.advise_if_absent(
            self.meanwhile.as_ref(),
            Rule::C29_6,
            "meanwhile",
            "say what was done so far, and whether you wait for the decision",
        );
    }

    fn leads_to(&self, case: &CaseView) -> State {
        case.state_while_working()
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        marks.warned();
    }

    fn summary(&self) -> String {
        let grounds: Vec<&str> = self.grounds.iter().map(Stated::as_str).collect();
        format!("warning: {}", grounds.join(", "))
    }
}

#[cfg(test)]
mod tests;

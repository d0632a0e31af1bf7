//! `warning-decision`: go on with the preservation all the same, or not `[C29-6]`.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Objection, Place, Speaker};
use super::kinds::Kind;
use crate::case::{CaseView, Marks, State};
use crate::party::PartyCode;
use crate::reading::{Form, Need, Section, Stated, words};
use crate::rule::Rule;
use crate::text::Text;

words! {
    /// What the requesting Party decided.
    Rule::C29_6;
    Determination {
        /// Preserve nevertheless.
        Proceed = "proceed",
        /// Do not; the request is taken back.
        Withdraw = "withdraw",
    }
}

/// Go on all the same, or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WarningDecision {
    /// What the requesting Party decided.
    pub decision: Stated<Determination>,
    /// Why, and what to take care of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Text>,
}

impl Form for WarningDecision {
    fn read(section: &mut Section<'_>) -> Self {
        WarningDecision {
            decision: section.required("decision", Need::new(Rule::C29_6, "write proceed or withdraw")),
            reasons: section.optional("reasons"),
        }
    }
}

impl Content for WarningDecision {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Requesting;
    const CASES: &'static [Kind] = &[Kind::PreservationRequest];

    fn is_allowed_in(state: State) -> bool {
        state.is_open()
    }

    /// A decision needs its warning.
    fn objection(case: &CaseView, _: PartyCode) -> Option<Objection> {
        let is_open = case
            .warning
            .as_ref()
            .is_some_and(|warning| warning.decided.is_none());
        (!is_open).then_some(Objection {
            what: "no warning waits for a decision",
            mend: "to take the request back, send a withdrawal",
        })
    }

    fn check(&self, _: &mut Examination<'_>) {}

    fn leads_to(&self, case: &CaseView) -> State {
        if self.decision.is(Determination::Withdraw) {
            State::Withdrawn
        } else {
            case.state
        }
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        if self.decision.permitted().is_some() {
            marks.warning_decided();
        }
        if self.decision.is(Determination::Withdraw) {
            marks.withdrawn();
        }
    }

    fn summary(&self) -> String {
        format!("decision on the warning: {}", self.decision)
    }
}

#[cfg(test)]
mod tests;

//! `acknowledgement`: a named officer of the requested Party has taken charge `[ANSWER]`.
//!
//! It is not the machine's receipt, which is below this level: it says that a person has read the request,
//! under which reference that person works on it, and what happens next. The officer is the message's author.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Place, Speaker};
use super::kinds::{Kind, REQUESTS};
use crate::case::{CaseView, Marks, State};
use crate::reading::{Form, Need, Section};
use crate::rule::Rule;
use crate::text::{Line, Text};
use crate::time::ZonedInstant;

/// A named officer has taken charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Acknowledgement {
    /// The requested Party's own reference.
    pub reference: Line,
    /// What happens next.
    pub next_steps: Text,
    /// When the other side can expect to hear more. The Convention gives no deadline; this is the officer's
    /// word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<ZonedInstant>,
}

impl Form for Acknowledgement {
    fn read(section: &mut Section<'_>) -> Self {
        Acknowledgement {
            reference: section.required(
                "reference",
                Need::new(Rule::Answer, "give the reference under which you work on it"),
            ),
            next_steps: section.required("next_steps", Need::new(Rule::Answer, "say what happens next")),
            expected: section.optional("expected"),
        }
    }
}

impl Content for Acknowledgement {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Requested;
    const CASES: &'static [Kind] = REQUESTS;

    /// Before there is an outcome. A second one is in order: the next shift takes charge.
    fn is_allowed_in(state: State) -> bool {
        state.is_early()
    }

    fn check(&self, examination: &mut Examination<'_>) {
        if let (Some(expected), Some(now)) = (&self.expected, examination.around.now)
            && expected.instant() <= now
        {
            let mend = "give the time at which more can be expected";
            examination.advise(Rule::Answer, "expected", "is in the past", mend);
        }
        examination.advise_if_absent(
            self.expected.as_ref(),
            Rule::Answer,
            "expected",
            "the other side plans its shifts by it",
        );
    }

    /// A drill asks for nothing more, and is over.
    fn leads_to(&self, case: &CaseView) -> State {
        match (case.opened_by, case.state) {
            (Some(Kind::Drill), _) => State::Closed,
            (_, State::InProgress) => State::InProgress,
            _ => State::Acknowledged,
        }
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        marks.acknowledged();
    }

    fn summary(&self) -> String {
        format!("taken charge of, reference {}", self.reference)
    }
}

#[cfg(test)]
mod tests;

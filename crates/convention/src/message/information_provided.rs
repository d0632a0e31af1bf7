//! `information-provided`: answers to questions, and the advice or information that an assistance request
//! asked for `[ANSWER]`.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Objection, Place, Speaker};
use super::kinds::{ASKING, Kind};
use crate::case::{CaseView, Marks, State};
use crate::party::PartyCode;
use crate::reading::{Form, Need, Section};
use crate::rule::Rule;
use crate::text::{Line, Text};

/// Answers to questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InformationProvided {
    /// The answers, in the order of the questions.
    #[schemars(length(min = 1))]
    pub answers: Vec<Text>,
    /// The answering side's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Line>,
}

impl Form for InformationProvided {
    fn read(section: &mut Section<'_>) -> Self {
        InformationProvided {
            answers: section.list("answers", Need::new(Rule::Answer, "write at least one answer")),
            reference: section.optional("reference"),
        }
    }
}

/// Whether this Party is the one that an assistance request asked.
fn answers_assistance(case: &CaseView, sender: PartyCode) -> bool {
    case.opened_by == Some(Kind::AssistanceRequest) && case.requested == Some(sender)
}

impl Content for InformationProvided {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Either;
    const CASES: &'static [Kind] = ASKING;

    fn is_allowed_in(state: State) -> bool {
        state.is_open()
    }

    /// An answer needs its question.
    fn objection(case: &CaseView, sender: PartyCode) -> Option<Objection> {
        let was_asked = case.questions.iter().any(|question| question.asked_by != sender);
        if was_asked || answers_assistance(case, sender) {
            return None;
        }
        Some(Objection {
            what: "nothing was asked of you in this case",
            mend: "send a note, if there is something to say",
        })
    }

    fn check(&self, _: &mut Examination<'_>) {}

    fn leads_to(&self, case: &CaseView) -> State {
        // While the asked side waits for an answer of the asking side, nothing is answered yet.
        let is_answer = case.opened_by == Some(Kind::AssistanceRequest)
            && !case.questions.iter().any(|question| question.answered.is_none());
        if is_answer {
            State::Answered
        } else {
            case.state_while_working()
        }
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        marks.answered();
    }

    fn summary(&self) -> String {
        format!("{} answer(s)", self.answers.len())
    }
}

#[cfg(test)]
mod tests;

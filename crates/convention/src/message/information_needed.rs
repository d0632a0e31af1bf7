//! `information-needed`: questions, or what is wrong with a request `[ANSWER]`. Either side can ask.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Place, Speaker};
use super::kinds::{ASKING, Kind};
use crate::case::{CaseView, Marks, State};
use crate::reading::{Form, Need, Section, Stated, words};
use crate::rule::Rule;
use crate::text::{Line, Text};

words! {
    /// What is lacking.
    Rule::Answer;
    Lacking {
        /// Something has to be known before one can go on.
        Information = "information",
        /// The translation is too poor.
        Translation = "translation",
        /// The request has a flaw of substance.
        Substance = "substance",
        /// The request has a flaw of form.
        FormOfRequest = "form",
    }
}

/// Questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InformationNeeded {
    /// What is lacking.
    pub lacking: Stated<Lacking>,
    /// The questions, one by one.
    #[schemars(length(min = 1))]
    pub questions: Vec<Text>,
    /// What happens meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meanwhile: Option<Text>,
    /// The asking side's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Line>,
}

impl Form for InformationNeeded {
    fn read(section: &mut Section<'_>) -> Self {
        const LACKING: &str = "write information, translation, substance or form";
        InformationNeeded {
            lacking: section.required("lacking", Need::new(Rule::Answer, LACKING)),
            questions: section.list(
                "questions",
                Need::new(
                    Rule::Answer,
                    "write at least one question, or what is to be mended",
                ),
            ),
            meanwhile: section.optional("meanwhile"),
            reference: section.optional("reference"),
        }
    }
}

impl Content for InformationNeeded {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Either;
    const CASES: &'static [Kind] = ASKING;

    fn is_allowed_in(state: State) -> bool {
        state.is_open()
    }

    fn check(&self, examination: &mut Examination<'_>) {
        examination.advise_if_absent(
            self.meanwhile.as_ref(),
            Rule::Answer,
            "meanwhile",
            "say whether the data are safe while you wait for the answer",
        );
    }

    fn leads_to(&self, case: &CaseView) -> State {
        case.state_while_working()
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        marks.asked();
    }

    fn summary(&self) -> String {
        format!("{} question(s): {}", self.questions.len(), self.lacking)
    }
}

#[cfg(test)]
mod tests;

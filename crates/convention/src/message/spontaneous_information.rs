//! `spontaneous-information`: information that nobody asked for `[C26-1]`, in two steps.
//!
//! First the *offer*: what the information is about, and the conditions under which it is given. It opens a
//! case and holds no content. Then, once the other side has sent `conditions-accepted`, the *content*, in the
//! same case `[C26-2]`. Until then it can be neither sealed nor sent:
//! [`CaseView::content_permit`](crate::case::CaseView::content_permit) says whether it can. Where there are
//! no conditions, the content opens the case, and there is no offer.

use schemars::JsonSchema;
use serde::Serialize;

use super::conditions::Condition;
use super::content::{Content, Examination, Place, Speaker};
use super::kinds::Kind;
use crate::case::{CaseView, Marks, State};
use crate::reading::{Form, Need, Section, Stated, words};
use crate::rule::Rule;
use crate::text::{Line, Text};

words! {
    /// Which of the two steps it is.
    Rule::C26_2;
    Step {
        /// What the information is about, and the conditions under which it is given.
        Offer = "offer",
        /// The information itself.
        Content = "content",
    }
}

/// Information that nobody asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SpontaneousInformation {
    /// Which of the two steps it is.
    pub step: Stated<Step>,
    /// The sending side's reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Line>,
    /// What the information is about, without giving it away.
    pub subject: Text,
    /// Why it might help: an investigation to begin or to carry on, a request that it might lead to.
    pub relevance: Text,
    /// `[C26-2]` The conditions; only in an offer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The information itself; never in an offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Text>,
    /// Where the information comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Text>,
}

impl Form for SpontaneousInformation {
    fn read(section: &mut Section<'_>) -> Self {
        SpontaneousInformation {
            step: section.required("step", Need::new(Rule::C26_2, "write offer or content")),
            reference: section.optional("reference"),
            subject: section.required(
                "subject",
                Need::new(
                    Rule::C26_1,
                    "say what the information is about, without giving it away",
                ),
            ),
            relevance: section.required(
                "relevance",
                Need::new(Rule::C26_1, "say which investigation or request it might help"),
            ),
            conditions: section.optional_list("conditions"),
            content: section.optional("content"),
            origin: section.optional("origin"),
        }
    }
}

impl SpontaneousInformation {
    /// `[C26-2]` An offer holds conditions, and no content.
    fn check_offer(&self, examination: &mut Examination<'_>) {
        if self.content.is_some() {
            let what = "an offer that gives the content away";
            let mend = "leave it out, and send it once the conditions are accepted; or, where there are \
                        none, send it at once as step = \"content\"";
            examination.fault(Rule::C26_2, "content", what, mend);
        }
        if self.conditions.is_empty() {
            let what = "an offer without conditions";
            let mend = "where there are none, nothing has to be accepted: send the content at once";
            examination.advise(Rule::C26_2, "conditions", what, mend);
        }
        if examination.around.case.is_some() {
            let mend = "send the content, or open another case with another offer";
            examination.fault(Rule::CaseState, "step", "the offer was made already", mend);
        }
    }

    /// `[C26-2]` Content holds no conditions, and waits for the acceptance of those of its offer.
    fn check_content(&self, examination: &mut Examination<'_>) {
        if self.content.is_none() {
            let mend = "write the information, or send an offer";
            examination.fault(Rule::C26_1, "content", "is missing", mend);
        }
        if !self.conditions.is_empty() {
            let what = "conditions beside the content, which the other side could not decline any more";
            let mend = "send an offer with the conditions first, and the content once they are accepted";
            examination.fault(Rule::C26_2, "conditions", what, mend);
        }
        if let Some(Err(refused)) = examination.around.case.map(CaseView::content_permit) {
            examination.fault(refused.rule, "content", refused.what, refused.mend);
        }
    }
}

impl Content for SpontaneousInformation {
    const PLACE: Place = Place::Either;
    const SPEAKER: Speaker = Speaker::Requesting;
    const CASES: &'static [Kind] = &[Kind::SpontaneousInformation];

    fn is_allowed_in(state: State) -> bool {
        state.is_open()
    }

    fn check(&self, examination: &mut Examination<'_>) {
        match self.step.permitted() {
            Some(Step::Offer) => self.check_offer(examination),
            Some(Step::Content) => self.check_content(examination),
            None => {}
        }
    }

    fn leads_to(&self, case: &CaseView) -> State {
        match (case.state, self.step.permitted()) {
            (State::Unknown, _) => State::Submitted,
            (_, Some(Step::Content)) => State::Disclosed,
            (state, _) => state,
        }
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        if self.step.is(Step::Offer) && !self.conditions.is_empty() {
            marks.conditions_set();
        }
        if self.step.is(Step::Content) {
            marks.content_given();
        }
    }

    fn summary(&self) -> String {
        format!("spontaneous information, {}: {}", self.step, self.subject)
    }
}

#[cfg(test)]
mod tests;

//! `assistance-request`: what a contact point is for besides preservation (Article 35(1)(a) and (c)): advice,
//! legal information, locating a suspect, collecting evidence `[C35-1]`.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Place, Speaker};
use super::kinds::Kind;
use super::preservation_request::{Authority, Office, Selector, selector};
use crate::case::{CaseView, State};
use crate::reading::{Form, Need, Section, Stated, words};
use crate::rule::Rule;
use crate::text::{Line, Text};
use crate::time::ZonedInstant;

words! {
    /// What is asked.
    Rule::C35_1;
    Assistance {
        /// Article 35(1)(a): technical advice.
        TechnicalAdvice = "technical-advice",
        /// Article 35(1)(c): legal information.
        LegalInformation = "legal-information",
        /// Article 35(1)(c): locating a suspect.
        LocatingSuspect = "locating-suspect",
        /// Article 35(1)(c): collecting evidence.
        CollectingEvidence = "collecting-evidence",
    }
}

/// What a contact point is for, besides preservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AssistanceRequest {
    /// What is asked: one of the four.
    pub assistance: Stated<Assistance>,
    /// The requesting side's reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Line>,
    /// The contact point that asks.
    pub office: Office,
    /// On whose behalf it asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<Authority>,
    /// The question, or what is to be done.
    pub question: Text,
    /// Why it is asked: the facts, as far as they may be told.
    pub background: Text,
    /// What identifies persons, accounts or data.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub selectors: Vec<Selector>,
    /// When an answer would still help. The Convention gives no deadline; this is a wish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted_by: Option<ZonedInstant>,
}

impl Form for AssistanceRequest {
    fn read(section: &mut Section<'_>) -> Self {
        const ASSISTANCE: &str = "write technical-advice, legal-information, locating-suspect or \
                                  collecting-evidence";
        const OFFICE: Need = Need::new(Rule::C35_1, "add [office]: the contact point that asks");
        AssistanceRequest {
            assistance: section.required("assistance", Need::new(Rule::C35_1, ASSISTANCE)),
            reference: section.optional("reference"),
            office: section.form_under("office", OFFICE),
            authority: section.under(Rule::C35_1, |section| section.optional_form("authority")),
            question: section.required(
                "question",
                Need::new(Rule::C35_1, "write the question, or what is to be done"),
            ),
            background: section.required(
                "background",
                Need::new(
                    Rule::C35_1,
                    "say why you ask: the facts, as far as they may be told",
                ),
            ),
            selectors: section.under(Rule::C35_1, |section| section.optional_list("selectors")),
            wanted_by: section.optional("wanted_by"),
        }
    }
}

impl AssistanceRequest {
    /// Advice needs no authority behind it; what touches a person does.
    fn check_authority(&self, examination: &mut Examination<'_>) {
        let touches_persons = self.assistance.is(Assistance::LocatingSuspect)
            || self.assistance.is(Assistance::CollectingEvidence);
        if touches_persons && self.authority.is_none() {
            let mend = "add [authority]: on whose behalf this is asked, with its case number";
            examination.fault(Rule::C35_1, "authority", "is missing", mend);
        }
    }
}

impl Content for AssistanceRequest {
    const PLACE: Place = Place::Opens;
    const SPEAKER: Speaker = Speaker::Requesting;
    const CASES: &'static [Kind] = &[];

    fn is_allowed_in(state: State) -> bool {
        state == State::Unknown
    }

    fn check(&self, examination: &mut Examination<'_>) {
        self.check_authority(examination);
        // What is looked for may have no time range yet: that is what is asked. So this is advice.
        examination.as_advice(Rule::C35_1, |examination| {
            for (index, one) in self.selectors.iter().enumerate() {
                selector::check(one, &format!("selectors[{index}]"), examination);
            }
        });
        examination.advise_if_absent(
            self.wanted_by.as_ref(),
            Rule::C35_1,
            "wanted_by",
            "say until when an answer would help",
        );
    }

    fn leads_to(&self, _: &CaseView) -> State {
        State::Submitted
    }

    fn selectors(&self) -> &[Selector] {
        &self.selectors
    }

    fn summary(&self) -> String {
        format!("assistance requested: {}", self.assistance)
    }
}

#[cfg(test)]
mod tests;

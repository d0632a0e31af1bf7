//! `emergency-disclosure-request`: data at once, because a life or safety is at risk (Second Additional
//! Protocol, Article 9).
//!
//! `[2AP-9]` The protocol's wording is unverified here. What it is understood to ask (the facts, the
//! provider, the data, the offence) is advice, and holds nothing up. `[REQUEST]` Required is only what every
//! request says: who asks, on whose behalf, and for what.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Place, Speaker};
use super::kinds::Kind;
use super::preservation_request::{Authority, Office, Selector, selector};
use crate::case::{CaseView, State};
use crate::reading::{Form, Need, Section};
use crate::rule::Rule;
use crate::text::{Line, Text};
use crate::time::ZonedInstant;

/// Data at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EmergencyDisclosureRequest {
    /// The requesting side's reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Line>,
    /// The contact point that asks.
    pub office: Office,
    /// On whose behalf it asks.
    pub authority: Authority,
    /// What is asked.
    pub request: Text,
    /// `[2AP-9]` The facts of the emergency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emergency: Option<Emergency>,
    /// `[2AP-9]` The provider that holds the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Line>,
    /// `[2AP-9]` The data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Text>,
    /// What identifies the data.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub selectors: Vec<Selector>,
    /// `[2AP-9]` The offence, and its provisions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offence: Option<Text>,
}

/// The facts of an emergency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Emergency {
    /// What has happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facts: Option<Text>,
    /// The significant and imminent risk to the life or safety of a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<Text>,
    /// How the data bear on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relevance: Option<Text>,
    /// When an answer would still help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted_by: Option<ZonedInstant>,
}

impl Form for EmergencyDisclosureRequest {
    fn read(section: &mut Section<'_>) -> Self {
        const OFFICE: Need = Need::new(Rule::Request, "add [office]: the contact point that asks");
        const AUTHORITY: Need = Need::new(
            Rule::Request,
            "add [authority]: on whose behalf this is sent, with its case number",
        );
        EmergencyDisclosureRequest {
            reference: section.optional("reference"),
            office: section.form_under("office", OFFICE),
            authority: section.form_under("authority", AUTHORITY),
            request: section.required("request", Need::new(Rule::Request, "say what you ask for")),
            emergency: section.optional_form("emergency"),
            provider: section.optional("provider"),
            data: section.optional("data"),
            selectors: section.under(Rule::Request, |section| section.optional_list("selectors")),
            offence: section.optional("offence"),
        }
    }
}

impl Form for Emergency {
    fn read(section: &mut Section<'_>) -> Self {
        Emergency {
            facts: section.optional("facts"),
            risk: section.optional("risk"),
            relevance: section.optional("relevance"),
            wanted_by: section.optional("wanted_by"),
        }
    }
}

impl Emergency {
    /// Advises, under the given article of the protocol, to say what an emergency request should say.
    pub(super) fn check(emergency: Option<&Self>, rule: Rule, examination: &mut Examination<'_>) {
        let wanted = [
            (
                "emergency.facts",
                emergency.is_some_and(|stated| stated.facts.is_some()),
                "state the facts of the emergency",
            ),
            (
                "emergency.risk",
                emergency.is_some_and(|stated| stated.risk.is_some()),
                "state the significant and imminent risk to life or safety",
            ),
            (
                "emergency.relevance",
                emergency.is_some_and(|stated| stated.relevance.is_some()),
                "say how what you ask for bears on the emergency",
            ),
        ];
        for (field, _, mend) in wanted.into_iter().filter(|(_, is_stated, _)| !is_stated) {
            examination.advise(rule, field, "was left out", mend);
        }
    }
}

impl Content for EmergencyDisclosureRequest {
    const PLACE: Place = Place::Opens;
    const SPEAKER: Speaker = Speaker::Requesting;
    const CASES: &'static [Kind] = &[];

    fn is_allowed_in(state: State) -> bool {
        state == State::Unknown
    }

    fn check(&self, examination: &mut Examination<'_>) {
        Emergency::check(self.emergency.as_ref(), Rule::P2_9, examination);
        examination.advise_if_absent(
            self.provider.as_ref(),
            Rule::P2_9,
            "provider",
            "name the provider that holds the data",
        );
        examination.advise_if_absent(self.data.as_ref(), Rule::P2_9, "data", "describe the data");
        let mend = "name the offence and its provisions";
        examination.advise_if_absent(self.offence.as_ref(), Rule::P2_9, "offence", mend);
        examination.as_advice(Rule::P2_9, |examination| {
            for (index, one) in self.selectors.iter().enumerate() {
                selector::check(one, &format!("selectors[{index}]"), examination);
            }
        });
    }

    fn leads_to(&self, _: &CaseView) -> State {
        State::Submitted
    }

    fn selectors(&self) -> &[Selector] {
        &self.selectors
    }

    fn summary(&self) -> String {
        match &self.provider {
            Some(provider) => format!("EMERGENCY: disclosure requested from {provider}"),
            None => "EMERGENCY: disclosure requested".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;

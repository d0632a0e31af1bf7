//! `preservation-request`: Article 29, in the order of the T-CY's template.
//!
//! What Article 29(2) demands (`[C29-2-A]` to `[C29-2-F]`) must be there, and each part below says which
//! letter it answers. What the checklist of 2009 and the template T-CY(2018)11 add is asked for, and where it
//! is missing the officer is told, but nothing is held up `[CHECKLIST]` `[TEMPLATE]`. `[C29-3]` There is
//! nothing on dual criminality here: it is no condition of preservation.

pub(in crate::message) mod authority;
pub(in crate::message) mod data;
pub(in crate::message) mod offence;
pub(in crate::message) mod selector;

pub use authority::{Authority, ConfirmedBy, Office, PreferredChannel, Reference, RequestType};
pub use data::{Category, Custodian, Data};
pub use offence::{ConventionArticle, Offence};
pub use selector::{Selector, SelectorType};

use schemars::JsonSchema;
use serde::Serialize;

use super::Kind;
use super::content::{Content, Examination, Place, Speaker};
use crate::case::{CaseView, Marks, RequestSummary, State};
use crate::limits::PRESERVATION_DAYS_MIN;
use crate::reading::{Form, Need, Section};
use crate::rule::Rule;
use crate::text::{Line, Text};
use crate::time::Days;

/// Article 29: preserve these data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PreservationRequest {
    /// New or extension, and under which reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Reference>,
    /// `[C29-2-A]` The contact point that asks.
    pub office: Office,
    /// `[C29-2-A]` The authority on whose behalf it asks.
    pub authority: Authority,
    /// `[C29-2-B]` The offence, and the facts.
    pub offence: Offence,
    /// `[C29-2-C]` The data.
    pub data: Data,
    /// `[C29-2-D]` Who holds them, and where.
    pub custodian: Custodian,
    /// `[C29-2-E]` Why, and for how long.
    pub preservation: PreservationWanted,
    /// `[C29-2-F]` What follows.
    pub follow_up: FollowUp,
}

/// `[C29-2-E]` Why the data must be preserved, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PreservationWanted {
    /// Why it is necessary.
    pub necessity: Text,
    /// The duration wanted. `[C29-7]` gives 60 days at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_days: Option<Days>,
}

/// `[C29-2-F]` What follows: mutual assistance, traffic data, feedback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FollowUp {
    /// That a request for mutual assistance is intended: so it is in every request that can be sent.
    #[schemars(required)]
    pub mutual_assistance_intended: Option<bool>,
    /// The authority that will send it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutual_assistance_authority: Option<Line>,
    /// Whether enough traffic data shall be disclosed to find other providers and the path (Article 30).
    pub disclose_traffic_data: bool,
    /// The feedback wanted on action taken and availability of the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Text>,
}

impl Form for PreservationRequest {
    fn read(section: &mut Section<'_>) -> Self {
        const OFFICE: Need = Need::new(Rule::C29_2A, "add [office]: the contact point that asks");
        const AUTHORITY: Need = Need::new(
            Rule::C29_2A,
            "add [authority]: on whose behalf this is sent, with its case number",
        );
        const OFFENCE: Need = Need::new(
            Rule::C29_2B,
            "add [offence]: title, provisions, penalty, and a summary of the facts",
        );
        const DATA: Need = Need::new(
            Rule::C29_2C,
            "add [data]: territory, categories, relationship to the offence, selectors",
        );
        const CUSTODIAN: Need = Need::new(
            Rule::C29_2D,
            "add [custodian]: who holds the data; if nobody knows, write known = false",
        );
        const PRESERVATION: Need = Need::new(
            Rule::C29_2E,
            "add [preservation] with necessity: why the data must be preserved",
        );
        const FOLLOW_UP: Need = Need::new(
            Rule::C29_2F,
            "add [follow_up] with mutual_assistance_intended = true",
        );
        PreservationRequest {
            request: section.optional_form("request"),
            office: section.form("office", OFFICE),
            authority: section.form("authority", AUTHORITY),
            offence: section.form("offence", OFFENCE),
            data: section.form("data", DATA),
            custodian: section.form("custodian", CUSTODIAN),
            preservation: section.form("preservation", PRESERVATION),
            follow_up: section.form("follow_up", FOLLOW_UP),
        }
    }
}

impl Form for PreservationWanted {
    fn read(section: &mut Section<'_>) -> Self {
        const NECESSITY: &str = "say why the data must be preserved, and what would happen otherwise";
        PreservationWanted {
            necessity: section.required("necessity", Need::new(Rule::C29_2E, NECESSITY)),
            duration_days: section.optional("duration_days"),
        }
    }
}

impl Form for FollowUp {
    fn read(section: &mut Section<'_>) -> Self {
        const INTENDED: &str =
            "write mutual_assistance_intended = true, if your Party intends such a request";
        FollowUp {
            mutual_assistance_intended: section
                .needed("mutual_assistance_intended", Need::new(Rule::C29_2F, INTENDED)),
            mutual_assistance_authority: section.optional("mutual_assistance_authority"),
            disclose_traffic_data: section.optional("disclose_traffic_data").unwrap_or(false),
            feedback: section.optional("feedback"),
        }
    }
}

impl PreservationRequest {
    fn check_follow_up(&self, examination: &mut Examination<'_>) {
        if self.follow_up.mutual_assistance_intended == Some(false) {
            let what = "no mutual assistance request is intended";
            let mend = "Article 29 preserves data for a mutual assistance request; without one, ask for \
                        advice under Article 35 instead";
            examination.fault(Rule::C29_2F, "follow_up.mutual_assistance_intended", what, mend);
        }
        examination.advise_if_absent(
            self.follow_up.feedback.as_ref(),
            Rule::Checklist,
            "follow_up.feedback",
            "say what feedback you want on action taken and availability of data",
        );
        match self.preservation.duration_days {
            None => {
                let mend = "say for how many days; without it expect 60 (Article 29(7))";
                examination.advise(
                    Rule::Checklist,
                    "preservation.duration_days",
                    "was left out",
                    mend,
                );
            }
            Some(Days(days)) if i64::from(days) < PRESERVATION_DAYS_MIN => {
                let what = format!("{days} days are wanted");
                let mend = "a preservation lasts at least 60 days";
                examination.advise(Rule::C29_7, "preservation.duration_days", what, mend);
            }
            Some(_) => {}
        }
    }

    /// `[PROFILE-PREFLIGHT]` What the other Party has said that it needs.
    fn check_profile(&self, examination: &mut Examination<'_>) {
        let Some(profile) = examination.around.recipient_profile else {
            return;
        };
        let written = self.offence.facts.language();
        let reads = |language: &crate::text::Language| language.primary() == written.primary();
        if !profile.languages.is_empty() && !profile.languages.iter().any(reads) {
            let languages: Vec<&str> = profile
                .languages
                .iter()
                .map(|language| language.as_str())
                .collect();
            let what = format!("{} reads {}, not {written}", profile.party, languages.join(", "));
            let mend = "send a translation with it";
            examination.advise(Rule::ProfilePreflight, "offence.facts", what, mend);
        }
        let asked = match profile.formality {
            Some(crate::profile::Formality::SignedLetter) => "a signed and stamped letter",
            Some(crate::profile::Formality::JudicialApproval) => "the approval of a prosecutor or a judge",
            _ => return,
        };
        let what = format!("{} asks for {asked}", profile.party);
        examination.advise(Rule::ProfilePreflight, "authority", what, "have it ready");
    }
}

impl Content for PreservationRequest {
    const PLACE: Place = Place::Opens;
    const SPEAKER: Speaker = Speaker::Requesting;
    const CASES: &'static [Kind] = &[];

    /// It opens a case, and has no place in one that is open.
    fn is_allowed_in(state: State) -> bool {
        state == State::Unknown
    }

    fn check(&self, examination: &mut Examination<'_>) {
        authority::check(self, examination);
        offence::check(&self.offence, examination);
        data::check(&self.data, examination);
        data::check_custodian(&self.custodian, examination);
        self.check_follow_up(examination);
        self.check_profile(examination);
    }

    fn leads_to(&self, _: &CaseView) -> State {
        State::Submitted
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        let articles = self
            .offence
            .convention_articles
            .iter()
            .map(ToString::to_string)
            .collect();
        marks.requested(RequestSummary {
            reference: self
                .request
                .as_ref()
                .and_then(|r| r.reference.as_ref())
                .map(ToString::to_string),
            offence: self.offence.title.to_string(),
            convention_articles: articles,
            categories: self.data.categories.iter().map(ToString::to_string).collect(),
            discloses_traffic_data: self.follow_up.disclose_traffic_data,
            duration_days: self.preservation.duration_days,
        });
    }

    fn selectors(&self) -> &[Selector] {
        &self.data.selectors
    }

    fn summary(&self) -> String {
        format!("preservation requested: {}", self.offence.title)
    }
}

#[cfg(test)]
mod tests;

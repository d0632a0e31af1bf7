//! `mutual-assistance-request`: obtain and disclose these data (Articles 31, 33 and 34), in the boxes of the
//! T-CY's template T-CY(2018)10 `[C31]`.
//!
//! It opens a case; or it follows a preservation in its case, and then the preservation no longer ends before
//! there is a decision `[C29-7]`. It goes to the central authorities; an urgent one that goes directly from
//! one judicial authority to another goes in copy to both of them `[C27-9]`.

mod copies;

pub use copies::{CopyTo, Route};

use schemars::JsonSchema;
use serde::Serialize;

use super::CaseReference;
use super::content::{Content, Examination, Place, Speaker, Surroundings};
use super::kinds::Kind;
use super::preservation_request::Selector;
use super::preservation_request::{Authority, Custodian, Data, Offence, Office, authority, data, offence};
use crate::case::{CaseView, Marks, RequestSummary, State};
use crate::reading::{Form, Need, Section, Stated, words};
use crate::rule::Rule;
use crate::text::{Line, Text};
use crate::time::ZonedInstant;

words! {
    /// The provision under which assistance is asked.
    Rule::C31;
    AssistanceArticle {
        /// Article 31: access to stored computer data.
        StoredData = "31",
        /// Article 33: real-time collection of traffic data.
        RealTimeTrafficData = "33",
        /// Article 34: interception of content data.
        Interception = "34",
    }
}

words! {
    /// Whether it stands alone or follows an earlier request.
    Rule::C31;
    RequestStatus {
        /// A new request.
        New = "new",
        /// It follows an earlier request for mutual assistance.
        FollowsMutualAssistance = "follows-mutual-assistance",
        /// It follows a preservation request.
        FollowsPreservation = "follows-preservation",
    }
}

/// Obtain and disclose these data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MutualAssistanceRequest {
    /// Boxes 2, 3, 9 and 10: the reference, and what it follows.
    pub request: AssistanceReference,
    /// The articles under which assistance is asked.
    #[schemars(length(min = 1))]
    pub articles: Vec<Stated<AssistanceArticle>>,
    /// Box 5: the authority that asks, and how to reach it.
    pub office: Office,
    /// Boxes 7 and 8: the authority in charge of the case, with its case number.
    pub authority: Authority,
    /// The offence, and the facts.
    pub offence: Offence,
    /// The data.
    pub data: Data,
    /// Who holds them, and where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custodian: Option<Custodian>,
    /// What is to be done: the measures asked for.
    pub measures: Text,
    /// Box 8: decisions of a court or prosecutor that the request rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decisions: Option<Text>,
    /// Box 11: the domestic legal basis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<Text>,
    /// Article 27(3): procedures to be followed, so that the result can be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub procedure: Option<Text>,
    /// Article 27(8): what is to be kept confidential, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidentiality: Option<Text>,
    /// Article 31(3): why it is urgent, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
    /// `[C27-9]` The way that it takes.
    pub route: Stated<Route>,
    /// `[C27-9]` Who has it in copy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<CopyTo>,
}

/// The reference of a request for mutual assistance, and what it follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AssistanceReference {
    /// The requesting authority's reference.
    pub reference: Line,
    /// Whether it follows an earlier request.
    pub status: Stated<RequestStatus>,
    /// The reference of the earlier request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_reference: Option<Line>,
    /// The case of the preservation that it follows, where that is another case of this network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preservation_case: Option<CaseReference>,
}

/// Why it is urgent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Urgency {
    /// The reasons.
    pub reasons: Text,
    /// When an answer would still help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted_by: Option<ZonedInstant>,
}

impl Form for MutualAssistanceRequest {
    fn read(section: &mut Section<'_>) -> Self {
        const REQUEST: Need = Need::new(Rule::C31, "add [request] with reference and status");
        const ARTICLES: &str = "name the articles: 31 (stored data), 33 (traffic data in real time), 34 \
                                (interception of content)";
        const OFFICE: Need = Need::new(Rule::C31, "add [office]: the authority that asks");
        const AUTHORITY: Need = Need::new(
            Rule::C31,
            "add [authority]: who is in charge of the case, with its case number",
        );
        const OFFENCE: Need = Need::new(
            Rule::C31,
            "add [offence]: title, provisions, penalty, and a summary of the facts",
        );
        const DATA: Need = Need::new(
            Rule::C31,
            "add [data]: territory, categories, relationship to the offence, selectors",
        );
        const ROUTE: &str = "write central-authorities, or direct-judicial for an urgent direct request";
        MutualAssistanceRequest {
            request: section.form("request", REQUEST),
            articles: section.list("articles", Need::new(Rule::C31, ARTICLES)),
            office: section.form_under("office", OFFICE),
            authority: section.form_under("authority", AUTHORITY),
            offence: section.form_under("offence", OFFENCE),
            data: section.form_under("data", DATA),
            custodian: section.under(Rule::C31, |section| section.optional_form("custodian")),
            measures: section.required("measures", Need::new(Rule::C31, "say what is to be done")),
            decisions: section.optional("decisions"),
            legal_basis: section.optional("legal_basis"),
            procedure: section.optional("procedure"),
            confidentiality: section.optional("confidentiality"),
            urgency: section.optional_form("urgency"),
            route: section.word("route", Need::new(Rule::C27_9, ROUTE)),
            copies: section.optional_list("copies"),
        }
    }
}

impl Form for AssistanceReference {
    fn read(section: &mut Section<'_>) -> Self {
        const STATUS: &str = "write new, follows-mutual-assistance or follows-preservation";
        AssistanceReference {
            reference: section.required("reference", Need::new(Rule::C31, "give your reference")),
            status: section.required("status", Need::new(Rule::C31, STATUS)),
            earlier_reference: section.optional("earlier_reference"),
            preservation_case: section.optional("preservation_case"),
        }
    }
}

impl Form for Urgency {
    fn read(section: &mut Section<'_>) -> Self {
        Urgency {
            reasons: section.required("reasons", Need::new(Rule::C31, "say why it is urgent")),
            wanted_by: section.optional("wanted_by"),
        }
    }
}

impl MutualAssistanceRequest {
    fn check_reference(&self, examination: &mut Examination<'_>) {
        let follows = self.request.status.is(RequestStatus::FollowsMutualAssistance)
            || self.request.status.is(RequestStatus::FollowsPreservation);
        let is_in_the_case = examination.around.case.is_some();
        let is_named = self.request.earlier_reference.is_some() || self.request.preservation_case.is_some();
        if follows && !is_named && !is_in_the_case && examination.is_sending() {
            let mend = "give the reference of the earlier request, or its case";
            examination.fault(Rule::C31, "request.earlier_reference", "is missing", mend);
        }
    }

    /// What is collected in real time lies in the future, what is stored in the past.
    fn check_data(&self, examination: &mut Examination<'_>) {
        let is_in_real_time = self.articles.iter().any(|article| {
            article.is(AssistanceArticle::RealTimeTrafficData) || article.is(AssistanceArticle::Interception)
        });
        let around = examination.around;
        if is_in_real_time {
            examination.around = Surroundings { now: None, ..around };
        }
        examination.under(Rule::C31, |examination| data::check(&self.data, examination));
        examination.around = around;
        if let Some(custodian) = &self.custodian {
            examination.under(Rule::C31, |examination| {
                data::check_custodian(custodian, examination)
            });
        }
    }

    fn check_template(&self, examination: &mut Examination<'_>) {
        let wanted = [
            (
                "legal_basis",
                &self.legal_basis,
                "name the domestic legal basis, if there is one to name",
            ),
            (
                "procedure",
                &self.procedure,
                "say which procedures must be followed for the result to be of use",
            ),
            (
                "confidentiality",
                &self.confidentiality,
                "say what must be kept confidential, or that nothing must",
            ),
        ];
        for (field, text, mend) in wanted {
            examination.advise_if_absent(text.as_ref(), Rule::Template, field, mend);
        }
    }

    /// What is asked, in short.
    pub(super) fn request_summary(&self) -> RequestSummary {
        RequestSummary {
            reference: Some(self.request.reference.to_string()),
            offence: self.offence.title.to_string(),
            convention_articles: self
                .offence
                .convention_articles
                .iter()
                .map(ToString::to_string)
                .collect(),
            categories: self.data.categories.iter().map(ToString::to_string).collect(),
            discloses_traffic_data: false,
            duration_days: None,
        }
    }
}

impl Content for MutualAssistanceRequest {
    const PLACE: Place = Place::Either;
    const SPEAKER: Speaker = Speaker::Requesting;
    const CASES: &'static [Kind] = &[Kind::PreservationRequest];

    fn is_allowed_in(state: State) -> bool {
        state.is_open()
    }

    fn check(&self, examination: &mut Examination<'_>) {
        self.check_reference(examination);
        examination.under(Rule::C31, |examination| {
            authority::check_office(&self.office, &self.authority, examination);
            offence::check(&self.offence, examination);
        });
        self.check_data(examination);
        self.check_template(examination);
        copies::check(self, examination);
    }

    fn leads_to(&self, case: &CaseView) -> State {
        case.state_with_mutual_assistance()
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        if marks.opens() {
            marks.requested(self.request_summary());
        }
        marks.mutual_assistance_received(self.request.reference.as_str());
    }

    fn selectors(&self) -> &[Selector] {
        &self.data.selectors
    }

    fn summary(&self) -> String {
        let articles: Vec<&str> = self.articles.iter().map(Stated::as_str).collect();
        format!(
            "mutual assistance requested, Article {}: {}",
            articles.join(", "),
            self.offence.title
        )
    }
}

#[cfg(test)]
mod tests;

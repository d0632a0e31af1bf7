//! `preservation-report`: what was preserved, from when until when, under which order.
//!
//! `[C29-7]` A preservation lasts at least 60 days, counted in calendar days where the data are. Once the
//! mutual assistance request is in, it goes on with no end date until there is a decision: a report without
//! an end date must therefore say which request that is, or follow one in the case. `[C16-2]` One domestic
//! order lasts at most 90 days; where it ends before the preservation does, it must be renewed, and the case
//! shows both dates.

use schemars::JsonSchema;
use serde::Serialize;

use super::Kind;
use super::content::{Content, Examination, Place, Speaker};
use super::preservation_request::Category;
use crate::case::{CaseView, Marks, Preservation, State};
use crate::limits::{ORDER_DAYS_MAX, PRESERVATION_DAYS_MIN};
use crate::reading::{Form, Need, Section, Stated, words};
use crate::rule::Rule;
use crate::text::{Line, Text};
use crate::time::ZonedInstant;

words! {
    /// What became of the request.
    Rule::Answer;
    Outcome {
        /// All the data that were asked for are preserved.
        Preserved = "preserved",
        /// Some of them are; the report says which are not.
        PartlyPreserved = "partly-preserved",
        /// There were no such data; the report says where was looked.
        NothingFound = "nothing-found",
    }
}

/// What was preserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PreservationReport {
    /// What became of the request.
    pub outcome: Stated<Outcome>,
    /// The requested Party's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Line>,
    /// What is preserved; where nothing was found, what was looked for, and where.
    pub scope: Text,
    /// What of the request is not preserved, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_preserved: Option<Text>,
    /// The categories of data that are preserved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Stated<Category>>,
    /// Who holds the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custodian: Option<Line>,
    /// Since when the data are preserved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<ZonedInstant>,
    /// `[C29-7]` Until when. Absent only where the mutual assistance request is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<ZonedInstant>,
    /// The domestic order, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// `[C29-7]` The mutual assistance request that is in, and on which the preservation now waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutual_assistance: Option<MutualAssistanceReceived>,
}

/// `[C16-2]` One domestic preservation order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Order {
    /// Its number.
    pub reference: Line,
    /// The authority that gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<Line>,
    /// When it begins.
    #[schemars(required)]
    pub from: Option<ZonedInstant>,
    /// When it ends, unless it is renewed.
    #[schemars(required)]
    pub until: Option<ZonedInstant>,
}

/// A mutual assistance request that has arrived, by whatever channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MutualAssistanceReceived {
    /// Its reference.
    pub reference: Line,
    /// When it arrived.
    #[schemars(required)]
    pub received: Option<ZonedInstant>,
}

impl Form for PreservationReport {
    fn read(section: &mut Section<'_>) -> Self {
        PreservationReport {
            outcome: section.required(
                "outcome",
                Need::new(Rule::Answer, "say what became of the request"),
            ),
            reference: section.optional("reference"),
            scope: section.required(
                "scope",
                Need::new(
                    Rule::Answer,
                    "say what is preserved; if nothing was found, where you looked",
                ),
            ),
            not_preserved: section.optional("not_preserved"),
            categories: section.optional_list("categories"),
            custodian: section.optional("custodian"),
            from: section.optional("from"),
            until: section.optional("until"),
            order: section.optional_form("order"),
            mutual_assistance: section.optional_form("mutual_assistance"),
        }
    }
}

impl Form for Order {
    fn read(section: &mut Section<'_>) -> Self {
        Order {
            reference: section.required(
                "reference",
                Need::new(Rule::C16_2, "give the number of the order"),
            ),
            authority: section.optional("authority"),
            from: section.needed("from", Need::new(Rule::C16_2, "say when the order begins")),
            until: section.needed("until", Need::new(Rule::C16_2, "say when the order ends")),
        }
    }
}

impl Form for MutualAssistanceReceived {
    fn read(section: &mut Section<'_>) -> Self {
        const REFERENCE: &str = "give the reference of the mutual assistance request";
        MutualAssistanceReceived {
            reference: section.required("reference", Need::new(Rule::C29_7, REFERENCE)),
            received: section.needed("received", Need::new(Rule::C29_7, "say when it arrived")),
        }
    }
}

impl PreservationReport {
    fn check_preservation(&self, examination: &mut Examination<'_>) {
        let Some(from) = &self.from else {
            examination.fault(
                Rule::C29_7,
                "from",
                "a preservation without a beginning",
                "say since when the data are preserved",
            );
            return;
        };
        let Some(until) = &self.until else {
            let is_in = self.mutual_assistance.is_some()
                || examination
                    .around
                    .case
                    .is_some_and(|case| case.mutual_assistance.is_some());
            // Of a report that comes in, the case is not known yet; it is weighed against it later.
            let is_known = examination.around.case.is_some() || examination.is_sending();
            if is_known && !is_in {
                examination.fault(
                    Rule::C29_7,
                    "until",
                    "a preservation without an end date, but no mutual assistance request is in",
                    "give the end date, or name the request that has arrived under [mutual_assistance]",
                );
            }
            return;
        };
        let Some(earliest) = from.plus_days(PRESERVATION_DAYS_MIN) else {
            return;
        };
        if until.instant() < earliest.instant() {
            examination.fault(
                Rule::C29_7,
                "until",
                format!("the preservation ends before {PRESERVATION_DAYS_MIN} days have passed"),
                format!("preserve until {} or later", earliest.local_and_utc()),
            );
        }
    }

    fn check_order(&self, order: &Order, examination: &mut Examination<'_>) {
        let (Some(from), Some(until)) = (&order.from, &order.until) else {
            return;
        };
        if until.instant() <= from.instant() {
            let what = "the order ends before it begins";
            examination.fault(Rule::C16_2, "order.until", what, "give the later time as the end");
            return;
        }
        let is_longer_than = |days: i64| {
            from.plus_days(days)
                .is_some_and(|latest| until.instant() > latest.instant())
        };
        if is_longer_than(ORDER_DAYS_MAX) {
            examination.fault(
                Rule::C16_2,
                "order.until",
                format!("one order lasts longer than {ORDER_DAYS_MAX} days"),
                "end it within 90 days, and renew it",
            );
        } else if let Some(days) = examination
            .around
            .sender_profile
            .and_then(|own| own.order_maximum_days)
            && is_longer_than(i64::from(days))
        {
            examination.advise(
                Rule::C16_2,
                "order.until",
                format!("your Party's profile has orders of at most {days} days"),
                "check the order's end date",
            );
        }
        if self
            .until
            .as_ref()
            .is_none_or(|end| end.instant() > until.instant())
        {
            examination.advise(
                Rule::C16_2,
                "order.until",
                "the order ends before the preservation does",
                "have it renewed in time; the case shows the date",
            );
        }
    }

    fn check_nothing_found(&self, examination: &mut Examination<'_>) {
        let written = [
            ("from", self.from.is_some()),
            ("until", self.until.is_some()),
            ("order", self.order.is_some()),
        ];
        for (field, _) in written.into_iter().filter(|(_, is_written)| *is_written) {
            let what = "nothing was found, so that nothing is preserved";
            examination.fault(
                Rule::Answer,
                field,
                what,
                "leave it out, or choose another outcome",
            );
        }
    }
}

impl Content for PreservationReport {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Requested;
    const CASES: &'static [Kind] = &[Kind::PreservationRequest];

    /// Any time while the case is open: a later report can correct or prolong an earlier one.
    fn is_allowed_in(state: State) -> bool {
        state.is_open()
    }

    fn check(&self, examination: &mut Examination<'_>) {
        match self.outcome.permitted() {
            Some(Outcome::Preserved) => self.check_preservation(examination),
            Some(Outcome::PartlyPreserved) => {
                self.check_preservation(examination);
                if self.not_preserved.is_none() {
                    let what = "only a part is preserved, and nothing says what is not";
                    let mend = "say what of the request is not preserved, and why";
                    examination.fault(Rule::Answer, "not_preserved", what, mend);
                }
            }
            Some(Outcome::NothingFound) => self.check_nothing_found(examination),
            None => {}
        }
        if let Some(order) = &self.order {
            self.check_order(order, examination);
        }
        if self.outcome.is(Outcome::Preserved) || self.outcome.is(Outcome::PartlyPreserved) {
            let mend = "the mutual assistance request will have to name the holder of the data";
            examination.advise_if_absent(self.custodian.as_ref(), Rule::Answer, "custodian", mend);
            let mend = "the mutual assistance request will have to cite the order";
            examination.advise_if_absent(self.order.as_ref(), Rule::Answer, "order", mend);
        }
    }

    /// Once mutual assistance is under way, a report prolongs the preservation and changes nothing else.
    fn leads_to(&self, case: &CaseView) -> State {
        match (case.state, self.outcome.permitted()) {
            (State::MutualAssistanceReceived | State::Decided | State::Disclosed, _) => case.state,
            (_, Some(Outcome::Preserved)) => State::Preserved,
            (_, Some(Outcome::PartlyPreserved)) => State::PartlyPreserved,
            (_, Some(Outcome::NothingFound)) => State::NothingFound,
            (state, None) => state,
        }
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        if let Some(received) = &self.mutual_assistance {
            marks.mutual_assistance_received(received.reference.as_str());
        }
        let Some(outcome) = self.outcome.permitted() else {
            return;
        };
        let preservation = Preservation {
            from: self.from.clone(),
            until: self.until.clone(),
            minimum_until: self
                .from
                .as_ref()
                .and_then(|from| from.plus_days(PRESERVATION_DAYS_MIN)),
            order_reference: self.order.as_ref().map(|order| order.reference.to_string()),
            order_until: self.order.as_ref().and_then(|order| order.until.clone()),
            because: marks.message(),
        };
        marks.preserved((outcome != Outcome::NothingFound).then_some(preservation));
    }

    fn summary(&self) -> String {
        match &self.until {
            Some(until) => format!("{} until {}", self.outcome, until.local_and_utc()),
            None if self.mutual_assistance.is_some() => {
                format!("{} until there is a decision on mutual assistance", self.outcome)
            }
            None => self.outcome.as_str().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;

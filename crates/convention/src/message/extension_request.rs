//! `extension-request`: preserve for longer `[C29-7]`. The answer is a new `preservation-report`.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Objection, Place, Speaker};
use super::kinds::Kind;
use crate::case::{CaseView, State};
use crate::party::PartyCode;
use crate::reading::{Form, Need, Section};
use crate::rule::Rule;
use crate::text::{Line, Text};
use crate::time::ZonedInstant;

/// Preserve for longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExtensionRequest {
    /// Until when.
    #[schemars(required)]
    pub until: Option<ZonedInstant>,
    /// Why.
    pub reasons: Text,
    /// When the mutual assistance request can be expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutual_assistance_expected: Option<ZonedInstant>,
    /// The number of the earlier ticket, as the template asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_ticket: Option<Line>,
}

impl Form for ExtensionRequest {
    fn read(section: &mut Section<'_>) -> Self {
        ExtensionRequest {
            until: section.needed("until", Need::new(Rule::C29_7, "say until when to preserve")),
            reasons: section.required("reasons", Need::new(Rule::C29_7, "say why more time is needed")),
            mutual_assistance_expected: section.optional("mutual_assistance_expected"),
            earlier_ticket: section.optional("earlier_ticket"),
        }
    }
}

impl Content for ExtensionRequest {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Requesting;
    const CASES: &'static [Kind] = &[Kind::PreservationRequest];

    fn is_allowed_in(state: State) -> bool {
        state.is_preserved() || matches!(state, State::Postponed | State::Conditional | State::Decided)
    }

    /// Only what is preserved, and would end, can be prolonged.
    fn objection(case: &CaseView, _: PartyCode) -> Option<Objection> {
        match &case.preservation {
            None => Some(Objection {
                what: "nothing is preserved in this case",
                mend: "send a new preservation request",
            }),
            Some(preservation) if preservation.until.is_none() => Some(Objection {
                what: "the preservation has no end date while mutual assistance is pending",
                mend: "there is nothing to extend",
            }),
            Some(_) => None,
        }
    }

    fn check(&self, examination: &mut Examination<'_>) {
        let end = examination
            .around
            .case
            .and_then(|case| case.preservation.as_ref())
            .and_then(|preservation| preservation.until.as_ref());
        if let (Some(until), Some(end)) = (&self.until, end)
            && until.instant() <= end.instant()
        {
            let what = format!("the data are preserved until {} already", end.local_and_utc());
            examination.fault(Rule::C29_7, "until", what, "ask for a later date");
        }
        if let (Some(until), Some(now)) = (&self.until, examination.around.now)
            && until.instant() <= now
        {
            examination.fault(Rule::C29_7, "until", "is in the past", "ask for a later date");
        }
        let mend = "say when the mutual assistance request can be expected";
        examination.advise_if_absent(
            self.mutual_assistance_expected.as_ref(),
            Rule::C29_7,
            "mutual_assistance_expected",
            mend,
        );
    }

    fn summary(&self) -> String {
        match &self.until {
            Some(until) => format!("extension wanted until {}", until.local_and_utc()),
            None => "extension wanted".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;

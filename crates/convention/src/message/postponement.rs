//! `postponement`: not now, because it would prejudice investigations or proceedings of the requested Party
//! `[C27-5]`. `[C27-6]` Before it the Party considers a grant in part or under conditions; `[C27-7]` it gives
//! its reasons.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Place, Speaker};
use super::kinds::{ASKING, Kind};
use crate::case::{CaseView, Marks, State};
use crate::reading::{Form, Need, Section};
use crate::rule::Rule;
use crate::text::{Line, Text};
use crate::time::ZonedInstant;

/// Not now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Postponement {
    /// `[C27-5]` `[C27-7]` Which own investigations or proceedings would suffer, as far as that can be told.
    pub reasons: Text,
    /// `[C27-6]` That a grant in part or under conditions was considered.
    #[schemars(required)]
    pub alternatives_considered: Option<bool>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<ZonedInstant>,
    /// Whether the data are safe meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meanwhile: Option<Text>,
    /// The requested Party's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Line>,
}

impl Form for Postponement {
    fn read(section: &mut Section<'_>) -> Self {
        const REASONS: &str = "say which own investigations or proceedings would suffer";
        const CONSIDERED: &str = "consider a grant in part or under conditions, and write \
                                  alternatives_considered = true";
        Postponement {
            reasons: section.required("reasons", Need::new(Rule::C27_7, REASONS)),
            alternatives_considered: section
                .needed("alternatives_considered", Need::new(Rule::C27_6, CONSIDERED)),
            until: section.optional("until"),
            meanwhile: section.optional("meanwhile"),
            reference: section.optional("reference"),
        }
    }
}

impl Content for Postponement {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Requested;
    const CASES: &'static [Kind] = ASKING;

    /// Before there is an outcome; a second one sets another date.
    fn is_allowed_in(state: State) -> bool {
        state.is_early()
            || matches!(
                state,
                State::Postponed | State::Conditional | State::MutualAssistanceReceived
            )
    }

    fn check(&self, examination: &mut Examination<'_>) {
        if self.alternatives_considered == Some(false) {
            let mend = "consider a grant in part or under conditions first";
            let what = "a grant in part or under conditions was not considered";
            examination.fault(Rule::C27_6, "alternatives_considered", what, mend);
        }
        if let (Some(until), Some(now)) = (&self.until, examination.around.now)
            && until.instant() <= now
        {
            let what = "the postponement is over before it begins";
            examination.fault(
                Rule::C27_5,
                "until",
                what,
                "give a later date, or go on with the request",
            );
        }
        let is_preservation = examination.around.case.is_some_and(|case| {
            case.opened_by == Some(Kind::PreservationRequest) && case.preservation.is_none()
        });
        if is_preservation {
            let what = "what is not preserved now may be gone later";
            let mend = "preserve, and postpone the disclosure; or send a preservation-warning";
            examination.advise(Rule::C27_5, "reasons", what, mend);
        }
        let mend = "say until when; without it the other side can only ask";
        examination.advise_if_absent(self.until.as_ref(), Rule::C27_5, "until", mend);
        let mend = "say whether the data are safe meanwhile";
        examination.advise_if_absent(self.meanwhile.as_ref(), Rule::C27_5, "meanwhile", mend);
    }

    fn leads_to(&self, _: &CaseView) -> State {
        State::Postponed
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        marks.postponed(self.until.clone());
    }

    fn summary(&self) -> String {
        match &self.until {
            Some(until) => format!("postponed until {}", until.local_and_utc()),
            None => "postponed".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;

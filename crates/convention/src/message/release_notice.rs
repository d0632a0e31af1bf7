//! `release-notice`: the preservation has ended, and why `[C29-7]`. It does not end before 60 days, unless
//! the request was withdrawn; nor while a mutual assistance request waits for a decision.

use schemars::JsonSchema;
use serde::Serialize;

use super::content::{Content, Examination, Objection, Place, Speaker};
use super::kinds::Kind;
use crate::case::{CaseView, Marks, State};
use crate::party::PartyCode;
use crate::reading::{Form, Need, Section, Stated, words};
use crate::rule::Rule;
use crate::text::{Line, Text};
use crate::time::ZonedInstant;

words! {
    /// Why the preservation has ended.
    Rule::C29_7;
    ReleaseReason {
        /// Its time was up, and no mutual assistance request came.
        TimeUp = "time-up",
        /// The request was withdrawn.
        Withdrawn = "withdrawn",
        /// There was a decision on mutual assistance, and the data are not needed any more.
        Decided = "decided",
        /// The data were disclosed.
        Disclosed = "disclosed",
        /// The data were lost.
        Lost = "lost",
    }
}

/// The preservation has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReleaseNotice {
    /// Why.
    pub reason: Stated<ReleaseReason>,
    /// When.
    #[schemars(required)]
    pub released: Option<ZonedInstant>,
    /// More about it; needed where data were lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Text>,
    /// The number of the order that has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_reference: Option<Line>,
}

impl Form for ReleaseNotice {
    fn read(section: &mut Section<'_>) -> Self {
        const REASON: &str = "write time-up, withdrawn, decided, disclosed or lost";
        ReleaseNotice {
            reason: section.required("reason", Need::new(Rule::C29_7, REASON)),
            released: section.needed("released", Need::new(Rule::C29_7, "say when it ended")),
            explanation: section.optional("explanation"),
            order_reference: section.optional("order_reference"),
        }
    }
}

impl ReleaseNotice {
    fn check_against_case(&self, reason: ReleaseReason, case: &CaseView, examination: &mut Examination<'_>) {
        let is_withdrawn = case.withdrawn.is_some();
        if case.is_waiting_for_decision() && !is_withdrawn && reason != ReleaseReason::Lost {
            let what = "a mutual assistance request waits for a decision";
            let mend = "the data stay preserved until there is one; send the decision first";
            examination.fault(Rule::C29_7, "reason", what, mend);
        }
        let minimum = case
            .preservation
            .as_ref()
            .and_then(|preservation| preservation.minimum_until.as_ref());
        if let (ReleaseReason::TimeUp, Some(released), Some(minimum)) = (reason, &self.released, minimum)
            && released.instant() < minimum.instant()
        {
            let what = "the preservation ends before 60 days have passed";
            let mend = format!("preserve until {} or later", minimum.local_and_utc());
            examination.fault(Rule::C29_7, "released", what, mend);
        }
        let is_true = match reason {
            ReleaseReason::Withdrawn => is_withdrawn,
            ReleaseReason::Decided => case.decision.is_some(),
            ReleaseReason::Disclosed => case.content_given.is_some(),
            ReleaseReason::TimeUp | ReleaseReason::Lost => true,
        };
        if !is_true {
            let what = format!("nothing in this case was {reason}");
            examination.fault(
                Rule::C29_7,
                "reason",
                what,
                "give the reason that the case bears out",
            );
        }
    }
}

impl Content for ReleaseNotice {
    const PLACE: Place = Place::Belongs;
    const SPEAKER: Speaker = Speaker::Requested;
    const CASES: &'static [Kind] = &[Kind::PreservationRequest];

    /// Also after the case was withdrawn or closed: the data are held until they are released.
    fn is_allowed_in(state: State) -> bool {
        state.is_open() || matches!(state, State::Withdrawn | State::Closed)
    }

    fn objection(case: &CaseView, _: PartyCode) -> Option<Objection> {
        case.preservation.is_none().then_some(Objection {
            what: "nothing is preserved in this case",
            mend: "there is nothing to release",
        })
    }

    fn check(&self, examination: &mut Examination<'_>) {
        let Some(reason) = self.reason.permitted() else {
            return;
        };
        if let Some(case) = examination.around.case {
            self.check_against_case(reason, case, examination);
        }
        if let (Some(released), Some(now)) = (&self.released, examination.around.now)
            && released.instant() > now
        {
            let mend = "send the notice when the preservation has ended";
            examination.fault(Rule::C29_7, "released", "is in the future", mend);
        }
        if reason == ReleaseReason::Lost && self.explanation.is_none() {
            let mend = "say how the data were lost, and whether anything can be done";
            examination.fault(Rule::C29_7, "explanation", "is missing", mend);
        }
    }

    fn leads_to(&self, case: &CaseView) -> State {
        if case.state == State::Closed {
            State::Closed
        } else {
            State::Released
        }
    }

    fn mark(&self, marks: &mut Marks<'_>) {
        marks.released();
    }

    fn summary(&self) -> String {
        format!("preservation ended: {}", self.reason)
    }
}

#[cfg(test)]
mod tests;

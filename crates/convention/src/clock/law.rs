//! The dates of law.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::{CaseView, ClockKind};
use crate::message::MessageId;
use crate::time::{Instant, ZonedInstant};

/// A date of law, at the place where the data are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct LawDeadline {
    /// When, at the place where the data are.
    pub at: ZonedInstant,
    /// What happens then.
    pub kind: ClockKind,
    /// The message that set it.
    pub because: MessageId,
}

/// The dates of law that still matter. The end of the minimum does not, once it has passed.
pub(super) fn deadlines(case: &CaseView, now: Instant) -> Vec<LawDeadline> {
    let Some(preservation) = &case.preservation else {
        return Vec::new();
    };
    let because = preservation.because;
    let dates = [
        (ClockKind::MinimumEnds, &preservation.minimum_until),
        (ClockKind::OrderEnds, &preservation.order_until),
        (ClockKind::PreservationEnds, &preservation.until),
    ];
    let mut found: Vec<LawDeadline> = dates
        .into_iter()
        .filter_map(|(kind, at)| at.clone().map(|at| LawDeadline { at, kind, because }))
        .filter(|clock| clock.kind != ClockKind::MinimumEnds || clock.at.instant() > now)
        .collect();
    found.sort();
    found
}

/// The date of one kind, if the case has one.
pub(super) fn of_kind(case: &CaseView, kind: ClockKind, now: Instant) -> Option<LawDeadline> {
    deadlines(case, now).into_iter().find(|clock| clock.kind == kind)
}

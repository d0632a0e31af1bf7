//! Alarms: clocks that have run out, or are about to, seen from one side of a case.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Deadline, LawDeadline, Policy, PolicyClockKind, PolicyDeadline, law, policy};
use crate::case::{CaseView, ClockKind};
use crate::party::PartyCode;
use crate::time::{Days, Instant};

/// On which side of a case a Party stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// It asks.
    Requesting,
    /// It is asked.
    Requested,
}

/// What an alarm is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "alarm")]
#[non_exhaustive]
pub enum AlarmKind {
    /// No machine's receipt has come.
    ReceiptOverdue,
    /// No officer has answered.
    AcknowledgementOverdue,
    /// `[C29-7]` The preservation ends soon.
    PreservationEnding {
        /// Within so many days: the nearest warning that has come.
        within: Days,
    },
    /// `[C16-2]` The domestic order ends before the preservation does.
    OrderRenewalDue,
    /// `[C29-2-F]` Data are preserved, and no mutual assistance request has come.
    MutualAssistanceMissing,
    /// `[C29-7]` The preservation has ended without a follow-up.
    PreservationLapsed,
}

impl AlarmKind {
    /// The names of all kinds.
    pub const NAMES: [&'static str; 6] = [
        AlarmKind::ReceiptOverdue.as_str(),
        AlarmKind::AcknowledgementOverdue.as_str(),
        AlarmKind::PreservationEnding { within: Days(0) }.as_str(),
        AlarmKind::OrderRenewalDue.as_str(),
        AlarmKind::MutualAssistanceMissing.as_str(),
        AlarmKind::PreservationLapsed.as_str(),
    ];

    /// The name that people and machines know it by: `preservation-ending`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            AlarmKind::ReceiptOverdue => "receipt-overdue",
            AlarmKind::AcknowledgementOverdue => "acknowledgement-overdue",
            AlarmKind::PreservationEnding { .. } => "preservation-ending",
            AlarmKind::OrderRenewalDue => "order-renewal-due",
            AlarmKind::MutualAssistanceMissing => "mutual-assistance-missing",
            AlarmKind::PreservationLapsed => "preservation-lapsed",
        }
    }
}

/// A clock that has run out, or is about to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alarm {
    /// What it is about.
    pub kind: AlarmKind,
    /// The clock that it rests on, of law or of policy.
    pub deadline: Deadline,
    /// Since when it stands.
    pub raised_at: Instant,
    /// What is the matter, with local time and UTC `[TIME-BOTH]`.
    pub what: String,
    /// What this side can do.
    pub action: String,
}

/// See [`CaseView::alarms`].
pub(super) fn alarms(case: &CaseView, own: PartyCode, policy: &Policy, now: Instant) -> Vec<Alarm> {
    let side = match Some(own) {
        party if party == case.requesting => Side::Requesting,
        party if party == case.requested => Side::Requested,
        _ => return Vec::new(),
    };
    let lapsed = lapsed(case, side, now);
    let has_lapsed = lapsed.is_some();
    let mut found: Vec<Alarm> = policy::deadlines(case, policy)
        .into_iter()
        .filter(|deadline| deadline.at.instant() <= now)
        .filter(|deadline| !(has_lapsed && deadline.kind == PolicyClockKind::FollowUpDue))
        .map(|deadline| overdue(deadline, side))
        .collect();
    found.extend(lapsed.or_else(|| ending(case, side, policy, now)));
    found.extend(renewal(case, side, policy, now));
    found.sort_by_key(|alarm| (alarm.raised_at, alarm.kind));
    found
}

/// See [`CaseView::alarm_times`].
pub(super) fn times(case: &CaseView, own: PartyCode, policy: &Policy) -> BTreeSet<Instant> {
    if case.requesting != Some(own) && case.requested != Some(own) {
        return BTreeSet::new();
    }
    let of_policy = policy::deadlines(case, policy).into_iter();
    let mut times: BTreeSet<Instant> = of_policy.map(|deadline| deadline.at.instant()).collect();
    if !case.state.is_open() {
        return times;
    }
    for clock in law::deadlines(case, Instant::EARLIEST) {
        let days = match clock.kind {
            ClockKind::MinimumEnds => continue,
            ClockKind::OrderEnds => std::slice::from_ref(&policy.order_renewal_days),
            ClockKind::PreservationEnds => policy.ending_warning_days.as_slice(),
        };
        let before = |days: &u32| clock.at.plus_days(-i64::from(*days));
        times.extend(days.iter().filter_map(before).map(|at| at.instant()));
        times.insert(clock.at.instant());
    }
    times
}

/// A date of our policy has passed.
fn overdue(deadline: PolicyDeadline, side: Side) -> Alarm {
    let at = deadline.at.local_and_utc();
    let (kind, what, action) = match (deadline.kind, side) {
        (PolicyClockKind::ReceiptDue, _) => {
            let whom = deadline
                .from
                .as_ref()
                .map_or_else(String::new, ToString::to_string);
            (
                AlarmKind::ReceiptOverdue,
                format!("no receipt of {whom}; it was expected by {at}"),
                "the node goes on trying; look at the connection, or call the contact point",
            )
        }
        (PolicyClockKind::AcknowledgementDue, Side::Requesting) => (
            AlarmKind::AcknowledgementOverdue,
            format!("the request has arrived, and no officer has answered; expected by {at}"),
            "call the contact point",
        ),
        (PolicyClockKind::AcknowledgementDue, Side::Requested) => (
            AlarmKind::AcknowledgementOverdue,
            format!("a request waits for an officer; the acknowledgement was expected by {at}"),
            "read the request, and send an acknowledgement",
        ),
        (PolicyClockKind::FollowUpDue, Side::Requesting) => (
            AlarmKind::MutualAssistanceMissing,
            format!("data are preserved for us, and our mutual assistance request is missing since {at}"),
            "send the request, or a mutual-assistance-notice; or withdraw the request",
        ),
        (PolicyClockKind::FollowUpDue, Side::Requested) => (
            AlarmKind::MutualAssistanceMissing,
            format!("data are preserved, and no mutual assistance request has come; expected by {at}"),
            "ask the other side with a note",
        ),
    };
    Alarm {
        kind,
        raised_at: deadline.at.instant(),
        what,
        action: action.to_owned(),
        deadline: Deadline::Policy(deadline),
    }
}

/// The end of a preservation that is still watched over.
fn end(case: &CaseView, now: Instant) -> Option<LawDeadline> {
    law::of_kind(case, ClockKind::PreservationEnds, now).filter(|_| case.state.is_open())
}

/// `[C29-7]` The end has passed.
fn lapsed(case: &CaseView, side: Side, now: Instant) -> Option<Alarm> {
    let end = end(case, now).filter(|end| end.at.instant() <= now)?;
    let action = match side {
        Side::Requesting => "ask at once whether the data are still there; send a new request",
        Side::Requested => "renew it if the data are still needed and there; otherwise send a release-notice",
    };
    Some(Alarm {
        kind: AlarmKind::PreservationLapsed,
        raised_at: end.at.instant(),
        what: format!("the preservation ended on {}", end.at.local_and_utc()),
        action: action.to_owned(),
        deadline: Deadline::Law(end),
    })
}

/// `[C29-7]` The end is near: the nearest warning that has come.
fn ending(case: &CaseView, side: Side, policy: &Policy, now: Instant) -> Option<Alarm> {
    let end = end(case, now)?;
    let warnings = policy.ending_warning_days.iter().filter_map(|days| {
        let warned = end.at.plus_days(-i64::from(*days))?.instant();
        (warned <= now).then_some((*days, warned))
    });
    let (days, raised_at) = warnings.min()?;
    let within = Days(days);
    let action = match side {
        Side::Requesting => "send an extension-request, the mutual assistance request, or its notice",
        Side::Requested => "expect an extension or a mutual assistance request; ask with a note",
    };
    Some(Alarm {
        kind: AlarmKind::PreservationEnding { within },
        raised_at,
        what: format!(
            "the preservation ends within {within}, on {}",
            end.at.local_and_utc()
        ),
        action: action.to_owned(),
        deadline: Deadline::Law(end),
    })
}

/// `[C16-2]` The order ends before the preservation does. It is the executing side's own clock.
fn renewal(case: &CaseView, side: Side, policy: &Policy, now: Instant) -> Option<Alarm> {
    if side == Side::Requesting || !case.state.is_open() {
        return None;
    }
    let order = law::of_kind(case, ClockKind::OrderEnds, now)?;
    let ends_first = end(case, now).is_none_or(|end| order.at.instant() < end.at.instant());
    let raised_at = order
        .at
        .plus_days(-i64::from(policy.order_renewal_days))?
        .instant();
    if !ends_first || now < raised_at {
        return None;
    }
    let ends = if order.at.instant() <= now {
        "ended"
    } else {
        "ends"
    };
    Some(Alarm {
        kind: AlarmKind::OrderRenewalDue,
        raised_at,
        what: format!(
            "the domestic order {ends} on {}, before the preservation",
            order.at.local_and_utc()
        ),
        action: "have the order renewed, and send a preservation-report with the new one".to_owned(),
        deadline: Deadline::Law(order),
    })
}

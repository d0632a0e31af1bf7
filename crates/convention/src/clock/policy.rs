//! The dates that our own policy sets, and the policy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::{CaseView, MessageView, State};
use crate::message::MessageId;
use crate::party::ContactPoint;
use crate::time::{Instant, Zone, ZonedInstant};

/// When we want to be reminded. Configuration of a node, and nobody's law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// A machine's receipt is expected within this time.
    pub receipt_within_ms: u64,
    /// An officer's acknowledgement is expected within this time after arrival.
    pub acknowledgement_within_ms: u64,
    /// The mutual assistance request, or its notice, is expected so many days after the preservation began.
    pub follow_up_within_days: u32,
    /// Warnings come so many days before a preservation ends. In any order; the nearest one that has come
    /// counts.
    pub ending_warning_days: Vec<u32>,
    /// The reminder to renew a domestic order comes so many days before it ends.
    pub order_renewal_days: u32,
    /// The zone of our office, in which the dates of policy are shown.
    pub zone: Zone,
}

impl Default for Policy {
    /// A minute, half an hour, 30 days; warnings 30, 14, 7 and 2 days before the end; renewal 14 days before;
    /// UTC.
    fn default() -> Self {
        Policy {
            receipt_within_ms: 60_000,
            acknowledgement_within_ms: 30 * 60_000,
            follow_up_within_days: 30,
            ending_warning_days: vec![30, 14, 7, 2],
            order_renewal_days: 14,
            zone: Zone::utc(),
        }
    }
}

/// What our policy expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PolicyClockKind {
    /// A machine's receipt.
    ReceiptDue,
    /// An officer's acknowledgement.
    AcknowledgementDue,
    /// The mutual assistance request, or its notice.
    FollowUpDue,
}

/// A date that our own policy sets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct PolicyDeadline {
    /// When, in the zone of our office; a follow-up at the place of the preservation.
    pub at: ZonedInstant,
    /// What is expected.
    pub kind: PolicyClockKind,
    /// The message that it is about.
    pub because: MessageId,
    /// For a receipt: of whom.
    pub from: Option<ContactPoint>,
}

/// What is expected and has not come.
pub(super) fn deadlines(case: &CaseView, policy: &Policy) -> Vec<PolicyDeadline> {
    let mut found: Vec<PolicyDeadline> = case
        .messages
        .iter()
        .flat_map(|message| receipts(message, policy))
        .collect();
    found.extend(acknowledgement(case, policy));
    found.extend(follow_up(case, policy));
    found.sort();
    found
}

/// A receipt is due from each recipient that gave none, and did not reject the message either.
fn receipts<'a>(message: &'a MessageView, policy: &'a Policy) -> impl Iterator<Item = PolicyDeadline> + 'a {
    let at = message
        .submitted_at
        .and_then(|submitted| later(submitted, policy.receipt_within_ms, policy));
    let silent = message
        .deliveries
        .iter()
        .filter(|delivery| delivery.delivered_at.is_none() && delivery.rejected.is_none());
    silent.filter_map(move |delivery| {
        Some(PolicyDeadline {
            at: at.clone()?,
            kind: PolicyClockKind::ReceiptDue,
            because: message.id,
            from: Some(delivery.to.clone()),
        })
    })
}

/// An acknowledgement is due once the request has arrived, until an officer gives any answer at all.
fn acknowledgement(case: &CaseView, policy: &Policy) -> Option<PolicyDeadline> {
    if case.state != State::Delivered {
        return None;
    }
    let arrived = case.reason.at?;
    Some(PolicyDeadline {
        at: later(arrived, policy.acknowledgement_within_ms, policy)?,
        kind: PolicyClockKind::AcknowledgementDue,
        because: case.reason.because?,
        from: None,
    })
}

/// The mutual assistance request is due while data are preserved for it.
fn follow_up(case: &CaseView, policy: &Policy) -> Option<PolicyDeadline> {
    if case.mutual_assistance.is_some() || !case.state.is_open() {
        return None;
    }
    let preservation = case.preservation.as_ref()?;
    let from = preservation.from.as_ref()?;
    Some(PolicyDeadline {
        at: from.plus_days(i64::from(policy.follow_up_within_days))?,
        kind: PolicyClockKind::FollowUpDue,
        because: preservation.because,
        from: None,
    })
}

fn later(from: Instant, milliseconds: u64, policy: &Policy) -> Option<ZonedInstant> {
    let at = from.as_unix_ms().checked_add_unsigned(milliseconds)?;
    let at = Instant::from_unix_ms(at).ok()?;
    Some(ZonedInstant::new(at, policy.zone.clone()))
}

//! Deadlines and alarms of a case, and cases that have something in common.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who sets a date. The two are never mixed: the Convention gives no deadline in hours for answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineFamily {
    /// The law, or an order made under it.
    Law,
    /// Our own policy, from the node's configuration.
    Policy,
}

/// A date that matters in a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deadline {
    /// Who sets it.
    pub family: DeadlineFamily,
    /// What happens then: `preservation-ends`, `order-ends`, `minimum-ends`, `receipt-due`,
    /// `acknowledgement-due`, `follow-up-due`.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// The same for people: the local time of the place that it is about, and UTC `[TIME-BOTH]`.
    pub local: String,
    /// The message that set it.
    pub because: String,
}

/// A deadline that has run out, or is about to, seen from our side of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Alarm {
    /// The case.
    pub case: String,
    /// What people call the case: its number, or its id where it has none.
    pub reference: String,
    /// What it is about: `receipt-overdue`, `acknowledgement-overdue`, `preservation-ending`,
    /// `order-renewal-due`, `mutual-assistance-missing`, `preservation-lapsed`.
    pub kind: String,
    /// Since when it stands.
    pub raised_at: Timestamp,
    /// What is the matter, with local time and UTC `[TIME-BOTH]`.
    pub what: String,
    /// What this side can do.
    pub action: String,
    /// The date that it rests on.
    pub deadline: Deadline,
}

/// `[RELATED]` Another case of ours in which the same identifier appears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RelatedCase {
    /// The case.
    pub case: String,
    /// What people call the case: its number, or its id where it has none.
    pub reference: String,
    /// The contact point on the other side.
    pub peer: String,
    /// Its state.
    pub state: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// The identifiers that both have, in their one spelling: `ip 192.0.2.17`.
    pub selectors: Vec<String>,
}

//! Where a case can stand.
//!
//! ```text
//! drafted > approved > submitted > delivered > acknowledged > in progress
//!   > preserved, partly preserved, nothing found, refused, postponed, conditional, answered
//!   > mutual assistance received > decided > disclosed
//!   > released, withdrawn, closed
//! ```

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::message::MessageId;
use crate::party::ContactPoint;
use crate::time::Instant;

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum State {
    /// The message that opened the case is not here, or cannot be read.
    Unknown,
    /// The request was written, and waits for approval.
    Drafted,
    /// `[FOUR-EYES]` A second officer has approved the request; it was not sent yet.
    Approved,
    /// The request was recorded and is on its way.
    Submitted,
    /// The request has arrived: a machine's receipt says so.
    Delivered,
    /// An officer of the requested Party has taken charge.
    Acknowledged,
    /// Work on it goes on: there were questions, a referral, a warning, or conditions were accepted.
    InProgress,
    /// The data are preserved.
    Preserved,
    /// Some of the data are preserved.
    PartlyPreserved,
    /// There were no such data.
    NothingFound,
    /// The request was refused.
    Refused,
    /// `[C27-5]` Action was postponed.
    Postponed,
    /// `[C28-2]` It is granted, if the requesting Party accepts conditions.
    Conditional,
    /// Advice or information that was asked for was given.
    Answered,
    /// `[C29-7]` The mutual assistance request, or its notice, is in; the preservation waits for a decision.
    MutualAssistanceReceived,
    /// There is a decision on mutual assistance.
    Decided,
    /// The data were disclosed.
    Disclosed,
    /// The preservation has ended.
    Released,
    /// The request was taken back.
    Withdrawn,
    /// The case is closed.
    Closed,
}

impl State {
    /// Every state, in the order of the diagram.
    pub const ALL: &'static [State] = &[
        State::Unknown,
        State::Drafted,
        State::Approved,
        State::Submitted,
        State::Delivered,
        State::Acknowledged,
        State::InProgress,
        State::Preserved,
        State::PartlyPreserved,
        State::NothingFound,
        State::Refused,
        State::Postponed,
        State::Conditional,
        State::Answered,
        State::MutualAssistanceReceived,
        State::Decided,
        State::Disclosed,
        State::Released,
        State::Withdrawn,
        State::Closed,
    ];

    /// Whether the request was sent, and there is no outcome yet.
    #[must_use]
    pub const fn is_early(self) -> bool {
        matches!(
            self,
            State::Submitted | State::Delivered | State::Acknowledged | State::InProgress
        )
    }

    /// Whether nothing more is to be done but to tell: refused, released, withdrawn or closed.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(
            self,
            State::Refused | State::Released | State::Withdrawn | State::Closed
        )
    }

    /// Whether the request was sent, and the case is not over.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !self.is_over() && !matches!(self, State::Unknown | State::Drafted | State::Approved)
    }

    /// Whether data are preserved, and nothing has come of it yet.
    #[must_use]
    pub const fn is_preserved(self) -> bool {
        matches!(self, State::Preserved | State::PartlyPreserved)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Unknown => "unknown",
            State::Drafted => "drafted",
            State::Approved => "approved",
            State::Submitted => "submitted",
            State::Delivered => "delivered",
            State::Acknowledged => "acknowledged",
            State::InProgress => "in progress",
            State::Preserved => "preserved",
            State::PartlyPreserved => "partly preserved",
            State::NothingFound => "answered with nothing found",
            State::Refused => "refused",
            State::Postponed => "postponed",
            State::Conditional => "granted under conditions",
            State::Answered => "answered",
            State::MutualAssistanceReceived => "waiting for a decision on mutual assistance",
            State::Decided => "decided",
            State::Disclosed => "disclosed",
            State::Released => "released",
            State::Withdrawn => "withdrawn",
            State::Closed => "closed",
        })
    }
}

/// Why a case stands where it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The message that led there, if any did.
    pub because: Option<MessageId>,
    /// The contact point that sent it.
    pub by: Option<ContactPoint>,
    /// When it was sent, or when the event happened.
    pub at: Option<Instant>,
    /// The whole of it in words: `preserved, because message ... of XB/police said so on ...`.
    pub sentence: String,
}

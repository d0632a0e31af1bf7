//! Where a case can stand. More states join with the kinds of message that lead to them.

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
    /// The request was recorded and is on its way.
    Submitted,
    /// The request has arrived: a machine's receipt says so.
    Delivered,
    /// An officer of the requested Party has taken charge.
    Acknowledged,
    /// The data are preserved.
    Preserved,
    /// Some of the data are preserved.
    PartlyPreserved,
    /// There were no such data.
    NothingFound,
    /// The preservation was refused.
    Refused,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Unknown => "unknown",
            State::Submitted => "submitted",
            State::Delivered => "delivered",
            State::Acknowledged => "acknowledged",
            State::Preserved => "preserved",
            State::PartlyPreserved => "partly preserved",
            State::NothingFound => "closed with nothing found",
            State::Refused => "refused",
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

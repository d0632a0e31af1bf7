//! What happens, as it happens: server-sent events (HTML standard, section 9.2) on [`crate::paths::EVENTS`].
//!
//! ```text
//! event: delivered
//! data: {"event":"delivered","message":"0193…","to":"XB/police","at":"2026-11-22T03:07:00Z"}
//! ```
//!
//! Events are hints to look again: they hold no content, and one that was missed is not repeated. The ledger
//! is what counts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One thing that happened in the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// What.
    pub event: EventKind,
    /// The message that it is about; empty where it is about none.
    pub message: String,
    /// Its case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The recipient that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// The kinds of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A message of ours is recorded.
    Submitted,
    /// A message of ours has its receipt.
    Delivered,
    /// A message for us is recorded.
    Received,
    /// The other node said whether it can read a message of ours, or ours said it of theirs.
    Consigned,
    /// A message was refused, signed.
    Rejected,
    /// A message of ours was taken by nobody in time.
    Expired,
    /// All attachments of a message are here, or all of one of ours are with its recipient.
    AttachmentsComplete,
    /// Attachments of a message for us are refused for now: for want of room, or because they are too large.
    AttachmentsRefused,
    /// An alarm stands that did not stand before; the message is the one that set its deadline.
    Alarm,
    /// A newer directory is in use; about no message.
    Directory,
    /// There are two directories, or key sets, of one number: an alarm; about no message.
    DirectoryFork,
    /// A ledger has shown two histories, ours or a peer's: an alarm; about no message.
    LedgerFork,
    /// What our ledger has signed has not been cosigned for too long: an alarm; about no message.
    WitnessLag,
    /// The day's time stamp could not be had: an alarm, and no more; about no message.
    TimeStampMissed,
}

impl EventKind {
    /// The word after `event:`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Delivered => "delivered",
            Self::Received => "received",
            Self::Consigned => "consigned",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::AttachmentsComplete => "attachments_complete",
            Self::AttachmentsRefused => "attachments_refused",
            Self::Alarm => "alarm",
            Self::Directory => "directory",
            Self::DirectoryFork => "directory_fork",
            Self::LedgerFork => "ledger_fork",
            Self::WitnessLag => "witness_lag",
            Self::TimeStampMissed => "time_stamp_missed",
        }
    }
}

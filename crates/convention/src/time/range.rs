//! A stretch of time in which the data arose.

use schemars::JsonSchema;
use serde::Serialize;

use super::ZonedInstant;

/// From one time to another, both included. In a [`Message`](crate::message::Message) made here the end is
/// not before the start; a received one may say otherwise, or lack an end, and is then non-conforming.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TimeRange {
    /// The start.
    #[schemars(required)]
    pub from: Option<ZonedInstant>,
    /// The end.
    #[schemars(required)]
    pub until: Option<ZonedInstant>,
}

//! The part of the ledger that belongs to a period, and the time stamps of its checkpoints.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The query of a part of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerRangeQuery {
    /// The first instant of the period.
    pub from: Timestamp,
    /// The instant after its last.
    pub until: Timestamp,
}

/// What an export of a period consists of. It verifies by itself: `ohrid-verify period`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LedgerRange {
    /// The checkpoint under which it verifies (C2SP signed note).
    pub checkpoint: String,
    /// The first entry of the range: the last one before the period, where there is one.
    pub first: u64,
    /// The entry after the last: that is the first one after the period, where there is one.
    pub end: u64,
    /// The content of the file `excerpt` beside the checkpoint.
    pub excerpt: String,
    /// The tiles and bundles, as tlog-tiles paths without the leading `tile/`.
    pub tiles: Vec<String>,
}

/// A checkpoint with a time stamp (RFC 3161).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimeStampSummary {
    /// The day in UTC, by which it is asked for: `2026-11-22`.
    pub day: String,
    /// When the checkpoint existed, by the clock of the time-stamping service.
    pub at: Timestamp,
    /// The checkpoint's ledger.
    pub origin: String,
    /// Its leaves.
    pub size: u64,
}

/// How asking for the day's time stamp goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimeStampState {
    /// The service that is asked.
    pub service: String,
    /// The newest stamp that is kept.
    pub newest: Option<TimeStampSummary>,
    /// An alarm: since when no stamp could be had. Nothing else waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// Why not, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

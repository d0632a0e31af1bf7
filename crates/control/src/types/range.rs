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

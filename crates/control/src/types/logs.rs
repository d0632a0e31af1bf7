//! The logs that the ledger consists of: one for each year.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One of the logs that the ledger consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LedgerLog {
    /// Its origin: its name in checkpoints.
    pub origin: String,
    /// The position in the ledger of its first leaf: what the logs before have together. Within a node,
    /// leaves
    /// are numbered by their positions; in receipts, proofs and checkpoints, within their log.
    pub first: u64,
    /// Its leaves.
    pub size: u64,
    /// The root hash of its tree, base64 as in a checkpoint.
    pub root: String,
    /// Whether it grows, and where it is.
    pub state: LogState,
    /// The key that signed its newest checkpoint (C2SP vkey).
    pub key: String,
    /// Its newest checkpoint, the last one where it has ended (C2SP signed note); absent while it is empty.
    pub checkpoint: Option<String>,
}

/// Whether a log grows, and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogState {
    /// The newest one.
    Growing,
    /// Another one follows it.
    Ended,
    /// It has ended, and is in cold storage.
    Away,
}

//! `[PROFILE-PREFLIGHT]` What a recipient will need, shown before anything is sent. Nothing of it blocks.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The query of a preflight.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreflightQuery {
    /// The contact points that it would go to, separated by commas: `XB/police,XC/police`.
    pub to: String,
    /// The kind of message: `preservation-request`.
    pub kind: String,
    /// The language in which it would be written (BCP 47), where that is known.
    #[serde(default)]
    pub language: Option<String>,
}

/// Whether one recipient can be reached, and what its profile says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PreflightReport {
    /// The contact point.
    pub to: String,
    /// Whether it is in the directory; nothing can be sent to one that is not.
    pub in_directory: bool,
    /// Whether a connection to its node stands now. What is sent without one goes once there is one.
    pub connected: bool,
    /// When anything last came from its node, in the life of our node's process.
    pub last_seen: Option<Timestamp>,
    /// What its profile says about what is to be sent now (the `convention` crate's `Preflight`).
    #[schema(value_type = Object)]
    pub profile: Value,
}

//! What a bundle of a case is to hold.

use serde::{Deserialize, Serialize};

/// The query of a case's bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// What to leave out, separated by commas: `content`, `sealed`, `session-key`, `attachments`, each also
    /// of one message by its number (`content:3`), and `selectors`.
    #[serde(default)]
    pub redact: Option<String>,
    /// Whether attachments are in it, opened.
    #[serde(default)]
    pub attachments: bool,
    /// Whether the keys that open the sealed originals are in it; absent: they are.
    #[serde(default)]
    pub session_keys: Option<bool>,
}

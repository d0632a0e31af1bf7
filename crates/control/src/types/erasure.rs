//! Erasing what was said, and keeping it from being erased `[ERASE]`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A case, and on what basis something is to be done with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseOrder {
    /// The case: its number, its id or a beginning of it, or the id or check words of one of its messages.
    pub case: String,
    /// The basis, which is recorded for ever: a code of letters, digits and hyphens, 1 to 64, such as
    /// `court-order-4711`. No words of the case, no names `[LEAF-PRIVACY]`.
    pub basis: String,
}

/// An erasure that one officer asked for, and that waits for another one's approval `[FOUR-EYES]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasureOrder {
    /// Its name: the idempotency key that it was asked for under.
    pub order: String,
    /// The case's id.
    pub case: String,
    /// What people call the case.
    pub reference: String,
    /// On what basis.
    pub basis: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// How many messages would be erased, when it was asked for.
    pub messages: u64,
}

/// An erasure that is recorded: from now on it is carried out, whatever happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Erasure {
    /// The case's id.
    pub case: String,
    /// On what basis.
    pub basis: String,
    /// How many messages.
    pub messages: u64,
    /// The leaves that record the messages.
    pub entries: Vec<u64>,
    /// The leaves of the notices.
    pub notices: Vec<u64>,
    /// When the last notice was recorded.
    pub at: Timestamp,
    /// Whether nothing is left of it on the disk. If not yet, the node goes on with it, also after a restart.
    pub is_complete: bool,
}

/// By which notice a message was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasedMessage {
    /// When that was recorded.
    pub at: Timestamp,
    /// On what basis.
    pub basis: String,
    /// Who ordered it; absent where this node knows no name for the number in the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<String>,
    /// The number in the ledger.
    pub actor: String,
    /// The leaf of the notice.
    pub leaf_index: u64,
}

/// A case under a legal hold: nothing of it is erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LegalHold {
    /// The case's id.
    pub case: String,
    /// On what basis.
    pub basis: String,
    /// Who placed it; absent where this node knows no name for the number in the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The leaf of our ledger.
    pub leaf_index: u64,
}

/// How long messages of one kind are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionTerm {
    /// The kind of message.
    pub kind: String,
    /// Days after the case is over and nothing has happened in it.
    pub days: u32,
}

/// What the retention policy would erase of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DueCase {
    /// The case's id.
    pub case: String,
    /// What people call it.
    pub reference: String,
    /// When anything last happened in it.
    pub ended_at: Timestamp,
    /// The kinds of the messages that are due, one for each.
    pub kinds: Vec<String>,
    /// Their leaves.
    pub entries: Vec<u64>,
    /// Whether nothing is erased because the case is held.
    pub is_held: bool,
}

/// What the retention policy says, and what it comes to now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionReport {
    /// The policy; what is not named is kept.
    pub terms: Vec<RetentionTerm>,
    /// What is due.
    pub due: Vec<DueCase>,
    /// The leaves of the notices; empty where nothing was to be erased, or it was only looked at.
    pub notices: Vec<u64>,
    /// Whether nothing is left on the disk of what was erased.
    pub is_complete: bool,
}

//! Officers and what they may do; approvals, and what was sent without one `[FOUR-EYES]`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an officer may do. Each is given on its own: an approver who also writes has two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Writes, sends and answers.
    Officer,
    /// Approves what another has written.
    Approver,
    /// Runs the node: registers officers, stops the node.
    Operator,
    /// Reads, and changes nothing.
    Auditor,
}

/// A registered officer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Officer {
    /// The name, as it goes with every write.
    pub name: String,
    /// What the officer may do.
    pub roles: Vec<Role>,
    /// The random number that stands for the officer in the ledger, hexadecimal. Never used again.
    pub actor: String,
    /// The Unix user from which alone the officer may act, where one is bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unix_user: Option<UnixUser>,
    /// When the officer was registered.
    pub added_at: Timestamp,
    /// By whom.
    pub added_by: String,
    /// When the officer was removed; the name stays, so that history can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_by: Option<String>,
}

/// A user of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnixUser {
    /// As it was written when the officer was registered.
    pub name: String,
    /// The number that the kernel knows it by: this is what is compared.
    pub uid: u32,
}

/// Registers an officer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOfficer {
    /// The name.
    pub name: String,
    /// What the officer may do: at least one.
    pub roles: Vec<Role>,
    /// The Unix user from which alone the officer may act: a name of this machine, or a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unix_user: Option<String>,
}

/// Who may write.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OfficersState {
    /// Registered and not removed.
    pub registered: u64,
    /// Whether anybody was ever registered. Until then any name is accepted; from then on only these.
    #[serde(default)]
    pub in_force: bool,
    /// The kinds of message that a second officer must approve.
    pub approval_needed: Vec<String>,
    /// Messages that were sent without the approval they need, and that nobody has reviewed yet.
    pub reviews_outstanding: u64,
}

/// A second officer's approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Approval {
    /// Who approved; absent where this node knows no name for the number in the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<String>,
    /// The number in the ledger, hexadecimal.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// The leaf that records it.
    pub leaf_index: u64,
}

/// A message went out without the approval that it needs, because it was an emergency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SentAlone {
    /// Who sent it; absent where this node knows no name for the number in the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<String>,
    /// The number in the ledger, hexadecimal.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// The leaf that records it.
    pub leaf_index: u64,
    /// Whether another officer has approved it since.
    pub reviewed: bool,
}

/// A message that was sent without the approval it needs, and that waits for another officer's review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Review {
    /// The message's id.
    pub message: String,
    /// Its case.
    pub case: String,
    /// Its kind.
    pub kind: String,
    /// The contact points that it went to.
    pub to: Vec<String>,
    /// Who sent it.
    pub officer: String,
    /// Why it could not wait. Kept by the node until the review, and in no ledger.
    pub reason: String,
    /// When it was sent.
    pub sent_at: Timestamp,
}

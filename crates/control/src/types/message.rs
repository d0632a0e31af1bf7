//! Checking, sending and following a message.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Fault, PreflightReport, RelatedCase};

/// Asks whether a draft could be sent. Nothing is recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckRequest {
    /// Our contact point that sends: `XA/police`. May be left out where the Party has only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The contact points that receive. An answer may leave this empty: it goes back where the case came
    /// from.
    #[serde(default)]
    pub to: Vec<String>,
    /// The case that it belongs to, by id, unambiguous beginning, or number; absent for what opens a case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The message that it answers; absent where the case makes it clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// The draft as JSON, in the form of its kind (the `convention` crate's schemas).
    #[schema(value_type = Object)]
    pub draft: Value,
    /// Files that are sealed for it already: see [`SendRequest::attachments`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
}

/// The draft keeps every rule. (One that does not gets 422 and its faults.)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckReport {
    /// Always true.
    pub conforming: bool,
    /// What is worth doing and not required.
    pub advice: Vec<Fault>,
    /// `[PROFILE-PREFLIGHT]` For each recipient, whether it can be reached and what it will need. Empty where
    /// nobody knows: without a node.
    #[serde(default)]
    pub preflight: Vec<PreflightReport>,
    /// `[RELATED]` Other cases of ours in which an identifier of the draft appears.
    #[serde(default)]
    pub related: Vec<RelatedCase>,
    /// Whether a second officer must approve it before it is sent `[FOUR-EYES]`.
    #[serde(default)]
    pub needs_approval: bool,
}

/// Sends a draft, or stores it for later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendRequest {
    /// Our contact point that sends: `XA/police`. May be left out where the Party has only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The contact points that receive. An answer may leave this empty: it goes back where the case came
    /// from.
    #[serde(default)]
    pub to: Vec<String>,
    /// The case that it belongs to, by id, unambiguous beginning, or number; absent for what opens a case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The message that it answers; absent where the case makes it clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// The draft as JSON, in the form of its kind (the `convention` crate's schemas).
    #[schema(value_type = Object)]
    pub draft: Value,
    /// Which queue it travels in.
    #[serde(default)]
    pub priority: Priority,
    /// When to give up; the node's default for the priority when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Sends an emergency without the approval that it needs, and marks it for review: why it cannot wait.
    /// Only with the priority `emergency`, and only where the node's policy allows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_glass: Option<String>,
    /// All files that were sealed for it, by their names ([`StagedAttachment`](super::StagedAttachment)): of
    /// one message, and sealed for exactly these recipients in this case. A disclosure lists the same files,
    /// with the same size and SHA-256.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
}

impl From<SendRequest> for CheckRequest {
    fn from(request: SendRequest) -> Self {
        let SendRequest {
            from,
            to,
            case,
            in_reply_to,
            draft,
            priority: _,
            expires_at: _,
            break_glass: _,
            attachments,
        } = request;
        Self {
            from,
            to,
            case,
            in_reply_to,
            draft,
            attachments,
        }
    }
}

/// Which queue a message travels in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// The ordinary one.
    #[default]
    Routine,
    /// Before the ordinary ones.
    Urgent,
    /// Before everything, and people are told when no receipt comes within a minute.
    Emergency,
}

/// The message is recorded in our ledger: it will be sent, whatever happens to this machine's power.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sent {
    /// The message's id.
    pub message: String,
    /// The case's id.
    pub case: String,
    /// What people call the case: its number, or its id where it has none `[CASE-NUMBER]`.
    pub reference: String,
    /// The contact points that it goes to.
    pub to: Vec<String>,
    /// For each of them, the leaf of our ledger that records it, in the same order.
    pub leaf_indexes: Vec<u64>,
    /// When the commit was made.
    pub recorded_at: Timestamp,
    /// What would have been worth doing and was not required.
    pub advice: Vec<Fault>,
    /// The message's four check words: the other side sees the same ones.
    #[serde(default)]
    pub check_words: String,
    /// `[RELATED]` Other cases of ours in which an identifier of the message appears.
    #[serde(default)]
    pub related: Vec<RelatedCase>,
}

/// A draft that the node keeps, outside the ledger, until it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoredDraft {
    /// Its id, a UUID.
    pub draft: String,
    /// The kind of message, such as `preservation-request`.
    pub kind: String,
    /// The contact points that it will go to.
    pub to: Vec<String>,
    /// When it was stored.
    pub stored_at: Timestamp,
    /// What is worth doing and not required, when it was stored.
    pub advice: Vec<Fault>,
    /// The officer who wrote it; empty where an earlier release stored it.
    #[serde(default)]
    pub author: String,
    /// The case that it belongs to; absent for what opens a case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Whether another officer must approve it before it is sent.
    #[serde(default)]
    pub needs_approval: bool,
    /// Why it cannot be read, and what mends that: then nothing else than its id is known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damaged: Option<String>,
}

/// A stored draft with what it says: what a second officer looks at before approving it `[FOUR-EYES]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DraftDetail {
    /// Its line in the list.
    pub about: StoredDraft,
    /// What will be sent, as its author handed it in.
    pub request: SendRequest,
}

/// How far to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// The machine's receipt is verified and recorded.
    Delivered,
    /// The other node opened it and said whether it can be read.
    Consigned,
    /// An officer took charge.
    Acknowledged,
    /// An officer gave what the message waits for: an outcome, a decision, an answer.
    Answered,
}

impl Wait {
    /// The word in the query.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Consigned => "consigned",
            Self::Acknowledged => "acknowledged",
            Self::Answered => "answered",
        }
    }
}

/// The query of a message's status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageQuery {
    /// What to wait for; the answer comes at once when absent.
    #[serde(default)]
    pub wait: Option<Wait>,
    /// How long, at most [`crate::limits::LONG_POLL_MS_MAX`].
    #[serde(default)]
    pub timeout_ms: Option<u64>,
}

/// Where a message is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageStatus {
    /// The message's id.
    pub message: String,
    /// The case's id.
    pub case: String,
    /// The kind of message.
    pub kind: String,
    /// Who sent it.
    pub from: String,
    /// Each recipient.
    pub to: Vec<RecipientStatus>,
    /// Whether what was waited for has happened, for every recipient. True where nothing was waited for.
    pub reached: bool,
}

/// One recipient of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecipientStatus {
    /// The contact point.
    pub to: String,
    /// How far it is.
    pub state: RecipientState,
    /// When its receipt was recorded here.
    pub delivered_at: Option<Timestamp>,
    /// The verified receipt.
    pub receipt: Option<ReceiptSummary>,
    /// What the other node said after opening it.
    pub consignment: Option<ConsignmentSummary>,
}

/// How far a message is on its way to one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecipientState {
    /// Recorded here, not confirmed there.
    Pending,
    /// The receipt is verified and recorded.
    Delivered,
    /// The other node refused it, signed.
    Rejected,
    /// Nobody took it in time.
    Expired,
}

/// What a verified receipt says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptSummary {
    /// The recipient's log.
    pub origin: String,
    /// The leaf in it.
    pub index: u64,
    /// When the recipient recorded it, by its own clock.
    pub received_at: Timestamp,
    /// The size of the tree under which the receipt proves it.
    pub tree_size: u64,
    /// Always true: a receipt that does not verify is not recorded.
    pub verified: bool,
}

/// What the other node said after opening the payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConsignmentSummary {
    /// Whether it can be read and keeps the rules.
    pub verdict: ConsignmentVerdict,
    /// The rules that it breaks, where it is non-conforming.
    pub rules: Vec<String>,
    /// Why it cannot be read, where it is unreadable.
    pub code: Option<String>,
    /// When it was opened, by the recipient's clock.
    pub at: Timestamp,
}

/// Whether a payload can be read and keeps the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsignmentVerdict {
    /// Read, and nothing to object.
    Readable,
    /// It cannot be read.
    Unreadable,
    /// Read, and it breaks rules of law.
    NonConforming,
}

/// The query of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptQuery {
    /// The contact point that gave it; may be left out where the message has one recipient.
    #[serde(default)]
    pub to: Option<String>,
}

/// A receipt with all that an outsider needs to verify it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptDocument {
    /// The signed receipt (COSE_Sign1), base64.
    pub receipt_base64: String,
    /// Its ledger proof (C2SP tlog-proof text).
    pub proof: String,
    /// The leaf that the proof is about, rebuilt from our own header, base64.
    pub leaf_base64: String,
    /// The verifier key of the recipient's ledger, from the directory (C2SP vkey).
    pub log_vkey: String,
}

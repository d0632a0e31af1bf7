//! The inbox and the cases.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    Alarm, Approval, AttachmentReceipt, AttachmentStatus, Deadline, ErasedMessage, Fault, LegalHold,
    RecipientStatus, RelatedCase, SentAlone,
};

/// One received message that somebody may have to act on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InboxItem {
    /// The case's id.
    pub case: String,
    /// The message's id.
    pub message: String,
    /// What people call the case: its number, or its id where it has none `[CASE-NUMBER]`.
    pub reference: String,
    /// The kind of message; empty where it cannot be read.
    pub kind: String,
    /// Who sent it.
    pub from: String,
    /// Which of our contact points it is for; several are separated by spaces.
    pub to: String,
    /// When we recorded it.
    pub received_at: Timestamp,
    /// The sender's priority: `routine`, `urgent`, `emergency`.
    pub priority: super::Priority,
    /// One line that says what it is about.
    pub summary: String,
    /// The case's state.
    pub state: String,
    /// Whether it could be opened.
    pub readable: bool,
    /// The rules that it breaks; it is kept all the same.
    pub nonconformities: Vec<Fault>,
    /// Whether it waits for an officer of ours.
    pub needs_action: bool,
    /// What is to be done about it, in words; empty where nothing is, or nobody can say.
    #[serde(default)]
    pub tasks: Vec<String>,
    /// `[RELATED]` Other cases of ours in which an identifier of this message appears.
    #[serde(default)]
    pub related: Vec<RelatedCase>,
}

/// The query of the list of cases, latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CasesQuery {
    /// At most so many, and at most [`crate::limits::CASES_PAGE_MAX`].
    #[serde(default)]
    pub limit: Option<u32>,
    /// Only those that come after this case in the list: the id of the last one of the page before.
    #[serde(default)]
    pub before: Option<String>,
    /// Only those with a deadline that runs out within so many milliseconds from now, or has run out and
    /// still matters; the next one first.
    #[serde(default)]
    pub due_within_ms: Option<u64>,
    /// Only those in this state, such as `preserved`.
    #[serde(default)]
    pub state: Option<String>,
}

/// One line of the list of cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CaseSummary {
    /// The case's id.
    pub case: String,
    /// What people call the case: its number, or its id where it has none `[CASE-NUMBER]`.
    pub reference: String,
    /// The kind of the message that opened it.
    pub kind: String,
    /// The contact point on the other side.
    pub peer: String,
    /// On which side we are.
    pub our_role: OurRole,
    /// The state, such as `preserved`.
    pub state: String,
    /// Why it is so: "preserved, because message … of … said so".
    pub state_because: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When anything last happened in it.
    pub updated_at: Timestamp,
    /// One line that says what it is about.
    pub title: String,
    /// Until when the data is preserved, where that is known.
    pub preserved_until: Option<Timestamp>,
    /// The alarms that stand now for us, the oldest first.
    #[serde(default)]
    pub alarms: Vec<Alarm>,
    /// The next date that matters.
    #[serde(default)]
    pub next_deadline: Option<Deadline>,
}

/// On which side of a case we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OurRole {
    /// We asked.
    Requesting,
    /// We were asked.
    Requested,
}

/// Everything about one case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CaseDetail {
    /// Its line in the list.
    pub summary: CaseSummary,
    /// The view of the law on it (the `convention` crate's `CaseView`).
    #[schema(value_type = Object)]
    pub view: Value,
    /// What happened, in the order of our ledger.
    pub timeline: Vec<TimelineItem>,
    /// What was said, in the order in which it was sent.
    pub messages: Vec<CaseMessage>,
    /// The kinds of message that make sense from us now.
    pub allowed_answers: Vec<String>,
    /// The alarms that stand now for us, the oldest first.
    #[serde(default)]
    pub alarms: Vec<Alarm>,
    /// The dates that matter now, of law and of our policy, the next one first.
    #[serde(default)]
    pub deadlines: Vec<Deadline>,
    /// `[RELATED]` Other cases of ours in which an identifier of this case appears.
    #[serde(default)]
    pub related: Vec<RelatedCase>,
    /// `[ERASE]` That nothing of it is erased, where it is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<LegalHold>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimelineItem {
    /// When we recorded it.
    pub at: Timestamp,
    /// What: `submitted`, `received`, `delivered`, `consigned`, `rejected`, `expired`, …
    pub what: String,
    /// The message that it is about.
    pub message: String,
    /// Who sent that message.
    pub from: Option<String>,
    /// Who it is for.
    pub to: Option<String>,
    /// The leaf of our ledger.
    pub leaf_index: u64,
    /// The officer of ours who did it; absent where a machine did, or where this node knows no name for
    /// the number in the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<String>,
    /// More, for people.
    pub detail: Option<String>,
}

/// One message of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CaseMessage {
    /// Its id.
    pub message: String,
    /// Its four check words, from the commitment to its sealed payload: both sides have the same.
    #[serde(default)]
    pub check_words: String,
    /// Its kind; empty where it cannot be read.
    pub kind: String,
    /// Who sent it.
    pub from: String,
    /// Who it is for.
    pub to: Vec<String>,
    /// When, by the sender's clock.
    pub sent_at: Timestamp,
    /// The officer who wrote it, as the message says.
    pub author: Option<String>,
    /// The message itself; absent where it cannot be read.
    #[schema(value_type = Option<Object>)]
    pub body: Option<Value>,
    /// The rules that it breaks; it is kept all the same.
    pub nonconformities: Vec<Fault>,
    /// `[C27-9]` Each recipient that we know of: whether it has the message, with its receipt, and what came
    /// of opening it. Of what we received, ours only.
    pub recipients: Vec<RecipientStatus>,
    /// For what we sent: who approved it `[FOUR-EYES]`.
    #[serde(default)]
    pub approvals: Vec<Approval>,
    /// For what we sent: that it went out without the approval it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_alone: Option<SentAlone>,
    /// What is attached to it. Empty where nothing is, and while the list was not fetched yet.
    #[serde(default)]
    pub attachments: Vec<AttachmentStatus>,
    /// For what we sent with attachments: whether the recipients have all of them.
    #[serde(default)]
    pub attachment_receipts: Vec<AttachmentReceipt>,
    /// `[ERASE]` That its content was erased, and on what basis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<ErasedMessage>,
}

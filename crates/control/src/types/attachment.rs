//! Attachments: files that are sealed and wait for their message, and files that came with one.
//!
//! An attachment is named by its message and its number in it, `MESSAGE.NUMBER`, on both sides and for ever.
//! The message's id is settled when its first file is sealed, before there is a message: the name of the file
//! and of its message stand under the file's own signature.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The query of an upload; the body is the file. What is left out is found as for a message: the sender and
/// the recipients of an answer from its case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UploadQuery {
    /// The file's name, without folders.
    pub name: String,
    /// Its media type; `application/octet-stream` where that is left out.
    #[serde(default)]
    pub media_type: Option<String>,
    /// How long it is, in bytes, so that room for it can be looked for before it is read.
    #[serde(default)]
    pub size_bytes: Option<u64>,
    /// Our contact point that sends.
    #[serde(default)]
    pub from: Option<String>,
    /// The contact points that receive, separated by commas.
    #[serde(default)]
    pub to: Option<String>,
    /// The case that the message belongs to; absent for what opens a case.
    #[serde(default)]
    pub case: Option<String>,
    /// The message that an earlier file was sealed for, to attach this one to it as well.
    #[serde(default)]
    pub message: Option<String>,
}

/// A file that is sealed for its recipients and waits for its message. Nothing of it has left the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StagedAttachment {
    /// Its name for [`SendRequest::attachments`](super::SendRequest::attachments): `MESSAGE.NUMBER`.
    pub attachment: String,
    /// The message that it will belong to, whose id is settled by now.
    pub message: String,
    /// Its place in that message, from 1.
    pub number: u8,
    /// The file's name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// The file's SHA-256: 64 hexadecimal digits.
    pub sha256: String,
    /// What it takes sealed, in bytes.
    pub sealed_size_bytes: u64,
    /// The contact point of ours that it is signed by.
    pub from: String,
    /// The contact points that can open it.
    pub to: Vec<String>,
    /// The case that its message belongs to; absent where the message opens one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// When it was sealed.
    pub sealed_at: Timestamp,
    /// Until when it can be sent: recipients refuse what was sealed long before its message.
    pub usable_until: Timestamp,
    /// The officer who handed it in.
    pub officer: String,
}

/// How far an attachment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentState {
    /// It is ours: sealed here, for its recipients to fetch.
    Sent,
    /// It is being fetched, or will be.
    Arriving,
    /// It is refused here for want of room or because it is too large; an operator can mend that.
    Refused,
    /// All of it is here, verified and durable.
    Complete,
}

/// An attachment of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttachmentStatus {
    /// Its name: `MESSAGE.NUMBER`.
    pub attachment: String,
    /// Its place in the message, from 1.
    pub number: u8,
    /// The file's name, as the sender says it.
    pub name: String,
    /// Its media type, as the sender says it.
    pub media_type: String,
    /// The file's size in bytes.
    pub size_bytes: u64,
    /// The file's SHA-256: 64 hexadecimal digits.
    pub sha256: String,
    /// How far it is.
    pub state: AttachmentState,
    /// What it takes sealed, in bytes.
    pub sealed_size_bytes: u64,
    /// How much of that is here, in bytes.
    pub present_bytes: u64,
    /// Why it does not go on, where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Whether one recipient has all attachments of a message of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttachmentReceipt {
    /// The contact point.
    pub to: String,
    /// When its final receipt was recorded here; absent while there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete_at: Option<Timestamp>,
}

/// The attachments of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageAttachments {
    /// The message's id.
    pub message: String,
    /// Whether it is known what they are: the list itself is fetched from the sender first.
    pub listed: bool,
    /// Whether all of them are here.
    pub complete: bool,
    /// Each of them, in the message's order.
    pub attachments: Vec<AttachmentStatus>,
    /// For a message of ours: whether its recipients have all of them.
    #[serde(default)]
    pub receipts: Vec<AttachmentReceipt>,
}

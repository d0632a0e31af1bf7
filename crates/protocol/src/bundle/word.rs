//! The words that `bundle.json` has for kinds, parts and reasons.

use serde::{Deserialize, Serialize};

use crate::entry::Entry;

/// The kinds of leaves that a case has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is the kind of `Entry` of the same name")]
pub enum LeafKind {
    Submitted,
    Received,
    Delivered,
    Consigned,
    ReportDelivered,
    Retrieved,
    Approved,
    Rejected,
    Expired,
    SentAlone,
    Completed,
    CompletionDelivered,
    ErasureNotice,
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// By the Party that made the bundle.
    Sent,
    /// By another.
    Received,
}

/// A part of a message that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// What it says.
    Content,
    /// The sealed original and its salt.
    Sealed,
    /// What opens the sealed original.
    SessionKey,
    /// The list of attachments and its salt.
    AttachmentList,
    /// Attachments.
    AttachmentFiles,
}

/// Why something is not in the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Whoever exported wanted it so.
    Redacted,
    /// Whoever exported may not see it.
    Role,
    /// Attachments are there only when they are asked for.
    NotAsked,
    /// It was erased, by a notice or the retention policy `[ERASE]`.
    Erased,
    /// It cannot be opened.
    Unreadable,
    /// This node does not have it, or not yet.
    NotHere,
}

impl LeafKind {
    /// The kind of an entry; none for what no case has.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        Some(match entry {
            Entry::Submitted { .. } => Self::Submitted,
            Entry::Received { .. } => Self::Received,
            Entry::Delivered { .. } => Self::Delivered,
            Entry::Consigned { .. } => Self::Consigned,
            Entry::ReportDelivered { .. } => Self::ReportDelivered,
            Entry::Retrieved { .. } => Self::Retrieved,
            Entry::Approved { .. } => Self::Approved,
            Entry::Rejected { .. } => Self::Rejected,
            Entry::Expired { .. } => Self::Expired,
            Entry::SentAlone { .. } => Self::SentAlone,
            Entry::Completed { .. } => Self::Completed,
            Entry::CompletionDelivered { .. } => Self::CompletionDelivered,
            Entry::ErasureNotice { .. } => Self::ErasureNotice,
            _ => return None,
        })
    }

    /// What the file with the signed statement in such a leaf is called, if there is one.
    #[must_use]
    pub fn statement_word(self) -> Option<&'static str> {
        match self {
            Self::Submitted | Self::Received => Some("header"),
            Self::Delivered => Some("receipt"),
            Self::Consigned => Some("consignment"),
            Self::Rejected => Some("rejection"),
            Self::Completed => Some("completion"),
            _ => None,
        }
    }

    /// The kind in words, as `bundle.json` has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Received => "received",
            Self::Delivered => "delivered",
            Self::Consigned => "consigned",
            Self::ReportDelivered => "report-delivered",
            Self::Retrieved => "retrieved",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::SentAlone => "sent-alone",
            Self::Completed => "completed",
            Self::CompletionDelivered => "completion-delivered",
            Self::ErasureNotice => "erasure-notice",
        }
    }
}

impl Part {
    /// The part in words, as `bundle.json` has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Sealed => "sealed",
            Self::SessionKey => "session-key",
            Self::AttachmentList => "attachment-list",
            Self::AttachmentFiles => "attachment-files",
        }
    }
}

#[cfg(test)]
mod tests;

//! How far a transfer is, and why it does not go on.

use std::time::Duration;

use protocol::attachment::AttachmentId;
use protocol::limits::{RETRY_DELAY_MAX, RETRY_DELAY_MIN};
use protocol::time::UnixMillis;

use crate::limits::{TRANSFER_RETRY_MAX, TRANSFER_ROOM_LOOKED_FOR_EVERY};

/// How far the attachments of a received message are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferState {
    /// They wait.
    Waiting(Waits),
    /// Chunks are being fetched, or files are being looked over.
    Active,
    /// All of them are here, verified and durable.
    Complete,
}

/// What a transfer waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waits {
    /// Others go first.
    Turn,
    /// Its sender is not connected.
    Connection,
    /// Its sender does not have it, or says so; it is asked again, rarely.
    Absent,
    /// Its sender does not have it any more, and need not since the message expired: it is not asked again
    /// before the next start.
    Withdrawn,
    /// Its sender sent something else, or nothing in time.
    Sender,
    /// There is no room on the disk.
    Room,
    /// An attachment is larger than `attachment_mib_max`.
    AttachmentLimit,
    /// The message's attachments are larger together than `attachment_message_mib_max`.
    MessageLimit,
    /// All attachments of that Party would be larger than `attachment_peer_mib_max`.
    PeerLimit,
    /// The disk failed.
    Disk,
}

/// How far a message's attachments are, and each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageProgress {
    /// How far they are.
    pub state: TransferState,
    /// In the message's order; empty until the manifest is here.
    pub files: Vec<FileProgress>,
}

/// How much of an attachment is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileProgress {
    /// Which.
    pub attachment: AttachmentId,
    /// How much of it is here and verified, in bytes.
    pub present_bytes: u64,
    /// How much there is, in bytes: what it takes on the disk.
    pub sealed_bytes: u64,
}

/// Why an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// Everything is here.
    Complete,
    /// It is to be tried again.
    Waits(Waits),
}

impl Ended {
    pub(super) fn waits(self) -> Option<Waits> {
        match self {
            Self::Complete => None,
            Self::Waits(waits) => Some(waits),
        }
    }
}

impl Waits {
    /// The word for figures and logs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Turn => "turn",
            Self::Connection => "connection",
            Self::Absent => "absent",
            Self::Withdrawn => "withdrawn",
            Self::Sender => "sender",
            Self::Room => "room",
            Self::AttachmentLimit => "attachment_limit",
            Self::MessageLimit => "message_limit",
            Self::PeerLimit => "peer_limit",
            Self::Disk => "disk",
        }
    }

    /// What it is, for people, with who can mend it.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Turn => "others are fetched first",
            Self::Connection => "the sender's node is not connected",
            Self::Absent => "the sender's node says that it does not have it: ask the sender",
            Self::Withdrawn => {
                "the sender's node does not have it any more, and need not, since the message expired: what \
                 is not here does not come; ask the sender to send it in a new message"
            }
            Self::Sender => "the sender's node sent something else, or nothing in time; it is asked again",
            Self::Room => {
                "there is too little room on the disk: make some, or lower free_disk_kept_mib under [limits]"
            }
            Self::AttachmentLimit => {
                "a file is larger than attachment_mib_max allows: raise it under [limits]"
            }
            Self::MessageLimit => {
                "all files are more than attachment_message_mib_max allows: raise it under [limits]"
            }
            Self::PeerLimit => {
                "this Party's files would take more than attachment_peer_mib_max: raise it under [limits]"
            }
            Self::Disk => "the disk failed: see the node's log",
        }
    }

    /// Whether people here can mend it, and must know.
    #[must_use]
    pub fn is_alarming(self) -> bool {
        matches!(
            self,
            Self::Withdrawn
                | Self::Room
                | Self::AttachmentLimit
                | Self::MessageLimit
                | Self::PeerLimit
                | Self::Disk
        )
    }

    /// Whether it is tried again by itself.
    pub(super) fn is_tried_again(self) -> bool {
        self != Self::Withdrawn
    }

    /// What it comes to when a message that expires then waits for it: its sender keeps files until they
    /// are all with their recipient, or until then, and may erase them after that `[ERASE]`.
    pub(super) fn of_message(self, expires_at: UnixMillis, now: UnixMillis) -> Self {
        match self {
            Self::Absent if now >= expires_at => Self::Withdrawn,
            waits => waits,
        }
    }

    /// How long it is left alone, after so many failures in a row.
    pub(super) fn pause(self, failures: u32) -> Duration {
        let doubled =
            |first: Duration, longest: Duration| first.saturating_mul(1 << failures.min(16)).min(longest);
        match self {
            // A new connection ends it at once.
            Self::Turn | Self::Connection => RETRY_DELAY_MIN,
            Self::Room | Self::PeerLimit => TRANSFER_ROOM_LOOKED_FOR_EVERY,
            // The operator must change the configuration, which is read at start.
            Self::AttachmentLimit | Self::MessageLimit | Self::Withdrawn => TRANSFER_RETRY_MAX,
            Self::Sender => doubled(RETRY_DELAY_MIN, RETRY_DELAY_MAX),
            Self::Disk => doubled(TRANSFER_ROOM_LOOKED_FOR_EVERY, TRANSFER_RETRY_MAX),
            Self::Absent => doubled(RETRY_DELAY_MAX, TRANSFER_RETRY_MAX),
        }
    }
}

//! `[limits]`: what one peer, one address or all strangers together may take of this node.

use serde::Deserialize;
use store::AttachmentSettings;

use crate::attachments::AttachmentLimits;
use crate::limits;

const BYTES_PER_MIB: u64 = 1024 * 1024;

/// `[limits]`
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Exchanges that one peer may have open at once.
    pub exchanges_per_peer: u32,
    /// Connections from one address whose hello is not done.
    pub strangers_per_address: usize,
    /// Connections from all addresses whose hello is not done.
    pub strangers: usize,
    /// Seconds from a request to its answer.
    pub request_timeout_seconds: u64,
    /// MiB that one attachment of a peer may take `[TRANSFER]`.
    pub attachment_mib_max: u64,
    /// MiB that all attachments of one message may take.
    pub attachment_message_mib_max: u64,
    /// MiB that all attachments of one Party may take.
    pub attachment_peer_mib_max: u64,
    /// MiB of the disk that attachments leave free.
    pub free_disk_kept_mib: u64,
}

impl Limits {
    /// How much is taken of peers' attachments, in bytes.
    #[must_use]
    pub fn attachments(&self) -> AttachmentLimits {
        AttachmentLimits {
            attachment_bytes_max: self.attachment_mib_max.saturating_mul(BYTES_PER_MIB),
            message_bytes_max: self.attachment_message_mib_max.saturating_mul(BYTES_PER_MIB),
            peer_bytes_max: self.attachment_peer_mib_max.saturating_mul(BYTES_PER_MIB),
        }
    }

    /// How the store keeps them.
    #[must_use]
    pub fn attachment_settings(&self) -> AttachmentSettings {
        AttachmentSettings {
            free_space_floor_bytes: self.free_disk_kept_mib.saturating_mul(BYTES_PER_MIB),
            sync_interval_bytes: limits::ATTACHMENT_SYNC_EVERY_BYTES,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            exchanges_per_peer: limits::STREAMS_PER_PEER_MAX,
            strangers_per_address: limits::STRANGERS_PER_ADDRESS_MAX,
            strangers: limits::STRANGERS_MAX,
            request_timeout_seconds: limits::REQUEST_TIMEOUT.as_secs(),
            attachment_mib_max: limits::ATTACHMENT_MIB_MAX,
            attachment_message_mib_max: limits::ATTACHMENT_MESSAGE_MIB_MAX,
            attachment_peer_mib_max: limits::ATTACHMENT_PEER_MIB_MAX,
            free_disk_kept_mib: limits::FREE_DISK_KEPT_MIB,
        }
    }
}

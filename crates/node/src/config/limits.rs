//! `[limits]`: what one peer, one address or all strangers together may take of this node.
//!
//! The defaults, and the reason of each, stand in [`crate::limits`] and [`protocol::limits`]. Nothing here
//! can be turned off: a limit of nothing is an error.

use std::num::{NonZeroU32, NonZeroU64};

use protocol::exchange::{Allowance, Quotas};
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
    /// TLS handshakes with one address in a second.
    pub handshakes_per_address_per_second: NonZeroU32,
    /// Connections that one peer may make in a minute.
    pub connections_per_peer_per_minute: NonZeroU32,
    /// Frames that are taken from one peer in a second; more wait on the wire.
    pub frames_per_peer_per_second: NonZeroU32,
    /// Memory for frames that come from one peer, or go to it.
    pub frames_mib_per_peer: NonZeroU32,
    /// The same for all peers, once for what comes and once for what goes.
    pub frames_mib: NonZeroU32,
    /// Messages of one peer that are recorded in an hour.
    pub messages_per_peer_per_hour: NonZeroU32,
    /// Their bytes.
    pub message_mib_per_peer_per_hour: NonZeroU32,
    /// Emergencies of one peer that are recorded in an hour, beside the messages.
    pub emergencies_per_peer_per_hour: NonZeroU32,
    /// Their bytes.
    pub emergency_mib_per_peer_per_hour: NonZeroU32,
    /// Reports of one peer on our messages that are recorded in an hour.
    pub reports_per_peer_per_hour: NonZeroU32,
    /// Rejections that are recorded for one peer in an hour.
    pub rejections_per_peer_per_hour: NonZeroU32,
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

    /// What one peer may have us record in an hour.
    #[must_use]
    pub fn quotas(&self) -> Quotas {
        let statements = |entries: NonZeroU32| Allowance {
            entries: entries.get().into(),
            bytes: u64::from(entries.get()) * protocol::limits::SIGNED_BYTES_MAX as u64,
        };
        Quotas {
            messages: Allowance {
                entries: self.messages_per_peer_per_hour.get().into(),
                bytes: bytes(self.message_mib_per_peer_per_hour),
            },
            emergencies: Allowance {
                entries: self.emergencies_per_peer_per_hour.get().into(),
                bytes: bytes(self.emergency_mib_per_peer_per_hour),
            },
            reports: statements(self.reports_per_peer_per_hour),
            rejections: statements(self.rejections_per_peer_per_hour),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        use protocol::limits as quota;
        Self {
            exchanges_per_peer: limits::STREAMS_PER_PEER_MAX,
            strangers_per_address: limits::STRANGERS_PER_ADDRESS_MAX,
            strangers: limits::STRANGERS_MAX,
            request_timeout_seconds: limits::REQUEST_TIMEOUT.as_secs(),
            attachment_mib_max: limits::ATTACHMENT_MIB_MAX,
            attachment_message_mib_max: limits::ATTACHMENT_MESSAGE_MIB_MAX,
            attachment_peer_mib_max: limits::ATTACHMENT_PEER_MIB_MAX,
            free_disk_kept_mib: limits::FREE_DISK_KEPT_MIB,
            handshakes_per_address_per_second: some(limits::HANDSHAKES_PER_ADDRESS_PER_SECOND_MAX),
            connections_per_peer_per_minute: some(limits::CONNECTIONS_PER_PEER_PER_MINUTE_MAX),
            frames_per_peer_per_second: some(limits::FRAMES_PER_PEER_PER_SECOND_MAX),
            frames_mib_per_peer: some(limits::FRAMES_MIB_PER_PEER_MAX),
            frames_mib: some(limits::FRAMES_MIB_MAX),
            messages_per_peer_per_hour: some(quota::MESSAGES_PER_PEER_PER_HOUR_MAX),
            message_mib_per_peer_per_hour: mebibytes(quota::MESSAGE_BYTES_PER_PEER_PER_HOUR_MAX),
            emergencies_per_peer_per_hour: some(quota::EMERGENCIES_PER_PEER_PER_HOUR_MAX),
            emergency_mib_per_peer_per_hour: mebibytes(quota::EMERGENCY_BYTES_PER_PEER_PER_HOUR_MAX),
            reports_per_peer_per_hour: some(quota::REPORTS_PER_PEER_PER_HOUR_MAX),
            rejections_per_peer_per_hour: some(quota::REJECTIONS_PER_PEER_PER_HOUR_MAX),
        }
    }
}

/// So many mebibytes, in bytes.
pub(crate) fn bytes(mebibytes: NonZeroU32) -> u64 {
    u64::from(mebibytes.get()) << 20
}

fn mebibytes(bytes: u64) -> NonZeroU32 {
    some(bytes >> 20)
}

/// A default, all of which are small numbers above zero.
fn some(default: impl Into<u64>) -> NonZeroU32 {
    let default = NonZeroU64::new(default.into()).unwrap_or(NonZeroU64::MIN);
    NonZeroU32::try_from(default).unwrap_or(NonZeroU32::MAX)
}

//! What names an attachment.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;

/// Separates ids of attachments from every other use of SHA-256.
const DOMAIN: &[u8] = b"ohrid/1 attachment\n";

/// What names an attachment in requests and on disk: SHA-256 over its part of the manifest, and so over
/// each of its chunks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttachmentId(Digest);

impl AttachmentId {
    /// The id of the attachment of which a manifest says this.
    pub(super) fn of(encoded: &[u8]) -> Self {
        let hash = Sha256::new().chain_update(DOMAIN).chain_update(encoded);
        Self(Digest::from_bytes(hash.finalize().into()))
    }

    /// From its 32 bytes, as requests carry them.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Digest::from_bytes(bytes))
    }

    /// Its 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl fmt::Display for AttachmentId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

impl fmt::Debug for AttachmentId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

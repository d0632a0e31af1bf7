//! Sealed payloads by their commitment. The store keeps the newest in memory.

use std::sync::Arc;

use protocol::digest::Commitment;
use protocol::payload::SealedPayload;
use store::Reader;

/// Up to this length a payload is read where it is asked for: moving the work to another thread would
/// cost more than reading it.
const READ_IN_PLACE_BYTES_MAX: u64 = 64 * 1024;

/// Looks payloads up. Cheap to clone.
#[derive(Clone)]
pub struct Payloads {
    reader: Arc<dyn Reader>,
}

impl Payloads {
    /// Payloads of this store.
    #[must_use]
    pub fn new(reader: Arc<dyn Reader>) -> Self {
        Self { reader }
    }

    /// The payload; `None` when it is not kept any more, or cannot be read (which is logged).
    pub async fn load(&self, commitment: Commitment, length_bytes: u64) -> Option<SealedPayload> {
        if length_bytes <= READ_IN_PLACE_BYTES_MAX {
            return self.load_blocking(&commitment);
        }
        let payloads = self.clone();
        let loaded = tokio::task::spawn_blocking(move || payloads.load_blocking(&commitment)).await;
        loaded.ok().flatten()
    }

    /// The same, for threads that may wait for a disk.
    #[must_use]
    pub fn load_blocking(&self, commitment: &Commitment) -> Option<SealedPayload> {
        self.reader.payload(commitment).unwrap_or_else(|error| {
            tracing::error!(%commitment, %error, "a payload cannot be read");
            None
        })
    }
}

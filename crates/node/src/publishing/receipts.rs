//! The proof of one entry under a head that witnesses have cosigned (c2sp.org/tlog-proof): for ourselves,
//! and, as a receipt of the second stage, for the peer whose envelope it records.

use std::sync::Arc;

use ::ledger::tlog_proof::TlogProof;
use protocol::digest::Digest;
use protocol::ids::{ContactPoint, MessageId, PartyCode};
use protocol::index::{InboxKey, InboxOutcome};
use protocol::limits::WITNESSED_RECEIPT_BYTES_MAX;
use store::{ReadError, Reader};

use super::Published;

/// Makes such proofs. Cheap to clone.
#[derive(Clone)]
pub struct Receipts {
    reader: Arc<dyn Reader>,
    published: Arc<Published>,
}

impl Receipts {
    /// For our ledger, with all its logs.
    #[must_use]
    pub fn new(reader: Arc<dyn Reader>, published: Arc<Published>) -> Self {
        Self { reader, published }
    }

    /// The proof of our leaf at this position under the newest published head of its log; `None` while that
    /// does not cover it. Blocks.
    ///
    /// # Errors
    /// When the ledger is damaged.
    pub fn proof(&self, position: u64) -> Result<Option<TlogProof>, ReadError> {
        let log = self.reader.log_of(position)?;
        for witnessed in self.published.all() {
            let checkpoint = witnessed.checkpoint();
            let until = log.position_of(checkpoint.size);
            // Told by its root: a log is not known by its name in the store.
            let covers = position < until && checkpoint.size <= log.size;
            if !covers || self.reader.root_at(until)? != checkpoint.root {
                continue;
            }
            return Ok(Some(TlogProof {
                extra: None,
                inclusion: self.reader.inclusion_proof(position, until)?,
                checkpoint: witnessed.note().clone(),
            }));
        }
        Ok(None)
    }

    /// The same for the envelope that `peer` has sent us, as it asks for it: nothing for anybody else's,
    /// nor for one that was refused. Blocks.
    #[must_use]
    pub fn for_peer(
        &self,
        peer: PartyCode,
        envelope: Digest,
        message: MessageId,
        to: ContactPoint,
    ) -> Option<Vec<u8>> {
        let from = peer;
        let found = self.reader.inbox(&InboxKey { from, message, to });
        let record = found.unwrap_or_else(|error| {
            tracing::error!(%error, "what a peer asks a witnessed receipt for cannot be read");
            None
        })?;
        let InboxOutcome::Received { index, .. } = record.outcome else {
            return None;
        };
        if record.envelope != envelope {
            return None;
        }
        let proof = self.proof(index).unwrap_or_else(|error| {
            tracing::error!(%error, index, "a leaf cannot be proved");
            None
        })?;
        let bytes = proof.to_string().into_bytes();
        (bytes.len() <= WITNESSED_RECEIPT_BYTES_MAX).then_some(bytes)
    }
}

//! What witnesses have seen of the ledger.

use super::{Client, ClientError};
use crate::paths;
use crate::types::ReceiptDocument;

impl Client {
    /// The newest head of the ledger that has its quorum of cosignatures: a signed note.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 while there is none.
    pub async fn witnessed_checkpoint(&self) -> Result<String, ClientError> {
        self.get_text(paths::LEDGER_WITNESSED).await
    }

    /// The policy of witnesses in use (c2sp.org/tlog-policy).
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn witness_policy(&self) -> Result<String, ClientError> {
        self.get_text(paths::LEDGER_POLICY).await
    }

    /// A tlog-proof for a leaf, under the newest head that has its quorum of cosignatures.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 while that does not cover the leaf.
    pub async fn witnessed_proof(&self, index: u64) -> Result<String, ClientError> {
        self.get_text(&paths::witnessed_proof(index)).await
    }

    /// The receipt of the second stage: the recipient's node is asked for the proof under a head of its
    /// ledger that witnesses have cosigned, which is checked and kept.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 while there is no such proof, or no receipt.
    pub async fn witnessed_receipt(
        &self,
        message: &str,
        to: Option<&str>,
    ) -> Result<ReceiptDocument, ClientError> {
        self.get(&paths::witnessed_receipt(message, to)).await
    }
}

//! Asks for the logs that the ledger consists of.

use super::{Client, ClientError};
use crate::paths;
use crate::types::LedgerLog;

impl Client {
    /// The logs, oldest first: one at least. The last is the newest, which grows.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn ledger_logs(&self) -> Result<Vec<LedgerLog>, ClientError> {
        self.get(paths::LEDGER_LOGS).await
    }

    /// A tile or entry bundle of the log that begins at this position; `path` as in tlog-tiles, without the
    /// leading `tile/`.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 where there is none, with 409 while the log is in cold storage.
    pub async fn ledger_log_tile(&self, log: u64, path: &str) -> Result<Vec<u8>, ClientError> {
        self.get_bytes(&paths::ledger_log_tile(log, path)).await
    }

    /// The proof of a leaf in its log's tree of `size`, or the latest: of the log that begins at this
    /// position, or
    /// the newest.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 where there is no such leaf, with 409 while the log is in cold
    /// storage.
    pub async fn ledger_log_proof(
        &self,
        log: Option<u64>,
        index: u64,
        size: Option<u64>,
    ) -> Result<String, ClientError> {
        self.get_text(&paths::ledger_log_proof(log, index, size)).await
    }
}

//! Asks for the part of the ledger that belongs to a period, and for time stamps.

use hyper::Method;
use jiff::Timestamp;

use super::call::read_json;
use super::{Client, ClientError};
use crate::limits::FIGURES_TIMEOUT;
use crate::paths;
use crate::types::{LedgerRange, LedgerRangeQuery, TimeStampSummary};

impl Client {
    /// What an export of the entries from one instant up to, and without, another consists of.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 while the ledger is empty, with 400 for a period that ends before it
    /// begins.
    pub async fn ledger_range(&self, from: Timestamp, until: Timestamp) -> Result<LedgerRange, ClientError> {
        let path = paths::ledger_range(&LedgerRangeQuery { from, until });
        // The node looks for what each receipt of the period answers.
        let answer = self
            .call(Method::GET, &path)
            .within(FIGURES_TIMEOUT)
            .run()
            .await?;
        read_json(answer).await
    }

    /// The time stamps of checkpoints, the oldest first.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn time_stamps(&self) -> Result<Vec<TimeStampSummary>, ClientError> {
        self.get(paths::LEDGER_STAMPS).await
    }

    /// The checkpoint that was stamped on a day, byte for byte.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 where there is none.
    pub async fn time_stamp_checkpoint(&self, day: &str) -> Result<String, ClientError> {
        self.get_text(&paths::ledger_stamp_checkpoint(day)).await
    }

    /// The answer of the time-stamping service: a TimeStampResp of RFC 3161 in DER.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 where there is none.
    pub async fn time_stamp_response(&self, day: &str) -> Result<Vec<u8>, ClientError> {
        self.get_bytes(&paths::ledger_stamp_response(day)).await
    }
}

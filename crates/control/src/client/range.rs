//! Asks for the part of the ledger that belongs to a period.

use hyper::Method;
use jiff::Timestamp;

use super::call::read_json;
use super::{Client, ClientError};
use crate::limits::FIGURES_TIMEOUT;
use crate::paths;
use crate::types::{LedgerRange, LedgerRangeQuery};

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
}

//! Alarms, and the list of cases by more than its length.

use super::{Client, ClientError};
use crate::paths;
use crate::types::{Alarm, CaseSummary, CasesQuery};

impl Client {
    /// The alarms that stand now in all cases, the oldest first.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn alarms(&self) -> Result<Vec<Alarm>, ClientError> {
        self.get(paths::ALARMS).await
    }

    /// A page of the cases that a query asks for; with `due_within_ms` by their next deadline, else latest
    /// first.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 400 for a state that there is not.
    pub async fn cases_by(&self, query: &CasesQuery) -> Result<Vec<CaseSummary>, ClientError> {
        self.get(&paths::cases_by(query)).await
    }
}

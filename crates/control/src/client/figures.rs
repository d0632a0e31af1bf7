//! What is asked before sending, and what is counted afterwards.

use convention::statistics::Statistics;
use hyper::Method;

use super::call::read_json;
use super::{Client, ClientError};
use crate::limits::FIGURES_TIMEOUT;
use crate::paths;
use crate::types::PreflightReport;

impl Client {
    /// What the node counts, in the text form of OpenMetrics.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn metrics(&self) -> Result<String, ClientError> {
        self.get_text(paths::METRICS).await
    }

    /// `[PROFILE-PREFLIGHT]` Whether these contact points can be reached, and what they will need for a
    /// message of this kind; one report for each, in the same order.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 400 for what is no contact point or no kind.
    pub async fn preflight(
        &self,
        to: &[String],
        kind: &str,
        language: Option<&str>,
    ) -> Result<Vec<PreflightReport>, ClientError> {
        self.get(&paths::preflight(to, kind, language)).await
    }

    /// The figures of our Party for a period, by the clocks of `zone` (UTC where that is absent).
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 400 for what is no period or no zone.
    pub async fn statistics(&self, period: &str, zone: Option<&str>) -> Result<Statistics, ClientError> {
        let path = paths::statistics(period, zone);
        let answer = self
            .call(Method::GET, &path)
            .within(FIGURES_TIMEOUT)
            .run()
            .await?;
        read_json(answer).await
    }
}

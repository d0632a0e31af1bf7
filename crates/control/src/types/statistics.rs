//! The query of the statistics. The answer is the `convention` crate's `Statistics`, as JSON.

use serde::{Deserialize, Serialize};

/// The query of the statistics.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatisticsQuery {
    /// A year, a quarter or a month: `2026`, `2026-Q3`, `2026-07`.
    pub period: String,
    /// The IANA zone by whose clocks the period begins and ends; UTC when absent.
    #[serde(default)]
    pub zone: Option<String>,
}

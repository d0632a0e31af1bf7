//! A period: a year, a quarter, a month, at the place of the Party.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::{Instant, Zone};

/// A period, from its first instant up to the first one after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Period {
    /// What people call it: `2026-Q3`.
    pub name: String,
    /// The first instant.
    pub from: Instant,
    /// The first instant after it.
    pub until: Instant,
}

/// Not a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a period is a year, a quarter or a month: 2026, 2026-Q3, 2026-07")]
pub struct PeriodError;

impl Period {
    /// The period of that name, by the clocks of a place.
    ///
    /// # Errors
    /// It is none of `2026`, `2026-Q3`, `2026-07`.
    pub fn named(name: &str, zone: &Zone) -> Result<Self, PeriodError> {
        let (year, rest) = name.split_once('-').unwrap_or((name, ""));
        let (month, months) = match rest {
            "" if !name.contains('-') => (1, 12),
            "Q1" | "q1" => (1, 3),
            "Q2" | "q2" => (4, 3),
            "Q3" | "q3" => (7, 3),
            "Q4" | "q4" => (10, 3),
            month if month.len() == 2 && month.bytes().all(|byte| byte.is_ascii_digit()) => {
                (month.parse::<i8>().map_err(|_| PeriodError)?, 1)
            }
            _ => return Err(PeriodError),
        };
        if year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(PeriodError);
        }
        let first = Date::new(year.parse().map_err(|_| PeriodError)?, month, 1).map_err(|_| PeriodError)?;
        let after = first.checked_add(months.months()).map_err(|_| PeriodError)?;
        Ok(Period {
            name: name.to_ascii_uppercase(),
            from: midnight(first, zone)?,
            until: midnight(after, zone)?,
        })
    }

    /// Whether an instant lies in it.
    #[must_use]
    pub fn contains(&self, at: Instant) -> bool {
        self.from <= at && at < self.until
    }
}

fn midnight(date: Date, zone: &Zone) -> Result<Instant, PeriodError> {
    let zoned = date.to_zoned(zone.rules()).map_err(|_| PeriodError)?;
    Ok(zoned.timestamp().into())
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

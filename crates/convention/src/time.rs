//! Times as investigators and courts need them: the instant, and the place whose clock showed it.
//!
//! An [`Instant`] is a point in time, in UTC. A [`ZonedInstant`] is an instant and the [`Zone`] of the place
//! where the fact happened, so that both local time and UTC can be shown `[TIME-BOTH]`. It is written as in
//! RFC 9557:
//!
//! ```text
//! 2026-03-29T04:30:00[Europe/Bucharest]          local time at a place
//! 2026-03-29T04:30:00+03:00[Europe/Bucharest]    the same, in full: how it is stored and sent
//! 2026-03-29T04:30:00+03:00                      an offset, where the place is not known
//! 2026-03-29T01:30:00Z                           UTC
//! ```
//!
//! A local time that the clocks of the place skipped, or showed twice, and an offset that contradicts the
//! place, are faults that say what would mend them. Zones come from the copy of the IANA database that is
//! built in, never from the machine: two nodes must agree on what 03:07 in Bucharest was.

mod range;
mod zone;
mod zoned;

pub use range::TimeRange;
pub use zone::{UnknownZone, Zone};
pub use zoned::{TimeError, ZonedInstant};

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time. Printed in UTC, as in RFC 3339: `2026-03-29T01:30:00Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(jiff::Timestamp);

/// Not an instant: not RFC 3339, or outside the years -9999 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an instant is written as in RFC 3339, such as 2026-03-29T01:30:00Z")]
pub struct InstantError;

impl Instant {
    /// The first instant that there is here: the beginning of the year -9999.
    pub const EARLIEST: Instant = Instant(jiff::Timestamp::MIN);

    /// The last instant that there is here: the end of the year 9999.
    pub const LATEST: Instant = Instant(jiff::Timestamp::MAX);

    /// The instant so many milliseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// Outside the years -9999 to 9999.
    pub fn from_unix_ms(milliseconds: i64) -> Result<Self, InstantError> {
        jiff::Timestamp::from_millisecond(milliseconds)
            .map(Instant)
            .map_err(|_| InstantError)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z, rounded towards it.
    #[must_use]
    pub fn as_unix_ms(self) -> i64 {
        self.0.as_millisecond()
    }

    /// The instant as the time library has it.
    #[must_use]
    pub fn as_timestamp(self) -> jiff::Timestamp {
        self.0
    }
}

impl From<jiff::Timestamp> for Instant {
    fn from(timestamp: jiff::Timestamp) -> Self {
        Instant(timestamp)
    }
}

impl FromStr for Instant {
    type Err = InstantError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > crate::limits::TIME_CHARACTERS_MAX {
            return Err(InstantError);
        }
        text.parse().map(Instant).map_err(|_| InstantError)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Instant {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "format": "date-time",
            "description": "An instant in UTC, as in RFC 3339."
        })
    }
}

/// A number of whole days, as orders and preservations are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Days(pub u32);

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 1 {
            f.write_str("1 day")
        } else {
            write!(f, "{} days", self.0)
        }
    }
}

#[cfg(test)]
mod tests;

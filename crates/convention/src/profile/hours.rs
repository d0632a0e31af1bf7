//! When an office is staffed: `mon-fri 08:20-17:30`, by its own clock.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::ZonedInstant;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// Days of the week, and from when until when on each: `mon-fri 08:20-17:30`, `mon-sun 00:00-24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    first_day: u8,
    last_day: u8,
    from_minute: u16,
    until_minute: u16,
}

/// Not hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("hours are written as mon-fri 08:20-17:30, or mon-sun 00:00-24:00")]
pub struct HoursError;

impl Hours {
    /// Whether a time lies in them, by the clock of its place.
    #[must_use]
    pub fn contain(&self, at: &ZonedInstant) -> bool {
        let (day, minute) = at.day_and_minute();
        (self.first_day..=self.last_day).contains(&day)
            && (self.from_minute..self.until_minute).contains(&minute)
    }
}

fn day(name: &str) -> Result<u8, HoursError> {
    let found = DAYS.iter().position(|day| *day == name).ok_or(HoursError)?;
    u8::try_from(found).map_err(|_| HoursError)
}

fn minute(text: &str) -> Result<u16, HoursError> {
    let (hours, minutes) = text.split_once(':').ok_or(HoursError)?;
    let is_number = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(hours) || !is_number(minutes) {
        return Err(HoursError);
    }
    let hours: u16 = hours.parse().map_err(|_| HoursError)?;
    let minutes: u16 = minutes.parse().map_err(|_| HoursError)?;
    let total = hours * 60 + minutes;
    if minutes < 60 && total <= DAY_MINUTES {
        Ok(total)
    } else {
        Err(HoursError)
    }
}

impl FromStr for Hours {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let (days, times) = text.split_once(' ').ok_or(HoursError)?;
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let (from, until) = times.split_once('-').ok_or(HoursError)?;
        let hours = Hours {
            first_day: day(first)?,
            last_day: day(last)?,
            from_minute: minute(from)?,
            until_minute: minute(until)?,
        };
        let is_forward = hours.first_day <= hours.last_day && hours.from_minute < hours.until_minute;
        if is_forward { Ok(hours) } else { Err(HoursError) }
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |day: u8| DAYS.get(usize::from(day)).copied().unwrap_or_default();
        write!(f, "{}", day(self.first_day))?;
        if self.last_day != self.first_day {
            write!(f, "-{}", day(self.last_day))?;
        }
        let (from, until) = (self.from_minute, self.until_minute);
        write!(
            f,
            " {:02}:{:02}-{:02}:{:02}",
            from / 60,
            from % 60,
            until / 60,
            until % 60
        )
    }
}

impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Hours {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Hours".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "examples": ["mon-fri 08:20-17:30"] })
    }
}

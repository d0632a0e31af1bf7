//! An instant and its place, and everything that can be wrong with how one is written.

use std::fmt;

use jiff::civil::DateTime;
use jiff::fmt::temporal::{Pieces, PiecesOffset, TimeZoneAnnotationKind};
use jiff::tz::{AmbiguousOffset, Offset};
use jiff::{Timestamp, ToSpan};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::zone::offset_text;
use super::{Instant, UnknownZone, Zone};
use crate::limits::{TIME_CHARACTERS_MAX, TIME_YEAR_MIN};

/// An instant, and the zone of the place where it matters `[TIME-BOTH]`.
///
/// Printed and sent in full, as in RFC 9557: `2026-03-29T04:30:00+03:00[Europe/Bucharest]`. For people, see
/// [`ZonedInstant::local_and_utc`]. Ordered by instant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZonedInstant {
    instant: Instant,
    zone: Zone,
}

impl ZonedInstant {
    /// An instant at a place.
    #[must_use]
    pub fn new(instant: Instant, zone: Zone) -> Self {
        ZonedInstant { instant, zone }
    }

    /// The instant.
    #[must_use]
    pub fn instant(&self) -> Instant {
        self.instant
    }

    /// The place.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The same local time so many calendar days later (or earlier, if negative). Periods of law are counted
    /// in calendar days at the place, so that a change of the clocks neither shortens nor lengthens them.
    ///
    /// `None` where that is outside the years -9999 to 9999.
    #[must_use]
    pub fn plus_days(&self, days: i64) -> Option<Self> {
        let span = 0.days().try_days(days).ok()?;
        let moved = self.zoned().checked_add(span).ok()?;
        Some(ZonedInstant {
            instant: moved.timestamp().into(),
            zone: self.zone.clone(),
        })
    }

    /// Local time and UTC, for people `[TIME-BOTH]`:
    /// `2026-03-29 04:30:00 Europe/Bucharest (2026-03-29 01:30:00 UTC)`.
    #[must_use]
    pub fn local_and_utc(&self) -> String {
        let utc = jiff::tz::Offset::UTC.to_datetime(self.instant.as_timestamp());
        if self.zone == Zone::utc() {
            return format!("{} {} UTC", utc.date(), utc.time());
        }
        let local = self.zoned().datetime();
        format!(
            "{} {} {} ({} {} UTC)",
            local.date(),
            local.time(),
            self.zone,
            utc.date(),
            utc.time()
        )
    }

    /// Reads a time as written by a person or sent by a peer; see the [module](crate::time) for the forms.
    ///
    /// # Errors
    /// [`TimeError`] says which of the things that can be wrong it is, and what mends it.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        if text.len() > TIME_CHARACTERS_MAX {
            return Err(TimeError::NotATime);
        }
        let pieces = Pieces::parse(text).map_err(|_| not_a_time_or_zone(text))?;
        let time = pieces.time().ok_or(TimeError::NoTimeOfDay)?;
        let local = pieces.date().to_datetime(time);
        if local.year() < TIME_YEAR_MIN {
            return Err(TimeError::TooEarly);
        }
        let offset = match pieces.offset() {
            Some(PiecesOffset::Zulu) => Some(Offset::UTC),
            Some(PiecesOffset::Numeric(numeric)) => Some(numeric.offset()),
            // `PiecesOffset` may grow; what we do not know we do not guess.
            Some(_) => return Err(TimeError::NotATime),
            None => None,
        };
        if offset.is_some_and(has_seconds) {
            return Err(TimeError::OffsetSeconds);
        }
        let Some(annotation) = pieces.time_zone_annotation() else {
            let offset = offset.ok_or(TimeError::NoZone)?;
            return at_offset(local, offset);
        };
        match annotation.kind() {
            TimeZoneAnnotationKind::Named(name) => {
                let is_utc = matches!(pieces.offset(), Some(PiecesOffset::Zulu));
                at_place(local, offset, is_utc, name.as_str())
            }
            TimeZoneAnnotationKind::Offset(annotated) if has_seconds(*annotated) => {
                Err(TimeError::OffsetSeconds)
            }
            TimeZoneAnnotationKind::Offset(annotated) => match offset {
                Some(offset) if offset != *annotated => Err(TimeError::Contradiction {
                    zone: offset_text(*annotated),
                    shown: offset_text(*annotated),
                    written: offset_text(offset),
                    by_offset: at_offset(local, offset).ok().map(Box::new),
                }),
                _ => at_offset(local, *annotated),
            },
            _ => Err(TimeError::NotATime),
        }
    }

    /// The day of the week at the place, from 0 for Monday, and the minute of that day.
    pub(crate) fn day_and_minute(&self) -> (u8, u16) {
        let local = self.zoned().datetime();
        let day = local.weekday().to_monday_zero_offset();
        let minute = i16::from(local.hour()) * 60 + i16::from(local.minute());
        (day.unsigned_abs(), minute.unsigned_abs())
    }

    fn zoned(&self) -> jiff::Zoned {
        self.instant.as_timestamp().to_zoned(self.zone.rules())
    }
}

/// What is wrong with a time, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not a date and time at all.
    #[error("is not a time")]
    NotATime,
    /// Before [`TIME_YEAR_MIN`].
    #[error("lies before {TIME_YEAR_MIN}, which no time in this network does")]
    TooEarly,
    /// A date alone.
    #[error("has no time of day")]
    NoTimeOfDay,
    /// `[TIME-BOTH]` Neither offset nor zone: nobody could say when that was.
    #[error("has neither a zone nor an offset")]
    NoZone,
    /// RFC 3339, section 4.2, has hours and minutes only: what cannot be written again would be another time
    /// at its recipient.
    #[error("has an offset with seconds, which no clock has shown since {TIME_YEAR_MIN}")]
    OffsetSeconds,
    /// The zone is not in the IANA database.
    #[error("names a zone that does not exist")]
    UnknownZone {
        /// What was written.
        zone: UnknownZone,
        /// What the offset alone says, where there is one.
        by_offset: Option<Box<ZonedInstant>>,
    },
    /// The clocks at the place were put forward over this time.
    #[error("does not exist: clocks in {zone} were put forward over it, from offset {before} to {after}")]
    Nonexistent {
        /// The place.
        zone: String,
        /// The offset before the change.
        before: String,
        /// The offset after it.
        after: String,
    },
    /// The clocks at the place were put back, and showed this time twice.
    #[error("was shown twice by clocks in {zone}: first at offset {first}, then at {second}")]
    Ambiguous {
        /// The place.
        zone: String,
        /// The offset of the first time.
        first: String,
        /// The offset of the second.
        second: String,
    },
    /// The offset is not the one that the place had then.
    #[error("contradicts itself: the offset says {written}, but {zone} was at {shown}")]
    Contradiction {
        /// The place.
        zone: String,
        /// The offset that the place had.
        shown: String,
        /// The offset that was written.
        written: String,
        /// What the offset alone says.
        by_offset: Option<Box<ZonedInstant>>,
    },
}

impl TimeError {
    /// What would mend it, for the officer.
    #[must_use]
    pub fn mend(&self) -> String {
        match self {
            TimeError::NotATime | TimeError::NoTimeOfDay => {
                "write date, time and place, such as 2026-03-12T04:30:00[Europe/Bucharest]".to_owned()
            }
            TimeError::TooEarly => "check the year".to_owned(),
            TimeError::NoZone => {
                "add the place, such as [Europe/Bucharest], or the offset from UTC, such as +02:00 or Z"
                    .to_owned()
            }
            TimeError::OffsetSeconds => "write the offset in hours and minutes, such as +02:00".to_owned(),
            TimeError::UnknownZone { zone, .. } => zone.mend(),
            TimeError::Nonexistent { before, after, .. } => {
                format!(
                    "check the source; if it is certain, write the offset {before} or {after} without a zone"
                )
            }
            TimeError::Ambiguous { first, second, .. } => {
                format!(
                    "write the offset before the zone: {first} for the first time, {second} for the second"
                )
            }
            TimeError::Contradiction { shown, .. } => {
                format!("write {shown} if the place is right, or leave out the zone if the offset is")
            }
        }
    }

    /// What can still be understood: the instant that the offset alone gives. For received messages, of which
    /// nothing is lost.
    #[must_use]
    pub fn by_offset(&self) -> Option<&ZonedInstant> {
        match self {
            TimeError::UnknownZone { by_offset, .. } | TimeError::Contradiction { by_offset, .. } => {
                by_offset.as_deref()
            }
            _ => None,
        }
    }
}

/// The parser refuses some unknown zones by itself; name the zone then, since that is what must be mended.
fn not_a_time_or_zone(text: &str) -> TimeError {
    let Some((start, rest)) = text.split_once('[') else {
        return TimeError::NotATime;
    };
    let Some(name) = rest.strip_suffix(']') else {
        return TimeError::NotATime;
    };
    if Pieces::parse(start).is_err() {
        return TimeError::NotATime;
    }
    match Zone::named(name) {
        Err(zone) => {
            let by_offset = ZonedInstant::parse(start).ok().map(Box::new);
            TimeError::UnknownZone { zone, by_offset }
        }
        Ok(_) => TimeError::NotATime,
    }
}

fn has_seconds(offset: Offset) -> bool {
    offset.seconds() % 60 != 0
}

fn at_offset(local: DateTime, offset: Offset) -> Result<ZonedInstant, TimeError> {
    let instant = offset.to_timestamp(local).map_err(|_| TimeError::NotATime)?;
    Ok(ZonedInstant {
        instant: instant.into(),
        zone: Zone::fixed(offset),
    })
}

fn at_place(
    local: DateTime,
    offset: Option<Offset>,
    is_utc: bool,
    name: &str,
) -> Result<ZonedInstant, TimeError> {
    let by_offset = offset
        .and_then(|offset| at_offset(local, offset).ok())
        .map(Box::new);
    let zone = match Zone::named(name) {
        Ok(zone) => zone,
        Err(zone) => return Err(TimeError::UnknownZone { zone, by_offset }),
    };
    let rules = zone.rules();
    let finish = |instant: Timestamp| ZonedInstant {
        instant: instant.into(),
        zone: zone.clone(),
    };
    if let Some(offset) = offset {
        let instant = offset.to_timestamp(local).map_err(|_| TimeError::NotATime)?;
        let shown = rules.to_offset(instant);
        // `Z` says that the time is UTC, and nothing about the place: it contradicts no zone (RFC 9557
        // section 2.2).
        if shown != offset && !is_utc {
            let (shown, written) = (offset_text(shown), offset_text(offset));
            return Err(TimeError::Contradiction {
                zone: zone.to_string(),
                shown,
                written,
                by_offset,
            });
        }
        return Ok(finish(instant));
    }
    let named = zone.to_string();
    match rules.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset
            .to_timestamp(local)
            .map(finish)
            .map_err(|_| TimeError::NotATime),
        AmbiguousOffset::Gap { before, after } => Err(TimeError::Nonexistent {
            zone: named,
            before: offset_text(before),
            after: offset_text(after),
        }),
        AmbiguousOffset::Fold { before, after } => Err(TimeError::Ambiguous {
            zone: named,
            first: offset_text(before),
            second: offset_text(after),
        }),
    }
}

impl fmt::Display for ZonedInstant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.zoned(), f)
    }
}

impl fmt::Debug for ZonedInstant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ZonedInstant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ZonedInstant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ZonedInstant::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for ZonedInstant {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ZonedInstant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "maxLength": TIME_CHARACTERS_MAX,
            "description": "Local time, offset and IANA zone, as in RFC 9557.",
            "examples": ["2026-03-29T04:30:00+03:00[Europe/Bucharest]"]
        })
    }
}

//! The place whose clock showed a time: an IANA zone, or a bare offset where the place is not known.

use std::fmt;
use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::limits::TIME_CHARACTERS_MAX;

/// The built-in copy of the IANA database. Global because it is constant data; the machine's own copy is
/// never read.
static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// How far, from 0 to 1, a wrong name may be from a right one for the right one to be suggested.
const SIMILARITY_MIN: f64 = 0.85;

/// The zone of a place: `Europe/Bucharest`, `UTC`, or a bare offset such as `+02:00`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Zone(String);

impl Zone {
    /// Looks a zone up by its IANA name, in any capitalisation.
    ///
    /// # Errors
    /// There is no zone of that name: the most similar name, where one is similar at all.
    pub fn named(name: &str) -> Result<Self, Option<String>> {
        match DATABASE.get(name) {
            Ok(found) => Ok(Zone(found.iana_name().unwrap_or(name).to_owned())),
            Err(_) => Err(most_similar(name)),
        }
    }

    /// UTC itself.
    #[must_use]
    pub fn utc() -> Self {
        Zone("UTC".to_owned())
    }

    /// A bare offset from UTC.
    pub(crate) fn fixed(offset: jiff::tz::Offset) -> Self {
        if offset == jiff::tz::Offset::UTC {
            Self::utc()
        } else {
            Zone(offset_text(offset))
        }
    }

    /// The name: `Europe/Bucharest`, `UTC` or `+02:00`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The rules of the zone.
    pub(crate) fn rules(&self) -> TimeZone {
        if let Ok(found) = DATABASE.get(&self.0) {
            return found;
        }
        // Not a name, hence an offset: a `Zone` is made in no other way.
        match jiff::fmt::temporal::DateTimeParser::new().parse_time_zone(&self.0) {
            Ok(fixed) => fixed,
            Err(_) => TimeZone::UTC,
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl JsonSchema for Zone {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Zone".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "maxLength": TIME_CHARACTERS_MAX,
            "description": "A zone of the IANA database, such as Europe/Bucharest."
        })
    }
}

/// An offset with hours and minutes always, and seconds where there are any: `+02:00`.
pub(super) fn offset_text(offset: jiff::tz::Offset) -> String {
    let sign = if offset.is_negative() { '-' } else { '+' };
    let total = offset.seconds().unsigned_abs();
    let (hours, minutes, seconds) = (total / 3600, total / 60 % 60, total % 60);
    if seconds == 0 {
        format!("{sign}{hours:02}:{minutes:02}")
    } else {
        format!("{sign}{hours:02}:{minutes:02}:{seconds:02}")
    }
}

fn most_similar(name: &str) -> Option<String> {
    let wanted = name.to_lowercase();
    let mut best: Option<(f64, String)> = None;
    for candidate in DATABASE.available() {
        let similarity = strsim::jaro_winkler(&wanted, &candidate.as_str().to_lowercase());
        if similarity >= SIMILARITY_MIN && best.as_ref().is_none_or(|(most, _)| similarity > *most) {
            best = Some((similarity, candidate.as_str().to_owned()));
        }
    }
    best.map(|(_, name)| name)
}

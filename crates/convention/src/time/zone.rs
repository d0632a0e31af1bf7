//! The place whose clock showed a time: an IANA zone, or a bare offset where the place is not known.

use std::fmt;
use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
    /// There is no zone of that name.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        match DATABASE.get(name) {
            Ok(found) => Ok(Zone(found.iana_name().unwrap_or(name).to_owned())),
            Err(_) => Err(UnknownZone(name.to_owned())),
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

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Zone::named(&name).map_err(serde::de::Error::custom)
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

/// An offset in hours and minutes, `+02:00`: there are no others, neither written nor of a place.
pub(super) fn offset_text(offset: jiff::tz::Offset) -> String {
    let sign = if offset.is_negative() { '-' } else { '+' };
    let minutes = offset.seconds().unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// There is no zone of this name in the IANA database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no zone {}", crate::reading::quoted(.0))]
pub struct UnknownZone(String);

impl UnknownZone {
    /// What would mend it: the zone that is spelt most like it, where one is. It is searched for only when
    /// asked for, since that takes a moment, and a peer may send many wrong names.
    #[must_use]
    pub fn mend(&self) -> String {
        match self.most_similar() {
            Some(name) => format!("did you mean {name:?}?"),
            None => "use a name of the IANA database, such as Europe/Bucharest".to_owned(),
        }
    }

    fn most_similar(&self) -> Option<String> {
        let wanted = self.0.to_lowercase();
        let mut best: Option<(f64, String)> = None;
        for candidate in DATABASE.available() {
            let similarity = strsim::jaro_winkler(&wanted, &candidate.as_str().to_lowercase());
            let is_better = best.as_ref().is_none_or(|(most, _)| similarity > *most);
            if similarity >= SIMILARITY_MIN && is_better {
                best = Some((similarity, candidate.as_str().to_owned()));
            }
        }
        best.map(|(_, name)| name)
    }
}

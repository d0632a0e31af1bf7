//! Who takes part: Parties, and the contact points that a Party runs under Article 35.
//!
//! A [`PartyCode`] is written `RO`, a [`ContactPoint`] `RO/prosecution`. Both are parsed strictly and printed
//! as they were written, so that one contact point has exactly one spelling.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::OFFICE_CHARACTERS_MAX;

/// A Party to the Convention, as an ISO 3166-1 alpha-2 code: two capital letters.
///
/// Only the shape is checked: which codes stand for a Party is the directory's to say. `XA` to `XZ` are
/// user-assigned, for fictitious Parties in exercises and examples.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartyCode([u8; 2]);

impl PartyCode {
    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Two ASCII capitals by construction, so that this is always text.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether the code is one of `XA` to `XZ`, which ISO 3166-1 leaves to its users.
    #[must_use]
    pub fn is_fictitious(&self) -> bool {
        self.0[0] == b'X'
    }
}

/// What is wrong with the name of a Party or a contact point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PartyError {
    /// Not two capital letters.
    #[error("a Party is written as two capital letters, such as RO (ISO 3166-1 alpha-2)")]
    Code,
    /// No slash between Party and office.
    #[error("a contact point is written Party, slash, office, such as RO/prosecution")]
    NoSlash,
    /// The office has another shape.
    #[error("an office is 1 to 32 of the characters a to z, 0 to 9 and hyphen, such as prosecution")]
    Office,
}

impl FromStr for PartyCode {
    type Err = PartyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.as_bytes() {
            [first, second] if first.is_ascii_uppercase() && second.is_ascii_uppercase() => {
                Ok(PartyCode([*first, *second]))
            }
            _ => Err(PartyError::Code),
        }
    }
}

impl fmt::Display for PartyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for PartyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An office of a Party that is reachable day and night (Article 35), such as `RO/prosecution`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContactPoint {
    party: PartyCode,
    office: String,
}

impl ContactPoint {
    /// The Party that runs it.
    #[must_use]
    pub fn party(&self) -> PartyCode {
        self.party
    }

    /// The office, without the Party: `prosecution`.
    #[must_use]
    pub fn office(&self) -> &str {
        &self.office
    }
}

impl FromStr for ContactPoint {
    type Err = PartyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (party, office) = text.split_once('/').ok_or(PartyError::NoSlash)?;
        let party = party.parse()?;
        let permitted = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if office.is_empty() || office.len() > OFFICE_CHARACTERS_MAX || !office.bytes().all(permitted) {
            return Err(PartyError::Office);
        }
        Ok(ContactPoint {
            party,
            office: office.to_owned(),
        })
    }
}

impl fmt::Display for ContactPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.party, self.office)
    }
}

impl fmt::Debug for ContactPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for PartyCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for PartyCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl Serialize for ContactPoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContactPoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for PartyCode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PartyCode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "pattern": "^[A-Z]{2}$",
            "description": "A Party, as an ISO 3166-1 alpha-2 code."
        })
    }
}

impl JsonSchema for ContactPoint {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ContactPoint".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "pattern": "^[A-Z]{2}/[a-z0-9-]{1,32}$",
            "description": "A contact point: Party, slash, office."
        })
    }
}

#[cfg(test)]
mod tests;

//! How names, keys, times and digests stand in JSON: in the one text that each has elsewhere.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::BundlePath;
use crate::ids::{CaseId, Code, ContactPoint, MessageId, PartyCode};
use crate::key::PublicKey;
use crate::time::UnixMillis;

/// JSON numbers that every reader takes for what they are (RFC 8259 section 6).
const NUMBER_MAX: u64 = 1 << 53;

/// The word that says what the document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Format {
    /// The only one.
    #[default]
    #[serde(rename = "ohrid-bundle")]
    Bundle,
}

/// The version of the format: 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Version;

macro_rules! written_as_text {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                from_text(deserializer)
            }
        }
    )*};
}
written_as_text!(
    PartyCode,
    ContactPoint,
    MessageId,
    CaseId,
    Code,
    PublicKey,
    BundlePath
);

impl Serialize for UnixMillis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for UnixMillis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(deserializer)?;
        if number < NUMBER_MAX {
            Ok(Self(number))
        } else {
            Err(D::Error::custom("too large"))
        }
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(1)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            1 => Ok(Self),
            _ => Err(D::Error::custom("another version")),
        }
    }
}

/// Commitments, in lower-case hexadecimal digits.
pub(super) mod hexadecimal {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::digest::Commitment;

    pub(in super::super) fn serialize<S: Serializer>(
        commitment: &Commitment,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(commitment)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Commitment, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut bytes = [0; 32];
        let digits = text.as_bytes().as_chunks::<2>();
        if digits.0.len() != bytes.len() || !digits.1.is_empty() {
            return Err(D::Error::custom("not 64 digits"));
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(digits.0) {
            let value = |digit: &u8| {
                char::from(*digit)
                    .to_digit(16)
                    .and_then(|value| u8::try_from(value).ok())
            };
            let (Some(high), Some(low)) = (value(high), value(low)) else {
                return Err(D::Error::custom("not hexadecimal"));
            };
            *byte = 16 * high + low;
        }
        Ok(Commitment::from_bytes(bytes))
    }
}

fn from_text<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(deserializer: D) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(D::Error::custom)
}

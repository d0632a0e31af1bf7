//! Names of messages and cases: UUIDs of version 7 (RFC 9562), which sort by the time at which they were
//! made.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// Not a UUID of version 7 in its usual form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is a UUID of version 7, such as 019d3a5e-7c00-7000-8000-000000000001")]
pub struct IdError;

/// Declares one kind of id.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $title:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The id with these 16 bytes.
            ///
            /// # Errors
            /// They are not a UUID of version 7.
            pub fn from_bytes(bytes: [u8; 16]) -> Result<Self, IdError> {
                Self::try_from(Uuid::from_bytes(bytes))
            }

            /// The 16 bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl TryFrom<Uuid> for $name {
            type Error = IdError;

            fn try_from(uuid: Uuid) -> Result<Self, IdError> {
                if uuid.get_version_num() == 7 { Ok($name(uuid)) } else { Err(IdError) }
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let uuid = Uuid::try_parse(text).map_err(|_| IdError)?;
                // One spelling only: the parser also takes braces, URNs and capitals.
                if uuid.hyphenated().to_string() == text { Self::try_from(uuid) } else { Err(IdError) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0.hyphenated(), f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "format": "uuid", "description": $title })
            }
        }
    };
}

id!(
    /// The name of one message, given by its sender before it is sent.
    MessageId,
    "The name of a message: a UUID of version 7."
);

id!(
    /// The name of a case: the id of the message that opened it.
    CaseReference,
    "The name of a case: the id of the message that opened it."
);

impl From<MessageId> for CaseReference {
    fn from(opening: MessageId) -> Self {
        CaseReference(opening.0)
    }
}

impl CaseReference {
    /// The id of the message that opened the case.
    #[must_use]
    pub fn opening(self) -> MessageId {
        MessageId(self.0)
    }
}

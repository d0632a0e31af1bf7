//! Names of things on the wire: Parties, contact points, messages, cases.
//!
//! All of them are newtypes with one strict textual form, which is also the form on the wire, so
//! that two nodes never disagree about whether two names are the same.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::limits::{CODE_LENGTH_BYTES_MAX, OFFICE_LENGTH_BYTES_MAX};

/// A Party (a state), by its ISO 3166-1 alpha-2 code. `XA`..`XZ` are user-assigned: exercises.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartyCode([u8; 2]);

/// A contact point of a Party, written `RO/prosecution` (Article 35; a Party may have several).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContactPoint {
    party: PartyCode,
    office: String,
}

/// A message's id: a UUID of version 7 (RFC 9562), chosen by the sender. The same for each
/// envelope of a message to several recipients.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(Uuid);

/// A case's id: the id of the first message of the case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId(MessageId);

/// An officer, as ledger leaves name one: a random number that only the node can turn into a
/// person, so that no leaf holds a name `[LEAF-PRIVACY]`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId([u8; 16]);

/// A word of a vocabulary that another crate defines, as verdicts and leaves carry it: `unknown-signer`,
/// `C29-2-E`. Letters, digits and hyphens, 1 to 64, so that it can be no content `[LEAF-PRIVACY]`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(String);

/// A name that does not have the form it must have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not two capital ASCII letters.
    #[error("a Party is two capital letters (ISO 3166-1 alpha-2), such as RO")]
    Party,
    /// Not `PARTY/office`.
    #[error(
        "a contact point is written PARTY/office, such as RO/prosecution; the office is a-z, 0-9 or -, to 32"
    )]
    ContactPoint,
    /// Not a UUID of version 7 in its lower-case, hyphenated form.
    #[error("a message id is a UUID of version 7, in lower case with hyphens")]
    MessageId,
    /// Not 32 lower-case hexadecimal digits.
    #[error("an actor is 32 lower-case hexadecimal digits")]
    Actor,
    /// Not letters, digits and hyphens.
    #[error("a code is letters, digits and hyphens, 1 to 64")]
    Code,
}

impl PartyCode {
    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII capitals get in (see `from_str`), and ASCII is UTF-8.
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}

impl FromStr for PartyCode {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Ok(Self([*a, *b])),
            _ => Err(NameError::Party),
        }
    }
}

impl ContactPoint {
    /// The contact point `office` of `party`.
    ///
    /// # Errors
    /// When the office is not 1 to 32 of `a-z`, `0-9`, `-`.
    pub fn new(party: PartyCode, office: &str) -> Result<Self, NameError> {
        let well_formed = !office.is_empty()
            && office.len() <= OFFICE_LENGTH_BYTES_MAX
            && office
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if well_formed {
            Ok(Self {
                party,
                office: office.to_owned(),
            })
        } else {
            Err(NameError::ContactPoint)
        }
    }

    /// The Party whose contact point this is.
    #[must_use]
    pub fn party(&self) -> PartyCode {
        self.party
    }

    /// The office within the Party, such as `prosecution`.
    #[must_use]
    pub fn office(&self) -> &str {
        &self.office
    }
}

impl FromStr for ContactPoint {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (party, office) = text.split_once('/').ok_or(NameError::ContactPoint)?;
        Self::new(party.parse()?, office)
    }
}

impl MessageId {
    /// Makes an id from a UUID.
    ///
    /// # Errors
    /// When it is not of version 7.
    pub fn from_uuid(uuid: Uuid) -> Result<Self, NameError> {
        if uuid.get_version_num() == 7 && uuid.get_variant() == uuid::Variant::RFC4122 {
            Ok(Self(uuid))
        } else {
            Err(NameError::MessageId)
        }
    }

    /// Makes an id from the time and ten random bytes: the core takes both as arguments.
    #[must_use]
    pub fn from_parts(unix_millis: u64, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(unix_millis, &random).into_uuid())
    }

    /// The sixteen bytes, as on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// Reads the sixteen bytes.
    ///
    /// # Errors
    /// When they are not a UUID of version 7.
    pub fn from_bytes(bytes: [u8; 16]) -> Result<Self, NameError> {
        Self::from_uuid(Uuid::from_bytes(bytes))
    }
}

impl FromStr for MessageId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let id = Uuid::try_parse(text).map_err(|_| NameError::MessageId)?;
        let id = Self::from_uuid(id)?;
        // One textual form only: other spellings of the same UUID would be other names.
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(NameError::MessageId)
        }
    }
}

impl CaseId {
    /// The case that this message opens.
    #[must_use]
    pub fn opened_by(first: MessageId) -> Self {
        Self(first)
    }

    /// The id of the first message.
    #[must_use]
    pub fn first_message(&self) -> MessageId {
        self.0
    }
}

impl FromStr for CaseId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        text.parse().map(Self)
    }
}

impl ActorId {
    /// An actor from its sixteen random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The sixteen bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl FromStr for ActorId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let lower_case = text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if text.len() != 32 || !lower_case {
            return Err(NameError::Actor);
        }
        let number = u128::from_str_radix(text, 16).map_err(|_| NameError::Actor)?;
        Ok(Self(number.to_be_bytes()))
    }
}

impl Code {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Code {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let letters_fit = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if letters_fit && (1..=CODE_LENGTH_BYTES_MAX).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::Code)
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for PartyCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Display for ContactPoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.party, self.office)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0.hyphenated())
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

impl fmt::Display for ActorId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", u128::from_be_bytes(self.0))
    }
}

macro_rules! debug_as_display {
    ($($name:ty),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{self}")
            }
        }
    )*};
}
debug_as_display!(PartyCode, ContactPoint, MessageId, CaseId, ActorId, Code);

#[cfg(test)]
mod tests;

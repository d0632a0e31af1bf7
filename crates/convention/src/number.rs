//! The number of a case, as people say it on the telephone: `RO-2026-0412-GX`.
//!
//! It has the Party that opened the case, the year, a number that the Party counts up, and two check
//! characters. Inside, a case is known by its [`CaseReference`](crate::message::CaseReference); the number is
//! for people, is given by the requesting side, and travels with the request, so that both sides say the same
//! one.
//!
//! **The check.** Each character before the check has a value: a letter its place in the alphabet from 0, a
//! digit itself. The check characters are chosen so that over all characters, with values *v* at places 1, 2,
//! 3, ...
//!
//! ```text
//! sum of v          is divisible by 31
//! sum of place * v  is divisible by 31
//! ```
//!
//! 31 is a prime, all values are below it, and there are fewer than 31 places; so this is a code of distance
//! 3 (Reed and Solomon). It detects *every* wrong character, *every* two wrong characters, and *every*
//! exchange of any two, neighbours or not, in the check characters too. Anything worse slips through once in
//! 961 times.
//!
//! The check characters are the digits and `ABCDEFGHJKMNPQRSTVWXY`: 31 in all, without I, L, O, U and Z,
//! which are taken for 1, 1, 0, V and 2.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::CASE_NUMBER_DIGITS_MAX;
use crate::party::PartyCode;

/// The check characters, by their values.
const CHECKS: &[u8; 31] = b"0123456789ABCDEFGHJKMNPQRSTVWXY";

/// The number of check characters, and the field that their sums are taken in.
const PRIME: u32 = 31;

/// The fewest digits of the number; smaller ones are filled up with zeros.
const DIGITS_MIN: usize = 4;

/// The number of a case: `RO-2026-0412-GX`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseNumber {
    party: PartyCode,
    year: u16,
    count: u32,
}

/// What is wrong with the number of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CaseNumberError {
    /// It has another shape.
    #[error("the number of a case is written as RO-2026-0412-GX: Party, year, number, two check characters")]
    Shape,
    /// The check characters do not fit: a character is wrong, or two are exchanged.
    #[error("the check characters do not fit; a character was misheard or two were exchanged")]
    Check,
    /// The year has not four digits, or the number too many.
    #[error("the year is one from 1000 to 9999, and the number one from 1 to 99999999")]
    Range,
}

impl CaseNumber {
    /// The number that a Party gives to its so-and-so-manieth case of a year, counted from 1.
    ///
    /// # Errors
    /// [`CaseNumberError::Range`].
    pub fn new(party: PartyCode, year: u16, count: u32) -> Result<Self, CaseNumberError> {
        let is_count = count > 0 && count < 10_u32.pow(CASE_NUMBER_DIGITS_MAX);
        if (1000..=9999).contains(&year) && is_count {
            Ok(CaseNumber { party, year, count })
        } else {
            Err(CaseNumberError::Range)
        }
    }

    /// The Party that opened the case.
    #[must_use]
    pub fn party(self) -> PartyCode {
        self.party
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// The number within the year.
    #[must_use]
    pub fn count(self) -> u32 {
        self.count
    }

    /// Reads a number as a person types it: in small letters too, with spaces or nothing for hyphens, and
    /// with the letters O, I, L and Z where only 0, 1, 1 and 2 can be meant.
    ///
    /// # Errors
    /// [`CaseNumberError`], also where it can only have been misheard.
    pub fn heard(text: &str) -> Result<Self, CaseNumberError> {
        let kept: Vec<char> = text
            .chars()
            .filter(|character| !matches!(character, '-' | ' ' | '.' | '/'))
            .take(32)
            .map(|character| character.to_ascii_uppercase())
            .collect();
        let digits = kept.len().saturating_sub(8);
        if kept.len() < 8 + DIGITS_MIN {
            return Err(CaseNumberError::Shape);
        }
        let (party, rest) = kept.split_at(2);
        let meant: String = rest
            .iter()
            .map(|character| match character {
                'O' => '0',
                'I' | 'L' => '1',
                'U' => 'V',
                'Z' => '2',
                other => *other,
            })
            .collect();
        let party: String = party.iter().collect();
        let mut places = meant.char_indices().map(|(byte, _)| byte);
        let (Some(after_year), Some(after_count)) = (places.nth(4), places.nth(digits - 1)) else {
            return Err(CaseNumberError::Shape);
        };
        let (year, count) = (&meant[..after_year], &meant[after_year..after_count]);
        format!("{party}-{year}-{count}-{}", &meant[after_count..]).parse()
    }

    /// The number without its check characters.
    fn stem(self) -> String {
        format!("{}-{:04}-{:04}", self.party, self.year, self.count)
    }

    /// The two check characters.
    fn check(self) -> [char; 2] {
        let mut sum = 0;
        let mut weighted = 0;
        let mut place = 0;
        for byte in self.stem().bytes().filter(|byte| *byte != b'-') {
            place += 1;
            sum += value(byte);
            weighted += place * value(byte);
        }
        // With a and b at the next two places: a + b = -sum, and (place + 1) a + (place + 2) b = -weighted.
        let negative = |number: u32| PRIME - number % PRIME;
        let second = ((place + 1) * sum + negative(weighted)) % PRIME;
        let first = (negative(sum) + negative(second)) % PRIME;
        [first, second].map(|value| char::from(CHECKS[value as usize % CHECKS.len()]))
    }
}

/// The value of a character before the check.
fn value(byte: u8) -> u32 {
    match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        digit => u32::from(digit.saturating_sub(b'0')),
    }
}

impl FromStr for CaseNumber {
    type Err = CaseNumberError;

    /// Reads the one spelling that a number has. For what people type, see [`CaseNumber::heard`].
    fn from_str(text: &str) -> Result<Self, CaseNumberError> {
        let mut parts = text.split('-');
        let (Some(party), Some(year), Some(count), Some(check), None) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return Err(CaseNumberError::Shape);
        };
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_filled_up = count.len() > DIGITS_MIN && count.starts_with('0');
        let has_shape = year.len() == 4
            && (DIGITS_MIN..=CASE_NUMBER_DIGITS_MAX as usize).contains(&count.len())
            && are_digits(year)
            && are_digits(count)
            && !is_filled_up
            && check.len() == 2
            && check.bytes().all(|byte| CHECKS.contains(&byte));
        if !has_shape {
            return Err(CaseNumberError::Shape);
        }
        let shape = |_| CaseNumberError::Shape;
        let number = CaseNumber::new(
            party.parse().map_err(|_| CaseNumberError::Shape)?,
            year.parse().map_err(shape)?,
            count.parse().map_err(shape)?,
        )?;
        if number.check().iter().copied().eq(check.chars()) {
            Ok(number)
        } else {
            Err(CaseNumberError::Check)
        }
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = self.check();
        write!(f, "{}-{first}{second}", self.stem())
    }
}

impl fmt::Debug for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for CaseNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CaseNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for CaseNumber {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CaseNumber".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}-[0-9]{4,8}-[0-9A-HJKMNP-TV-Y]{2}$",
            "description": "The number of a case, for people: Party, year, number, two check characters."
        })
    }
}

#[cfg(test)]
mod tests;

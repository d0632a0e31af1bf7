//! The headers that carry meaning.

use std::fmt;
use std::str::FromStr;

/// On every write: a UUID that makes a repeated write the same write `[IDEMPOTENT]`. The same key with
/// another body is refused with 409.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// On every write: the name of the officer who acts.
pub const OFFICER: &str = "ohrid-officer";

/// On every answer: an id by which the request is found in the node's log.
pub const REQUEST_ID: &str = "ohrid-request-id";

/// The value of [`IDEMPOTENCY_KEY`]: a UUID in its lower-case, hyphenated form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

/// Not a UUID in lower case with hyphens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key is a UUID, in lower case with hyphens")]
pub struct NotAKey;

impl IdempotencyKey {
    /// A key from sixteen random bytes (a UUID of version 4, RFC 9562 section 5.4).
    #[must_use]
    pub fn from_random(mut random: [u8; 16]) -> Self {
        random[6] = (random[6] & 0x0f) | 0x40;
        random[8] = (random[8] & 0x3f) | 0x80;
        let hex: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        ))
    }

    /// The key as it stands in the header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let well_formed = text.len() == 36
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            });
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAKey)
        }
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// An officer's name as a header's value. HTTP headers are ASCII, names are not: what is not a printable
/// ASCII character, and `%`, is percent-encoded (RFC 3986 section 2.1).
#[must_use]
pub fn encode_officer(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if (b' '..=b'~').contains(&byte) && byte != b'%' {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Reads what [`encode_officer`] wrote. `None` when it is not well-formed, empty, too long
/// ([`crate::limits::OFFICER_LENGTH_BYTES_MAX`]), or holds control characters.
#[must_use]
pub fn decode_officer(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let name = String::from_utf8(bytes).ok()?;
    let name = name.trim();
    let acceptable = !name.is_empty()
        && name.len() <= crate::limits::OFFICER_LENGTH_BYTES_MAX
        && !name.chars().any(char::is_control);
    acceptable.then(|| name.to_owned())
}

#[cfg(test)]
mod tests;

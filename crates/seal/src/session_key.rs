//! The key of one message: what opens it without anybody's secret key.
//!
//! Every sealed message has a key of its own, made by its sender and encrypted to each recipient. Whoever can
//! open the message can give this key away, so that others can open the same message, and no other. That is
//! what a bundle does for whoever must be convinced (`docs/bundle.md`).

use std::fmt;
use std::str::FromStr;

use sequoia_openpgp::types::SymmetricAlgorithm;
use zeroize::Zeroizing;

/// What stands between the cipher's number and the key.
const BETWEEN: char = ':';

/// The key of one message, written as `sq` and `gpg` take it: the number of the cipher (RFC 9580 section
/// 9.3), a colon, the key in capital hexadecimal digits. Wiped on drop; not shown by `Debug`.
#[derive(Clone)]
pub struct SessionKey {
    cipher: u8,
    key: sequoia_openpgp::crypto::SessionKey,
}

/// Not the key of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a session key is the number of a cipher, a colon, and its key in capital hexadecimal digits")]
pub struct SessionKeyError;

impl SessionKey {
    pub(crate) fn new(cipher: SymmetricAlgorithm, key: sequoia_openpgp::crypto::SessionKey) -> Self {
        Self {
            cipher: cipher.into(),
            key,
        }
    }

    /// The key, if it is one of this cipher.
    pub(crate) fn of(&self, cipher: SymmetricAlgorithm) -> Option<&sequoia_openpgp::crypto::SessionKey> {
        (self.cipher == u8::from(cipher)).then_some(&self.key)
    }

    /// The text; wiped on drop.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        use fmt::Write as _;
        let mut text = Zeroizing::new(String::with_capacity(4 + 2 * self.key.len()));
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{}{BETWEEN}", self.cipher);
        for byte in self.key.iter() {
            let _ = write!(text, "{byte:02X}");
        }
        text
    }
}

impl FromStr for SessionKey {
    type Err = SessionKeyError;

    fn from_str(text: &str) -> Result<Self, SessionKeyError> {
        let (number, digits) = text.split_once(BETWEEN).ok_or(SessionKeyError)?;
        let cipher: u8 = number.parse().map_err(|_| SessionKeyError)?;
        let length = SymmetricAlgorithm::from(cipher).key_size();
        let length = length.map_err(|_| SessionKeyError)?;
        let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
        if pairs.len() != length || !rest.is_empty() {
            return Err(SessionKeyError);
        }
        let mut key = Zeroizing::new(Vec::with_capacity(length));
        for [high, low] in pairs {
            let value = |digit: u8| {
                char::from(digit)
                    .to_digit(16)
                    .and_then(|value| u8::try_from(value).ok())
            };
            let (high, low) = (value(*high), value(*low));
            key.push(16 * high.ok_or(SessionKeyError)? + low.ok_or(SessionKeyError)?);
        }
        let key = Self {
            cipher,
            key: key.as_slice().into(),
        };
        // One text for each key: what would not be printed is not read.
        if *key.to_text() == text {
            Ok(key)
        } else {
            Err(SessionKeyError)
        }
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SessionKey(..)")
    }
}

#[cfg(test)]
mod tests;

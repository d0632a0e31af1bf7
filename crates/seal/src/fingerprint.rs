//! The one name of an OpenPGP certificate or key: its full fingerprint.
//!
//! Short key ids are never used: they can be forged.

use std::fmt;
use std::str::FromStr;

/// A full fingerprint: 20 bytes for version 4, 32 bytes for version 6. Written in capital
/// hexadecimal digits without spaces, as `gpg` and `sq` print it; there is no other spelling.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(sequoia_openpgp::Fingerprint);

/// Not a full fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is 40 or 64 capital hexadecimal digits")]
pub struct FingerprintError;

impl Fingerprint {
    /// The 20 or 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(crate) fn from_library(fingerprint: sequoia_openpgp::Fingerprint) -> Self {
        Self(fingerprint)
    }

    pub(crate) fn library(&self) -> &sequoia_openpgp::Fingerprint {
        &self.0
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let capital_hex = text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
        if !capital_hex || !matches!(text.len(), 40 | 64) {
            return Err(FingerprintError);
        }
        text.parse().map(Self).map_err(|_| FingerprintError)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:X}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

#[cfg(test)]
mod tests;

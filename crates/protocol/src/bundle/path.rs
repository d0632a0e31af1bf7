//! A path in a bundle: safe on every disk, in every shell, in every manifest.

use std::fmt;
use std::str::FromStr;

use crate::limits::{BUNDLE_PATH_BYTES_MAX, BUNDLE_PATH_PART_BYTES_MAX};

/// A path relative to the bag: parts of `A-Z a-z 0-9 . _ -`, none of which begins with a dot, with a `/`
/// between them. So it leads nowhere else, is no option and no hidden file, and needs no escape in
/// BagIt manifests (RFC 8493 section 2.1.3), in zip files, or for a shell. Ordered by its bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BundlePath(String);

/// A text that is no path of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a path in a bundle has parts of 1 to {BUNDLE_PATH_PART_BYTES_MAX} letters, digits, '.', '_' and '-', \
     none of which begins with '.' or '-', and is at most {BUNDLE_PATH_BYTES_MAX} characters long"
)]
pub struct BundlePathError;

impl BundlePath {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BundlePath {
    type Err = BundlePathError;

    fn from_str(text: &str) -> Result<Self, BundlePathError> {
        let is_part = |part: &str| {
            (1..=BUNDLE_PATH_PART_BYTES_MAX).contains(&part.len())
                && !part.starts_with(['.', '-'])
                && part.bytes().all(is_plain)
        };
        if text.len() <= BUNDLE_PATH_BYTES_MAX && text.split('/').all(is_part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BundlePathError)
        }
    }
}

impl fmt::Display for BundlePath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Whether a path may have this character.
pub(super) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

#[cfg(test)]
mod tests;

//! The manifests of BagIt 1.0 (RFC 8493 sections 2.1.3 and 2.2.1), in the form that `sha512sum` writes and
//! checks:
//!
//! ```text
//! cf83e1357eefb8bdf1542850d66d8007d620e4050b57 ... (128 hexadecimal digits)  data/case.html
//! ```

use std::fmt::Write as _;

use super::BundlePath;
use crate::limits::BUNDLE_FILES_MAX;

/// Hexadecimal digits of a SHA-512.
const DIGITS: usize = 128;

/// What stands between a sum and its path.
const BETWEEN: &str = "  ";

/// A file's SHA-512.
pub type Sum = [u8; 64];

/// A text that is no manifest. Whoever wrote it is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the manifest: {what}")]
pub struct ManifestError {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// A manifest of these files, which are ascending.
#[must_use]
pub fn write<'a>(files: impl IntoIterator<Item = (&'a BundlePath, &'a Sum)>) -> String {
    let mut text = String::new();
    for (path, sum) in files {
        for byte in sum {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        let _ = writeln!(text, "{BETWEEN}{path}");
    }
    text
}

/// Reads a manifest, strictly: what is read is exactly what [`write`] prints.
///
/// # Errors
/// The first line that is wrong.
pub fn parse(bytes: &[u8]) -> Result<Vec<(BundlePath, Sum)>, ManifestError> {
    let mut files: Vec<(BundlePath, Sum)> = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let line = files.len() + 1;
        let wrong = |what| ManifestError { line, what };
        if line > BUNDLE_FILES_MAX {
            return Err(wrong("too many lines"));
        }
        let end = rest.iter().position(|byte| *byte == b'\n');
        let end = end.ok_or_else(|| wrong("no line feed at the end"))?;
        let text = str::from_utf8(&rest[..end]).map_err(|_| wrong("not ASCII"))?;
        rest = &rest[end + 1..];
        let (digits, path) = text
            .split_once(BETWEEN)
            .ok_or_else(|| wrong("not a sum and a path"))?;
        let sum = sum(digits).ok_or_else(|| wrong("not a SHA-512 in lower-case hexadecimal digits"))?;
        let path: BundlePath = path.parse().map_err(|_| wrong("not a path of a bundle"))?;
        if files.last().is_some_and(|(last, _)| path <= *last) {
            return Err(wrong("not ascending, each path once"));
        }
        files.push((path, sum));
    }
    Ok(files)
}

fn sum(digits: &str) -> Option<Sum> {
    if digits.len() != DIGITS {
        return None;
    }
    let mut sum = [0; 64];
    for (byte, pair) in sum.iter_mut().zip(digits.as_bytes().as_chunks::<2>().0) {
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        *byte = 16 * value(pair[0])? + value(pair[1])?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests;

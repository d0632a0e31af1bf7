//! Small files whose content nothing else vouches for: no signature, no seal, no ledger. A flipped bit in a
//! draft's text, or in an officer's role, would be believed, and so would a file in another's place. So
//! the last line is the SHA-256 of the file's name, a line end, and all before it:
//!
//! ```text
//! {"version":1, …}
//! sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//! ```
//!
//! A file without that line is one of an earlier release, or was written by hand, and is taken as it is: a
//! line that was damaged is no line, and is then in the way of whoever reads what comes before it.

use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::write_private;

/// How the last line begins.
const MARK: &[u8] = b"\nsha256 ";

/// The length of the last line, with the line end before it.
const SUM_BYTES: usize = MARK.len() + 64 + 1;

/// The bytes are not those that were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its content has not the sum that stands in its last line: it was damaged, moved or changed by hand")]
pub(crate) struct WrongSum;

impl From<WrongSum> for io::Error {
    fn from(wrong: WrongSum) -> Self {
        Self::new(io::ErrorKind::InvalidData, wrong)
    }
}

/// Writes a private file as [`write_private`] does, with its sum behind it.
///
/// # Errors
/// What the system says; the file is then as it was.
pub(crate) fn write_summed(file: &Path, text: &[u8]) -> io::Result<()> {
    write_private(file, &with_sum(file, text))
}

/// The bytes of such a file.
pub(crate) fn with_sum(file: &Path, text: &[u8]) -> Vec<u8> {
    [text, &sum_of(file, text)].concat()
}

/// What was written, if it is still the same.
///
/// # Errors
/// [`WrongSum`].
pub(crate) fn without_sum<'a>(file: &Path, bytes: &'a [u8]) -> Result<&'a [u8], WrongSum> {
    let Some((text, sum)) = bytes
        .len()
        .checked_sub(SUM_BYTES)
        .and_then(|at| bytes.split_at_checked(at))
        .filter(|(_, sum)| sum.starts_with(MARK))
    else {
        return Ok(bytes);
    };
    if sum == sum_of(file, text) {
        Ok(text)
    } else {
        Err(WrongSum)
    }
}

fn sum_of(file: &Path, text: &[u8]) -> Vec<u8> {
    let name = file.file_name().unwrap_or_default();
    let digest: [u8; 32] = Sha256::new()
        .chain_update(name.as_encoded_bytes())
        .chain_update(b"\n")
        .chain_update(text)
        .finalize()
        .into();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    [MARK, hex.as_bytes(), b"\n"].concat()
}

#[cfg(test)]
mod tests;

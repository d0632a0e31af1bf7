//! How often the register was changed, noted beside it in `officers.floor` after each change.
//!
//! The register's sum tells a damaged file, not an earlier one: that is whole, and would give back its powers
//! to whoever was removed since. So would a missing one, and let everybody in. Each change either adds a
//! person or notes a removal, and neither is ever taken out: their count only grows.
//!
//! ```text
//! 12
//! ```
//!
//! One more line is its sum (see [`crate::durable`]).

use std::io;
use std::path::{Path, PathBuf};

use super::Record;
use super::file::RegisterError;
use crate::durable::{without_sum, write_summed};
use crate::secret::{FileError, read_secret};

/// A number of 64 bits, its sum, and room to say that more is there than that.
const FILE_BYTES_MAX: u64 = 256;

/// The floor of a register.
pub(super) fn beside(register: &Path) -> PathBuf {
    register.with_extension("floor")
}

/// Refuses a register with fewer changes than were noted, and notes those that it has: a node that was ended
/// between the two files has not noted the last one.
///
/// # Errors
/// When the register is an earlier one, or the floor is damaged or cannot be written.
pub(super) fn check(register: &Path, officers: &[Record]) -> Result<(), RegisterError> {
    let file = beside(register);
    let (noted, has) = (read(&file)?, changes(officers));
    match noted {
        Some(noted) if noted > has => Err(RegisterError::Earlier {
            path: register.to_owned(),
            floor: file,
            noted,
            has,
        }),
        Some(noted) if noted == has => Ok(()),
        None if has == 0 => Ok(()),
        _ => note(register, officers).map_err(|source| FileError::Unreadable { path: file, source }.into()),
    }
}

/// Notes how often the register was changed, durably.
pub(super) fn note(register: &Path, officers: &[Record]) -> io::Result<()> {
    write_summed(&beside(register), changes(officers).to_string().as_bytes())
}

fn changes(officers: &[Record]) -> u64 {
    let removed = officers.iter().filter(|one| one.removed.is_some()).count();
    (officers.len() + removed) as u64
}

fn read(file: &Path) -> Result<Option<u64>, RegisterError> {
    let text = match read_secret(file, None, FILE_BYTES_MAX) {
        Ok(text) => text,
        Err(FileError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    parse(file, &text).map(Some).map_err(|what| RegisterError::Floor {
        path: file.to_owned(),
        what,
    })
}

fn parse(file: &Path, bytes: &[u8]) -> Result<u64, String> {
    let text = without_sum(file, bytes).map_err(|wrong| wrong.to_string())?;
    let text = str::from_utf8(text).map_err(|_| "not text".to_owned())?;
    text.trim_end().parse().map_err(|_| "not a number".to_owned())
}

#[cfg(test)]
mod tests;

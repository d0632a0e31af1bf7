//! The newest version of the directory that was ever accepted, and the key set that signed it, noted in a
//! small file beside the store before it is used. Each accepted version is a ledger entry as well; the file
//! spares reading the whole ledger at every start.
//!
//! ```text
//! 7 8d1b…64 hexadecimal digits… 2 5e0c…64 hexadecimal digits…
//! ```
//!
//! A version and its digest; and, where the secretariat has key sets, the number of the one in force and its
//! digest: keys that it withdrew count for nothing at the next start either. Earlier releases noted the first
//! two only.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use protocol::directory::{InUse, KeySetMark};

use super::digits;
use crate::durable;

/// The file is damaged, or cannot be written. The machine's fault.
#[derive(Debug, thiserror::Error)]
#[error("{}: {what}", .file.display())]
pub struct FloorError {
    file: PathBuf,
    what: String,
}

/// What was noted; `None` when nothing was.
pub(super) fn read(file: &Path) -> Result<Option<InUse>, FloorError> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(file, error.to_string())),
    };
    parse(&text)
        .map(Some)
        .ok_or_else(|| failed(file, "not a version and a digest".to_owned()))
}

/// Notes what is to be used, durably, unless it is noted already. The floor is never lowered.
pub(super) fn raise(file: &Path, to: &InUse) -> Result<(), FloorError> {
    if let Some(noted) = read(file)? {
        if noted.version > to.version {
            let what = format!("version {} was accepted before", noted.version);
            return Err(failed(file, what));
        }
        if (noted.version, noted.digest, noted.key_set) == (to.version, to.digest, to.key_set) {
            return Ok(());
        }
    }
    durable::write_private(file, print(to).as_bytes()).map_err(|error| failed(file, error.to_string()))
}

pub(crate) fn print(in_use: &InUse) -> String {
    let InUse { version, digest, .. } = in_use;
    match in_use.key_set {
        Some(mark) => format!("{version} {digest} {} {}\n", mark.number, mark.digest),
        None => format!("{version} {digest}\n"),
    }
}

pub(crate) fn parse(text: &str) -> Option<InUse> {
    let mut words = text.strip_suffix('\n')?.split(' ');
    let mut in_use = InUse::noted(words.next()?.parse().ok()?, digits::parse(words.next()?)?);
    in_use.key_set = match (words.next(), words.next()) {
        (None, None) => None,
        (Some(number), Some(digest)) => Some(KeySetMark {
            number: number.parse().ok()?,
            digest: digits::parse(digest)?,
        }),
        _ => return None,
    };
    words.next().is_none().then_some(in_use)
}

fn failed(file: &Path, what: String) -> FloorError {
    FloorError {
        file: file.to_owned(),
        what,
    }
}

#[cfg(test)]
mod tests;

//! The newest version of the directory that was ever accepted, noted in a small file beside the store
//! before it is used. Each accepted version is a ledger entry as well; the file spares reading the whole
//! ledger at every start.
//!
//! ```text
//! 7 8d1b…64 hexadecimal digits…
//! ```

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use protocol::digest::Digest;

/// The file is damaged, or cannot be written. The machine's fault.
#[derive(Debug, thiserror::Error)]
#[error("{}: {what}", .file.display())]
pub struct FloorError {
    file: PathBuf,
    what: String,
}

/// The version and its digest; `None` when none was noted.
pub(super) fn read(file: &Path) -> Result<Option<(u64, Digest)>, FloorError> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(file, error.to_string())),
    };
    parse(&text)
        .map(Some)
        .ok_or_else(|| failed(file, "not a version and a digest".to_owned()))
}

/// Notes a version, durably, unless it is noted already.
pub(super) fn raise(file: &Path, version: u64, digest: &Digest) -> Result<(), FloorError> {
    if read(file)? == Some((version, *digest)) {
        return Ok(());
    }
    write(file, &format!("{version} {digest}\n")).map_err(|error| failed(file, error.to_string()))
}

fn parse(text: &str) -> Option<(u64, Digest)> {
    let (version, hex) = text.strip_suffix('\n')?.split_once(' ')?;
    let digits = hex.as_bytes();
    if digits.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()?;
    }
    Some((version.parse().ok()?, Digest::from_bytes(bytes)))
}

/// Write aside, sync, rename, sync the folder: after a power cut there is the old note or the new one.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let aside = file.with_extension("new");
    let mut out = File::create(&aside)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    fs::rename(&aside, file)?;
    let folder = file.parent().unwrap_or_else(|| Path::new("."));
    File::open(folder)?.sync_all()
}

fn failed(file: &Path, what: String) -> FloorError {
    FloorError {
        file: file.to_owned(),
        what,
    }
}

#[cfg(test)]
mod tests;

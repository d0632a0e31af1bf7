//! The name of the ledger's first log.
//!
//! A later log says its name in its first leaf, and that of the log before it. The first one's stands in no
//! leaf of its own, and in the directory only until that drops it. So it is written down, once, beside the
//! store: signing an old tree under a new name would be a fork.
//!
//! ```text
//! node.xa.example.org/ledger/2026
//! sha256 …
//! ```
//!
//! The second line is a sum (see [`crate::durable`]): one flipped bit would be another name, and a fork.

use std::fs;
use std::io;
use std::path::Path;

use protocol::directory::PartyRecord;
use protocol::time::UnixMillis;
use store::Reader;

use super::{KeysError, Keystore, succession};
use crate::durable;

/// The file's name, in the node's data folder.
const ORIGIN_FILE: &str = "origin";

/// The name of the ledger's first log: as the ledger says, or the file; otherwise as the directory says, and
/// that is written down.
///
/// # Errors
/// When the file or the ledger cannot be read, or nobody says a name.
pub fn of_first_log(
    keys: &Keystore,
    reader: &dyn Reader,
    folder: &Path,
    record: &PartyRecord,
    now: UnixMillis,
) -> Result<String, KeysError> {
    let file = folder.join(ORIGIN_FILE);
    let failed = |source: io::Error| KeysError::Folder {
        path: file.clone(),
        source,
    };
    if let Some((_, origin)) = succession::origins(reader)?.into_iter().next() {
        return Ok(origin);
    }
    match fs::read(&file) {
        Ok(bytes) => return parse(&file, &bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let origin = if reader.size() == 0 {
        keys.ledger_wanted(record, now)
            .map(|signer| signer.name().to_owned())
    } else {
        None
    };
    let origin = origin.or_else(|| oldest_named(keys, record));
    let origin =
        origin.ok_or_else(|| KeysError::Ledger("the directory gives this ledger no name".to_owned()))?;
    durable::write_public(&file, &durable::with_sum(&file, origin.as_bytes())).map_err(failed)?;
    Ok(origin)
}

fn parse(file: &Path, bytes: &[u8]) -> Result<String, KeysError> {
    let damaged = |what: &str| KeysError::Ledger(format!("{}: {what}", file.display()));
    let text = durable::without_sum(file, bytes).map_err(|wrong| damaged(&wrong.to_string()))?;
    let text = std::str::from_utf8(text).ok();
    // An earlier release wrote a line and no sum.
    let origin = text.map(|text| text.strip_suffix('\n').unwrap_or(text));
    let origin = origin.filter(|origin| !origin.is_empty() && !origin.chars().any(char::is_control));
    origin
        .map(str::to_owned)
        .ok_or_else(|| damaged("not one line with a name"))
}

/// The oldest name that the directory has for the configured ledger key; or the oldest name at all: the
/// directory may have dropped that key since, and an origin is one log, whichever key signs for it.
fn oldest_named(keys: &Keystore, record: &PartyRecord) -> Option<String> {
    let mut periods: Vec<_> = record.ledger_keys.iter().collect();
    periods.sort_by_key(|period| period.valid_from);
    let is_configured = |name: &str| {
        let signer = keys.first_ledger_signer(name);
        signer.is_some_and(|signer| {
            periods
                .iter()
                .any(|period| period.value == *signer.verifier_key())
        })
    };
    let mut names = periods.iter().map(|period| period.value.name());
    let named = names.clone().find(|name| is_configured(name));
    named.or_else(|| names.next()).map(str::to_owned)
}

#[cfg(test)]
mod tests;

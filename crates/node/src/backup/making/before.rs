//! What is there before a set is made: the sets that it may go on from, and who is to be able to open it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use seal::Certificate;

use super::super::folder;
use super::super::format::Previous;
use super::super::known::{self, Known};
use crate::backup::BackupError;
use crate::config::Config;
use crate::limits::backup::CHAIN_SETS_MAX;
use crate::secret::read_public;

/// The newest set, if it is the one whose list this node has, and can be gone on from.
pub(super) fn newest(
    config: &Config,
    to: &Path,
    certificates: &[Certificate],
) -> Result<Option<(Known, Previous, String)>, BackupError> {
    let Some(last) = known::last(config) else {
        return Ok(None);
    };
    // A set that is damaged is no reason to make none: a full one does not need it.
    let Ok(all) = folder::sets(to) else {
        return Ok(None);
    };
    let newest = all.last().filter(|set| set.document.set == last.set);
    let Some(newest) = newest.filter(|set| set.sha256() == last.sha256) else {
        return Ok(None);
    };
    // Whoever may restore this set must be able to open those before.
    let are_same = newest.document.certificates.iter().eq(certificates
        .iter()
        .map(|certificate| certificate.fingerprint().to_string())
        .collect::<Vec<_>>()
        .iter());
    let length = folder::chain(&all, newest).map_or(usize::MAX, |chain| chain.len());
    if !are_same || length >= CHAIN_SETS_MAX {
        return Ok(None);
    }
    let previous = Previous {
        set: last.set,
        sha256: last.sha256,
    };
    Ok(Known::open(config).map(|known| (known, previous, newest.document.chain.clone())))
}

/// A name that sorts behind all that are there, as long as the clock goes forward.
pub(super) fn name(to: &Path, now: Timestamp) -> String {
    let name = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut names = (2..).map(|number| format!("{name}-{number:02}"));
    let mut free = name.clone();
    while to.join(&free).exists() {
        // The numbers do not end.
        free = names.next().unwrap_or_default();
    }
    free
}

pub(super) fn certificates(files: &[PathBuf]) -> Result<Vec<Certificate>, BackupError> {
    let read = |path: &PathBuf| {
        let bytes = read_public(path, seal::limits::CERTIFICATE_BYTES_MAX as u64)?;
        Certificate::from_bytes(&bytes).map_err(|error| BackupError::Key {
            path: path.clone(),
            what: error.to_string(),
        })
    };
    files.iter().map(read).collect()
}

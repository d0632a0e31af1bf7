//! `set.json`: what everybody may know of a set who sees where it is kept.
//!
//! ```json
//! { "format": "ohrid-backup/1", "set": "20261122T133105Z", "chain": "20261120T010000Z",
//!   "previous": { "set": "20261121T010000Z", "sha256": "9f0c…" }, "node": "node.xa.example",
//!   "party": "XA", "version": "0.1.0", "begun_at": "…", "ended_at": "…",
//!   "ledger": { "position": 70000, "root": "…" },
//!   "certificates": ["…"], "files": 1204, "bytes": 88312064, "new_files": 17, "new_bytes": 40960,
//!   "sums": [ { "file": "files.pgp", "bytes": 90112, "sha256": "…" } ] }
//! ```

use std::path::Path;

use aws_lc_rs::hmac;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BackupError, damaged};
use crate::limits::backup::SET_DOCUMENT_BYTES_MAX;
use crate::secret::read_public;

pub(super) const FORMAT: &str = "ohrid-backup/1";
pub(super) const SET_FILE: &str = "set.json";
pub(super) const MAC_FILE: &str = "set.mac";
pub(super) const LIST_FILE: &str = "files.pgp";

/// What is said of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SetDocument {
    pub(super) format: String,
    /// The set's name, which is that of its folder.
    pub(super) set: String,
    /// The full set that its chain begins with; itself, for a full one.
    pub(super) chain: String,
    /// The set that it goes on from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) previous: Option<Previous>,
    pub(super) node: String,
    pub(super) party: String,
    /// The version of the program that made it.
    pub(super) version: String,
    pub(super) begun_at: Timestamp,
    pub(super) ended_at: Timestamp,
    pub(super) ledger: LedgerHead,
    /// The fingerprints of those who can open it.
    pub(super) certificates: Vec<String>,
    /// All files of the node, and how long they are together.
    pub(super) files: u64,
    pub(super) bytes: u64,
    /// What of it is in this set.
    pub(super) new_files: u64,
    pub(super) new_bytes: u64,
    pub(super) sums: Vec<Sum>,
}

/// The set before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Previous {
    pub(super) set: String,
    /// Of its `set.json`.
    pub(super) sha256: String,
}

/// How far the ledger goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerHead {
    /// Entries, those of earlier logs included.
    pub position: u64,
    /// The root of the newest log's tree, in hexadecimal digits.
    pub root: String,
}

/// A file of the set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sum {
    pub(super) file: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// Just what version wrote it.
#[derive(Deserialize)]
struct Versioned {
    format: String,
}

impl SetDocument {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Maps of strings and numbers only: writing them to memory cannot fail.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads the document in a set's folder; gives its bytes as well.
    pub(super) fn read(folder: &Path) -> Result<(Self, Vec<u8>), BackupError> {
        let path = folder.join(SET_FILE);
        let bytes = read_public(&path, SET_DOCUMENT_BYTES_MAX)?;
        let wrong = |error: serde_json::Error| damaged(&path, error.to_string());
        let Versioned { format } = serde_json::from_slice(&bytes).map_err(wrong)?;
        if format != FORMAT {
            return Err(BackupError::Newer {
                path,
                found: format,
                known: FORMAT,
            });
        }
        let document: Self = serde_json::from_slice(&bytes).map_err(wrong)?;
        let is_named = folder.file_name().is_some_and(|name| *name == *document.set);
        if !is_named {
            return Err(damaged(
                &path,
                format!("it says that it is the set {}", document.set),
            ));
        }
        let are_plain = document.sums.iter().all(|sum| is_plain(&sum.file));
        if !are_plain {
            return Err(damaged(&path, "it names a file outside of its folder"));
        }
        Ok((document, bytes))
    }

    pub(super) fn sum_of(&self, file: &str) -> Option<&Sum> {
        self.sums.iter().find(|sum| sum.file == file)
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name != ".." && name != "." && !name.contains('/')
}

/// The name of a pack.
pub(super) fn pack_name(number: u32) -> String {
    format!("pack-{number:04}.pgp")
}

/// The keyed hash of a set's document.
pub(super) fn mac(secret: &[u8; 32], document: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hex(hmac::sign(&key, document).as_ref())
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

//! What is kept of a log in cold storage: the few leaves that say which key was in use when. Without them no
//! node could start. Each with its proof, so that it is believed as it was in the log.
//!
//! ```text
//! ohrid-away/1
//! 17 83a5... 9f2c... 01ab...     (index in the log, leaf, hashes from the leaf to the root; all hexadecimal)
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use ledger::hash::{Hash, leaf_hash};
use ledger::limits::MAX_ENTRY_BYTES;
use ledger::proof::InclusionProof;

use crate::contract::{ReadError, Reader};
use crate::disk::{self, Disk};
use crate::embedded::OpenError;
use crate::embedded::open::check_version;
use crate::head::parse_hex;
use crate::logs::Ended;

const VERSION_LINE: &str = "ohrid-away/1";
/// Some hundred changes of keys in a year, of the largest leaves.
const AWAY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The file of the log that begins at this position.
pub(crate) fn file(disk: &Disk, log_first: u64) -> PathBuf {
    disk.root().join(format!("away-{log_first:012}"))
}

/// Writes down these leaves of a log, given by their positions, with their proofs.
pub(crate) fn encode(reader: &dyn Reader, ended: &Ended, positions: &[u64]) -> Result<Vec<u8>, ReadError> {
    let mut text = format!("{VERSION_LINE}\n");
    for position in positions {
        let leaf = reader.leaf(*position)?;
        let proof = reader.inclusion_proof(*position, ended.end())?;
        // Writing to a string cannot fail.
        let _ = write!(text, "{} ", proof.index);
        leaf.iter().for_each(|byte| {
            let _ = write!(text, "{byte:02x}");
        });
        proof.hashes.iter().for_each(|hash| {
            let _ = write!(text, " {hash}");
        });
        text.push('\n');
    }
    Ok(text.into_bytes())
}

/// The leaves that are kept, by their positions. Each must be in the tree with the recorded root.
pub(crate) fn read(disk: &Disk, ended: &Ended) -> Result<BTreeMap<u64, Vec<u8>>, OpenError> {
    let path = file(disk, ended.first);
    let damaged = |what| OpenError::Damaged {
        file: path.clone(),
        index: Some(ended.first),
        what,
    };
    let bytes = disk::read(&path, AWAY_BYTES_MAX)?;
    let bytes = bytes.ok_or_else(|| damaged("what was kept of a log in cold storage is missing"))?;
    check_version(&path, &bytes, "ohrid-away/", 1)?;
    decode(&bytes, ended).ok_or_else(|| damaged("what was kept of a log in cold storage was changed"))
}

pub(crate) fn decode(bytes: &[u8], ended: &Ended) -> Option<BTreeMap<u64, Vec<u8>>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut lines = text.lines();
    if lines.next() != Some(VERSION_LINE) {
        return None;
    }
    let mut kept = BTreeMap::new();
    for line in lines {
        let mut parts = line.split(' ');
        let index: u64 = parts.next()?.parse().ok()?;
        let leaf = leaf_of_hex(parts.next()?)?;
        let hashes: Option<Vec<Hash>> = parts.map(|hash| parse_hex(hash).map(Hash::from_bytes)).collect();
        let proof = InclusionProof {
            index,
            hashes: hashes?,
        };
        proof.verify(ended.size, &leaf_hash(&leaf), &ended.root).ok()?;
        kept.insert(ended.first.checked_add(index)?, leaf);
    }
    Some(kept)
}

fn leaf_of_hex(text: &str) -> Option<Vec<u8>> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() > 2 * MAX_ENTRY_BYTES || !text.len().is_multiple_of(2) || !text.bytes().all(is_digit) {
        return None;
    }
    let pairs = (0..text.len()).step_by(2).map(|place| text.get(place..place + 2));
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

#[cfg(test)]
mod tests;

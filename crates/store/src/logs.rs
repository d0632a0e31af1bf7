//! `logs`: the logs that have ended, kept beside the ledger.
//!
//! A ledger is a sequence of logs, one for each year. The newest one grows; of each that has ended all is
//! stored in its directory (`tiles`), and this small file says where it begins, how long it is, and what its
//! root is. It is written before the first leaf of the log that follows: so a record of a log that is still
//! the newest one is what a crash has left, and means nothing.
//!
//! ```text
//! ohrid-logs/1
//! 0 70000 0c36e4df0f1b1f829efdfc789517024d81c8 ... here     (position, leaves, root; here or away)
//! 5c3f2a ...                                                 (SHA-256 of the lines above)
//! ```

use std::fmt::Write as _;

use ledger::hash::Hash;
use ledger::limits::MAX_TREE_SIZE;
use protocol::digest::Digest;

use crate::contract::{Kept, Log};
use crate::disk::{self, Disk};
use crate::embedded::OpenError;
use crate::embedded::open::check_version;
use crate::head::parse_hex;
use crate::levels::Levels;

/// The file's name.
pub(crate) const LOGS_FILE: &str = "logs";
/// Some ten thousand logs.
const LOGS_BYTES_MAX: usize = 1024 * 1024;
const VERSION_LINE: &str = "ohrid-logs/1";

/// A log that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) first: u64,
    pub(crate) size: u64,
    pub(crate) root: Hash,
    pub(crate) kept: Kept,
}

impl Ended {
    /// The log with this tree.
    pub(crate) fn of(levels: &Levels) -> Self {
        Self {
            first: levels.first(),
            size: levels.size(),
            root: levels.edge().root(),
            kept: Kept::Here,
        }
    }

    /// The position behind its last leaf.
    pub(crate) fn end(&self) -> u64 {
        self.first.saturating_add(self.size)
    }

    /// What is said of it.
    pub(crate) fn log(&self) -> Log {
        Log {
            first: self.first,
            size: self.size,
            root: self.root,
            kept: self.kept,
        }
    }

    /// Whether it is the same log, wherever it is kept.
    pub(crate) fn is(&self, other: &Self) -> bool {
        (self.first, self.size, self.root) == (other.first, other.size, other.root)
    }
}

/// Writes the record, durably.
pub(crate) fn write(disk: &Disk, ended: &[Ended]) -> Result<(), disk::DiskError> {
    disk.write_durably(&disk.root().join(LOGS_FILE), &encode(ended))
}

/// Reads the record; without one, no log has ended.
pub(crate) fn read(disk: &Disk) -> Result<Vec<Ended>, OpenError> {
    let path = disk.root().join(LOGS_FILE);
    let Some(bytes) = disk::read(&path, LOGS_BYTES_MAX)? else {
        return Ok(Vec::new());
    };
    check_version(&path, &bytes, "ohrid-logs/", 1)?;
    decode(&bytes).ok_or(OpenError::Damaged {
        file: path,
        index: None,
        what: "the record of the logs that have ended was changed",
    })
}

pub(crate) fn encode(ended: &[Ended]) -> Vec<u8> {
    let mut text = format!("{VERSION_LINE}\n");
    for log in ended {
        let kept = match log.kept {
            Kept::Here => "here",
            Kept::Away => "away",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {} {} {kept}", log.first, log.size, log.root);
    }
    let checksum = Digest::of(text.as_bytes());
    let _ = writeln!(text, "{checksum}");
    text.into_bytes()
}

/// `None` unless the bytes are exactly what [`encode`] writes, of logs that follow each other.
pub(crate) fn decode(bytes: &[u8]) -> Option<Vec<Ended>> {
    let lines: Vec<&str> = std::str::from_utf8(bytes).ok()?.lines().collect();
    let (_, lines) = lines.split_last()?;
    let mut ended: Vec<Ended> = Vec::new();
    for line in lines.get(1..)? {
        let parts: Vec<&str> = line.split(' ').collect();
        let &[first, size, root, kept] = parts.as_slice() else {
            return None;
        };
        let log = Ended {
            first: first.parse().ok()?,
            size: size.parse().ok().filter(|size| *size > 0)?,
            root: Hash::from_bytes(parse_hex(root)?),
            kept: match kept {
                "here" => Kept::Here,
                "away" => Kept::Away,
                _ => return None,
            },
        };
        let follows = log.first == ended.last().map_or(0, Ended::end);
        let is_possible = log
            .first
            .checked_add(log.size)
            .is_some_and(|end| end <= MAX_TREE_SIZE);
        if !follows || !is_possible {
            return None;
        }
        ended.push(log);
    }
    (encode(&ended) == bytes).then_some(ended)
}

#[cfg(test)]
mod tests;

//! What the node remembers of its backups, beside its store: it cannot read them itself.
//!
//! ```text
//! backups/files.list      the list of the newest set, as it is encrypted there
//! backups/last.json       which set that is, when it was made, and where it was put
//! ```

use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::list::{Lines, Listed, Place};
use super::{BackupError, at, damaged};
use crate::config::Config;
use crate::durable;
use crate::limits::backup::LAST_BYTES_MAX;
use crate::secret::read_public;

const LIST_FILE: &str = "files.list";
const LAST_FILE: &str = "last.json";

/// The newest backup of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// The set.
    pub set: String,
    /// The SHA-256 of its `set.json`.
    pub sha256: String,
    /// When it was complete.
    pub at: Timestamp,
    /// The folder of sets.
    pub folder: PathBuf,
    /// How many entries the ledger had.
    pub position: u64,
}

/// The newest backup of this node that it remembers.
#[must_use]
pub fn last(config: &Config) -> Option<Last> {
    let bytes = read_public(&folder(config).join(LAST_FILE), LAST_BYTES_MAX).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// `backups` beside the store.
fn folder(config: &Config) -> PathBuf {
    config.node.data.with_file_name("backups")
}

/// The list that is being written.
pub(super) fn begin(config: &Config) -> Result<(PathBuf, BufWriter<File>), BackupError> {
    let folder = folder(config);
    durable::make_private_folder(&folder).map_err(at(&folder))?;
    let path = folder.join("files.list.new");
    durable::write_private(&path, b"").map_err(at(&path))?;
    let file = File::options().append(true).open(&path).map_err(at(&path))?;
    Ok((path, BufWriter::new(file)))
}

/// The set is complete: its list is the one that the next set is compared with.
pub(super) fn keep(config: &Config, list: &Path, last: &Last) -> Result<(), BackupError> {
    let folder = folder(config);
    let file = folder.join(LAST_FILE);
    // Should the list not get its name, the sums differ, and the next set is a full one.
    durable::remove(&file).map_err(at(&file))?;
    let named = folder.join(LIST_FILE);
    fs::rename(list, &named).map_err(at(&named))?;
    durable::sync_folder_of(&named).map_err(at(&named))?;
    let bytes = serde_json::to_vec_pretty(last).map_err(|error| damaged(&file, error.to_string()))?;
    durable::write_private(&file, &bytes).map_err(at(&file))
}

/// The list of the newest set, read along with the files as they come.
pub(super) struct Known {
    lines: Option<Lines<BufReader<File>>>,
    next: Option<Listed>,
    path: PathBuf,
}

impl Known {
    /// Nothing is known: the set will be a full one.
    pub(super) fn nothing() -> Self {
        Self {
            lines: None,
            next: None,
            path: PathBuf::new(),
        }
    }

    /// The list of the newest set; `None` where there is none.
    pub(super) fn open(config: &Config) -> Option<Self> {
        let path = folder(config).join(LIST_FILE);
        let file = File::open(&path).ok()?;
        let mut lines = Lines::new(BufReader::new(file)).ok()?;
        let next = lines.next().ok()?;
        Some(Self {
            lines: Some(lines),
            next,
            path,
        })
    }

    /// What is known of this file. Files are asked for in the order of lists.
    pub(super) fn of(&mut self, place: Place, path: &str) -> Result<Option<Listed>, BackupError> {
        while let Some(listed) = &self.next {
            match listed.order(place, path) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => return Ok(self.next.clone()),
                std::cmp::Ordering::Greater => return Ok(None),
            }
            self.next = match &mut self.lines {
                Some(lines) => lines.next().map_err(at(&self.path))?,
                None => None,
            };
        }
        Ok(None)
    }
}

//! The register's file: `officers.json` beside the drafts, mode 0600. Strict, with a version.
//!
//! ```text
//! {
//!   "version": 1,
//!   "officers": [
//!     {
//!       "name": "A. Officer",
//!       "roles": ["officer", "approver"],
//!       "actor": "5f0c8e1d2b3a49687786950413223140",
//!       "unix_user": { "name": "aofficer", "uid": 1001 },
//!       "added": { "at_ms": 1795305600000, "by": "B. Operator" },
//!       "removed": null
//!     }
//!   ]
//! }
//! ```
//!
//! One more line is its sum (see [`crate::durable`]): a bit that flips must not make somebody an approver.

use std::io;
use std::path::{Path, PathBuf};

use control::types::{Role, UnixUser};
use protocol::ids::ActorId;
use protocol::time::UnixMillis;
use serde::{Deserialize, Serialize};

use super::{Deed, Record};
use crate::durable::{without_sum, write_summed};
use crate::limits::OFFICERS_FILE_BYTES_MAX;
use crate::secret::{FileError, read_secret};

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;

/// Why the register cannot be used. The operator's to mend; the node does not start without it, since an
/// empty one would let everybody in.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The file cannot be read, or others could have changed it.
    #[error(transparent)]
    File(#[from] FileError),
    /// It does not say what a register says.
    #[error("{}: {what}; mend: put back the copy from the backup", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// It is whole, and not the newest.
    #[error(
        "{}: an earlier copy, of {has} changes where {noted} were made; mend: put back the newest copy, or, \
         if there is none, move {} away, start, and make the changes again",
        .path.display(),
        .floor.display()
    )]
    Earlier {
        /// The file.
        path: PathBuf,
        /// Where the number of changes is noted.
        floor: PathBuf,
        /// How many were.
        noted: u64,
        /// How many the file has.
        has: u64,
    },
    /// The number of its changes cannot be read.
    #[error(
        "{}: {what}; mend: see that the register is the newest, and move this file away",
        .path.display()
    )]
    Floor {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    officers: Vec<WrittenOfficer>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOfficer {
    name: String,
    roles: Vec<Role>,
    actor: String,
    unix_user: Option<WrittenUser>,
    added: WrittenDeed,
    removed: Option<WrittenDeed>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenUser {
    name: String,
    uid: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDeed {
    at_ms: u64,
    by: String,
}

/// The register; empty where there is no file.
pub(super) fn read(path: &Path) -> Result<Vec<Record>, RegisterError> {
    let text = match read_secret(path, None, OFFICERS_FILE_BYTES_MAX) {
        Ok(text) => text,
        Err(FileError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error.into()),
    };
    let text = without_sum(path, &text).map_err(|wrong| wrong.to_string());
    text.and_then(parse).map_err(|what| RegisterError::Damaged {
        path: path.to_owned(),
        what,
    })
}

/// Replaces the register, durably.
pub(super) fn write(path: &Path, officers: &[Record]) -> io::Result<()> {
    write_summed(path, &print(officers)?)
}

/// The file's bytes.
pub(crate) fn print(officers: &[Record]) -> io::Result<Vec<u8>> {
    let written = Written {
        version: VERSION,
        officers: officers.iter().map(WrittenOfficer::of).collect(),
    };
    Ok(serde_json::to_vec_pretty(&written)?)
}

pub(crate) fn parse(text: &[u8]) -> Result<Vec<Record>, String> {
    let written: Written = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if written.version != VERSION {
        return Err(format!(
            "a register of version {}, not {VERSION}",
            written.version
        ));
    }
    let officers: Vec<Record> = written
        .officers
        .into_iter()
        .map(WrittenOfficer::record)
        .collect::<Result<_, _>>()?;
    for (number, one) in officers.iter().enumerate() {
        let earlier = officers.iter().take(number);
        let is_there_twice = |other: &Record| {
            other.actor == one.actor
                || (other.name == one.name && other.removed.is_none() && one.removed.is_none())
        };
        if earlier.into_iter().any(is_there_twice) {
            return Err(format!("{} is there twice", one.name));
        }
    }
    Ok(officers)
}

impl WrittenOfficer {
    fn of(record: &Record) -> Self {
        let deed = |deed: &Deed| WrittenDeed {
            at_ms: deed.at.0,
            by: deed.by.clone(),
        };
        Self {
            name: record.name.clone(),
            roles: record.roles.clone(),
            actor: record.actor.to_string(),
            unix_user: record.unix_user.as_ref().map(|user| WrittenUser {
                name: user.name.clone(),
                uid: user.uid,
            }),
            added: deed(&record.added),
            removed: record.removed.as_ref().map(deed),
        }
    }

    fn record(self) -> Result<Record, String> {
        let actor: ActorId = self
            .actor
            .parse()
            .map_err(|error: protocol::ids::NameError| format!("{}: {error}", self.name))?;
        if self.roles.is_empty() {
            return Err(format!("{} has no role", self.name));
        }
        let deed = |deed: WrittenDeed| Deed {
            at: UnixMillis(deed.at_ms),
            by: deed.by,
        };
        Ok(Record {
            name: self.name,
            roles: self.roles,
            actor,
            unix_user: self.unix_user.map(|user| UnixUser {
                name: user.name,
                uid: user.uid,
            }),
            added: deed(self.added),
            removed: self.removed.map(deed),
        })
    }
}

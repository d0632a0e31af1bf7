//! Rows that a user of the store derives from it: a small ordered table, never the truth of anything.
//!
//! The store's own index says where things stand in the ledger. What is *in* the sealed payloads the store
//! cannot know; whoever can open them keeps its findings here, so that a list of a hundred thousand cases
//! needs no hundred thousand decryptions. What the keys and values mean is the user's business, and so is
//! whether they are encrypted: this file sees bytes. The user also says from which state of the ledger its
//! rows were made, in a row of its own that it writes with them.
//!
//! It is contained as the index is (see [`crate::index::home`]): a sled of its own in the store's folder,
//! opened only with space to spare and under `catch_unwind`, every value with a part of its hash; what cannot
//! be opened or read is moved aside, kept, and made anew by the user. One process has it open: the one that
//! has the store. One thread of it writes.

use std::path::{Path, PathBuf};

use crate::contract::ReadError;
use crate::disk::Disk;
use crate::embedded::{OpenError, Settings};
use crate::index::KeyValues;
use crate::index::home::{self, Opened};
use crate::limits::INDEX_VALUE_BYTES_MAX;

/// The directory in the store's folder.
const DIRECTORY: &str = "cases";

/// What a value may be long: the rest of what sled writes safely is for its hash.
pub const DERIVED_VALUE_BYTES_MAX: usize = INDEX_VALUE_BYTES_MAX - 64;

/// A key and its value.
pub type DerivedRow = (Vec<u8>, Vec<u8>);

/// A change of one key: its new value, or none.
pub type DerivedChange = (Vec<u8>, Option<Vec<u8>>);

/// An ordered table of rows that can be made again.
#[derive(Debug)]
pub struct Derived {
    values: KeyValues,
    disk: Option<Disk>,
}

/// A table that was opened.
#[derive(Debug)]
pub struct OpenedDerived {
    /// The table: empty if it is new.
    pub table: Derived,
    /// Why an earlier one was not used, and where it was moved to.
    pub set_aside: Option<(String, Option<PathBuf>)>,
}

impl Derived {
    /// Opens the table beside the store in `dir`, which this process has open. One that cannot be opened is
    /// moved aside, and a new one begun.
    ///
    /// # Errors
    /// See [`OpenError`]: too little space, the disk, or a new one cannot be begun either.
    pub fn open(dir: &Path, settings: &Settings) -> Result<OpenedDerived, OpenError> {
        Self::open_on(&Disk::new(dir), settings)
    }

    /// Moves the table beside the store in `dir` aside, and begins a new one. The old one must not be open.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn begin_anew(dir: &Path, settings: &Settings, why: &str) -> Result<OpenedDerived, OpenError> {
        Self::begin_anew_on(&Disk::new(dir), settings, why.to_owned())
    }

    /// A table in memory, for tests and for whoever keeps nothing.
    #[must_use]
    pub fn in_memory() -> Self {
        Self {
            values: KeyValues::in_memory(),
            disk: None,
        }
    }

    pub(crate) fn open_on(disk: &Disk, settings: &Settings) -> Result<OpenedDerived, OpenError> {
        match home::open(disk, DIRECTORY, settings)? {
            Opened::Usable(values) => Ok(OpenedDerived {
                table: Self::over(values, disk),
                set_aside: None,
            }),
            Opened::Unusable(why) => Self::begin_anew_on(disk, settings, why),
        }
    }

    fn begin_anew_on(disk: &Disk, settings: &Settings, why: String) -> Result<OpenedDerived, OpenError> {
        let aside = home::set_aside(disk, DIRECTORY)?;
        match home::open(disk, DIRECTORY, settings)? {
            Opened::Usable(values) => Ok(OpenedDerived {
                table: Self::over(values, disk),
                set_aside: Some((why, aside)),
            }),
            Opened::Unusable(why) => Err(OpenError::Index(why)),
        }
    }

    fn over(values: KeyValues, disk: &Disk) -> Self {
        Self {
            values,
            disk: Some(disk.clone()),
        }
    }

    /// The value of a key.
    ///
    /// # Errors
    /// [`ReadError::Index`] when the table is damaged.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.values.get(key)
    }

    /// At most `limit` rows whose keys begin with `prefix` and come after `after`, in order.
    ///
    /// # Errors
    /// [`ReadError::Index`] when the table is damaged.
    pub fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<DerivedRow>, ReadError> {
        self.values.scan(prefix, after, limit)
    }

    /// The last `limit` rows whose keys begin with `prefix` and come before `before` (all of them, where that
    /// is empty), the last one first.
    ///
    /// # Errors
    /// [`ReadError::Index`] when the table is damaged.
    pub fn scan_back(
        &self,
        prefix: &[u8],
        before: &[u8],
        limit: usize,
    ) -> Result<Vec<DerivedRow>, ReadError> {
        self.values.scan_back(prefix, before, limit)
    }

    /// Makes all of these changes or, after a crash, none. Values are of at most
    /// [`DERIVED_VALUE_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// [`ReadError::Index`] when a value is too long, then nothing is changed; or when the table is damaged.
    pub fn apply(&self, changes: Vec<DerivedChange>) -> Result<(), ReadError> {
        let is_long = |value: &Vec<u8>| value.len() > DERIVED_VALUE_BYTES_MAX;
        if changes
            .iter()
            .any(|(_, value)| value.as_ref().is_some_and(is_long))
        {
            return Err(ReadError::Index("a value is too long".to_owned()));
        }
        self.values.put(changes);
        self.values.move_to_sled(None).map(drop)
    }

    /// Lets the table write out what it has. A crash may still take the last changes away.
    ///
    /// # Errors
    /// [`ReadError::Index`] when that fails.
    pub fn flush(&self) -> Result<(), ReadError> {
        self.values.flush()
    }

    /// Takes note that a value is not what its user wrote, as only the user can see; gives the error for it.
    pub fn suspect(&self, what: impl Into<String>) -> ReadError {
        self.values.suspect(what)
    }

    /// Whether something was read that cannot be.
    #[must_use]
    pub fn is_suspect(&self) -> bool {
        self.values.is_suspect()
    }

    /// Remembers, past the end of this process, that the table is to be made anew.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn mark_suspect(&self) -> Result<(), crate::DiskError> {
        match &self.disk {
            Some(disk) => home::mark_suspect(disk, DIRECTORY),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;

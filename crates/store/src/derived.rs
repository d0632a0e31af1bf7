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
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::contract::ReadError;
use crate::disk::Disk;
use crate::embedded::{OpenError, Settings};
use crate::index::KeyValues;
use crate::index::home::{self, Opened};
use crate::limits::INDEX_VALUE_BYTES_MAX;

/// The directory in the store's folder.
const DIRECTORY: &str = "cases";

/// Where rows are copied to that are to stay, while those that are not are erased.
const ANEW_DIRECTORY: &str = "cases-anew";

/// What a value may be long: the rest of what sled writes safely is for its hash.
pub const DERIVED_VALUE_BYTES_MAX: usize = INDEX_VALUE_BYTES_MAX - 64;

/// A key and its value.
pub type DerivedRow = (Vec<u8>, Vec<u8>);

/// A change of one key: its new value, or none.
pub type DerivedChange = (Vec<u8>, Option<Vec<u8>>);

/// An ordered table of rows that can be made again.
#[derive(Debug)]
pub struct Derived {
    /// `None` once one that was to take another's place could not be opened.
    values: RwLock<Option<KeyValues>>,
    home: Option<Home>,
}

/// Where a table lies.
#[derive(Debug)]
struct Home {
    disk: Disk,
    settings: Settings,
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
            values: RwLock::new(Some(KeyValues::in_memory())),
            home: None,
        }
    }

    pub(crate) fn open_on(disk: &Disk, settings: &Settings) -> Result<OpenedDerived, OpenError> {
        // Left by a crash: what it was copied from is here, or else it is made again.
        disk.erase_directory(&disk.root().join(ANEW_DIRECTORY))?;
        match home::open(disk, DIRECTORY, settings)? {
            Opened::Usable(values) => Ok(OpenedDerived {
                table: Self::over(values, disk, settings),
                set_aside: None,
            }),
            Opened::Unusable(why) => Self::begin_anew_on(disk, settings, why),
        }
    }

    fn begin_anew_on(disk: &Disk, settings: &Settings, why: String) -> Result<OpenedDerived, OpenError> {
        let aside = home::set_aside(disk, DIRECTORY)?;
        match home::open(disk, DIRECTORY, settings)? {
            Opened::Usable(values) => Ok(OpenedDerived {
                table: Self::over(values, disk, settings),
                set_aside: Some((why, aside)),
            }),
            Opened::Unusable(why) => Err(OpenError::Index(why)),
        }
    }

    fn over(values: KeyValues, disk: &Disk, settings: &Settings) -> Self {
        Self {
            values: RwLock::new(Some(values)),
            home: Some(Home {
                disk: disk.clone(),
                settings: settings.clone(),
            }),
        }
    }

    /// Copies the rows whose keys `is_kept` into a new table, which takes the place of this one; the old
    /// one's files are overwritten and removed, and so is whatever was moved aside before `[ERASE]`. A row
    /// that was replaced or removed stays in sled's files for as long as it pleases sled; afterwards it is
    /// nowhere.
    ///
    /// Called by the one who writes. Questions are answered meanwhile, but for the moment of the change.
    ///
    /// # Errors
    /// See [`OpenError`]. The table is then as it was, or marked for being made anew; nothing is half done
    /// that the same call does not end.
    pub fn renew(&self, is_kept: &dyn Fn(&[u8]) -> bool) -> Result<(), OpenError> {
        let Some(Home { disk, settings }) = &self.home else {
            let values = self.read();
            let values = values.as_ref().ok_or_else(gone)?;
            values.retain(is_kept);
            return Ok(());
        };
        let anew = disk.root().join(ANEW_DIRECTORY);
        disk.erase_directory(&anew)?;
        let copy = match home::open(disk, ANEW_DIRECTORY, settings)? {
            Opened::Usable(copy) => copy,
            Opened::Unusable(why) => return Err(OpenError::Index(why)),
        };
        self.read().as_ref().ok_or_else(gone)?.copy_to(&copy, is_kept)?;
        copy.flush()?;
        drop(copy);
        home::wait_until_closed(&anew, settings)?;
        let mut values = self.write();
        // Closes sled before its directory is moved.
        *values = None;
        home::wait_until_closed(&disk.root().join(DIRECTORY), settings)?;
        home::set_aside(disk, DIRECTORY)?;
        disk.set_aside(&anew, &disk.root().join(DIRECTORY))?;
        match home::open(disk, DIRECTORY, settings)? {
            Opened::Usable(opened) => *values = Some(opened),
            Opened::Unusable(why) => {
                home::mark_suspect(disk, DIRECTORY)?;
                return Err(OpenError::Index(why));
            }
        }
        drop(values);
        Ok(home::erase_set_aside(disk)?)
    }

    fn read(&self) -> RwLockReadGuard<'_, Option<KeyValues>> {
        self.values.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Option<KeyValues>> {
        self.values.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask<T>(&self, question: impl FnOnce(&KeyValues) -> Result<T, ReadError>) -> Result<T, ReadError> {
        question(self.read().as_ref().ok_or_else(gone)?)
    }

    /// The value of a key.
    ///
    /// # Errors
    /// [`ReadError::Index`] when the table is damaged.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.ask(|values| values.get(key))
    }

    /// At most `limit` rows whose keys begin with `prefix` and come after `after`, in order.
    ///
    /// # Errors
    /// [`ReadError::Index`] when the table is damaged.
    pub fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<DerivedRow>, ReadError> {
        self.ask(|values| values.scan(prefix, after, limit))
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
        self.ask(|values| values.scan_back(prefix, before, limit))
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
        self.ask(|values| {
            values.put(changes);
            values.move_to_sled(None).map(drop)
        })
    }

    /// Lets the table write out what it has. A crash may still take the last changes away.
    ///
    /// # Errors
    /// [`ReadError::Index`] when that fails.
    pub fn flush(&self) -> Result<(), ReadError> {
        self.ask(KeyValues::flush)
    }

    /// Takes note that a value is not what its user wrote, as only the user can see; gives the error for it.
    pub fn suspect(&self, what: impl Into<String>) -> ReadError {
        match self.read().as_ref() {
            Some(values) => values.suspect(what),
            None => gone(),
        }
    }

    /// Whether something was read that cannot be.
    #[must_use]
    pub fn is_suspect(&self) -> bool {
        self.read().as_ref().is_none_or(KeyValues::is_suspect)
    }

    /// Remembers, past the end of this process, that the table is to be made anew.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn mark_suspect(&self) -> Result<(), crate::DiskError> {
        match &self.home {
            Some(Home { disk, .. }) => home::mark_suspect(disk, DIRECTORY),
            None => Ok(()),
        }
    }
}

fn gone() -> ReadError {
    ReadError::Index("it could not be opened after an erasure; the next start makes it anew".to_owned())
}

#[cfg(test)]
mod tests;

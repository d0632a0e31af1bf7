//! The case index: what is to be known of a hundred thousand cases without opening them all.
//!
//! It is never the truth. Every row is made from a folded [`Case`](super::Case), the same that
//! `ohrid case show` shows, and the index says from which state of the ledger it was made. Lost, damaged,
//! from another ledger or another version of this code, it is moved aside and made anew from ledger and
//! payloads. Before a question is answered the index is brought up to the ledger's size, so whoever wrote
//! something finds it.
//!
//! **At rest.** A case's title and the identifiers in it are personal data, and the payloads that they come
//! from are encrypted. So the values of the index are, too, under keys derived from the node's ledger key
//! ([`vault`]); and its keys hold ids, times and keyed hashes only ([`keys`]). A stolen index tells no more
//! than the ledger does: how many cases there are, when they were opened, and how many of them have something
//! in common. Whoever has the ledger key's seed as well can open it, and also an older index that was moved
//! aside, whose salt lies in it: so whoever erases something from the store has to have the index made anew
//! *and* `set-aside/` emptied.
//!
//! **Following.** Leaves are taken in steps; in a step every case that they touch is folded once, however
//! many leaves there are, and its rows are replaced: in one batch with how far the index came.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use convention::clock::Policy;
use ledger::hash::EMPTY_ROOT;
use protocol::ids::{CaseId, PartyCode};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};
use store::derived::{Derived, DerivedChange, DerivedRow, OpenedDerived};
use store::{OpenError, ReadError, Reader};
use zeroize::Zeroizing;

use super::CaseError;
use crate::erasure::Policy as Retention;

mod alarms;
mod follow;
mod inbox;
mod keys;
mod list;
mod marks;
mod numbers;
mod policies;
mod renewal;
mod row;
mod terms;
mod vault;

pub use alarms::StandingAlarms;
pub use follow::{Behind, Step};
pub use list::Wanted;
pub use renewal::RenewalError;

use keys::MADE_FROM;
use numbers::Numbers;
use policies::Policies;
use row::deadlines;
use vault::{SALT_BYTES, Vault, VaultError};

/// Changed whenever a row or a key changes its form or its meaning: an index of another version is made anew.
const VERSION: u32 = 2;

/// The rows, and how far they follow the ledger.
pub struct CaseIndex {
    own: PartyCode,
    policies: Policies,
    table: Derived,
    vault: Vault,
    salt: [u8; SALT_BYTES],
    progress: Mutex<Progress>,
    /// The leaves that the rows follow, for whoever does not want to wait for a step.
    size: AtomicU64,
    /// Whether what has to be done once after a start was done.
    is_settled: AtomicBool,
    numbers: Numbers,
    is_marked: AtomicBool,
}

/// How far the rows follow the ledger.
#[derive(Debug, Default)]
struct Progress {
    made_from: MadeFrom,
    /// Cases that were folded since there were `until` leaves, while we are on our way there.
    fresh: HashSet<CaseId>,
    from: u64,
    until: u64,
    /// Whether what could not be read before is to be tried again.
    retry_unread: bool,
}

/// What the rows were made from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct MadeFrom {
    version: u32,
    size: u64,
    root: [u8; 32],
    /// The policies' digest: deadlines of policy stand in the tables of times.
    policy: [u8; 32],
}

/// Why the index does not answer. The machine's fault, or only for a while.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// It is being made, which takes about a millisecond for each case.
    #[error("the case index is being made: {size} of {of} leaves; ask again in a moment")]
    BeingMade {
        /// The leaves that it was made from so far.
        size: u64,
        /// All leaves.
        of: u64,
    },
    /// A row cannot be read: the index will be made anew at the next start.
    #[error(transparent)]
    Table(#[from] ReadError),
    /// A case cannot be folded.
    #[error(transparent)]
    Case(#[from] CaseError),
}

/// Why the index is not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenIndexError {
    /// The store's table.
    #[error(transparent)]
    Table(#[from] OpenError),
    /// The ledger, or a new table.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// No randomness, or no keys.
    #[error("the system: {0}")]
    System(String),
}

impl CaseIndex {
    /// Opens the index beside the store in `data`, which this process has open, or begins one. Nothing is
    /// folded yet: that is for [`super::Cases::caught_up`].
    ///
    /// # Errors
    /// See [`OpenIndexError`].
    pub fn open(
        data: &Path,
        secret: &[u8; 32],
        own: PartyCode,
        policy: &Policy,
        reader: &dyn Reader,
    ) -> Result<Self, OpenIndexError> {
        let settings = store::Settings::default();
        let opened = Derived::open(data, &settings)?;
        let why = match Self::over(opened, secret, own, policy, reader)? {
            Ok(index) => return Ok(index),
            Err(why) => why,
        };
        let opened = Derived::begin_anew(data, &settings, why)?;
        Self::over(opened, secret, own, policy, reader)?
            .map_err(|why| OpenIndexError::System(format!("a new case index cannot be begun: {why}")))
    }

    /// Moves the index beside the store in `data`, which this process has open, aside, and begins a new one,
    /// under new keys. The old one must not be open.
    ///
    /// # Errors
    /// See [`OpenIndexError`].
    pub fn begin_anew(
        data: &Path,
        secret: &[u8; 32],
        own: PartyCode,
        policy: &Policy,
    ) -> Result<Self, OpenIndexError> {
        let opened = Derived::begin_anew(data, &store::Settings::default(), "it was asked for")?;
        Self::begin(opened.table, secret, own, policy)
    }

    /// An index in memory: for tests.
    ///
    /// # Errors
    /// Without randomness.
    pub fn in_memory(own: PartyCode, policy: &Policy) -> Result<Self, OpenIndexError> {
        Self::begin(Derived::in_memory(), &[0; 32], own, policy)
    }

    /// The index that lies in the table, or why it is of no use.
    fn over(
        opened: OpenedDerived,
        secret: &[u8; 32],
        own: PartyCode,
        policy: &Policy,
        reader: &dyn Reader,
    ) -> Result<Result<Self, &'static str>, OpenIndexError> {
        if let Some((why, aside)) = &opened.set_aside {
            tracing::warn!(%why, ?aside, "the case index was moved aside and is made anew");
        }
        let stored = match opened.table.get(MADE_FROM) {
            Ok(Some(stored)) => stored,
            Ok(None) if opened.table.scan(b"", b"", 1).is_ok_and(|rows| rows.is_empty()) => {
                return Self::begin(opened.table, secret, own, policy).map(Ok);
            }
            Ok(None) | Err(_) => return Ok(Err("it does not say what it was made from")),
        };
        let Some((salt, sealed)) = stored.split_first_chunk::<SALT_BYTES>() else {
            return Ok(Err("it was made by another version"));
        };
        let vault = Vault::of(secret, salt).map_err(|error| OpenIndexError::System(error.to_string()))?;
        let opened_value = vault.open(MADE_FROM, sealed).ok();
        let made_from: Option<MadeFrom> = opened_value.and_then(|value| serde_json::from_slice(&value).ok());
        let Some(made_from) = made_from.filter(|made_from| made_from.version == VERSION) else {
            return Ok(Err("it was made by another version, or under another key"));
        };
        let is_ours =
            made_from.size <= reader.size() && *reader.root_at(made_from.size)?.as_bytes() == made_from.root;
        if !is_ours {
            return Ok(Err("it was made from another ledger"));
        }
        Ok(Ok(Self::new(opened.table, vault, *salt, own, policy, made_from)))
    }

    fn begin(
        table: Derived,
        secret: &[u8; 32],
        own: PartyCode,
        policy: &Policy,
    ) -> Result<Self, OpenIndexError> {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(|error| OpenIndexError::System(error.to_string()))?;
        let vault = Vault::of(secret, &salt).map_err(|error| OpenIndexError::System(error.to_string()))?;
        let policies = Policies {
            clocks: policy.clone(),
            ..Policies::default()
        };
        let made_from = MadeFrom {
            version: VERSION,
            size: 0,
            root: *EMPTY_ROOT.as_bytes(),
            policy: policies.digest(),
        };
        let index = Self::new(table, vault, salt, own, policy, made_from.clone());
        index.apply(Vec::new(), &made_from)?;
        Ok(index)
    }

    fn new(
        table: Derived,
        vault: Vault,
        salt: [u8; SALT_BYTES],
        own: PartyCode,
        policy: &Policy,
        made_from: MadeFrom,
    ) -> Self {
        let progress = Progress {
            made_from,
            retry_unread: true,
            ..Progress::default()
        };
        Self {
            own,
            policies: Policies {
                clocks: policy.clone(),
                ..Policies::default()
            },
            table,
            vault,
            salt,
            size: AtomicU64::new(progress.made_from.size),
            progress: Mutex::new(progress),
            is_settled: AtomicBool::new(false),
            numbers: Numbers::default(),
            is_marked: AtomicBool::new(false),
        }
    }

    /// The same with terms of retention, without which it knows none `[ERASE]`.
    #[must_use]
    pub fn with_terms(mut self, retention: &Retention) -> Self {
        self.policies.retention = retention.clone();
        self
    }

    /// Our policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policies.clocks
    }

    /// Lets the table write out what it has.
    ///
    /// # Errors
    /// When that fails; then a part is made again at the next start.
    pub fn flush(&self) -> Result<(), IndexError> {
        self.noticed(self.table.flush())
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        // What a step that panicked has done is done again.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes rows, and from what they were made.
    fn apply(&self, mut changes: Vec<DerivedChange>, made_from: &MadeFrom) -> Result<(), ReadError> {
        let sealed = self.sealed(MADE_FROM, made_from)?;
        changes.push((MADE_FROM.to_vec(), Some([self.salt.as_slice(), &sealed].concat())));
        self.table.apply(changes)
    }

    /// A value as JSON, sealed for its key.
    fn sealed(&self, key: &[u8], value: &impl Serialize) -> Result<Vec<u8>, ReadError> {
        // No map has other keys than text, so writing cannot fail.
        let json = Zeroizing::new(serde_json::to_vec(value).unwrap_or_default());
        self.sealed_json(key, &json)
    }

    fn sealed_json(&self, key: &[u8], json: &[u8]) -> Result<Vec<u8>, ReadError> {
        let sealed = self.vault.seal(key, json);
        sealed.map_err(|error| ReadError::Index(error.to_string()))
    }

    /// What was sealed for a key.
    fn opened<T: DeserializeOwned>(&self, (key, value): &DerivedRow) -> Result<T, ReadError> {
        let json = self.vault.open(key, value);
        let json = json.map_err(|error: VaultError| self.table.suspect(error.to_string()))?;
        serde_json::from_slice(&json).map_err(|_| self.table.suspect("a row cannot be read"))
    }

    fn get<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, IndexError> {
        let found = self.noticed(self.table.get(key))?;
        let opened = found.map(|value| self.opened(&(key.to_vec(), value)));
        self.noticed(opened.transpose())
    }

    fn scan(&self, prefix: &[u8], after: &[u8], limit: usize) -> Result<Vec<DerivedRow>, IndexError> {
        self.noticed(self.table.scan(prefix, after, limit))
    }

    /// Remembers that the table is damaged, past the end of this process.
    fn noticed<T>(&self, result: Result<T, ReadError>) -> Result<T, IndexError> {
        if result.is_err() && self.table.is_suspect() && !self.is_marked.swap(true, Ordering::Relaxed) {
            tracing::error!("the case index is damaged: it is made anew when the node is started again");
            if let Err(error) = self.table.mark_suspect() {
                tracing::error!(%error, "the case index could not be marked for being made anew");
            }
        }
        Ok(result?)
    }
}

impl std::fmt::Debug for CaseIndex {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("CaseIndex(..)")
    }
}

#[cfg(test)]
mod tests;

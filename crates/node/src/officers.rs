//! Who may do what on this node: the register of officers, and the one gate for everything that writes.
//!
//! An officer is a name, a random number that stands for the person in the ledger `[LEAF-PRIVACY]`, roles,
//! and where the operator wants it, the Unix user from which alone the officer may act. A removed officer's
//! name stays, so that history can be read; a number is never used again.
//!
//! What a name is worth: whoever runs as the node's own user, or as root, can claim any name that is bound to
//! no Unix user, and can change the register. Only a bound name is proved, by the kernel, on every write.
//! Such users are the operators, whatever the register says.
//!
//! Until somebody is registered, any name is accepted, as a number made of the name and a secret.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use control::types::{NewOfficer, Officer, Role, UnixUser};
use protocol::ids::ActorId;
use protocol::time::UnixMillis;

use crate::keys::Keystore;
use crate::limits::{OFFICER_NAME_BYTES_MAX, OFFICERS_MAX};
use crate::news::timestamp;

mod admission;
pub(crate) mod file;
mod floor;
mod unix;

pub use admission::{Act, Acting, Denied, Reader};
pub use file::RegisterError;
pub(crate) use unix::group_id;

/// The register, and who the operators are. Everything that may write asks it first.
pub struct Officers {
    keys: Arc<Keystore>,
    path: PathBuf,
    /// The Unix user that the node runs as.
    own_uid: u32,
    known: ArcSwap<Vec<Record>>,
    /// Held while the register is changed.
    changing: Mutex<()>,
}

/// One officer, as registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) roles: Vec<Role>,
    pub(crate) actor: ActorId,
    pub(crate) unix_user: Option<UnixUser>,
    pub(crate) added: Deed,
    pub(crate) removed: Option<Deed>,
}

/// Who changed the register, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deed {
    pub(crate) at: UnixMillis,
    pub(crate) by: String,
}

/// Why the register was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Empty, too long, or with control characters or spaces at its ends.
    #[error("an officer's name is 1 to {OFFICER_NAME_BYTES_MAX} bytes, without control characters")]
    Name,
    /// No role.
    #[error("an officer has at least one role: officer, approver, operator or auditor")]
    NoRole,
    /// There is one of that name, as people read it.
    #[error("{0} is registered already")]
    Taken(String),
    /// No such user on this machine.
    #[error("this machine has no Unix user {0}")]
    UnixUser(String),
    /// There is none of that name.
    #[error("no officer {name} is registered")]
    Unknown {
        /// The name that was given.
        name: String,
        /// The nearest that there is.
        meant: Option<String>,
    },
    /// [`OFFICERS_MAX`] are registered, counting those who were removed.
    #[error("the register holds {OFFICERS_MAX} names, and is full")]
    Full,
    /// The machine's fault.
    #[error("{0}")]
    Machine(String),
}

impl Officers {
    /// Reads the register; without a file, nobody is registered. Blocks.
    ///
    /// # Errors
    /// When it is damaged, an earlier copy or gone, or others could have changed it: it is never taken for
    /// empty.
    pub fn load(path: &Path, keys: Arc<Keystore>) -> Result<Self, RegisterError> {
        let known = file::read(path)?;
        floor::check(path, &known)?;
        Ok(Self {
            keys,
            path: path.to_owned(),
            own_uid: rustix::process::geteuid().as_raw(),
            known: ArcSwap::from_pointee(known),
            changing: Mutex::new(()),
        })
    }

    /// Registers an officer, durably. Blocks.
    ///
    /// # Errors
    /// [`ChangeError`]; then nothing has changed.
    pub fn add(&self, new: &NewOfficer, by: &str, now: UnixMillis) -> Result<Officer, ChangeError> {
        let name = new.name.trim();
        let well_formed =
            !name.is_empty() && name.len() <= OFFICER_NAME_BYTES_MAX && !name.chars().any(char::is_control);
        if !well_formed {
            return Err(ChangeError::Name);
        }
        let mut roles = new.roles.clone();
        roles.sort_unstable();
        roles.dedup();
        if roles.is_empty() {
            return Err(ChangeError::NoRole);
        }
        let unix_user = match &new.unix_user {
            Some(user) => Some(unix::user(user).ok_or_else(|| ChangeError::UnixUser(user.clone()))?),
            None => None,
        };
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = Vec::clone(&self.known.load());
        if let Some(taken) = known
            .iter()
            .find(|one| one.removed.is_none() && reads_as(&one.name) == reads_as(name))
        {
            return Err(ChangeError::Taken(taken.name.clone()));
        }
        if known.len() >= OFFICERS_MAX {
            return Err(ChangeError::Full);
        }
        let record = Record {
            name: name.to_owned(),
            roles,
            actor: fresh_actor(&known)?,
            unix_user,
            added: Deed {
                at: now,
                by: by.to_owned(),
            },
            removed: None,
        };
        let shown = record.shown();
        known.push(record);
        self.replace(known)?;
        Ok(shown)
    }

    /// Removes an officer, durably: the name stays for history. Blocks.
    ///
    /// # Errors
    /// [`ChangeError`]; then nothing has changed.
    pub fn remove(&self, name: &str, by: &str, now: UnixMillis) -> Result<Officer, ChangeError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = Vec::clone(&self.known.load());
        let found = known
            .iter_mut()
            .find(|one| one.removed.is_none() && one.name == name.trim());
        let Some(record) = found else {
            return Err(ChangeError::Unknown {
                name: name.to_owned(),
                meant: self.nearest(name),
            });
        };
        record.removed = Some(Deed {
            at: now,
            by: by.to_owned(),
        });
        let shown = record.shown();
        self.replace(known)?;
        Ok(shown)
    }

    /// Everybody who is or was registered, in the order of their names.
    #[must_use]
    pub fn list(&self) -> Vec<Officer> {
        let mut all: Vec<Officer> = self.known.load().iter().map(Record::shown).collect();
        all.sort_by(|one, other| (&one.name, one.added_at).cmp(&(&other.name, other.added_at)));
        all
    }

    /// How many may act now.
    #[must_use]
    pub fn registered(&self) -> usize {
        self.known
            .load()
            .iter()
            .filter(|one| one.removed.is_none())
            .count()
    }

    /// Whether anybody was ever registered: from then on, names must be.
    #[must_use]
    pub fn is_in_force(&self) -> bool {
        !self.known.load().is_empty()
    }

    /// The officer's name behind a number in the ledger. A number that was made of a name, before somebody
    /// was registered, is tried with all registered names and with `also`.
    #[must_use]
    pub fn name_of(&self, actor: ActorId, also: Option<&str>) -> Option<String> {
        let known = self.known.load();
        if let Some(found) = known.iter().find(|one| one.actor == actor) {
            return Some(found.name.clone());
        }
        let names = known.iter().map(|one| one.name.as_str()).chain(also);
        names
            .into_iter()
            .find(|name| self.keys.actor(name) == actor)
            .map(str::to_owned)
    }

    /// The Unix user that somebody who may act is bound to.
    pub(crate) fn bound_uid(&self, actor: ActorId) -> Option<u32> {
        let known = self.known.load();
        let found = known.iter().find(|one| one.actor == actor)?;
        found.unix_user.as_ref().map(|user| user.uid)
    }

    /// Whether these two numbers stand for one person, as far as the register can tell: the same number, the
    /// same name (also before it was registered, or registered again), or the same Unix user.
    #[must_use]
    pub fn is_same_person(&self, one: &Acting, other: ActorId, other_name: Option<&str>) -> bool {
        let names_agree = other_name.is_some_and(|other| reads_as(other) == reads_as(&one.name))
            || self
                .name_of(other, Some(&one.name))
                .is_some_and(|other| reads_as(&other) == reads_as(&one.name));
        let users = (self.bound_uid(one.actor), self.bound_uid(other));
        one.actor == other || names_agree || matches!(users, (Some(one), Some(other)) if one == other)
    }

    /// The nearest name of those who may act.
    fn nearest(&self, name: &str) -> Option<String> {
        let known = self.known.load();
        let active = known.iter().filter(|one| one.removed.is_none());
        active
            .map(|one| {
                let (written, meant) = (reads_as(name), reads_as(&one.name));
                (strsim::damerau_levenshtein(&written, &meant), &one.name)
            })
            .filter(|(edits, meant)| *edits <= (meant.chars().count() / 3).max(2))
            .min()
            .map(|(_, meant)| meant.clone())
    }

    fn replace(&self, known: Vec<Record>) -> Result<(), ChangeError> {
        file::write(&self.path, &known).map_err(|error| ChangeError::Machine(error.to_string()))?;
        // The change stands: the next one, or the next start, notes it.
        if let Err(error) = floor::note(&self.path, &known) {
            tracing::warn!(%error, "the number of changes to the register of officers was not noted");
        }
        self.known.store(Arc::new(known));
        Ok(())
    }
}

impl Record {
    fn shown(&self) -> Officer {
        Officer {
            name: self.name.clone(),
            roles: self.roles.clone(),
            actor: self.actor.to_string(),
            unix_user: self.unix_user.clone(),
            added_at: timestamp(self.added.at),
            added_by: self.added.by.clone(),
            removed_at: self.removed.as_ref().map(|deed| timestamp(deed.at)),
            removed_by: self.removed.as_ref().map(|deed| deed.by.clone()),
        }
    }
}

/// A name as people tell it from another: case and spacing do not make two persons.
fn reads_as(name: &str) -> String {
    let words: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

/// A number that nobody has or had.
fn fresh_actor(known: &[Record]) -> Result<ActorId, ChangeError> {
    loop {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| ChangeError::Machine(error.to_string()))?;
        let actor = ActorId::from_bytes(random);
        if known.iter().all(|one| one.actor != actor) {
            return Ok(actor);
        }
    }
}

#[cfg(test)]
mod tests;

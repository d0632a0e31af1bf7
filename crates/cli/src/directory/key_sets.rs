//! The secretariat's key sets, in the folder that its members have in common.
//!
//! Each was checked before it was put there, and is checked again whenever it is read: a file may have been
//! changed.

use std::path::{Path, PathBuf};

use protocol::directory::{KeySet, KeySetError, SignedKeySet};
use protocol::key::PublicKey;
use serde::Serialize;

use super::draft::{PUBLIC_KEY_NAME, PublicKeyText};
use crate::failure::Failure;
use crate::files::{self, Secrecy};
use crate::limits::SIGNED_DOCUMENT_BYTES_MAX;

/// The folder of the key sets so far.
pub(super) const KEY_SETS_NAME: &str = "key-sets";
/// The next key set, while signatures are collected.
pub(super) const NEXT_KEYS_NAME: &str = "next-keys.cose";

/// The key sets so far.
#[derive(Debug, Default)]
pub(super) struct KeySets {
    /// Oldest first.
    pub(super) signed: Vec<SignedKeySet>,
    /// The last of them. A secretariat with one key only has none.
    pub(super) in_force: Option<KeySet>,
}

/// A key set for people and programs.
#[derive(Debug, Clone, Serialize)]
pub(super) struct KeySetSummary {
    pub(super) number: u64,
    pub(super) threshold: usize,
    pub(super) keys: Vec<PublicKeyText>,
    /// What members compare by telephone.
    pub(super) digest: String,
}

/// How many signatures there are, and how many there must be.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Progress {
    /// By whose keys.
    pub(super) by: &'static str,
    pub(super) valid: usize,
    pub(super) needed: usize,
}

impl Progress {
    pub(super) fn is_enough(&self) -> bool {
        self.valid >= self.needed
    }
}

impl std::fmt::Display for Progress {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} of {} needed by {}", self.valid, self.needed, self.by)
    }
}

impl From<&KeySet> for KeySetSummary {
    fn from(key_set: &KeySet) -> Self {
        Self {
            number: key_set.number(),
            threshold: key_set.threshold(),
            keys: key_set.keys().iter().copied().map(PublicKeyText).collect(),
            digest: key_set.digest().to_string(),
        }
    }
}

impl KeySets {
    /// Those that a directory brings along: the newest, as many as there is room for.
    pub(super) fn to_bring(&self) -> &[SignedKeySet] {
        let first = self.signed.len().saturating_sub(protocol::limits::KEY_SETS_MAX);
        self.signed.get(first..).unwrap_or_default()
    }

    /// The keys whose signatures count on the next key set: those of the last one, and its own.
    fn may_sign(&self, next: &KeySet) -> Vec<PublicKey> {
        let old = self.in_force.iter().flat_map(KeySet::keys);
        old.chain(next.keys()).copied().collect()
    }

    /// Puts copies of the next key set together.
    pub(super) fn merge(&self, copies: &[SignedKeySet]) -> Result<SignedKeySet, Failure> {
        let first = copies
            .first()
            .ok_or_else(|| Failure::failed("there is no key set to merge"))?;
        let next = first.peek().map_err(|error| cannot(&error))?;
        SignedKeySet::merge(copies, &self.may_sign(&next))
            .map_err(|error| Failure::invalid(format!("the key sets cannot be merged: {error}")))
    }

    /// How many signatures the next key set has, of each side.
    pub(super) fn progress(&self, next: &SignedKeySet) -> Result<Vec<Progress>, Failure> {
        let own = next.peek().map_err(|error| cannot(&error))?;
        let sides = self.in_force.iter().map(|old| ("the keys before", old));
        sides
            .chain([("the new keys", &own)])
            .map(|(by, key_set)| {
                let signers = next.signers(key_set.keys());
                Ok(Progress {
                    by,
                    valid: signers.map_err(|error| cannot(&error.into()))?.len(),
                    needed: key_set.threshold(),
                })
            })
            .collect()
    }
}

/// The key sets in a folder, each following from the one before.
pub(super) fn load(folder: &Path) -> Result<KeySets, Failure> {
    let mut sets = KeySets::default();
    loop {
        let path = path(folder, sets.signed.len() as u64 + 1);
        if !path.exists() {
            return Ok(sets);
        }
        let signed = read(&path)?;
        let opened = signed.open(sets.in_force.as_ref());
        let damaged = |error| Failure::invalid(format!("{}: {error}", path.display()));
        sets.in_force = Some(opened.map_err(damaged)?);
        sets.signed.push(signed);
    }
}

/// Takes the next key set into the folder: as the one in force if it is signed enough, otherwise to collect
/// signatures.
pub(super) fn keep(folder: &Path, sets: &KeySets, next: &SignedKeySet) -> Result<PathBuf, Failure> {
    let pending = folder.join(NEXT_KEYS_NAME);
    let key_set = match next.open(sets.in_force.as_ref()) {
        Ok(key_set) => key_set,
        Err(KeySetError::NotSigned { .. }) => {
            files::replace(&pending, next.as_bytes(), Secrecy::Public)?;
            return Ok(pending);
        }
        Err(error) => return Err(cannot(&error)),
    };
    let target = path(folder, key_set.number());
    files::make_folder(&folder.join(KEY_SETS_NAME))?;
    files::replace(&target, next.as_bytes(), Secrecy::Public)?;
    let keys: String = key_set.keys().iter().map(|key| format!("{key}\n")).collect();
    files::replace(&folder.join(PUBLIC_KEY_NAME), keys.as_bytes(), Secrecy::Public)?;
    files::remove_if_there(&pending)?;
    Ok(target)
}

/// Where a key set lies.
pub(super) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(KEY_SETS_NAME).join(format!("{number}.cose"))
}

/// Reads a signed key set, and believes nothing of it.
pub(super) fn read(path: &Path) -> Result<SignedKeySet, Failure> {
    let bytes = files::read(path, SIGNED_DOCUMENT_BYTES_MAX)?;
    let invalid = |error: KeySetError| Failure::invalid(format!("{} is no key set: {error}", path.display()));
    let signed = SignedKeySet::from_bytes(&bytes).map_err(|error| invalid(error.into()))?;
    signed.peek().map_err(invalid)?;
    Ok(signed)
}

/// A key set that cannot be.
pub(super) fn cannot(error: &KeySetError) -> Failure {
    Failure::invalid(format!("this key set cannot be used: {error}"))
}

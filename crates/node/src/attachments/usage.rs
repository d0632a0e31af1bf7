//! `manifests/from`: how much each Party's attachments take here.
//!
//! ```text
//! manifests/from/XB/4d4d...-2000500     an empty file: XB's attachments under this manifest take 2,000,500
//! bytes
//! ```
//!
//! Counted from when they are admitted, all at once, until they are erased; so a Party that sends more than
//! it may is stopped before its files are here, also after a restart.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use protocol::digest::Commitment;
use protocol::ids::PartyCode;

use super::manifests::parse;
use crate::durable::{self, make_private_folder};

/// What every Party's attachments take. All of it blocks.
#[derive(Debug)]
pub struct Usage {
    folder: PathBuf,
    taken: Mutex<BTreeMap<PartyCode, BTreeMap<Commitment, u64>>>,
}

impl Usage {
    /// Reads what was noted, in this folder.
    ///
    /// # Errors
    /// What the disk says.
    pub fn open(folder: &Path) -> io::Result<Self> {
        make_private_folder(folder)?;
        let mut taken: BTreeMap<PartyCode, BTreeMap<Commitment, u64>> = BTreeMap::new();
        for of_party in fs::read_dir(folder)? {
            let of_party = of_party?;
            let Some(party) = of_party.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            for note in fs::read_dir(of_party.path())? {
                let name = note?.file_name();
                let parts = name.to_str().and_then(|name| name.split_once('-'));
                let noted = parts.and_then(|(manifest, bytes)| Some((parse(manifest)?, bytes.parse().ok()?)));
                taken.entry(party).or_default().extend(noted);
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            taken: Mutex::new(taken),
        })
    }

    /// Counts a manifest's attachments, durably, unless the Party would then take more than `limit_bytes`;
    /// what was counted before is not counted again. Says whether they are counted.
    ///
    /// # Errors
    /// What the disk says; then nothing was counted.
    pub fn take(
        &self,
        party: PartyCode,
        manifest: &Commitment,
        bytes: u64,
        limit_bytes: u64,
    ) -> io::Result<bool> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_party = taken.entry(party).or_default();
        if of_party.contains_key(manifest) {
            return Ok(true);
        }
        if of_party.values().sum::<u64>().saturating_add(bytes) > limit_bytes {
            return Ok(false);
        }
        let note = self.note(party, manifest, bytes);
        if let Some(folder) = note.parent() {
            make_private_folder(folder)?;
            File::create(&note)?.sync_all()?;
            File::open(folder)?.sync_all()?;
        }
        of_party.insert(*manifest, bytes);
        Ok(true)
    }

    /// A manifest's attachments are gone `[ERASE]`.
    ///
    /// # Errors
    /// What the disk says.
    pub fn give_back(&self, party: PartyCode, manifest: &Commitment) -> io::Result<()> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bytes) = taken.get_mut(&party).and_then(|taken| taken.remove(manifest)) else {
            return Ok(());
        };
        durable::remove(&self.note(party, manifest, bytes))
    }

    /// How much a Party's attachments take, in bytes.
    #[must_use]
    pub fn of(&self, party: PartyCode) -> u64 {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.get(&party).map_or(0, |taken| taken.values().sum())
    }

    fn note(&self, party: PartyCode, manifest: &Commitment, bytes: u64) -> PathBuf {
        self.folder
            .join(party.as_str())
            .join(format!("{manifest}-{bytes}"))
    }
}

#[cfg(test)]
mod tests;

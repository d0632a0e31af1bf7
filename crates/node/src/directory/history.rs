//! Which certificates and ledger keys counted when: from the archive of all directories that were in use.
//!
//! A certificate that left the directory still opens what was recorded while it stood there, and nothing that
//! was recorded later. Nothing of this is in memory until an old message asks for it; then each archived
//! version is read once. Blocks: to be called from threads that may.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use ledger::note::VerifierKey;
use protocol::digest::Digest;
use protocol::directory::{Directory, Period, SignedDirectory};
use protocol::ids::{ContactPoint, PartyCode};
use protocol::key::PublicKey;
use protocol::time::UnixMillis;
use seal::Certificate;

use super::CurrentDirectory;
use super::archive::Archive;

/// How long it takes at most from keeping a new version to using it.
const TAKING_MAX_MS: u64 = 60_000;

/// What was read of the archive so far.
#[derive(Debug)]
pub(super) struct History {
    archive: Archive,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// The archived versions that were looked at, readable or not.
    looked_at: HashSet<u64>,
    /// Each that is readable, and when it was accepted.
    versions: BTreeMap<u64, UnixMillis>,
    certificates: HashMap<ContactPoint, Vec<Held>>,
    ledger_keys: HashMap<PartyCode, Vec<Period<VerifierKey>>>,
}

/// A certificate, and the versions in which a contact point had it.
#[derive(Debug)]
struct Held {
    digest: Digest,
    certificate: Certificate,
    versions: HashSet<u64>,
}

impl History {
    pub(super) fn of(archive: Archive) -> Self {
        Self {
            archive,
            seen: Mutex::default(),
        }
    }

    /// The certificates that `office` had in the directory that was in use at that time; with `None`, all
    /// that it ever had.
    pub(super) fn certificates(&self, office: &ContactPoint, at: Option<UnixMillis>) -> Vec<Certificate> {
        self.with(|seen| {
            let held = seen.certificates.get(office).map_or(&[][..], Vec::as_slice);
            seen.of(held.iter(), at)
        })
    }

    /// The same for all contact points.
    pub(super) fn all_certificates(&self, at: UnixMillis) -> Vec<Certificate> {
        self.with(|seen| seen.of(seen.certificates.values().flatten(), Some(at)))
    }

    /// A Party's ledger keys of that name that were ever valid at that time.
    pub(super) fn ledger_keys(&self, party: PartyCode, origin: &str, at: UnixMillis) -> Vec<VerifierKey> {
        self.with(|seen| {
            let keys = seen.ledger_keys.get(&party).into_iter().flatten();
            keys.filter(|key| key.value.name() == origin && key.covers(at))
                .map(|key| key.value.clone())
                .collect()
        })
    }

    /// The version that was in use at that time.
    pub(super) fn version_at(&self, at: UnixMillis) -> Option<u64> {
        self.with(|seen| seen.in_use_at(at))
    }

    fn with<T>(&self, ask: impl FnOnce(&Seen) -> T) -> T {
        // What panics while reading leaves a list that lacks something, and is read again.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = seen.catch_up(&self.archive) {
            tracing::error!(%error, "the archive of directories cannot be read");
        }
        ask(&seen)
    }
}

impl CurrentDirectory {
    /// The keys of the secretariat that the operator trusts, and how many of them must have signed.
    #[must_use]
    pub fn trusted(&self) -> (&[PublicKey], usize) {
        let settings = &self.keeping.settings;
        (&settings.trusted, settings.threshold)
    }

    /// The version that was in use at that time; `None` without an archive. Blocks.
    #[must_use]
    pub fn version_at(&self, at: UnixMillis) -> Option<u64> {
        self.history.version_at(at)
    }

    /// A version that was in use, as it was signed; `None` where it is not in the archive. Blocks.
    #[must_use]
    pub fn signed(&self, version: u64) -> Option<SignedDirectory> {
        self.keeping.archive.read(version)
    }
}

impl Seen {
    fn catch_up(&mut self, archive: &Archive) -> Result<(), super::ArchiveError> {
        let accepted_at = archive.accepted_at();
        for version in archive.versions()? {
            if !self.looked_at.insert(version) {
                continue;
            }
            let directory = archive.read(version).and_then(|signed| signed.peek().ok());
            let Some(directory) = directory.filter(|directory| directory.version == version) else {
                tracing::warn!(version, "an archived directory cannot be read");
                continue;
            };
            let accepted = accepted_at.get(&version);
            self.note(&directory, accepted.copied().unwrap_or(directory.issued_at));
        }
        Ok(())
    }

    fn note(&mut self, directory: &Directory, accepted_at: UnixMillis) {
        let version = directory.version;
        self.versions.insert(version, accepted_at);
        for (party, record) in &directory.parties {
            let keys = self.ledger_keys.entry(*party).or_default();
            for key in &record.ledger_keys {
                if !keys.contains(key) {
                    keys.push(key.clone());
                }
            }
            for point in &record.contact_points {
                let held = self.certificates.entry(point.office.clone()).or_default();
                for bytes in &point.certificates {
                    let digest = Digest::of(bytes);
                    if let Some(known) = held.iter_mut().find(|known| known.digest == digest) {
                        known.versions.insert(version);
                    } else if let Ok(certificate) = Certificate::from_bytes(bytes) {
                        held.push(Held {
                            digest,
                            certificate,
                            versions: HashSet::from([version]),
                        });
                    }
                }
            }
        }
    }

    fn of<'a>(&self, held: impl Iterator<Item = &'a Held>, at: Option<UnixMillis>) -> Vec<Certificate> {
        // Between keeping a new version and using it some messages are still held against the one before.
        let begun = |at: UnixMillis| UnixMillis(at.0.saturating_sub(TAKING_MAX_MS));
        let in_use = at.map(|at| [self.in_use_at(at), self.in_use_at(begun(at))]);
        held.filter(|held| match in_use {
            Some(versions) => versions
                .iter()
                .flatten()
                .any(|version| held.versions.contains(version)),
            None => true,
        })
        .map(|held| held.certificate.clone())
        .collect()
    }

    /// The version that was in use at that time: the last that had been accepted by then. What is older than
    /// the archive counts as recorded under the first version in it.
    fn in_use_at(&self, at: UnixMillis) -> Option<u64> {
        let mut by_then = self.versions.iter().rev();
        by_then
            .find(|(_, accepted_at)| **accepted_at <= at)
            .or_else(|| self.versions.first_key_value())
            .map(|(version, _)| *version)
    }
}

#[cfg(test)]
mod tests;

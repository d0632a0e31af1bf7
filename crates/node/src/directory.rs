//! The directory in use `[DIRECTORY]`: believed only if the secretariat signed it, whoever brings it, and
//! never older than one that was accepted before.
//!
//! What everything else needs of it is worked out once per version: TLS pins, OpenPGP certificates, profiles.
//! A new version is judged, kept, recorded in the ledger, and only then swapped in whole, under live
//! connections (threat 10 of security.md). Whatever is refused, what was in use stays.
//!
//! * `keeping.rs`: whom to believe, and the steps by which a version becomes durable.
//! * `archive.rs`, `floor.rs`, `forks.rs`: what lies on disk.
//! * `intake.rs`: one version after another, from the operator's file or from peers.
//! * `gossip.rs`: nodes tell each other what they have.
//! * `history.rs`: which certificates counted when.
//! * `watch.rs`: alarms, repeated.

use std::path::Path;
use std::sync::Arc;

use ::ledger::note::VerifierKey;
use arc_swap::ArcSwap;
use protocol::digest::Digest;
use protocol::directory::{
    DirectoryError, Fork, Freshness, InUse, Judgement, KeySetError, SignedDirectory, forked_key_set, judge,
};
use protocol::ids::{ContactPoint, PartyCode};
use protocol::time::UnixMillis;
use seal::Certificate;
use tokio::sync::watch as watching;

use crate::config;
use crate::secret::FileError;
use crate::tls::SharedPins;
use crate::tls::pins::BadEntry;

mod accepted;
mod archive;
pub(crate) mod digits;
pub(crate) mod floor;
pub(crate) mod forks;
mod gossip;
mod history;
mod intake;
mod keeping;
mod watch;

pub use accepted::Accepted;
pub use archive::ArchiveError;
pub use floor::FloorError;
pub use forks::{ForkProof, Forked};
pub use gossip::{Gossip, Served};
pub use intake::{Intake, Reloaded};
pub use keeping::Candidate;
pub use watch::{Watch, watch};

use archive::Kept;
use forks::Forks;
use history::History;
use keeping::Keeping;

/// The version in use, and who wants to know when it changes.
#[derive(Debug)]
pub struct CurrentDirectory {
    accepted: ArcSwap<Accepted>,
    pins: SharedPins,
    changed: watching::Sender<u64>,
    keeping: Keeping,
    history: History,
    forks: Forks,
    forked: watching::Sender<usize>,
}

/// Why there is no directory, or no new one.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read. The operator's to mend.
    #[error(transparent)]
    Unreadable(#[from] FileError),
    /// It is not to be believed. The secretariat's to mend, or somebody's doing.
    #[error("{from}: {source}")]
    Refused {
        /// The file, or the peer that offered it.
        from: String,
        /// Why.
        source: DirectoryError,
    },
    /// Believable, but what it says of a Party cannot be used.
    #[error(transparent)]
    Entry(#[from] BadEntry),
    /// An OpenPGP certificate in it cannot be used.
    #[error("the directory's certificate for {office}: {source}")]
    Certificate {
        /// Whose.
        office: ContactPoint,
        /// Why.
        source: seal::CertificateError,
    },
    /// The newest version could not be noted.
    #[error(transparent)]
    Floor(#[from] FloorError),
    /// It could not be kept.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// It is kept, and could not be recorded in the ledger: the next start takes it.
    #[error("the directory is kept, and not in use yet: the ledger does not take its entry now")]
    NotRecorded,
}

impl CurrentDirectory {
    /// The directory that [`CurrentDirectory::load`] would load, where the ledger tells of no newer one.
    /// Writes nothing but the proof of a fork.
    ///
    /// # Errors
    /// As [`CurrentDirectory::load`].
    pub fn look(settings: &config::Directory, floor: &Path, now: UnixMillis) -> Result<Accepted, LoadError> {
        let keeping = Keeping::of(settings, floor);
        let forks = Forks::load(keeping.archive.folder());
        let candidate = choose(&keeping, &forks, newest(floor::read(floor)?, None), now)?;
        Ok(candidate.accepted)
    }

    /// Loads the directory: the newest of those that were kept beside the store and the one in the operator's
    /// file. `known` is the newest version that the ledger tells of; the newest that was ever accepted is
    /// also noted in the file `floor` beside the store, before it is used.
    ///
    /// # Errors
    /// When there is none that is to be believed, and not older than one accepted before.
    pub fn load(
        settings: &config::Directory,
        floor: &Path,
        known: Option<(u64, Digest)>,
        now: UnixMillis,
    ) -> Result<Self, LoadError> {
        let keeping = Keeping::of(settings, floor);
        let forks = Forks::load(keeping.archive.folder());
        let noted = newest(floor::read(floor)?, known);
        let candidate = choose(&keeping, &forks, noted, now)?;
        if let Kept::Other(digest) = keeping.keep(&candidate.accepted, now)? {
            // Both are believed, and neither was used: which of them holds is for people to find out.
            let accepted = &candidate.accepted;
            let version = accepted.directory.version;
            note(
                &forks,
                Forked::Directory,
                version,
                accepted.digest,
                accepted.signed.as_bytes(),
            );
            tracing::error!(%digest, "another directory of this version is in the archive");
            return Err(keeping.refused(DirectoryError::Fork { version }));
        }
        Ok(Self {
            pins: candidate.pins.shared(),
            changed: watching::Sender::new(candidate.accepted.directory.version),
            accepted: ArcSwap::from_pointee(candidate.accepted),
            history: History::of(keeping.archive.clone()),
            forked: watching::Sender::new(forks.standing().len()),
            forks,
            keeping,
        })
    }

    /// Judges a directory that `from` offers, and keeps it if it is newer; it is not in use yet. `None`: it
    /// is the one in use. Blocks.
    ///
    /// # Errors
    /// When it is not to be believed, older, or cannot be kept; then the version in use stays. A fork is kept
    /// as proof.
    pub fn consider(
        &self,
        offered: &SignedDirectory,
        from: &str,
        now: UnixMillis,
    ) -> Result<Option<Candidate>, LoadError> {
        let current = self.current();
        let trust = self.keeping.trust(&current.directory.network);
        let refused = |source| LoadError::Refused {
            from: from.to_owned(),
            source,
        };
        let opened = match judge(offered, Some(&current.in_use()), &trust, now) {
            Judgement::Newer(opened) => opened,
            Judgement::Same(_) => return Ok(None),
            Judgement::Fork(fork) => {
                let bytes = fork.offered_signed.as_bytes();
                self.alarm(Forked::Directory, fork.version, fork.offered, bytes);
                return Err(refused(DirectoryError::Fork {
                    version: fork.version,
                }));
            }
            Judgement::Untrusted(error) => {
                self.look_for_key_set_fork(&error, offered, &current);
                return Err(refused(error));
            }
            Judgement::Older { known, offered } => {
                return Err(refused(DirectoryError::Rollback { known, offered }));
            }
            Judgement::Expired { expired_at, .. } => {
                return Err(refused(DirectoryError::Expired { expired_at }));
            }
        };
        let candidate = Candidate::of(*opened)?;
        match self.keeping.keep(&candidate.accepted, now)? {
            Kept::Yes => Ok(Some(candidate)),
            Kept::Other(_) => {
                let version = candidate.accepted.directory.version;
                let digest = candidate.accepted.digest;
                self.alarm(Forked::Directory, version, digest, offered.as_bytes());
                Err(refused(DirectoryError::Fork { version }))
            }
        }
    }

    /// The same for what lies in the operator's file, which also says which proofs of forks an operator has
    /// moved elsewhere. Blocks.
    ///
    /// # Errors
    /// As [`CurrentDirectory::consider`], and when the file cannot be read.
    pub fn consider_file(&self, now: UnixMillis) -> Result<Option<Candidate>, LoadError> {
        self.forks.look_again();
        self.forked.send_replace(self.forks.standing().len());
        let signed = self.keeping.read_file()?;
        self.consider(&signed, &self.keeping.settings.file.display().to_string(), now)
    }

    /// Swaps in what is kept and recorded: pins first, so that nobody is let in by a directory that is not in
    /// use.
    pub fn put_to_use(&self, candidate: Candidate) {
        let version = candidate.accepted.directory.version;
        self.pins.store(Arc::new(candidate.pins));
        self.accepted.store(Arc::new(candidate.accepted));
        self.changed.send_replace(version);
    }

    /// The version in use.
    #[must_use]
    pub fn current(&self) -> Arc<Accepted> {
        self.accepted.load_full()
    }

    /// The TLS pins that follow from it.
    #[must_use]
    pub fn pins(&self) -> &SharedPins {
        &self.pins
    }

    /// Tells when the version in use changes.
    #[must_use]
    pub fn changes(&self) -> watching::Receiver<u64> {
        self.changed.subscribe()
    }

    /// How fresh the version in use is.
    #[must_use]
    pub fn freshness(&self, now: UnixMillis) -> Freshness {
        self.current().directory.freshness(now, self.keeping.grace())
    }

    /// The proofs of forks that are kept: an alarm for as long as there is one.
    #[must_use]
    pub fn forks(&self) -> Vec<ForkProof> {
        self.forks.standing()
    }

    /// Tells when there are more of them, or fewer.
    #[must_use]
    pub fn forks_changes(&self) -> watching::Receiver<usize> {
        self.forked.subscribe()
    }

    /// Every OpenPGP certificate that a contact point has in the version in use, or ever had in one that was.
    /// Blocks.
    #[must_use]
    pub fn certificates_ever(&self, office: &ContactPoint) -> Vec<Certificate> {
        self.history.certificates(office, None)
    }

    /// Those that it had in the version that was in use at that time: whoever had them could sign then, and
    /// cannot sign what is recorded later. Blocks.
    #[must_use]
    pub fn certificates_at(&self, office: &ContactPoint, at: UnixMillis) -> Vec<Certificate> {
        self.history.certificates(office, Some(at))
    }

    /// The same for all contact points.
    #[must_use]
    pub fn all_certificates_at(&self, at: UnixMillis) -> Vec<Certificate> {
        self.history.all_certificates(at)
    }

    /// A Party's ledger keys of that name, valid at that time, in the version in use or in one that was.
    /// Blocks.
    #[must_use]
    pub fn ledger_keys_ever(&self, party: PartyCode, origin: &str, at: UnixMillis) -> Vec<VerifierKey> {
        self.history.ledger_keys(party, origin, at)
    }

    /// As `consider_file`, and puts it to use at once: where there is no ledger.
    #[cfg(test)]
    pub(crate) fn reload(&self, now: UnixMillis) -> Result<Reloaded, LoadError> {
        Ok(match self.consider_file(now)? {
            Some(candidate) => {
                self.put_to_use(candidate);
                Reloaded::Newer
            }
            None => Reloaded::Same,
        })
    }

    /// A list of key sets that parts from ours is an alarm, if it is signed by those who were to hand over.
    fn look_for_key_set_fork(&self, error: &DirectoryError, offered: &SignedDirectory, current: &Accepted) {
        if !matches!(error, DirectoryError::KeySet(KeySetError::Fork { .. })) {
            return;
        }
        if let Some(fork) = forked_key_set(&current.signed, offered)
            && let Ok(digest) = fork.offered.digest()
        {
            self.alarm(Forked::KeySet, fork.number, digest, fork.offered.as_bytes());
        }
    }

    fn alarm(&self, of: Forked, number: u64, digest: Digest, bytes: &[u8]) {
        if note(&self.forks, of, number, digest, bytes) {
            self.forked.send_replace(self.forks.standing().len());
        }
    }
}

/// The newer of what the floor and the ledger tell. The ledger knows no key set: that of the floor was in
/// force already.
fn newest(noted: Option<InUse>, known: Option<(u64, Digest)>) -> Option<InUse> {
    match (noted, known) {
        (Some(noted), Some((version, digest))) if version > noted.version => Some(InUse {
            key_set: noted.key_set,
            ..InUse::noted(version, digest)
        }),
        (Some(noted), _) => Some(noted),
        (None, known) => known.map(|(version, digest)| InUse::noted(version, digest)),
    }
}

/// What to start with: what was kept, unless the operator's file is newer. Without anything kept, the file
/// alone.
fn choose(
    keeping: &Keeping,
    forks: &Forks,
    noted: Option<InUse>,
    now: UnixMillis,
) -> Result<Candidate, LoadError> {
    let floor = noted.clone().unwrap_or(InUse::noted(0, Digest::of(&[])));
    let kept = keeping.kept(&floor, now);
    let in_use = kept.as_ref().map(InUse::from).or(noted);
    let from_file = keeping.read_file().and_then(|signed| {
        let network = match &kept {
            Some(kept) => kept.directory.network.clone(),
            None => signed.peek().map_err(|error| keeping.refused(error))?.network,
        };
        let judgement = judge(&signed, in_use.as_ref(), &keeping.trust(&network), now);
        if let Judgement::Fork(fork) = &judgement {
            let Fork { version, offered, .. } = **fork;
            note(forks, Forked::Directory, version, offered, signed.as_bytes());
        }
        let opened = judgement.into_opened().map_err(|error| keeping.refused(error))?;
        Candidate::of(opened)
    });
    match (from_file, kept) {
        (Ok(candidate), _) => Ok(candidate),
        (Err(error), Some(kept)) => {
            let version = kept.directory.version;
            let what = "the directory's file is not used; the one accepted before stays";
            match &error {
                // As it is where we may not write the file, and a newer one came from a peer.
                LoadError::Refused {
                    source: DirectoryError::Rollback { .. },
                    ..
                } => tracing::warn!(%error, version, "{what}"),
                _ => tracing::error!(%error, version, "{what}"),
            }
            Candidate::of(kept)
        }
        (Err(error), None) => Err(error),
    }
}

/// Keeps the other of two documents, and says so. Gives whether it is news.
fn note(forks: &Forks, of: Forked, number: u64, digest: Digest, bytes: &[u8]) -> bool {
    match forks.note(of, number, &digest, bytes) {
        Ok(Some(proof)) => {
            proof.raise_alarm();
            true
        }
        Ok(None) => false,
        Err(error) => {
            let what = of.what();
            tracing::error!(%error, number, "there are two {what} {number}, and the other could not be kept");
            false
        }
    }
}

#[cfg(test)]
mod tests;

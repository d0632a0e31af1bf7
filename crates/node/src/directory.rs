//! The directory in use `[DIRECTORY]`: read from a file, believed only if the secretariat signed it, and
//! never older than one that was accepted before.
//!
//! What everything else needs of it is worked out once per version: TLS pins, OpenPGP certificates,
//! profiles. A new version is swapped in whole, under live connections.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use convention::profile::PartyProfile;
use protocol::digest::Digest;
use protocol::directory::{Directory, DirectoryError, Freshness, InUse, SignedDirectory, Trust, judge};
use protocol::ids::{ContactPoint, PartyCode};
use protocol::time::UnixMillis;
use seal::Certificate;
use tokio::sync::watch as watching;
use tokio::time::interval;

use crate::clock::Clock;
use crate::config;
use crate::limits;
use crate::secret::{self, FileError};
use crate::stop::Stop;
use crate::tls::pins::BadEntry;
use crate::tls::{Pins, SharedPins};

mod floor;

pub use floor::FloorError;

/// A version of the directory that was accepted.
#[derive(Debug)]
pub struct Accepted {
    /// What it says.
    pub directory: Directory,
    /// As it was signed.
    pub signed: SignedDirectory,
    /// The digest of what was signed.
    pub digest: Digest,
    certificates: HashMap<ContactPoint, Vec<Certificate>>,
    all_certificates: Vec<Certificate>,
    profiles: HashMap<ContactPoint, PartyProfile>,
}

/// The version in use, and who wants to know when it changes.
#[derive(Debug)]
pub struct CurrentDirectory {
    accepted: ArcSwap<Accepted>,
    pins: SharedPins,
    changed: watching::Sender<u64>,
    source: Source,
}

/// Where directories come from, and what makes one believable.
#[derive(Debug, Clone)]
struct Source {
    file: PathBuf,
    floor: PathBuf,
    settings: config::Directory,
}

/// Why there is no directory, or no new one.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read. The operator's to mend.
    #[error(transparent)]
    Unreadable(#[from] FileError),
    /// It is not to be believed. The secretariat's to mend, or somebody's doing.
    #[error("{}: {source}", .file.display())]
    Refused {
        /// The file.
        file: PathBuf,
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
}

impl CurrentDirectory {
    /// Loads the directory from its file. `known` is the newest version that the ledger tells of; the
    /// newest that was ever accepted is also noted in a file beside the store, before it is used.
    ///
    /// # Errors
    /// When it is not there, not to be believed, or older than one accepted before.
    pub fn load(
        settings: &config::Directory,
        floor: &Path,
        known: Option<(u64, Digest)>,
        now: UnixMillis,
    ) -> Result<Self, LoadError> {
        let source = Source {
            file: settings.file.clone(),
            floor: floor.to_owned(),
            settings: settings.clone(),
        };
        let noted = floor::read(floor)?;
        let newest = noted.into_iter().chain(known).max_by_key(|(version, _)| *version);
        let newest = newest.map(|(version, digest)| InUse::noted(version, digest));
        let accepted = source.open(newest.as_ref(), now)?;
        let pins = pins(&accepted.directory)?;
        let version = accepted.directory.version;
        Ok(Self {
            accepted: ArcSwap::from_pointee(accepted),
            pins: pins.shared(),
            changed: watching::Sender::new(version),
            source,
        })
    }

    /// Reads the file again; a newer version is put to use at once. Gives whether there was one.
    ///
    /// # Errors
    /// As [`CurrentDirectory::load`]; then the version in use stays.
    pub fn reload(&self, now: UnixMillis) -> Result<Reloaded, LoadError> {
        let before = self.current();
        // With its key set: what was signed with keys that it withdrew counts for nothing any more.
        let in_use = InUse::kept(&before.signed).map_err(|source| self.source.refused(source))?;
        let accepted = self.source.open(Some(&in_use), now)?;
        if accepted.digest == before.digest {
            return Ok(Reloaded::Same);
        }
        let pins = pins(&accepted.directory)?;
        let version = accepted.directory.version;
        self.pins.store(Arc::new(pins));
        self.accepted.store(Arc::new(accepted));
        self.changed.send_replace(version);
        Ok(Reloaded::Newer)
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
        self.current().directory.freshness(now, self.source.grace())
    }
}

/// Says in the log, and goes on saying, that the directory in use has ended. Until the node stops.
pub async fn watch(directory: Arc<CurrentDirectory>, clock: Arc<Clock>, mut stop: Stop) {
    let mut often = interval(limits::DIRECTORY_ALARM_EVERY);
    loop {
        tokio::select! {
            _ = often.tick() => {}
            () = stop.stopping() => return,
        }
        let version = directory.current().directory.version;
        match directory.freshness(clock.now()) {
            Freshness::Current => {}
            Freshness::Grace => tracing::error!(
                version,
                "the directory has ended and serves for a grace period only: install a newer one"
            ),
            Freshness::Expired => tracing::error!(
                version,
                "the directory has ended: nothing is exchanged until a newer one is installed"
            ),
        }
    }
}

/// What reading the file again gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reloaded {
    /// The version that was in use already.
    Same,
    /// A newer version, now in use.
    Newer,
}

impl Accepted {
    /// The OpenPGP certificates of a contact point; empty when it has none, or is not in the directory.
    #[must_use]
    pub fn certificates(&self, office: &ContactPoint) -> &[Certificate] {
        self.certificates.get(office).map_or(&[], Vec::as_slice)
    }

    /// Every OpenPGP certificate of the network.
    #[must_use]
    pub fn all_certificates(&self) -> &[Certificate] {
        &self.all_certificates
    }

    /// What a contact point's Party has declared, and what the office needs.
    #[must_use]
    pub fn profile(&self, office: &ContactPoint) -> Option<&PartyProfile> {
        self.profiles.get(office)
    }

    /// The contact points of a Party.
    pub fn offices(&self, party: PartyCode) -> impl Iterator<Item = &ContactPoint> {
        let record = self.directory.party(party);
        record
            .into_iter()
            .flat_map(|record| record.contact_points.iter().map(|point| &point.office))
    }
}

impl Source {
    fn grace(&self) -> Duration {
        Duration::from_secs(u64::from(self.settings.grace_days) * 24 * 60 * 60)
    }

    fn refused(&self, source: DirectoryError) -> LoadError {
        LoadError::Refused {
            file: self.file.clone(),
            source,
        }
    }

    fn open(&self, in_use: Option<&InUse>, now: UnixMillis) -> Result<Accepted, LoadError> {
        let bytes = secret::read_public(&self.file, limits::DIRECTORY_BYTES_MAX)?;
        let refused = |source| self.refused(source);
        let signed = SignedDirectory::from_bytes(&bytes).map_err(|error| refused(error.into()))?;
        let network = match &self.settings.network {
            Some(network) => network.clone(),
            None => signed.peek().map_err(refused)?.network,
        };
        let trust = Trust {
            network,
            keys: self.settings.trusted.clone(),
            threshold: 1,
            expiry_grace: self.grace(),
        };
        let opened = judge(&signed, in_use, &trust, now)
            .into_opened()
            .map_err(refused)?;
        let (directory, digest) = (opened.directory, opened.digest);
        let certificates = certificates(&directory)?;
        let accepted = Accepted {
            all_certificates: certificates.values().flatten().cloned().collect(),
            certificates,
            profiles: profiles(&directory),
            directory,
            signed,
            digest,
        };
        // Noted before it is used: whatever happens next, nothing older counts from here on.
        floor::raise(&self.floor, accepted.directory.version, &digest)?;
        Ok(accepted)
    }
}

fn pins(directory: &Directory) -> Result<Pins, BadEntry> {
    let mut pins = Pins::default();
    for (party, record) in &directory.parties {
        let authorities = record.node.ca_certificates.iter().map(Vec::as_slice);
        let keys = record.node.tls_pins.iter().map(|pin| *pin.as_bytes());
        pins.add(*party, &record.node.name, authorities, keys)?;
    }
    Ok(pins)
}

fn certificates(directory: &Directory) -> Result<HashMap<ContactPoint, Vec<Certificate>>, LoadError> {
    let points = directory
        .parties
        .values()
        .flat_map(|record| &record.contact_points);
    points
        .map(|point| {
            let parsed: Result<Vec<_>, _> = point
                .certificates
                .iter()
                .map(|bytes| Certificate::from_bytes(bytes))
                .collect();
            let parsed = parsed.map_err(|source| LoadError::Certificate {
                office: point.office.clone(),
                source,
            })?;
            Ok((point.office.clone(), parsed))
        })
        .collect()
}

/// What the Party says, with what the contact point says laid over it.
fn profiles(directory: &Directory) -> HashMap<ContactPoint, PartyProfile> {
    let mut profiles = HashMap::new();
    for (party, record) in &directory.parties {
        for point in &record.contact_points {
            let mut fields = object(&record.profile);
            fields.extend(object(&point.profile));
            fields.insert("party".to_owned(), party.as_str().into());
            match serde_json::from_value(fields.into()) {
                Ok(profile) => {
                    profiles.insert(point.office.clone(), profile);
                }
                Err(error) => {
                    tracing::warn!(office = %point.office, %error, "the directory's profile cannot be read");
                }
            }
        }
    }
    profiles
}

fn object(text: &str) -> serde_json::Map<String, serde_json::Value> {
    serde_json::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests;

//! What makes a directory believable, and where it is kept before it is used.
//!
//! Keeping is three steps: the archive, the operator's file, the floor. Each is durable before the next, each
//! may be done twice, and after each of them a start finds the old version or the new one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use protocol::directory::{DirectoryError, InUse, Judgement, Opened, SignedDirectory, Trust, judge};
use protocol::limits::DIRECTORY_BYTES_MAX;
use protocol::time::UnixMillis;

use super::archive::{Archive, Kept};
use super::{Accepted, LoadError, floor};
use crate::tls::Pins;
use crate::{config, durable, secret};

/// Where directories come from, what makes one believable, and where it is kept.
#[derive(Debug, Clone)]
pub(super) struct Keeping {
    pub(super) settings: config::Directory,
    pub(super) floor: PathBuf,
    pub(super) archive: Archive,
}

/// A directory that may be used, worked out whole, and kept: what follows cannot fail.
#[derive(Debug)]
pub struct Candidate {
    pub(super) accepted: Accepted,
    pub(super) pins: Pins,
}

impl Candidate {
    pub(super) fn of(opened: Opened) -> Result<Self, LoadError> {
        let accepted = Accepted::of(opened)?;
        Ok(Self {
            pins: accepted.pins()?,
            accepted,
        })
    }

    /// The directory.
    #[must_use]
    pub fn accepted(&self) -> &Accepted {
        &self.accepted
    }
}

impl Keeping {
    /// With everything beside the floor.
    pub(super) fn of(settings: &config::Directory, floor: &Path) -> Self {
        Self {
            settings: settings.clone(),
            floor: floor.to_owned(),
            archive: Archive::new(floor.with_file_name("directories")),
        }
    }

    pub(super) fn grace(&self) -> Duration {
        Duration::from_secs(u64::from(self.settings.grace_days) * 24 * 60 * 60)
    }

    /// What the operator has configured, for that network.
    pub(super) fn trust(&self, network: &str) -> Trust {
        Trust {
            network: self
                .settings
                .network
                .clone()
                .unwrap_or_else(|| network.to_owned()),
            keys: self.settings.trusted.clone(),
            threshold: self.settings.threshold,
            expiry_grace: self.grace(),
        }
    }

    pub(super) fn refused(&self, source: DirectoryError) -> LoadError {
        LoadError::Refused {
            from: self.settings.file.display().to_string(),
            source,
        }
    }

    /// The operator's file, not believed yet.
    pub(super) fn read_file(&self) -> Result<SignedDirectory, LoadError> {
        let bytes = secret::read_public(&self.settings.file, DIRECTORY_BYTES_MAX as u64)?;
        SignedDirectory::from_bytes(&bytes).map_err(|error| self.refused(error.into()))
    }

    /// The newest version that we have kept ourselves, not older than `noted`. One that has ended does not
    /// count: a start with a clock that is far ahead would give up what waits to be sent.
    pub(super) fn kept(&self, noted: &InUse, now: UnixMillis) -> Option<Opened> {
        let versions = self.archive.versions().ok()?;
        let not_older = versions
            .into_iter()
            .rev()
            .take_while(|version| *version >= noted.version);
        not_older.into_iter().find_map(|version| {
            let signed = self.archive.read(version)?;
            let network = signed.peek().ok()?.network;
            match judge(&signed, Some(noted), &self.trust(&network), now) {
                Judgement::Newer(opened) | Judgement::Same(opened) => Some(*opened),
                _ => None,
            }
        })
    }

    /// Keeps a directory that is about to be used, durably.
    pub(super) fn keep(&self, accepted: &Accepted, now: UnixMillis) -> Result<Kept, LoadError> {
        for step in Self::STEPS {
            if let Kept::Other(digest) = step(self, accepted, now)? {
                return Ok(Kept::Other(digest));
            }
        }
        Ok(Kept::Yes)
    }

    /// The steps of keeping, in their order.
    pub(super) const STEPS: [Step; 3] = [Self::archive, Self::write_file, Self::raise_floor];

    fn archive(&self, accepted: &Accepted, now: UnixMillis) -> Result<Kept, LoadError> {
        let version = accepted.directory.version;
        Ok(self
            .archive
            .keep(version, &accepted.signed, accepted.digest, now)?)
    }

    /// The operator's file shows what is in use as well, where we may write it: instead of an older version,
    /// or of none. Anything else there is the operator's.
    fn write_file(&self, accepted: &Accepted, _: UnixMillis) -> Result<Kept, LoadError> {
        let is_ours_to_write = match self.read_file() {
            Ok(signed) => signed.peek().is_ok_and(|there| {
                there.network == accepted.directory.network && there.version < accepted.directory.version
            }),
            Err(_) => !self.settings.file.exists(),
        };
        if is_ours_to_write
            && let Err(error) = durable::write_public(&self.settings.file, accepted.signed.as_bytes())
        {
            let file = self.settings.file.display();
            tracing::info!(%file, %error, "the directory's file cannot be written; the archive has it");
        }
        Ok(Kept::Yes)
    }

    fn raise_floor(&self, accepted: &Accepted, _: UnixMillis) -> Result<Kept, LoadError> {
        floor::raise(&self.floor, &accepted.in_use())?;
        Ok(Kept::Yes)
    }
}

/// One step of keeping a directory.
type Step = fn(&Keeping, &Accepted, UnixMillis) -> Result<Kept, LoadError>;

//! What to do with a directory that somebody offers: one pure function, all outcomes as types
//! `[DIRECTORY]`.
//!
//! The signature matters, not the source: a file, an operator and a peer are judged alike. What is in use is
//! an argument; what comes out as [`Judgement::Newer`] must be kept on disk, with its key set, before it is
//! used (threat 10 of security.md). The clock is an argument too: the caller sees to it that it never goes
//! backwards (threat 13).

use super::codec::decode_directory;
use super::key_set::{Anchor, KeySet, KeySetError, KeySetMark, follow};
use super::{Directory, DirectoryError, Freshness, SignedDirectory, Trust, rules};
use crate::cose::{ContentType, SignMany};
use crate::digest::Digest;
use crate::key::PublicKey;
use crate::limits::DIRECTORY_VERSION_STEP_MAX;
use crate::time::UnixMillis;

/// What is known of the directory in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InUse {
    /// Its version.
    pub version: u64,
    /// The digest of what was signed ([`SignedDirectory::digest`]).
    pub digest: Digest,
    /// Its key set. `None` when it came with none, or when only version and digest were noted: then the
    /// operator's configuration says whom to believe.
    pub key_set: Option<KeySetMark>,
    /// Its bytes, where they are at hand: half of the proof of a fork.
    pub signed: Option<SignedDirectory>,
}

/// A directory that may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What it says.
    pub directory: Directory,
    /// As it was signed.
    pub signed: SignedDirectory,
    /// The digest of what was signed.
    pub digest: Digest,
    /// The key set that signed it; `None` when it came with none, and the keys of the configuration did.
    pub key_set: Option<KeySet>,
    /// [`Freshness::Current`], or [`Freshness::Grace`]: use it, with an alarm.
    pub freshness: Freshness,
}

/// Two directories of one version, both signed by the secretariat: to be kept, and shown to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// The version of both.
    pub version: u64,
    /// The digest of the one in use.
    pub known: Digest,
    /// The one in use, where its bytes are at hand.
    pub known_signed: Option<SignedDirectory>,
    /// The digest of the other.
    pub offered: Digest,
    /// The other.
    pub offered_signed: SignedDirectory,
}

/// What a directory is that somebody offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// To be kept, and then used.
    Newer(Box<Opened>),
    /// The one in use.
    Same(Box<Opened>),
    /// Older than the one in use. Nothing else of it was checked, since nothing of it will be used.
    Older {
        /// The version in use.
        known: u64,
        /// The version offered.
        offered: u64,
    },
    /// An alarm. The one in use stays.
    Fork(Box<Fork>),
    /// Signed as it must be, not older, and beyond its grace period.
    Expired {
        /// Its version.
        version: u64,
        /// When it expired, without the grace period.
        expired_at: UnixMillis,
    },
    /// Not to be believed. Of [`DirectoryError`], never `Rollback`, `Fork` or `Expired`.
    Untrusted(DirectoryError),
}

impl InUse {
    /// Where only the version and digest were noted.
    #[must_use]
    pub fn noted(version: u64, digest: Digest) -> Self {
        Self {
            version,
            digest,
            key_set: None,
            signed: None,
        }
    }

    /// What is known of a directory that was accepted, from the file that it was kept in: nothing of it is
    /// checked again.
    ///
    /// # Errors
    /// When the bytes are not a signed directory.
    pub fn kept(signed: &SignedDirectory) -> Result<Self, DirectoryError> {
        let key_sets = signed.key_sets()?;
        let last = key_sets.last().map(super::SignedKeySet::peek).transpose()?;
        Ok(Self {
            version: signed.peek()?.version,
            digest: signed.digest()?,
            key_set: last.map(|key_set| key_set.mark()),
            signed: Some(signed.clone()),
        })
    }
}

impl From<&Opened> for InUse {
    fn from(opened: &Opened) -> Self {
        Self {
            version: opened.directory.version,
            digest: opened.digest,
            key_set: opened.key_set.as_ref().map(KeySet::mark),
            signed: Some(opened.signed.clone()),
        }
    }
}

impl Judgement {
    /// The directory, if it is newer or the same; otherwise why not.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn into_opened(self) -> Result<Opened, DirectoryError> {
        match self {
            Self::Newer(opened) | Self::Same(opened) => Ok(*opened),
            Self::Older { known, offered } => Err(DirectoryError::Rollback { known, offered }),
            Self::Fork(fork) => Err(DirectoryError::Fork {
                version: fork.version,
            }),
            Self::Expired { expired_at, .. } => Err(DirectoryError::Expired { expired_at }),
            Self::Untrusted(error) => Err(error),
        }
    }
}

/// Judges a directory against the one in use.
///
/// Who must have signed it: when the one in use came with a key set, the offered one brings that set along,
/// and every step from it to the last of its list; a threshold of the last must have signed. Otherwise
/// `trust` is where the list begins: one of its sets has exactly the keys of `trust`, and at least its
/// threshold. A directory without key sets is signed by the keys of `trust`.
///
/// Its expiry is looked at last, so that an old file cannot hide that it is a fork.
#[must_use]
pub fn judge(offered: &SignedDirectory, in_use: Option<&InUse>, trust: &Trust, now: UnixMillis) -> Judgement {
    match judge_fallibly(offered, in_use, trust, now) {
        Ok(judgement) => judgement,
        Err(error) => Judgement::Untrusted(error),
    }
}

fn judge_fallibly(
    offered: &SignedDirectory,
    in_use: Option<&InUse>,
    trust: &Trust,
    now: UnixMillis,
) -> Result<Judgement, DirectoryError> {
    let signed = SignMany::parse(ContentType::Directory, offered.as_bytes())?;
    // Read before it is believed, by a strict and bounded parser: the key sets are in it.
    let (directory, key_sets) = decode_directory(signed.payload)?;
    let version = directory.version;
    let known = in_use.map_or(0, |in_use| in_use.version);
    let is_ours = directory.network == trust.network;
    if is_ours && version < known {
        return Ok(Judgement::Older {
            known,
            offered: version,
        });
    }
    let key_set = believe(
        &signed,
        &key_sets,
        in_use.and_then(|in_use| in_use.key_set),
        trust,
    )?;
    rules::check_document(&directory, &key_sets, &trust.keys)?;
    if !is_ours {
        return Err(DirectoryError::OtherNetwork);
    }
    if version.saturating_sub(known) > DIRECTORY_VERSION_STEP_MAX {
        let what = "its version is too far ahead";
        return Err(DirectoryError::Invalid { party: None, what });
    }
    let digest = Digest::of(signed.payload);
    if let Some(in_use) = in_use.filter(|in_use| in_use.version == version && in_use.digest != digest) {
        return Ok(Judgement::Fork(Box::new(Fork {
            version,
            known: in_use.digest,
            known_signed: in_use.signed.clone(),
            offered: digest,
            offered_signed: offered.clone(),
        })));
    }
    let freshness = directory.freshness(now, trust.expiry_grace);
    if freshness == Freshness::Expired {
        let expired_at = directory.expires_at;
        return Ok(Judgement::Expired { version, expired_at });
    }
    let opened = Box::new(Opened {
        directory,
        signed: offered.clone(),
        digest,
        key_set,
        freshness,
    });
    Ok(match in_use {
        Some(in_use) if in_use.version == version => Judgement::Same(opened),
        _ => Judgement::Newer(opened),
    })
}

/// The key set that has signed a directory, if it is to be believed.
fn believe(
    signed: &SignMany<'_>,
    key_sets: &[super::SignedKeySet],
    in_force: Option<KeySetMark>,
    trust: &Trust,
) -> Result<Option<KeySet>, DirectoryError> {
    let threshold = trust.threshold.max(1);
    if let (true, Some(mark)) = (key_sets.is_empty(), in_force) {
        return Err(KeySetError::Withdrawn {
            in_force: mark.number,
            offered: 0,
        }
        .into());
    }
    if key_sets.is_empty() {
        check_signed(signed, &trust.keys, threshold)?;
        return Ok(None);
    }
    let anchor = match in_force {
        Some(mark) => Anchor::InForce(mark),
        None => Anchor::Configured {
            keys: &trust.keys,
            threshold,
        },
    };
    let key_set = follow(key_sets, &anchor)?;
    check_signed(signed, key_set.keys(), key_set.threshold())?;
    Ok(Some(key_set))
}

fn check_signed(signed: &SignMany<'_>, keys: &[PublicKey], needed: usize) -> Result<(), DirectoryError> {
    let valid = signed.count_signed_by(keys);
    if valid >= needed {
        Ok(())
    } else {
        Err(DirectoryError::NotSigned { valid, needed })
    }
}

#[cfg(test)]
mod tests;

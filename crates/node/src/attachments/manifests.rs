//! `manifests`, beside the store: what exactly a message's attachments are, on both sides of a transfer.
//!
//! ```text
//! manifests/4d/4d4d...                a manifest, named by the commitment that its message's header names
//! manifests/of/a7/a7a7...-4d4d...     an empty file: the attachment with this id stands in that manifest
//! ```
//!
//! A manifest holds names of files, so it lies under AES-256-GCM-SIV (RFC 8452), with its commitment as
//! associated data; the key comes from the node's own secrets (HKDF, RFC 5869). A file is: version (one byte,
//! 1), nonce (12 bytes), then sealed: salt (32 bytes) and manifest, and the tag (16 bytes). What was opened
//! is held against the commitment again, so that no file can be put in another's place.
//!
//! Whoever has an older secret as well can open what was written under it: manifests outlive keys.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{self, HKDF_SHA256};
use protocol::attachment::{AttachmentId, Manifest};
use protocol::decode::DecodeError;
use protocol::digest::{Commitment, Salt};
use protocol::limits::MANIFEST_BYTES_MAX;
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::durable::{self, make_private_folder, write_private};
use crate::limits::MANIFEST_CHUNKS_CACHED_MAX;
use crate::secret::{self, FileError};

/// The version of a manifest's file.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const SALT_BYTES: usize = 32;

/// The longest file.
const FILE_BYTES_MAX: u64 = (1 + NONCE_BYTES + SALT_BYTES + MANIFEST_BYTES_MAX + TAG_BYTES) as u64;

/// Where it is noted in which manifests an attachment stands.
const OF_FOLDER: &str = "of";

/// Where it is noted how much each Party's attachments take.
pub const USAGE_FOLDER: &str = "from";

/// What the key is for.
const LABEL: &[u8] = b"ohrid/1 manifests";

/// The folder of manifests. All of it blocks.
#[derive(Debug)]
pub struct Manifests {
    folder: PathBuf,
    keys: Vec<RandomizedNonceKey>,
    cache: Mutex<VecDeque<(Commitment, Arc<Manifest>)>>,
    /// Told of each new one.
    news: watch::Sender<()>,
}

/// A manifest as it was committed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptManifest {
    /// What the commitment was made with.
    pub salt: Salt,
    /// The manifest, see [`Manifest::decode`].
    pub bytes: Vec<u8>,
}

/// Why a manifest cannot be kept, or read.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The bytes and the salt are not what the commitment was made of. Whoever brought them is at fault.
    #[error("this is not the manifest that the header commits to")]
    OtherManifest,
    /// They are no manifest. Whoever made it is at fault.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// The machine's fault.
    #[error("the manifests: {0}")]
    Machine(#[from] io::Error),
    /// A file cannot be read. The machine's fault, or the operator's.
    #[error("the manifests: {0}")]
    File(#[from] FileError),
    /// A file was not written under a key of this node, or is damaged.
    #[error("the manifest {0} lies under another key, or is damaged")]
    Damaged(Commitment),
    /// There is no key to write under.
    #[error("the key for manifests cannot be made")]
    NoKey,
}

impl Manifests {
    /// Opens the folder, and makes it where there is none. What is written lies under the first secret; what
    /// is read, under any of them.
    ///
    /// # Errors
    /// [`ManifestError::NoKey`] without a secret, and what the disk says.
    pub fn open(folder: &Path, secrets: &[Zeroizing<[u8; 32]>]) -> Result<Self, ManifestError> {
        make_private_folder(&folder.join(OF_FOLDER))?;
        let keys: Vec<_> = secrets
            .iter()
            .map(|secret| key(secret))
            .collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(ManifestError::NoKey);
        }
        Ok(Self {
            folder: folder.to_owned(),
            keys,
            cache: Mutex::default(),
            news: watch::Sender::default(),
        })
    }

    /// Keeps a manifest, durably; the same one again is the same one.
    ///
    /// # Errors
    /// [`ManifestError::OtherManifest`] and [`ManifestError::Malformed`] before anything was written, and
    /// what the disk says.
    pub fn put(
        &self,
        commitment: &Commitment,
        salt: &Salt,
        bytes: &[u8],
    ) -> Result<Arc<Manifest>, ManifestError> {
        if Manifest::commitment(salt, bytes) != *commitment {
            return Err(ManifestError::OtherManifest);
        }
        let manifest = Arc::new(Manifest::decode(bytes)?);
        let path = self.path(commitment);
        if !path.exists() {
            // First in which manifest each attachment stands: a manifest that is there can be served.
            for (_, attachment) in manifest.attachments() {
                let note = self.note_path(attachment.id(), commitment);
                make_folder_of(&note)?;
                File::create(&note)?.sync_all()?;
                sync_folder_of(&note)?;
            }
            make_folder_of(&path)?;
            write_private(&path, &self.seal(commitment, salt, bytes)?)?;
        }
        self.remember(*commitment, &manifest);
        self.news.send_replace(());
        Ok(manifest)
    }

    /// Changes whenever a manifest has come.
    #[must_use]
    pub fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    /// The manifest that a header commits to; `None` when it is not here.
    ///
    /// # Errors
    /// [`ManifestError::Damaged`], and what the disk says.
    pub fn get(&self, commitment: &Commitment) -> Result<Option<KeptManifest>, ManifestError> {
        let path = self.path(commitment);
        if !path.exists() {
            return Ok(None);
        }
        let stored = secret::read_public(&path, FILE_BYTES_MAX)?;
        self.unseal(commitment, &stored).map(Some)
    }

    /// The same, read; the last ones are kept in memory.
    ///
    /// # Errors
    /// As [`Manifests::get`].
    pub fn manifest(&self, commitment: &Commitment) -> Result<Option<Arc<Manifest>>, ManifestError> {
        let cached = {
            let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            let found = cache.iter().find(|(known, _)| known == commitment);
            found.map(|(_, manifest)| Arc::clone(manifest))
        };
        if cached.is_some() {
            return Ok(cached);
        }
        let Some(kept) = self.get(commitment)? else {
            return Ok(None);
        };
        let manifest = Arc::new(Manifest::decode(&kept.bytes)?);
        self.remember(*commitment, &manifest);
        Ok(Some(manifest))
    }

    /// In which manifests an attachment stands: nearly always one.
    ///
    /// # Errors
    /// What the disk says.
    pub fn with_attachment(&self, id: AttachmentId) -> Result<Vec<Commitment>, ManifestError> {
        let name = id.to_string();
        let folder = self.folder.join(OF_FOLDER).join(&name[..2]);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut found = Vec::new();
        for entry in entries {
            let file = entry?.file_name();
            let commitment = file.to_str().and_then(|file| file.strip_prefix(&name));
            found.extend(commitment.and_then(|rest| parse(rest.strip_prefix('-')?)));
        }
        found.sort_unstable_by_key(|commitment| *commitment.as_bytes());
        Ok(found)
    }

    /// Overwrites and removes a manifest, durably `[ERASE]`. One that is not there is no error.
    ///
    /// First its names, so that a crash leaves none behind that nobody finds.
    ///
    /// # Errors
    /// What the disk says.
    pub fn remove(&self, commitment: &Commitment) -> Result<(), ManifestError> {
        let manifest = self.manifest(commitment)?;
        self.cache
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|(known, _)| known != commitment);
        for (_, attachment) in manifest.iter().flat_map(|manifest| manifest.attachments()) {
            durable::remove(&self.note_path(attachment.id(), commitment))?;
        }
        durable::erase(&self.path(commitment))?;
        Ok(())
    }

    fn path(&self, commitment: &Commitment) -> PathBuf {
        let name = commitment.to_string();
        self.folder.join(&name[..2]).join(name)
    }

    fn note_path(&self, id: AttachmentId, commitment: &Commitment) -> PathBuf {
        let name = id.to_string();
        let folder = self.folder.join(OF_FOLDER).join(&name[..2]);
        folder.join(format!("{name}-{commitment}"))
    }

    fn seal(&self, commitment: &Commitment, salt: &Salt, bytes: &[u8]) -> Result<Vec<u8>, ManifestError> {
        let key = self.keys.first().ok_or(ManifestError::NoKey)?;
        let mut sealed = Zeroizing::new([salt.as_bytes(), bytes].concat());
        let nonce = key
            .seal_in_place_append_tag(Aad::from(commitment.as_bytes()), &mut *sealed)
            .map_err(|_| ManifestError::NoKey)?;
        Ok([&[VERSION], nonce.as_ref().as_slice(), sealed.as_slice()].concat())
    }

    fn unseal(&self, commitment: &Commitment, stored: &[u8]) -> Result<KeptManifest, ManifestError> {
        let damaged = || ManifestError::Damaged(*commitment);
        let (&[VERSION], rest) = stored.split_first_chunk::<1>().ok_or_else(damaged)? else {
            return Err(damaged());
        };
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        for key in &self.keys {
            let mut opened = Zeroizing::new(sealed.to_vec());
            let aad = Aad::from(commitment.as_bytes());
            let Ok(plain) = key.open_in_place(Nonce::from(nonce), aad, &mut opened) else {
                continue;
            };
            let (salt, bytes) = plain.split_first_chunk::<SALT_BYTES>().ok_or_else(damaged)?;
            let salt = Salt::from_bytes(*salt);
            if Manifest::commitment(&salt, bytes) == *commitment {
                let bytes = bytes.to_vec();
                return Ok(KeptManifest { salt, bytes });
            }
        }
        Err(damaged())
    }

    /// Keeps a manifest in memory, and as many of the others as there is room for.
    fn remember(&self, commitment: Commitment, manifest: &Arc<Manifest>) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.retain(|(known, _)| *known != commitment);
        cache.push_front((commitment, Arc::clone(manifest)));
        let mut chunks = 0;
        cache.retain(|(known, manifest)| {
            chunks += chunk_count(manifest);
            *known == commitment || chunks <= MANIFEST_CHUNKS_CACHED_MAX
        });
    }
}

impl KeptManifest {
    /// Reads it.
    ///
    /// # Errors
    /// When whoever made it made no manifest.
    pub fn read(&self) -> Result<Manifest, DecodeError> {
        Manifest::decode(&self.bytes)
    }
}

fn key(secret: &[u8; 32]) -> Result<RandomizedNonceKey, ManifestError> {
    let mut key = Zeroizing::new([0; 32]);
    hkdf::Salt::new(HKDF_SHA256, b"")
        .extract(secret)
        .expand(&[LABEL], HKDF_SHA256)
        .and_then(|output| output.fill(key.as_mut_slice()))
        .map_err(|_| ManifestError::NoKey)?;
    RandomizedNonceKey::new(&AES_256_GCM_SIV, key.as_slice()).map_err(|_| ManifestError::NoKey)
}

fn chunk_count(manifest: &Manifest) -> usize {
    let chunks = manifest
        .attachments()
        .map(|(_, attachment)| attachment.chunk_count());
    usize::try_from(chunks.map(u64::from).sum::<u64>()).unwrap_or(usize::MAX)
}

/// The folder of a file, durably there.
fn make_folder_of(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) if !folder.exists() => {
            make_private_folder(folder)?;
            sync_folder_of(folder)
        }
        _ => Ok(()),
    }
}

fn sync_folder_of(file: &Path) -> io::Result<()> {
    file.parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// 64 hexadecimal digits in lower case.
pub(crate) fn parse(text: &str) -> Option<Commitment> {
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    let commitment = Commitment::from_bytes(bytes);
    (commitment.to_string() == text).then_some(commitment)
}

#[cfg(test)]
mod tests;

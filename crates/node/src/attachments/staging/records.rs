//! The folder `staged`: one small file for each sealed file that waits, so that it is known after a restart.
//!
//! ```text
//! staged/MESSAGE.NUMBER.staged  nonce (12 bytes), then JSON (see `Written`) in AES-256-GCM-SIV (RFC 8452)
//! staged/MESSAGE.sending        the idempotency key under which the message was last sent, or was to be
//! ```
//!
//! A record names a file, so it lies under a key that is made from the node's own secrets (HKDF, RFC 5869),
//! with its own name as associated data.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{self, HKDF_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use protocol::attachment::Manifest;
use protocol::ids::{CaseId, MessageId};
use protocol::limits::MANIFEST_BYTES_MAX;
use protocol::time::UnixMillis;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{AttachmentName, Route, Staged, StagingError};
use crate::durable::{erase, make_private_folder, remove, write_private};
use crate::secret::read_public;

const RECORD: &str = "staged";
const SENDING: &str = "sending";
const NONCE_BYTES: usize = 12;
/// What the key is for.
const LABEL: &[u8] = b"ohrid/1 staged attachments";
/// A record: a manifest of one attachment in base64, and what else is said of it.
const RECORD_BYTES_MAX: u64 = 2 * MANIFEST_BYTES_MAX as u64;

/// The folder.
#[derive(Debug)]
pub(super) struct Records {
    folder: PathBuf,
    keys: Vec<RandomizedNonceKey>,
}

/// What a record says, version 1.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    case: String,
    from: String,
    to: Vec<String>,
    sealed_at_ms: u64,
    officer: String,
    key: String,
    /// The manifest that this file alone would have.
    manifest_base64: String,
}

impl Records {
    /// Opens the folder. What is written lies under the first secret; what is read, under any of them.
    pub(super) fn open(folder: &Path, secrets: &[Zeroizing<[u8; 32]>]) -> Result<Self, StagingError> {
        make_private_folder(folder)?;
        let keys: Result<Vec<_>, _> = secrets.iter().map(|secret| key(secret)).collect();
        Ok(Self {
            folder: folder.to_owned(),
            keys: keys?,
        })
    }

    /// All records, and the files of those that cannot be read: they are left where they are, and said, since
    /// what they speak of cannot be sent any more.
    pub(super) fn all(&self) -> Result<(Vec<Staged>, Vec<PathBuf>), StagingError> {
        let (mut all, mut unreadable) = (Vec::new(), Vec::new());
        for path in self.files(RECORD)? {
            let name = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            let Some(name) = name else { continue };
            match self.read(name, &path) {
                Ok(staged) => all.push(staged),
                Err(error) => {
                    tracing::error!(attachment = %name, %error, "a staged attachment cannot be read");
                    unreadable.push(path);
                }
            }
        }
        Ok((all, unreadable))
    }

    /// Notes a file, durably.
    pub(super) fn write(&self, staged: &Staged) -> Result<(), StagingError> {
        let manifest = Manifest::new(vec![staged.attachment.clone()])?;
        let written = Written {
            version: 1,
            case: staged.route.case.to_string(),
            from: staged.route.from.to_string(),
            to: staged.route.to.iter().map(ToString::to_string).collect(),
            sealed_at_ms: staged.sealed_at.0,
            officer: staged.officer.clone(),
            key: staged.key.clone(),
            manifest_base64: STANDARD.encode(manifest.encode()),
        };
        let mut sealed = Zeroizing::new(serde_json::to_vec(&written).map_err(io::Error::from)?);
        let name = staged.name.to_string();
        let key = self.keys.first().ok_or(StagingError::NoKey)?;
        let nonce = key
            .seal_in_place_append_tag(Aad::from(name.as_bytes()), &mut *sealed)
            .map_err(|_| StagingError::NoKey)?;
        let bytes = [nonce.as_ref().as_slice(), sealed.as_slice()].concat();
        Ok(write_private(&self.path(&name, RECORD), &bytes)?)
    }

    pub(super) fn remove(&self, name: AttachmentName) -> io::Result<()> {
        erase(&self.path(&name.to_string(), RECORD))
    }

    /// Notes under which idempotency key a message is sent, durably, before it is.
    pub(super) fn note_sending(&self, message: MessageId, key: &str) -> io::Result<()> {
        write_private(&self.path(&message.to_string(), SENDING), key.as_bytes())
    }

    /// Under which key a message was sent, or was to be.
    pub(super) fn sending_key(&self, message: MessageId) -> Option<String> {
        let bytes = read_public(&self.path(&message.to_string(), SENDING), 1024).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// Which message was sent under a key, or was to be: a command that is given again may have sealed its
    /// files anew.
    pub(super) fn sent_under(&self, key: &str) -> io::Result<Option<MessageId>> {
        for file in self.files(SENDING)? {
            let message = file.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            if let Some(message) = message
                && self.sending_key(message).as_deref() == Some(key)
            {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    pub(super) fn erase_sending(&self, message: MessageId) -> io::Result<()> {
        erase(&self.path(&message.to_string(), SENDING))
    }

    /// Removes notes of sending that are older than this.
    pub(super) fn forget_sending(&self, age_max: Duration) -> io::Result<()> {
        for file in self.files(SENDING)? {
            let age = fs::metadata(&file)?.modified()?;
            let age = SystemTime::now().duration_since(age).unwrap_or_default();
            if age > age_max {
                remove(&file)?;
            }
        }
        Ok(())
    }

    fn read(&self, name: AttachmentName, path: &Path) -> Result<Staged, StagingError> {
        let stored = read_public(path, RECORD_BYTES_MAX).map_err(io::Error::other)?;
        let damaged = || StagingError::Damaged(name);
        let (nonce, sealed) = stored.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let text = name.to_string();
        for key in &self.keys {
            let mut opened = Zeroizing::new(sealed.to_vec());
            let aad = Aad::from(text.as_bytes());
            if let Ok(plain) = key.open_in_place(Nonce::from(nonce), aad, &mut opened) {
                let written = serde_json::from_slice(plain).map_err(|_| damaged())?;
                return understood(name, written).ok_or_else(damaged);
            }
        }
        Err(damaged())
    }

    fn files(&self, extension: &str) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|found| found == extension) {
                files.push(path);
            }
        }
        files.sort_unstable();
        Ok(files)
    }

    fn path(&self, name: &str, extension: &str) -> PathBuf {
        self.folder.join(format!("{name}.{extension}"))
    }
}

fn understood(name: AttachmentName, written: Written) -> Option<Staged> {
    let manifest = STANDARD.decode(&written.manifest_base64).ok()?;
    let manifest = Manifest::decode(&manifest).ok()?;
    let (_, attachment) = manifest.attachments().next()?;
    let first: MessageId = written.case.parse().ok()?;
    let to: Result<Vec<_>, _> = written.to.iter().map(|to| to.parse()).collect();
    (written.version == 1).then_some(())?;
    Some(Staged {
        name,
        route: Route {
            case: CaseId::opened_by(first),
            from: written.from.parse().ok()?,
            to: to.ok()?,
        },
        attachment: attachment.clone(),
        sealed_at: UnixMillis(written.sealed_at_ms),
        officer: written.officer,
        key: written.key,
    })
}

fn key(secret: &[u8; 32]) -> Result<RandomizedNonceKey, StagingError> {
    let mut key = Zeroizing::new([0; 32]);
    hkdf::Salt::new(HKDF_SHA256, b"")
        .extract(secret)
        .expand(&[LABEL], HKDF_SHA256)
        .and_then(|output| output.fill(key.as_mut_slice()))
        .map_err(|_| StagingError::NoKey)?;
    RandomizedNonceKey::new(&AES_256_GCM_SIV, key.as_slice()).map_err(|_| StagingError::NoKey)
}

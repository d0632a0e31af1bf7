//! `payload/`: sealed payloads, each in a file named by its commitment; and those of recent commits in
//! memory.
//!
//! A file is the salt and the ciphertext, nothing else: removing it removes all that lets anybody check
//! a guess of the content `[ERASE]`. Until a journal segment is retired, its payloads are read from there.
//! Whatever is read is hashed and compared with the commitment that was asked for.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use protocol::digest::{Commitment, Salt};
use protocol::payload::SealedPayload;

use crate::contract::ReadError;
use crate::disk::{self, Disk, DiskError, parent_of};
use crate::journal::batch::decode_payload;
use crate::journal::segment::Place;
use crate::limits::PAYLOAD_FILE_BYTES_MAX;

/// The directory's name.
pub(crate) const PAYLOAD_DIRECTORY: &str = "payload";

/// The stored payload files.
#[derive(Debug, Clone)]
pub(crate) struct PayloadFiles {
    directory: PathBuf,
}

impl PayloadFiles {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            directory: root.join(PAYLOAD_DIRECTORY),
        }
    }

    /// The file of a payload: `payload/0a/0a1b...`.
    pub(crate) fn path(&self, commitment: &Commitment) -> PathBuf {
        let name = commitment.to_string();
        self.directory.join(&name[..2]).join(name)
    }

    /// Reads a payload; `None` when there is no such file.
    pub(crate) fn read(&self, commitment: &Commitment) -> Result<Option<SealedPayload>, ReadError> {
        let path = self.path(commitment);
        let Some(bytes) = disk::read(&path, PAYLOAD_FILE_BYTES_MAX)? else {
            return Ok(None);
        };
        let payload = bytes
            .split_first_chunk::<32>()
            .map(|(salt, bytes)| SealedPayload {
                salt: Salt::from_bytes(*salt),
                bytes: Arc::from(bytes),
            });
        verified(payload, commitment, &path).map(Some)
    }

    /// Writes a payload; durable only after [`Disk::sync_everything`]. One that is there already and whole
    /// is left as it is.
    pub(crate) fn write_unsynced(&self, disk: &Disk, payload: &SealedPayload) -> Result<(), DiskError> {
        let commitment = payload.commitment();
        // A sync that failed for an earlier process leaves in memory what the disk does not have.
        disk.forget_cached(&self.path(&commitment));
        if matches!(self.read(&commitment), Ok(Some(_))) {
            return Ok(());
        }
        let path = self.path(&commitment);
        disk.create_directory(parent_of(&path))?;
        let mut bytes = Vec::with_capacity(32 + payload.bytes.len());
        bytes.extend_from_slice(payload.salt.as_bytes());
        bytes.extend_from_slice(&payload.bytes);
        disk.write_unsynced(&path, &bytes)
    }

    /// Reads a payload back from the disk, past what memory holds of it.
    pub(crate) fn read_back(
        &self,
        disk: &Disk,
        commitment: &Commitment,
    ) -> Result<Option<SealedPayload>, ReadError> {
        disk.forget_cached(&self.path(commitment));
        self.read(commitment)
    }
}

/// Reads a payload from the journal.
pub(crate) fn read_from_journal(place: &Place, commitment: &Commitment) -> Result<SealedPayload, ReadError> {
    verified(decode_payload(&place.read()?), commitment, &place.segment.path)
}

fn verified(
    payload: Option<SealedPayload>,
    commitment: &Commitment,
    file: &Path,
) -> Result<SealedPayload, ReadError> {
    payload
        .filter(|payload| payload.commitment() == *commitment)
        .ok_or_else(|| ReadError::Damaged {
            file: file.to_owned(),
            index: None,
            what: "a payload is not what its header commits to",
        })
}

/// The payloads of recent commits, oldest first out, bounded in bytes.
#[derive(Debug)]
pub(crate) struct RecentPayloads {
    bytes_max: usize,
    bytes: usize,
    order: VecDeque<Commitment>,
    payloads: HashMap<Commitment, SealedPayload>,
}

impl RecentPayloads {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            bytes: 0,
            order: VecDeque::new(),
            payloads: HashMap::new(),
        }
    }

    pub(crate) fn keep(&mut self, commitment: Commitment, payload: &SealedPayload) {
        if payload.bytes.len() > self.bytes_max || self.payloads.contains_key(&commitment) {
            return;
        }
        self.bytes += payload.bytes.len();
        self.order.push_back(commitment);
        self.payloads.insert(commitment, payload.clone());
        while self.bytes > self.bytes_max
            && let Some(oldest) = self.order.pop_front()
        {
            let removed = self.payloads.remove(&oldest);
            self.bytes -= removed.map_or(0, |payload| payload.bytes.len());
        }
    }

    /// Keeps none of these any more `[ERASE]`.
    pub(crate) fn forget(&mut self, payloads: &BTreeSet<Commitment>) {
        for commitment in payloads {
            let removed = self.payloads.remove(commitment);
            self.bytes -= removed.map_or(0, |payload| payload.bytes.len());
        }
        self.order.retain(|commitment| !payloads.contains(commitment));
    }

    pub(crate) fn get(&self, commitment: &Commitment) -> Option<SealedPayload> {
        self.payloads.get(commitment).cloned()
    }
}

#[cfg(test)]
mod tests;

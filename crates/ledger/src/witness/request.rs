//! The request `add-checkpoint`: a head, and the proof that it continues the one that the witness has.

use std::fmt;

use crate::checkpoint::{Checkpoint, CheckpointDecodeError};
use crate::encoding;
use crate::hash::Hash;
use crate::head::SignedHead;
use crate::limits::{MAX_ADD_CHECKPOINT_BYTES, MAX_PROOF_HASHES};
use crate::note::{Note, NoteDecodeError};
use crate::proof::ConsistencyProof;

/// The body of an `add-checkpoint` request. No signature and no proof in it is checked yet.
///
/// What [`AddCheckpoint::parse`] accepts, `to_string` prints back byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    pub(super) old_size: u64,
    pub(super) proof: ConsistencyProof,
    pub(super) note: Note,
    /// What the note's text says; an empty tree may have any root here.
    pub(super) checkpoint: Checkpoint,
}

/// Why bytes are not a request. Whoever sent them is at fault; the answer is 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddCheckpointDecodeError {
    /// The request is longer than [`MAX_ADD_CHECKPOINT_BYTES`].
    #[error("the request is longer than {MAX_ADD_CHECKPOINT_BYTES} bytes")]
    TooLong,
    /// The request is not UTF-8.
    #[error("the request is not UTF-8")]
    NotUtf8,
    /// The first line is not `old` with a number in its only form.
    #[error("the request does not begin with a canonical old size")]
    BadOldSize,
    /// A line of the proof is not a hash, there are more than 63, or no empty line follows.
    #[error("the request's proof is malformed or has more than {MAX_PROOF_HASHES} hashes")]
    BadProof,
    /// The checkpoint is not a signed note.
    #[error("the request's checkpoint: {0}")]
    BadNote(NoteDecodeError),
    /// The note is not that of a checkpoint.
    #[error("the request's checkpoint: {0}")]
    BadCheckpoint(CheckpointDecodeError),
    /// The old size is greater than the checkpoint's.
    #[error("the request's old size is greater than its checkpoint's")]
    OldSizeTooGreat,
}

/// Parts do not make a request. The caller is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a request's old size is not above its head's, and its proof has at most {MAX_PROOF_HASHES} hashes")]
pub struct AddCheckpointError;

impl AddCheckpoint {
    /// Puts a request together: the size at which the witness stands, the proof from there, which is empty
    /// from size 0, and our head, with its log's own signatures only.
    pub fn new(
        old_size: u64,
        proof: ConsistencyProof,
        head: &SignedHead,
    ) -> Result<Self, AddCheckpointError> {
        let checkpoint = head.checkpoint().clone();
        if old_size > checkpoint.size || proof.hashes.len() > MAX_PROOF_HASHES {
            return Err(AddCheckpointError);
        }
        Ok(Self {
            old_size,
            proof,
            note: head.note().clone(),
            checkpoint,
        })
    }

    /// Reads a request, strictly.
    pub fn parse(bytes: &[u8]) -> Result<Self, AddCheckpointDecodeError> {
        use AddCheckpointDecodeError as Error;
        if bytes.len() > MAX_ADD_CHECKPOINT_BYTES {
            return Err(Error::TooLong);
        }
        let text = str::from_utf8(bytes).map_err(|_| Error::NotUtf8)?;
        let (first, mut rest) = text.split_once('\n').ok_or(Error::BadOldSize)?;
        let old_size = first.strip_prefix("old ").and_then(encoding::parse_decimal);
        let old_size = old_size.ok_or(Error::BadOldSize)?;
        let mut hashes = Vec::new();
        loop {
            let (line, after) = rest.split_once('\n').ok_or(Error::BadProof)?;
            rest = after;
            if line.is_empty() {
                break;
            }
            if hashes.len() == MAX_PROOF_HASHES {
                return Err(Error::BadProof);
            }
            hashes.push(Hash::from_base64(line).map_err(|_| Error::BadProof)?);
        }
        let note = Note::parse(rest.as_bytes()).map_err(Error::BadNote)?;
        let checkpoint = Checkpoint::parse_any_root(note.text().as_str()).map_err(Error::BadCheckpoint)?;
        if old_size > checkpoint.size {
            return Err(Error::OldSizeTooGreat);
        }
        let proof = ConsistencyProof { hashes };
        Ok(Self {
            old_size,
            proof,
            note,
            checkpoint,
        })
    }

    /// The log that the request is about: look up its keys and the stored head by this. A claim, until
    /// [`AddCheckpoint::judge`] has checked the signature.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.checkpoint.origin
    }

    /// The size at which the witness is said to stand.
    #[must_use]
    pub fn old_size(&self) -> u64 {
        self.old_size
    }

    /// The size of the head in the request.
    #[must_use]
    pub fn new_size(&self) -> u64 {
        self.checkpoint.size
    }

    /// The head in the request, with whatever lines it came with.
    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "old {}", self.old_size)?;
        for hash in &self.proof.hashes {
            writeln!(formatter, "{}", hash.to_base64())?;
        }
        write!(formatter, "\n{}", self.note)
    }
}

#[cfg(test)]
mod tests;

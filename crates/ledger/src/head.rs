//! A head of a log: a checkpoint with the log's own signatures under it, and no other line.
//!
//! This is what a witness stores of a log, what a log sends to its witnesses, and what two sides hold
//! against each other. Lines by anybody else are left out on purpose: signature lines that nobody could
//! check, once stored, made a witness refuse everything that followed (Sunlight), and long requests are
//! refused by some witnesses.

use crate::checkpoint::{Checkpoint, CheckpointDecodeError, CheckpointSignError, CheckpointVerifyError};
use crate::note::{KeyKind, Note, NoteDecodeError, NoteSigner, NoteText, NoteVerifyError, VerifierKey};

/// A checkpoint that its log has signed, with those signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    checkpoint: Checkpoint,
    note: Note,
}

/// Why stored bytes are not a head. The store is at fault.
///
/// This is not the same as *never seen*: a witness that cannot read what it stored of a log must not sign
/// for that log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoredHeadError {
    /// It is not a signed note.
    #[error("the stored head: {0}")]
    Note(#[from] NoteDecodeError),
    /// Its text is not a checkpoint.
    #[error("the stored head: {0}")]
    Text(#[from] CheckpointDecodeError),
}

impl SignedHead {
    /// Believes a note if a key of its log has signed it, and keeps the valid lines by these keys.
    ///
    /// Of `log_keys`, only Ed25519 keys (type 0x01) named like the note's origin count; there may be two
    /// while a log changes its key. One invalid line by such a key spoils the whole note; lines by all
    /// others are passed over.
    pub fn verify(note: &Note, log_keys: &[&VerifierKey]) -> Result<Self, CheckpointVerifyError> {
        let checkpoint = Checkpoint::parse(note.text().as_str())?;
        let keys = keys_of(&checkpoint.origin, log_keys);
        if keys.is_empty() {
            return Err(NoteVerifyError::NoKnownKey.into());
        }
        let note = only_lines_by(note, &keys)?;
        Ok(Self { checkpoint, note })
    }

    /// Signs a checkpoint. The origin must be the name of the key.
    ///
    /// Sign nothing whose leaves are not on stable storage.
    pub fn sign(checkpoint: Checkpoint, signer: &NoteSigner) -> Result<Self, CheckpointSignError> {
        // The checks of `Checkpoint::sign`, once more on the way to the text.
        checkpoint.sign(signer)?;
        let text = NoteText::new(checkpoint.to_text()).map_err(|_| CheckpointDecodeError::BadOrigin)?;
        let line = signer.sign(&text);
        let note = Note::new(text, vec![line]).map_err(|_| CheckpointDecodeError::BadOrigin)?;
        Ok(Self { checkpoint, note })
    }

    /// Reads a head that was stored as [`SignedHead::note`] prints it. Signatures are not checked again:
    /// a key may have changed since, and a head that was once believed is never forgotten.
    pub fn from_stored(bytes: &[u8]) -> Result<Self, StoredHeadError> {
        let note = Note::parse(bytes)?;
        let checkpoint = Checkpoint::parse(note.text().as_str())?;
        Ok(Self { checkpoint, note })
    }

    /// Takes parts that were checked: the checkpoint in the note's text, and lines that are valid.
    pub(crate) fn from_checked(checkpoint: Checkpoint, note: Note) -> Self {
        Self { checkpoint, note }
    }

    /// What the log says.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The signed note, to be stored, sent or cosigned.
    #[must_use]
    pub fn note(&self) -> &Note {
        &self.note
    }
}

/// The keys that may sign for a log: Ed25519 keys named like its origin.
pub(crate) fn keys_of<'key>(origin: &str, keys: &[&'key VerifierKey]) -> Vec<&'key VerifierKey> {
    let of_log = |key: &&&VerifierKey| key.kind() == KeyKind::Ed25519 && key.name() == origin;
    keys.iter().filter(of_log).copied().collect()
}

/// The note with the valid lines by these keys only, one for each key: a log must not fill up with its
/// own lines what others are to put theirs into.
pub(crate) fn only_lines_by(note: &Note, keys: &[&VerifierKey]) -> Result<Note, NoteVerifyError> {
    let valid = note.verify(keys)?;
    let first_by = |key: &&VerifierKey| valid.iter().find(|line| key.is_named_by(line)).copied();
    let lines = keys.iter().filter_map(first_by).cloned().collect();
    // `verify` returns one line at least, and each is named by a key.
    Note::new(note.text().clone(), lines).map_err(|_| NoteVerifyError::NoKnownKey)
}

#[cfg(test)]
pub(crate) mod tests;

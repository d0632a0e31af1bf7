//! Checkpoints (c2sp.org/tlog-checkpoint): a log's statement of how many leaves it has and under which
//! root, as the text of a signed note.
//!
//! ```text
//! node.example/ledger
//! 70000
//! dDbk3w8bH4Ke/fx4lRcCzYHoD2GwgbNLfjUXOoE2GDY=
//! ```
//!
//! The first line is the log's *origin*, which is also the name of its key. We write no extension
//! lines: they are not recommended, and some witnesses refuse them. Those of other logs are checked for
//! their form and passed over; they stay in the note's text, which is what was signed.

use crate::hash::{EMPTY_ROOT, Hash};
use crate::limits::{MAX_NAME_BYTES, MAX_TREE_SIZE};
use crate::note::{KeyKind, Note, NoteDecodeError, NoteSigner, NoteText, NoteVerifyError, VerifierKey};
use crate::{encoding, tree::Edge};

/// What a log says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name: a URL without scheme and without slash at the end.
    pub origin: String,
    /// The number of leaves.
    pub size: u64,
    /// The root of the tree of these leaves.
    pub root: Hash,
}

/// Why a text is not a checkpoint. Whoever wrote it is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointDecodeError {
    /// Lines are missing, or the last one is not ended.
    #[error("a checkpoint has three lines: origin, size and root")]
    MissingLine,
    /// The origin is empty, longer than [`MAX_NAME_BYTES`], or holds a control character.
    #[error("the checkpoint's origin is not possible")]
    BadOrigin,
    /// The size is not a decimal number up to [`MAX_TREE_SIZE`] in its only form.
    #[error("the checkpoint's size is not a canonical decimal number up to 2^63 - 1")]
    BadSize,
    /// The root is not the canonical base64 of 32 bytes.
    #[error("the checkpoint's root is not the canonical base64 of 32 bytes")]
    BadRoot,
    /// The tree is empty, and the root is not that of the empty tree.
    #[error("the checkpoint is of an empty tree, with another root than the empty one")]
    NotEmptyRoot,
    /// An extension line is empty.
    #[error("the checkpoint has an empty extension line")]
    EmptyExtension,
}

/// Why a log cannot sign a checkpoint. The caller is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointSignError {
    /// The origin, size or root is not possible.
    #[error(transparent)]
    Impossible(#[from] CheckpointDecodeError),
    /// The origin is not the name of the signing key.
    #[error("the checkpoint's origin is not the name of the key that is to sign it")]
    NotOurOrigin,
}

/// Why a signed checkpoint cannot be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointVerifyError {
    /// It is not a signed note.
    #[error(transparent)]
    Note(#[from] NoteDecodeError),
    /// The log did not sign it.
    #[error(transparent)]
    Signature(#[from] NoteVerifyError),
    /// What the log signed is not a checkpoint.
    #[error(transparent)]
    Text(#[from] CheckpointDecodeError),
    /// The checkpoint is of another log than the key.
    #[error("the checkpoint's origin is not the name of the log's key")]
    WrongOrigin,
    /// The key is a witness's: what it signed is not the log's own statement.
    #[error("the key that was given is not that of a log")]
    NotALogKey,
}

impl Checkpoint {
    /// The checkpoint of a tree, given by its edge.
    pub fn of_edge(origin: &str, edge: &Edge) -> Result<Self, CheckpointDecodeError> {
        let checkpoint = Self {
            origin: origin.to_owned(),
            size: edge.size(),
            root: edge.root(),
        };
        checkpoint.check()?;
        Ok(checkpoint)
    }

    /// Reads the text of a note as a checkpoint, strictly.
    pub fn parse(text: &str) -> Result<Self, CheckpointDecodeError> {
        let checkpoint = Self::parse_any_root(text)?;
        checkpoint.check()?;
        Ok(checkpoint)
    }

    /// As [`Checkpoint::parse`], but an empty tree may have any root: a witness must tell such a
    /// checkpoint from a malformed one.
    pub(crate) fn parse_any_root(text: &str) -> Result<Self, CheckpointDecodeError> {
        let body = text
            .strip_suffix('\n')
            .ok_or(CheckpointDecodeError::MissingLine)?;
        let mut lines = body.split('\n');
        let mut next_line = || lines.next().ok_or(CheckpointDecodeError::MissingLine);
        let (origin, size, root) = (next_line()?, next_line()?, next_line()?);
        let checkpoint = Self {
            origin: origin.to_owned(),
            size: encoding::parse_decimal(size).ok_or(CheckpointDecodeError::BadSize)?,
            root: Hash::from_base64(root).map_err(|_| CheckpointDecodeError::BadRoot)?,
        };
        checkpoint.check_origin_and_size()?;
        if lines.any(str::is_empty) {
            return Err(CheckpointDecodeError::EmptyExtension);
        }
        Ok(checkpoint)
    }

    /// The text that is signed: three lines, each with its line feed.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64())
    }

    /// Signs the checkpoint with the log's key, whose name must be the origin.
    ///
    /// The result is a signed note, the bytes that are served as `<origin>/checkpoint`. Signing again
    /// gives the same bytes. Sign nothing whose leaves are not on stable storage.
    pub fn sign(&self, signer: &NoteSigner) -> Result<String, CheckpointSignError> {
        self.check()?;
        if self.origin != signer.name() {
            return Err(CheckpointSignError::NotOurOrigin);
        }
        // An origin of 255 bytes without control characters, a number and base64: always a text.
        let text = NoteText::new(self.to_text()).map_err(|_| CheckpointDecodeError::BadOrigin)?;
        let line = signer.sign(&text);
        Ok(format!("{}\n{line}", text.as_str()))
    }

    /// Reads a signed note and believes it if this log's key has signed it validly.
    ///
    /// Lines by other keys are passed over: for cosignatures use [`Note::verify`] with the witnesses'
    /// keys as well.
    pub fn verify(note: &str, log_key: &VerifierKey) -> Result<Self, CheckpointVerifyError> {
        Self::verify_note(&Note::parse(note.as_bytes())?, log_key)
    }

    /// As [`Checkpoint::verify`], for a note that was parsed before.
    pub fn verify_note(note: &Note, log_key: &VerifierKey) -> Result<Self, CheckpointVerifyError> {
        if log_key.kind() != KeyKind::Ed25519 {
            return Err(CheckpointVerifyError::NotALogKey);
        }
        note.verify(&[log_key])?;
        let checkpoint = Self::parse(note.text().as_str())?;
        if checkpoint.origin != log_key.name() {
            return Err(CheckpointVerifyError::WrongOrigin);
        }
        Ok(checkpoint)
    }

    /// The rules that hold for every checkpoint, read or made.
    fn check(&self) -> Result<(), CheckpointDecodeError> {
        self.check_origin_and_size()?;
        if self.size == 0 && self.root != EMPTY_ROOT {
            return Err(CheckpointDecodeError::NotEmptyRoot);
        }
        Ok(())
    }

    fn check_origin_and_size(&self) -> Result<(), CheckpointDecodeError> {
        let origin = &self.origin;
        if origin.is_empty() || origin.len() > MAX_NAME_BYTES || origin.bytes().any(|byte| byte < 0x20) {
            return Err(CheckpointDecodeError::BadOrigin);
        }
        if self.size > MAX_TREE_SIZE {
            return Err(CheckpointDecodeError::BadSize);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

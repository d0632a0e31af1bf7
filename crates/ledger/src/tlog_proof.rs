//! Proof files (c2sp.org/tlog-proof): all that is needed to show that an entry is in a log.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra aHR0cHM6Ly9ub2RlLmV4YW1wbGUub3Jn
//! index 1
//! bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=
//!
//! node.example.org/ledger/2026
//! 2
//! +sVLo+RG9wCmYMc1N2DSf7QB0L/P8r80rJ7/F8sJ0IU=
//!
//! — node.example.org/ledger/2026 ...
//! ```
//!
//! The `extra` line is optional and authenticated by nothing. The hashes are those of the inclusion
//! proof, and the checkpoint stands as it was signed. The entry itself is not in the file: who checks
//! brings it.

use std::fmt;

use crate::checkpoint::{Checkpoint, CheckpointVerifyError};
use crate::encoding;
use crate::hash::Hash;
use crate::limits::{MAX_PROOF_EXTRA_BYTES, MAX_PROOF_HASHES, MAX_TLOG_PROOF_BYTES};
use crate::note::{Note, NoteDecodeError, VerifierKey};
use crate::policy::{Evaluation, Policy, PolicyVerifyError};
use crate::proof::{InclusionProof, ProofError};

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// An inclusion proof and the signed checkpoint that it leads to. Nothing of it is checked yet.
///
/// What [`TlogProof::parse`] accepts, `to_string` prints back byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// Data that came with the proof and that nothing vouches for.
    pub extra: Option<Vec<u8>>,
    /// The entry's index and the hashes that lead from it to the root.
    pub inclusion: InclusionProof,
    /// The checkpoint, with its signature and any cosignatures.
    pub checkpoint: Note,
}

/// Why bytes are not a proof file. Whoever wrote them is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofDecodeError {
    /// The file is longer than [`MAX_TLOG_PROOF_BYTES`].
    #[error("the proof file is longer than {MAX_TLOG_PROOF_BYTES} bytes")]
    TooLong,
    /// The file is not UTF-8.
    #[error("the proof file is not UTF-8")]
    NotUtf8,
    /// The first line is not that of a proof file of version 1.
    #[error("the proof file does not begin with {HEADER:?}")]
    BadHeader,
    /// The `extra` line is not canonical base64, or longer than [`MAX_PROOF_EXTRA_BYTES`].
    #[error("the proof file's extra line is not canonical base64 of at most {MAX_PROOF_EXTRA_BYTES} bytes")]
    BadExtra,
    /// The `index` line is missing or its number is not in its only form.
    #[error("the proof file has no canonical index line")]
    BadIndex,
    /// A line of the proof is not a hash, or there are more than [`MAX_PROOF_HASHES`].
    #[error("the proof file's hashes are malformed or more than {MAX_PROOF_HASHES}")]
    BadHashes,
    /// The checkpoint is not a signed note.
    #[error("the proof file's checkpoint: {0}")]
    BadCheckpoint(NoteDecodeError),
}

/// Why a proof file shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofVerifyError {
    /// The checkpoint cannot be believed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointVerifyError),
    /// The hashes do not lead from the entry to the checkpoint's root.
    #[error(transparent)]
    Inclusion(#[from] ProofError),
}

/// Why a proof file shows nothing to whoever goes by a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofPolicyError {
    /// The checkpoint cannot be believed by the policy.
    #[error(transparent)]
    Checkpoint(#[from] PolicyVerifyError),
    /// The hashes do not lead from the entry to the checkpoint's root.
    #[error(transparent)]
    Inclusion(#[from] ProofError),
}

impl TlogProof {
    /// Puts a proof and a signed checkpoint into one file: as [`Checkpoint::sign`] made it, or with the
    /// cosignatures of [`crate::witness::CosignedHead::note`].
    pub fn new(inclusion: InclusionProof, checkpoint: &str) -> Result<Self, NoteDecodeError> {
        Ok(Self {
            extra: None,
            inclusion,
            checkpoint: Note::parse(checkpoint.as_bytes())?,
        })
    }

    /// Reads a proof file, strictly, and checks nothing of what it claims.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofDecodeError> {
        use TlogProofDecodeError as Error;
        if bytes.len() > MAX_TLOG_PROOF_BYTES {
            return Err(Error::TooLong);
        }
        let text = str::from_utf8(bytes).map_err(|_| Error::NotUtf8)?;
        let (header, mut rest) = text.split_once('\n').ok_or(Error::BadHeader)?;
        if header != HEADER {
            return Err(Error::BadHeader);
        }
        let mut next_line = || {
            let (line, after) = rest.split_once('\n')?;
            rest = after;
            Some(line)
        };
        let mut line = next_line().ok_or(Error::BadIndex)?;
        let mut extra = None;
        if let Some(base64) = line.strip_prefix("extra ") {
            let bytes = encoding::decode_base64(base64).filter(|bytes| bytes.len() <= MAX_PROOF_EXTRA_BYTES);
            extra = Some(bytes.ok_or(Error::BadExtra)?);
            line = next_line().ok_or(Error::BadIndex)?;
        }
        let index = line
            .strip_prefix("index ")
            .and_then(encoding::parse_decimal)
            .ok_or(Error::BadIndex)?;
        let mut hashes = Vec::new();
        loop {
            let line = next_line().ok_or(Error::BadHashes)?;
            if line.is_empty() {
                break;
            }
            if hashes.len() == MAX_PROOF_HASHES {
                return Err(Error::BadHashes);
            }
            hashes.push(Hash::from_base64(line).map_err(|_| Error::BadHashes)?);
        }
        let checkpoint = Note::parse(rest.as_bytes()).map_err(Error::BadCheckpoint)?;
        Ok(Self {
            extra,
            inclusion: InclusionProof { index, hashes },
            checkpoint,
        })
    }

    /// Checks that the entry with this leaf hash is in the log whose key is given, and returns the
    /// checkpoint that says so.
    ///
    /// The index is the one in [`TlogProof::inclusion`]. Cosignatures are not counted here: see
    /// [`TlogProof::verify_with_policy`].
    pub fn verify(&self, leaf: &Hash, log_key: &VerifierKey) -> Result<Checkpoint, TlogProofVerifyError> {
        let checkpoint = Checkpoint::verify_note(&self.checkpoint, log_key)?;
        self.inclusion.verify(checkpoint.size, leaf, &checkpoint.root)?;
        Ok(checkpoint)
    }

    /// Checks that the entry with this leaf hash is in a log that the policy believes, and evaluates the
    /// policy's quorum over the cosignatures.
    ///
    /// As with [`Policy::verify`], what is returned must be asked whether the quorum is satisfied.
    pub fn verify_with_policy(
        &self,
        leaf: &Hash,
        policy: &Policy,
    ) -> Result<(Checkpoint, Evaluation), TlogProofPolicyError> {
        let (checkpoint, evaluation) = policy.verify(&self.checkpoint)?;
        self.inclusion.verify(checkpoint.size, leaf, &checkpoint.root)?;
        Ok((checkpoint, evaluation))
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(formatter, "extra {}", encoding::encode_base64(extra))?;
        }
        writeln!(formatter, "index {}", self.inclusion.index)?;
        for hash in &self.inclusion.hashes {
            writeln!(formatter, "{}", hash.to_base64())?;
        }
        write!(formatter, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests;

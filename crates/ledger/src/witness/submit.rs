//! The log's side: asks one witness for its cosignature, and says what its answers mean `[ROLLBACK]`.

use super::answer::{Answer, Status};
use super::request::{AddCheckpoint, AddCheckpointError};
use crate::cosignature;
use crate::hash::Hash;
use crate::head::SignedHead;
use crate::limits::{MAX_CONFLICTS_IN_A_ROW, MAX_NOTE_SIGNATURES};
use crate::note::{KeyKind, Note, SignatureLine, VerifierKey};
use crate::proof::{ConsistencyProof, NodeId, ProveError, prove_consistency};

/// What a log knows of one of its witnesses. Nothing in it need be stored: the witness says where it stands.
#[derive(Debug, Clone)]
pub struct Submitter {
    witness_key: VerifierKey,
    known_size: u64,
    conflicts_in_a_row: u32,
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The witness has cosigned our head: valid lines by its key.
    Cosigned(Vec<SignatureLine>),
    /// The witness stands elsewhere than we thought: make another request, at once.
    AskAgain,
    /// The witness has cosigned a greater head of this log than ours `[ROLLBACK]`: stop signing, fetch that
    /// head, and hold it against ours with [`crate::fork::compare`].
    RolledBack {
        /// The size that the witness says it stands at.
        witness_size: u64,
    },
    /// The witness knows another history at this size than our tree has `[ROLLBACK]`: stop publishing, fetch
    /// the head that it knows, and hold it against ours with [`crate::fork::compare`].
    Contradicted {
        /// The size at which the histories differ.
        at_size: u64,
    },
    /// The witness does not want to; ask again at the next head.
    Refused(Status),
}

/// Why no request could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError<E> {
    /// The witness stands at a greater size than our head: we were rolled back `[ROLLBACK]`.
    #[error("the witness stands at size {witness_size}, beyond our head")]
    RolledBack {
        /// The size at which it stands.
        witness_size: u64,
    },
    /// The proof could not be made from our tree.
    #[error(transparent)]
    Tree(#[from] ProveError<E>),
    /// The proof has more hashes than the protocol allows.
    #[error(transparent)]
    Request(#[from] AddCheckpointError),
}

/// An answer that no honest witness gives. It changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WitnessMisbehaved {
    /// No line of its answer is by its key.
    #[error("the witness's answer holds no cosignature by its key")]
    NotCosigned,
    /// A line by its key is invalid.
    #[error("the witness's cosignature is invalid")]
    InvalidCosignature,
    /// It named the size that we had named as one that is not its own.
    #[error("the witness says that it stands where we said, and refuses")]
    SameSize,
    /// It named another size each time.
    #[error("the witness named another size {MAX_CONFLICTS_IN_A_ROW} times in a row")]
    NeverContent,
    /// It found inconsistent what cannot be: a head for which there is nothing to prove.
    #[error("the witness finds a first head inconsistent")]
    NothingToContradict,
}

/// A line is not a valid cosignature of the head by the key that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a cosignature of the head by that witness")]
pub struct NotACosignature;

/// A head with the cosignatures that were collected for it, one for each key: the newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CosignedHead {
    head: SignedHead,
    cosignatures: Vec<SignatureLine>,
}

impl Submitter {
    /// Begins with a witness, given by its key (type 0x04). It may be said to stand at 0 where nothing is
    /// known: it will say where it does.
    #[must_use]
    pub fn new(witness_key: VerifierKey, known_size: u64) -> Self {
        Self {
            witness_key,
            known_size,
            conflicts_in_a_row: 0,
        }
    }

    /// The witness.
    #[must_use]
    pub fn witness_key(&self) -> &VerifierKey {
        &self.witness_key
    }

    /// Where the witness stands, as far as is known: how much it lags behind is the head's size less this.
    #[must_use]
    pub fn known_size(&self) -> u64 {
        self.known_size
    }

    /// The request for a head of ours. `read_node` reads our tree.
    pub fn request<E>(
        &self,
        head: &SignedHead,
        read_node: &mut impl FnMut(NodeId) -> Result<Hash, E>,
    ) -> Result<AddCheckpoint, RequestError<E>> {
        let (old_size, new_size) = (self.known_size, head.checkpoint().size);
        if old_size > new_size {
            return Err(RequestError::RolledBack {
                witness_size: old_size,
            });
        }
        let proof = match old_size {
            0 => ConsistencyProof { hashes: Vec::new() },
            _ => prove_consistency(old_size, new_size, read_node)?,
        };
        Ok(AddCheckpoint::new(old_size, proof, head)?)
    }

    /// Takes the answer to a request, and says what it means.
    ///
    /// On `Err`, the witness is at fault, and where it stands is as unknown as before: count it, and ask
    /// again at the next head.
    pub fn handle_answer(
        &mut self,
        request: &AddCheckpoint,
        answer: Answer,
    ) -> Result<Outcome, WitnessMisbehaved> {
        match answer {
            Answer::Cosigned(lines) => {
                let valid = self.valid_lines(request.note(), lines)?;
                self.known_size = request.new_size();
                self.conflicts_in_a_row = 0;
                Ok(Outcome::Cosigned(valid))
            }
            Answer::Conflict { known_size } if known_size == request.old_size() => {
                Err(WitnessMisbehaved::SameSize)
            }
            Answer::Conflict { known_size } => {
                self.conflicts_in_a_row += 1;
                if self.conflicts_in_a_row > MAX_CONFLICTS_IN_A_ROW {
                    self.conflicts_in_a_row = 0;
                    return Err(WitnessMisbehaved::NeverContent);
                }
                if known_size > request.new_size() {
                    // Not believed beyond this answer: a witness that lies must not stop us for ever.
                    return Ok(Outcome::RolledBack {
                        witness_size: known_size,
                    });
                }
                self.known_size = known_size;
                Ok(Outcome::AskAgain)
            }
            Answer::Refused(Status::Unprocessable) if request.old_size() == 0 => {
                Err(WitnessMisbehaved::NothingToContradict)
            }
            Answer::Refused(Status::Unprocessable) => Ok(Outcome::Contradicted {
                at_size: request.old_size(),
            }),
            Answer::Refused(status) => Ok(Outcome::Refused(status)),
        }
    }

    /// The lines by the witness's key, all of which must be valid. Lines by others are passed over.
    fn valid_lines(
        &self,
        note: &Note,
        lines: Vec<SignatureLine>,
    ) -> Result<Vec<SignatureLine>, WitnessMisbehaved> {
        let is_by_witness = |line: &SignatureLine| self.witness_key.is_named_by(line);
        let by_witness: Vec<SignatureLine> = lines.into_iter().filter(is_by_witness).collect();
        if by_witness.is_empty() || self.witness_key.kind() != KeyKind::CosignatureV1 {
            return Err(WitnessMisbehaved::NotCosigned);
        }
        let is_valid = |line| self.witness_key.verify(note.text(), line).is_ok();
        if by_witness.iter().all(is_valid) {
            Ok(by_witness)
        } else {
            Err(WitnessMisbehaved::InvalidCosignature)
        }
    }
}

impl CosignedHead {
    /// Begins with a head that nobody has cosigned yet.
    #[must_use]
    pub fn new(head: SignedHead) -> Self {
        Self {
            head,
            cosignatures: Vec::new(),
        }
    }

    /// The head.
    #[must_use]
    pub fn head(&self) -> &SignedHead {
        &self.head
    }

    /// Takes a witness's line, if it is valid. The newest of a key takes the place of an older one.
    ///
    /// Beyond [`MAX_NOTE_SIGNATURES`] lines, further ones are refused: such a note could not be read.
    pub fn add(&mut self, witness_key: &VerifierKey, line: SignatureLine) -> Result<(), NotACosignature> {
        let is_cosignature = witness_key.kind() == KeyKind::CosignatureV1;
        let verified = witness_key.verify(self.head.note().text(), &line);
        if !is_cosignature || verified.is_err() {
            return Err(NotACosignature);
        }
        let line_count = self.head.note().signatures().len() + self.cosignatures.len();
        let by_same_key = |known: &&mut SignatureLine| witness_key.is_named_by(known);
        match self.cosignatures.iter_mut().find(by_same_key) {
            Some(known) if cosignature::time_seconds(known) <= cosignature::time_seconds(&line) => {
                *known = line;
            }
            Some(_) => {}
            None if line_count >= MAX_NOTE_SIGNATURES => return Err(NotACosignature),
            None => self.cosignatures.push(line),
        }
        Ok(())
    }

    /// The note with the log's signatures and all cosignatures, to be published. Their order is that in
    /// which the witnesses first answered.
    #[must_use]
    pub fn note(&self) -> Note {
        let mut note = self.head.note().clone();
        for line in &self.cosignatures {
            // `add` sees to it that there is room.
            let _ = note.push(line.clone());
        }
        note
    }
}

#[cfg(test)]
mod tests;

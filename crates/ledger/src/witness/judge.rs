//! Whether a request may be cosigned, and that it was made durable first.

use super::answer::{Reply, Status};
use super::request::{AddCheckpoint, AddCheckpointDecodeError};
use super::same_head;
use crate::fork::ForkProof;
use crate::hash::EMPTY_ROOT;
use crate::head::{SignedHead, keys_of, only_lines_by};
use crate::note::{NoteVerifyError, VerifierKey};
use crate::proof::ProofError;

/// Why a witness does not cosign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 400: the request is malformed.
    #[error(transparent)]
    Malformed(#[from] AddCheckpointDecodeError),
    /// 404: no key is trusted for this origin.
    #[error("no key is trusted for the origin of this checkpoint")]
    UnknownLog,
    /// 403: no trusted key of the log has signed, or a line by one is invalid.
    #[error(transparent)]
    NotSigned(#[from] NoteVerifyError),
    /// 409: the witness stands at another size than the request says.
    #[error("the witness stands at size {known_size}")]
    Conflict {
        /// The size at which the witness stands; 0 if it has never cosigned for this log.
        known_size: u64,
        /// That the log has forked all the same, if its head shows it.
        fork: Option<Box<ForkProof>>,
    },
    /// 422: the tree is empty, and the root is not that of the empty tree.
    #[error("the root of an empty tree is not that of the empty tree")]
    NotEmptyRoot,
    /// 422: a proof that shows nothing, or one where none belongs.
    #[error(transparent)]
    Inconsistent(#[from] ProofError),
    /// 422: the log has signed another root for the very size at which the witness stands.
    #[error("the log has signed two roots for one size")]
    Forked(Box<ForkProof>),
}

/// What is to be made durable before a request may be cosigned: a new head in place of the old one.
#[derive(Debug)]
#[must_use = "a head that is not persisted cannot be cosigned"]
pub struct Swap {
    expected: Option<SignedHead>,
    head: SignedHead,
}

/// What came of a compare-and-swap in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swapped {
    /// The stored head was the expected one, and the new head is on stable storage.
    Done,
    /// Another request was faster: the stored head is of this size now. Nothing was changed.
    Overtaken {
        /// The size of the stored head.
        known_size: u64,
    },
}

/// Why a head was not persisted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PersistError<E> {
    /// Another request was faster: answer with this.
    #[error(transparent)]
    Overtaken(Refusal),
    /// The store failed. Answer nothing: what is stored now is not known.
    #[error("the head could not be stored: {0}")]
    Store(E),
}

/// A head that is on stable storage as the last one of its log: the only thing that a
/// [`super::Witness`] cosigns. Only [`Swap::persist`] makes one.
#[derive(Debug)]
pub struct Persisted(SignedHead);

impl AddCheckpoint {
    /// Judges the request, with the keys that are trusted for its origin and the head that is stored for it;
    /// in the order of c2sp.org/tlog-witness.
    ///
    /// `None` is *never seen*, and nothing else: a stored head that cannot be read is no reason to begin
    /// anew. Of `log_keys`, only Ed25519 keys named like the origin count.
    pub fn judge(self, log_keys: &[&VerifierKey], stored: Option<&SignedHead>) -> Result<Swap, Refusal> {
        let (old_size, checkpoint) = (self.old_size, &self.checkpoint);
        let keys = keys_of(&checkpoint.origin, log_keys);
        let of_another_log = stored.is_some_and(|head| head.checkpoint().origin != checkpoint.origin);
        if keys.is_empty() || of_another_log {
            return Err(Refusal::UnknownLog);
        }
        // Only lines that are valid are kept: what is stored can be read again for ever.
        let note = only_lines_by(&self.note, &keys)?;
        let head = SignedHead::from_checked(checkpoint.clone(), note);
        let fork = stored
            .and_then(|stored| ForkProof::of_one_size(stored, &head))
            .map(Box::new);

        let known_size = stored.map_or(0, |head| head.checkpoint().size);
        if old_size != known_size {
            return Err(Refusal::Conflict { known_size, fork });
        }
        if checkpoint.size == 0 && checkpoint.root != EMPTY_ROOT {
            return Err(Refusal::NotEmptyRoot);
        }
        if let Some(fork) = fork {
            return Err(Refusal::Forked(fork));
        }
        match stored
            .map(SignedHead::checkpoint)
            .filter(|stored| stored.size > 0)
        {
            // Every tree begins with the empty one, and there is no proof of that.
            None if self.proof.hashes.is_empty() => {}
            None => return Err(ProofError::WrongLength.into()),
            Some(old) => self
                .proof
                .verify(old.size, checkpoint.size, &old.root, &checkpoint.root)?,
        }
        Ok(Swap {
            expected: stored.cloned(),
            head,
        })
    }
}

impl Swap {
    /// The log whose head is stored under this.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.head.checkpoint().origin
    }

    /// The head that is to be stored: as the text of [`SignedHead::note`].
    #[must_use]
    pub fn head(&self) -> &SignedHead {
        &self.head
    }

    /// Whether this may be stored in place of what is stored now: the comparison of compare-and-swap.
    #[must_use]
    pub fn applies_to(&self, stored: Option<&SignedHead>) -> bool {
        match (&self.expected, stored) {
            (None, None) => true,
            (Some(expected), Some(stored)) => same_head(expected, stored),
            _ => false,
        }
    }

    /// Whether the same head is stored already, so that there is nothing to write. The comparison is still
    /// to be made.
    #[must_use]
    pub fn is_repetition(&self) -> bool {
        self.expected
            .as_ref()
            .is_some_and(|stored| same_head(stored, &self.head))
    }

    /// Has the head stored, and vouches for it afterwards.
    ///
    /// `compare_and_swap` must compare ([`Swap::applies_to`]) and store as one step, with no other step for
    /// the same log in between, and must return [`Swapped::Done`] only when the head is on stable storage. On
    /// [`PersistError::Store`], answer nothing, and read the stored head anew before the next request.
    pub fn persist<E>(
        self,
        compare_and_swap: impl FnOnce(&Self) -> Result<Swapped, E>,
    ) -> Result<Persisted, PersistError<E>> {
        match compare_and_swap(&self) {
            Ok(Swapped::Done) => Ok(Persisted(self.head)),
            Ok(Swapped::Overtaken { known_size }) => {
                let fork = None;
                Err(PersistError::Overtaken(Refusal::Conflict { known_size, fork }))
            }
            Err(error) => Err(PersistError::Store(error)),
        }
    }
}

impl Persisted {
    /// The head.
    #[must_use]
    pub fn head(&self) -> &SignedHead {
        &self.0
    }

    pub(super) fn into_head(self) -> SignedHead {
        self.0
    }
}

impl Refusal {
    /// The status that the protocol has for it.
    #[must_use]
    pub fn status(&self) -> Status {
        match self {
            Self::Malformed(_) => Status::Malformed,
            Self::UnknownLog => Status::UnknownLog,
            Self::NotSigned(_) => Status::NotSigned,
            Self::Conflict { .. } => Status::Conflict,
            Self::NotEmptyRoot | Self::Inconsistent(_) | Self::Forked(_) => Status::Unprocessable,
        }
    }

    /// The answer to whoever asked.
    #[must_use]
    pub fn to_reply(&self) -> Reply {
        match self {
            Self::Conflict { known_size, .. } => Reply::of_size(*known_size),
            refusal => Reply::of_reason(refusal.status(), &refusal.to_string()),
        }
    }

    /// The proof that the log has forked, if this shows it: to be kept, with an alarm.
    #[must_use]
    pub fn fork(&self) -> Option<&ForkProof> {
        match self {
            Self::Forked(fork) | Self::Conflict { fork: Some(fork), .. } => Some(fork),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;

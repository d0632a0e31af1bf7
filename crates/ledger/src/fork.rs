//! Two heads of one log held against each other, and what is kept when they do not fit `[ROLLBACK]`.
//!
//! A log that shows two histories has signed two heads that cannot both be true: of one size with
//! different roots, or of two sizes where the greater tree does not begin with the smaller one. The latter
//! is shown by the *prefix*: the root that the greater tree has at the smaller size, with the consistency
//! proof from there to the greater root. Both heads bear the log's own signature, so a [`ForkProof`] can be
//! checked by anybody who has the log's verifier key, without asking anyone.
//!
//! A log that was restored from an old backup has signed a greater head than it has now. That alone is no
//! fork yet, but whatever it signs next will be one: it must not sign. A [`Rollback`] keeps both heads.
//!
//! A proof is kept in a file, whose parts are counted in bytes:
//!
//! ```text
//! ohrid/fork-proof@v1
//! prefix bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=     only where the sizes differ
//! lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=            the consistency proof from the prefix
//! head 203
//! <the head of the smaller tree, a signed note of 203 bytes>
//! head 207
//! <the head of the greater tree>
//! ```
//!
//! The file of a rollback begins with `ohrid/rollback-proof@v1`, has no prefix, and holds the head that the
//! log has first, and the greater one that it had signed before second.

mod text;

use crate::checkpoint::{Checkpoint, CheckpointVerifyError};
use crate::hash::Hash;
use crate::head::SignedHead;
use crate::note::{Note, NoteDecodeError, VerifierKey};
use crate::proof::{ConsistencyProof, NodeId, ProofError, ProveError, prove_consistency, read_root};

/// The proof that a log has shown two histories. Nothing of it is checked before [`ForkProof::verify`].
///
/// What [`ForkProof::parse`] accepts, `to_string` prints back byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForkProof {
    smaller: Note,
    greater: Note,
    prefix: Option<Prefix>,
}

/// What the greater tree looked like at the size of the smaller one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Prefix {
    root: Hash,
    proof: ConsistencyProof,
}

/// The proof that a log had signed a greater head than the one that it has now.
///
/// What [`Rollback::parse`] accepts, `to_string` prints back byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollback {
    has: Note,
    had: Note,
}

/// The two heads of a proof that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwoHeads {
    /// The head of the smaller tree; of a fork at one size, the first in the file.
    pub smaller: Checkpoint,
    /// The other head.
    pub greater: Checkpoint,
}

/// What comes of holding our head against one that somebody else has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// Our tree begins with theirs, or is theirs.
    Consistent,
    /// Our key has signed a greater tree than ours: sign nothing, raise an alarm, keep this.
    RolledBack(Box<Rollback>),
    /// Our key has signed another history: sign and publish nothing, raise an alarm, keep this.
    Forked(Box<ForkProof>),
}

/// Why two heads could not be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CompareError<E> {
    /// They are of two logs. The caller is at fault.
    #[error("the heads are of two logs")]
    OtherLog,
    /// Our tree could not be read.
    #[error(transparent)]
    Tree(#[from] ProveError<E>),
    /// What was read of our tree does not lead to the root of our head: the store, or the head, is damaged.
    #[error("our tree does not have the root of our head: {0}")]
    NotOurTree(ProofError),
}

/// Why bytes are not a proof file. Whoever wrote them is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TwoHeadsDecodeError {
    /// The file is longer than [`crate::limits::MAX_TWO_HEADS_BYTES`].
    #[error("the proof is longer than {} bytes", crate::limits::MAX_TWO_HEADS_BYTES)]
    TooLong,
    /// The file is not UTF-8.
    #[error("the proof is not UTF-8")]
    NotUtf8,
    /// The first line is not that of such a file.
    #[error("the proof does not begin with the line of its format and version")]
    BadHeader,
    /// The prefix is not a hash, followed by at most 63 hashes.
    #[error("the proof's prefix is malformed")]
    BadPrefix,
    /// A head is not announced with its length, or is shorter or longer than that.
    #[error("the proof's heads do not have the lengths that it gives")]
    BadLength,
    /// A head is not a signed note.
    #[error("a head in the proof: {0}")]
    BadHead(NoteDecodeError),
}

/// Why a proof shows nothing. Whoever made it is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TwoHeadsError {
    /// A head is not one that the log has signed.
    #[error("a head cannot be believed: {0}")]
    Head(#[from] CheckpointVerifyError),
    /// The heads are of two logs.
    #[error("the heads are of two logs")]
    OtherLog,
    /// Both heads can be true.
    #[error("the two heads can both be true")]
    NoContradiction,
    /// The consistency proof does not lead from the prefix to the greater head.
    #[error("the prefix: {0}")]
    Prefix(#[from] ProofError),
}

/// Holds our head against one that somebody else has seen: a witness, a peer, or we before a restart.
///
/// `theirs` must have been verified with our log's keys ([`SignedHead::verify`]). `read_node` reads our
/// tree; what it returns is checked against our head before it becomes part of a proof.
pub fn compare<E>(
    ours: &SignedHead,
    theirs: &SignedHead,
    read_node: &mut impl FnMut(NodeId) -> Result<Hash, E>,
) -> Result<Comparison, CompareError<E>> {
    let (our, their) = (ours.checkpoint(), theirs.checkpoint());
    if our.origin != their.origin {
        return Err(CompareError::OtherLog);
    }
    if their.size > our.size {
        let rollback = Rollback {
            has: ours.note().clone(),
            had: theirs.note().clone(),
        };
        return Ok(Comparison::RolledBack(Box::new(rollback)));
    }
    if their.size == our.size {
        return Ok(match ForkProof::of_one_size(ours, theirs) {
            Some(proof) => Comparison::Forked(Box::new(proof)),
            None => Comparison::Consistent,
        });
    }
    // Every tree begins with the empty one.
    if their.size == 0 {
        return Ok(Comparison::Consistent);
    }
    let root = read_root(their.size, read_node)?;
    let proof = prove_consistency(their.size, our.size, read_node)?;
    proof
        .verify(their.size, our.size, &root, &our.root)
        .map_err(CompareError::NotOurTree)?;
    if root == their.root {
        return Ok(Comparison::Consistent);
    }
    Ok(Comparison::Forked(Box::new(ForkProof {
        smaller: theirs.note().clone(),
        greater: ours.note().clone(),
        prefix: Some(Prefix { root, proof }),
    })))
}

impl ForkProof {
    /// The proof of a fork from two heads of one log and size; `None` unless their roots differ.
    #[must_use]
    pub fn of_one_size(one: &SignedHead, other: &SignedHead) -> Option<Self> {
        let (first, second) = (one.checkpoint(), other.checkpoint());
        let forked = first.origin == second.origin && first.size == second.size && first.root != second.root;
        forked.then(|| Self {
            smaller: one.note().clone(),
            greater: other.note().clone(),
            prefix: None,
        })
    }

    /// The head of the smaller tree; of a fork at one size, the first. A claim, until
    /// [`ForkProof::verify`] has checked it.
    #[must_use]
    pub fn smaller(&self) -> &Note {
        &self.smaller
    }

    /// Checks that the log with these keys has shown two histories, and returns its two heads.
    ///
    /// More than one key may be given where the log has changed its key between the heads; those that are
    /// not named like the heads' origin do not count.
    pub fn verify(&self, log_keys: &[&VerifierKey]) -> Result<TwoHeads, TwoHeadsError> {
        let heads = two_heads(&self.smaller, &self.greater, log_keys)?;
        let (smaller, greater) = (&heads.smaller, &heads.greater);
        let contradiction = match &self.prefix {
            None => smaller.size == greater.size && smaller.root != greater.root,
            Some(prefix) => {
                let (old, new) = (smaller.size, greater.size);
                prefix.proof.verify(old, new, &prefix.root, &greater.root)?;
                old < new && prefix.root != smaller.root
            }
        };
        contradiction
            .then_some(heads)
            .ok_or(TwoHeadsError::NoContradiction)
    }
}

impl Rollback {
    /// The head that the log has. A claim, until [`Rollback::verify`] has checked it.
    #[must_use]
    pub fn has(&self) -> &Note {
        &self.has
    }

    /// Checks that the log with these keys has signed both heads, the greater of which it had before.
    ///
    /// That the log *has* no more than the smaller one is what whoever kept this says: a log may show an
    /// older head at any time.
    pub fn verify(&self, log_keys: &[&VerifierKey]) -> Result<TwoHeads, TwoHeadsError> {
        let heads = two_heads(&self.has, &self.had, log_keys)?;
        let contradiction = heads.smaller.size < heads.greater.size;
        contradiction
            .then_some(heads)
            .ok_or(TwoHeadsError::NoContradiction)
    }
}

/// Believes two heads of one log.
fn two_heads(first: &Note, second: &Note, log_keys: &[&VerifierKey]) -> Result<TwoHeads, TwoHeadsError> {
    let believed = |note| SignedHead::verify(note, log_keys).map(|head| head.checkpoint().clone());
    let (smaller, greater) = (believed(first)?, believed(second)?);
    if smaller.origin != greater.origin {
        return Err(TwoHeadsError::OtherLog);
    }
    Ok(TwoHeads { smaller, greater })
}

#[cfg(test)]
mod tests;

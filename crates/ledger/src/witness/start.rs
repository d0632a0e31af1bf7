//! What a log finds out before its first signature after a start `[ROLLBACK]`.
//!
//! A restored snapshot of a machine is the likeliest fork in practice: it does not know what it has signed
//! since, and signs it again in another way. Its witnesses know. So a log asks each for the head that it has
//! (its path is [`super::monitoring_path`]; nothing need be signed to ask), believes only heads that bear the
//! log's own signature, so that no witness can stop it by a mere claim, and holds them against its own. Only
//! a [`StartCheck`] that has found nothing gives [`Cleared`].

use crate::fork::{CompareError, Comparison, ForkProof, Rollback, compare};
use crate::hash::Hash;
use crate::head::SignedHead;
use crate::note::{KeyName, VerifierKey};
use crate::proof::NodeId;

/// How the head that a witness has stands to ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It did not answer, or not with a head that our key has signed.
    NotReached,
    /// It has never cosigned for this log (404).
    NeverSeen,
    /// Our tree begins with what it has seen.
    Continued,
    /// It has seen a greater head than ours.
    RolledBack(Box<Rollback>),
    /// It has seen a head, and we have none at all: the store was lost.
    Lost(Box<SignedHead>),
    /// It has seen another history.
    Forked(Box<ForkProof>),
}

/// Collects what the witnesses have.
#[derive(Debug, Default)]
pub struct StartCheck {
    agreed: usize,
    against: Vec<(KeyName, Standing)>,
}

/// No witness that was reached knows more than this log: it may sign. Only [`StartCheck::finish`] makes one.
#[derive(Debug)]
pub struct Cleared(());

/// Why a log must not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCleared {
    /// Witnesses have heads that our log has signed and does not continue: an alarm, and to be kept.
    #[error("{} witnesses have seen what this log has signed and does not have", .0.len())]
    KnowMore(Vec<(KeyName, Standing)>),
    /// Too few witnesses were reached: to be tried again.
    #[error("{agreed} witnesses were reached and agree; {needed} are needed before the first signature")]
    TooFew {
        /// How many were reached, and agree.
        agreed: usize,
        /// How many must.
        needed: usize,
    },
}

impl Standing {
    /// Holds the head that a witness has against ours. `ours` is `None` for a log that has signed nothing as
    /// far as it knows, `theirs` where the witness has none.
    ///
    /// `theirs` must have been verified with our log's keys ([`SignedHead::verify`]); what cannot be is
    /// [`Standing::NotReached`]. `read_node` reads our tree.
    pub fn of<E>(
        ours: Option<&SignedHead>,
        theirs: Option<&SignedHead>,
        read_node: &mut impl FnMut(NodeId) -> Result<Hash, E>,
    ) -> Result<Self, CompareError<E>> {
        let Some(theirs) = theirs else {
            return Ok(Self::NeverSeen);
        };
        let Some(ours) = ours else {
            // The empty tree, signed, is the beginning of whatever comes.
            let is_empty = theirs.checkpoint().size == 0;
            let lost = || Self::Lost(Box::new(theirs.clone()));
            return Ok(if is_empty { Self::Continued } else { lost() });
        };
        Ok(match compare(ours, theirs, read_node)? {
            Comparison::Consistent => Self::Continued,
            Comparison::RolledBack(rollback) => Self::RolledBack(rollback),
            Comparison::Forked(fork) => Self::Forked(fork),
        })
    }
}

impl StartCheck {
    /// Notes how one witness stands. Each is to be asked once.
    pub fn record(&mut self, witness: &VerifierKey, standing: Standing) {
        match standing {
            Standing::NotReached => {}
            Standing::NeverSeen | Standing::Continued => self.agreed += 1,
            against => self.against.push((witness.key_name().clone(), against)),
        }
    }

    /// Whether the log may sign: when no witness knows more, and `needed` were reached. 0 is for a log
    /// without witnesses, and for an operator who would rather sign than wait for them.
    pub fn finish(self, needed: usize) -> Result<Cleared, NotCleared> {
        if !self.against.is_empty() {
            return Err(NotCleared::KnowMore(self.against));
        }
        let agreed = self.agreed;
        if agreed < needed {
            return Err(NotCleared::TooFew { agreed, needed });
        }
        Ok(Cleared(()))
    }
}

#[cfg(test)]
mod tests;

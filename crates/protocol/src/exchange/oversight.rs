//! Two pairs of eyes `[FOUR-EYES]`: who answers for a message beside the officer who sends it.
//!
//! Whether a message needs a second officer is the node's policy; here it is only kept true that the ledger
//! never has a message without what is said of its approval, nor the other way round.

use super::Submission;
use crate::entry::Entry;
use crate::ids::ActorId;
use crate::time::UnixMillis;

/// Who answers for a message beside the officer who sends it `[FOUR-EYES]`. Recorded in the commit of the
/// message itself, so that neither is ever there without the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Oversight {
    /// Nobody has to.
    #[default]
    NotNeeded,
    /// A second officer approved it.
    ApprovedBy(ActorId),
    /// Nobody, though somebody should: an emergency, to be reviewed afterwards.
    SentAlone,
}

/// What an officer did with a message, beside sending it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Read it.
    Retrieved,
    /// Approved it.
    Approved,
    /// Sent it without the approval that it needs.
    SentAlone,
}

/// The leaf that says who else answers for a message `[FOUR-EYES]`.
pub(super) fn leaf(at: UnixMillis, submission: &Submission) -> Option<Entry> {
    let message = submission.message;
    match submission.oversight {
        Oversight::NotNeeded => None,
        Oversight::ApprovedBy(actor) => Some(Entry::Approved { at, message, actor }),
        Oversight::SentAlone => Some(Entry::SentAlone {
            at,
            message,
            actor: submission.actor,
        }),
    }
}

//! Two pairs of eyes `[FOUR-EYES]`: which kinds of message need a second officer, and what follows when one
//! is sent without.
//!
//! Asked in one place, where a message is about to be sealed, so that no way to send goes around it.

use std::collections::BTreeSet;

use control::types::Priority;
use convention::message::Kind;
use protocol::exchange::Oversight;
use protocol::ids::ActorId;

/// `[four_eyes]` of the configuration.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The kinds that a second officer must approve.
    pub kinds: BTreeSet<Kind>,
    /// Whether an emergency may go out without.
    pub break_glass: BreakGlass,
}

/// Whether one officer may send an emergency alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BreakGlass {
    /// Yes, and it is marked for review.
    Allowed,
    /// No.
    #[default]
    Forbidden,
}

/// What is asked of the policy.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The kind of message.
    pub kind: Kind,
    /// Its priority.
    pub priority: Priority,
    /// Who approved it, if anybody did.
    pub approved_by: Option<ActorId>,
    /// Why it cannot wait, if the sender says that it cannot.
    pub break_glass: Option<&'a str>,
}

/// Why a message does not go out as things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Withheld {
    /// A second officer must approve it.
    #[error("a message of kind {0} needs a second officer's approval")]
    NeedsApproval(Kind),
    /// Break-glass is for emergencies.
    #[error("only an emergency may be sent without approval")]
    NotAnEmergency,
    /// The policy of this node has no break-glass.
    #[error("this node's policy lets nothing out without approval, not even an emergency")]
    NoBreakGlass,
    /// No reason.
    #[error("say in words why it cannot wait")]
    NoReason,
}

impl Policy {
    /// Whether messages of this kind need a second officer.
    #[must_use]
    pub fn asks_for(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// What is recorded beside the message, or why it does not go out.
    ///
    /// # Errors
    /// [`Withheld`].
    pub fn oversight(&self, question: &Question<'_>) -> Result<Oversight, Withheld> {
        if let Some(actor) = question.approved_by {
            return Ok(Oversight::ApprovedBy(actor));
        }
        if let Some(reason) = question.break_glass {
            if question.priority != Priority::Emergency {
                return Err(Withheld::NotAnEmergency);
            }
            if reason.trim().is_empty() {
                return Err(Withheld::NoReason);
            }
        }
        match (
            self.asks_for(question.kind),
            question.break_glass,
            self.break_glass,
        ) {
            // Where nobody has to approve, nothing is broken by sending alone.
            (false, _, _) => Ok(Oversight::NotNeeded),
            (true, None, _) => Err(Withheld::NeedsApproval(question.kind)),
            (true, Some(_), BreakGlass::Forbidden) => Err(Withheld::NoBreakGlass),
            (true, Some(_), BreakGlass::Allowed) => Ok(Oversight::SentAlone),
        }
    }
}

#[cfg(test)]
mod tests;

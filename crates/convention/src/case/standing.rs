//! What outlasts a message on its case: conditions, questions, a warning, a decision; and what follows from
//! them for the case as a whole.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CaseView, State};
use crate::message::mutual_assistance_decision::DecisionOutcome;
use crate::message::{Kind, MessageId};
use crate::party::PartyCode;
use crate::rule::{Fault, Rule};
use crate::time::ZonedInstant;

/// `[C26-2]` `[C28-2]` Conditions that one side set, and what the other side said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Conditions {
    /// The Party that set them.
    pub set_by: PartyCode,
    /// The message that holds them.
    pub because: MessageId,
    /// The message that accepted them; acceptance binds.
    pub accepted: Option<MessageId>,
    /// The message that declined them.
    pub declined: Option<MessageId>,
}

impl Conditions {
    /// Whether they wait for an answer.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.accepted.is_none() && self.declined.is_none()
    }
}

/// `[C29-6]` A warning, and the decision on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// The warning.
    pub because: MessageId,
    /// The decision on it.
    pub decided: Option<MessageId>,
}

/// Questions of one side, and the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// The Party that asked.
    pub asked_by: PartyCode,
    /// The message that asks.
    pub because: MessageId,
    /// The message that answers.
    pub answered: Option<MessageId>,
}

/// `[C27-4]` A decision on mutual assistance: the last one that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// What was decided.
    pub outcome: DecisionOutcome,
    /// The message that said so.
    pub because: MessageId,
}

/// `[C27-5]` A postponement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PostponedUntil {
    /// Until when, where that was said.
    pub until: Option<ZonedInstant>,
    /// The message that said so.
    pub because: MessageId,
}

/// `[C26-2]` That content may be sent: the only proof of it that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentPermit {
    /// The acceptance that permits it; `None` where the offer set no conditions.
    accepted: Option<MessageId>,
}

impl ContentPermit {
    /// The acceptance that permits it; `None` where the offer set no conditions.
    #[must_use]
    pub fn accepted(&self) -> Option<MessageId> {
        self.accepted
    }
}

impl CaseView {
    /// `[C26-2]` Whether the content of spontaneous information may be sealed and sent in this case now: only
    /// once `conditions-accepted` is in the case, where its offer set conditions.
    ///
    /// Whoever seals or sends content asks this first, and with the case as the ledger has it.
    ///
    /// # Errors
    /// The fault that speaks against it, under `[C26-2]`, or under `[CASE-STATE]` where the case is about
    /// something else or is over.
    pub fn content_permit(&self) -> Result<ContentPermit, Fault> {
        if self.opened_by != Some(Kind::SpontaneousInformation) || !self.state.is_open() {
            let what = "this is no open case of spontaneous information";
            return Err(Fault::new(
                Rule::CaseState,
                "content",
                what,
                "open one with an offer",
            ));
        }
        let refused = |what, mend| Err(Fault::new(Rule::C26_2, "content", what, mend));
        match &self.conditions {
            None => Ok(ContentPermit { accepted: None }),
            Some(conditions) => match (conditions.accepted, conditions.declined) {
                (Some(accepted), _) => Ok(ContentPermit {
                    accepted: Some(accepted),
                }),
                (None, Some(_)) => refused("the conditions were declined", "make another offer"),
                (None, None) => refused(
                    "the conditions were not accepted yet",
                    "wait for conditions-accepted from the other side",
                ),
            },
        }
    }

    /// `[C29-7]` Whether a mutual assistance request is in, and waits for a decision.
    #[must_use]
    pub fn is_waiting_for_decision(&self) -> bool {
        self.mutual_assistance.is_some() && self.decision.is_none()
    }

    /// The state while a request is being worked on; whatever was reached already is kept.
    pub(crate) fn state_while_working(&self) -> State {
        if self.state.is_early() {
            State::InProgress
        } else {
            self.state
        }
    }

    /// The state once conditions were answered: where it stood before they were set.
    pub(crate) fn state_after_conditions(&self) -> State {
        if self.state != State::Conditional {
            return self.state_while_working();
        }
        match (&self.preservation, &self.mutual_assistance, &self.decision) {
            (_, _, Some(_)) => State::Decided,
            (Some(_), Some(_), None) => State::MutualAssistanceReceived,
            (Some(_), None, None) => State::Preserved,
            (None, _, None) => State::InProgress,
        }
    }

    /// The state once a mutual assistance request, or its notice, is in: it opens a case, or it follows what
    /// was preserved.
    pub(crate) fn state_with_mutual_assistance(&self) -> State {
        match self.state {
            State::Unknown => State::Submitted,
            state if state.is_preserved() => State::MutualAssistanceReceived,
            state => state,
        }
    }
}

#[cfg(test)]
mod tests;

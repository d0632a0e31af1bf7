//! What in a case waits for an officer of one side, now.
//!
//! A request waits for somebody to take charge, and then for an answer; questions wait to be answered, a
//! warning to be decided on, conditions to be accepted or declined; and so on, on whichever side the next
//! word is. Nothing here looks at a clock: what is late is for the [clocks](crate::clock) to say, and a
//! postponement waits until its time has come.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CaseView, MessageView, State};
use crate::message::{Kind, MessageId};
use crate::party::PartyCode;
use crate::rule::Rule;

/// One thing that waits, and the message that it waits because of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Awaited {
    /// What is to be done.
    pub task: Task,
    /// The message that asks for it.
    pub because: MessageId,
}

/// What an officer is to do. In the order in which it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Task {
    /// See why a message cannot be read.
    Read,
    /// Take charge of a request.
    Acknowledge,
    /// `[C29-6]` Decide on a warning.
    DecideOnWarning,
    /// `[C26-2]` `[C28-3]` Accept conditions, or decline them.
    AnswerConditions,
    /// Answer questions.
    Inform,
    /// Answer a request: with a report, a refusal, data, or advice.
    Answer,
    /// Answer a request for a longer preservation.
    AnswerExtension,
    /// `[C27-4]` Decide on mutual assistance.
    Decide,
    /// Disclose what was granted.
    Disclose,
    /// `[C26-2]` Send the content of spontaneous information: nothing stands in its way any more.
    GiveContent,
    /// Release what is preserved for a request that was taken back or is closed.
    Release,
}

impl Task {
    /// The task in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Task::Read => "see why it cannot be read",
            Task::Acknowledge => "take charge of the request",
            Task::DecideOnWarning => "decide on the warning",
            Task::AnswerConditions => "accept or decline the conditions",
            Task::Inform => "answer the questions",
            Task::Answer => "answer the request",
            Task::AnswerExtension => "answer the request for an extension",
            Task::Decide => "decide on mutual assistance",
            Task::Disclose => "disclose what was granted",
            Task::GiveContent => "send the content",
            Task::Release => "release what is preserved",
        }
    }
}

impl CaseView {
    /// What waits for an officer of this Party now; nothing where the next word is the other side's, or the
    /// Party has no part in the case.
    #[must_use]
    pub fn awaits(&self, own: PartyCode) -> Vec<Awaited> {
        let mut waiting = Vec::new();
        let mut add = |task, because: Option<MessageId>| {
            waiting.extend(because.map(|because| Awaited { task, because }));
        };
        add(Task::Read, self.unread_at_the_end());
        if self.state.is_open() {
            if self.requested == Some(own) {
                self.asked(own, &mut add);
            }
            if self.requesting == Some(own) {
                self.asking(&mut add);
            }
            if self.requesting == Some(own) || self.requested == Some(own) {
                self.either(own, &mut add);
            }
        } else if self.requested == Some(own) && self.preservation.is_some() {
            add(Task::Release, self.reason.because);
        }
        waiting.sort();
        waiting
    }

    /// The message that one of this kind from this Party answers, where the case makes it clear: a decision
    /// answers the warning, an acceptance the conditions. Else it is the one that opened the case.
    ///
    /// It also keeps the case in order where clocks differ: no message counts before the one that it answers.
    #[must_use]
    pub fn answered_by(&self, kind: Kind, own: PartyCode) -> Option<MessageId> {
        match kind {
            Kind::WarningDecision => self.warning.as_ref().map(|one| one.because),
            Kind::ConditionsAccepted | Kind::ConditionsDeclined => {
                self.conditions.as_ref().map(|one| one.because)
            }
            Kind::InformationProvided => {
                let mut theirs = self.questions.iter().filter(|one| one.asked_by != own);
                theirs.next_back().map(|one| one.because)
            }
            Kind::MutualAssistanceDecision => self.mutual_assistance.as_ref().map(|one| one.because),
            Kind::Disclosure => {
                let request = self.mutual_assistance.as_ref().map(|one| one.because);
                let accepted = self.conditions.as_ref().and_then(|one| one.accepted);
                accepted.or(request)
            }
            Kind::SpontaneousInformation => self.conditions.as_ref().and_then(|one| one.accepted),
            Kind::PreservationReport => self.open_extension(),
            Kind::ExtensionRequest => self.preservation.as_ref().map(|one| one.because),
            Kind::ReleaseNotice => self.withdrawn,
            Kind::Outcome => self
                .content_given
                .or(self.decision.as_ref().map(|one| one.because)),
            _ => None,
        }
    }

    /// What waits for the side that was asked.
    fn asked(&self, own: PartyCode, add: &mut impl FnMut(Task, Option<MessageId>)) {
        let opening = self.case.map(|case| case.opening());
        let waits_for_others = self.has_asked(own) || self.referred_to.is_some();
        let is_offer = self.opened_by == Some(Kind::SpontaneousInformation);
        if matches!(self.state, State::Submitted | State::Delivered) {
            add(Task::Acknowledge, opening);
        } else if self.state.is_early() && !waits_for_others && !is_offer {
            add(Task::Answer, opening);
        }
        let is_held_up = self.has_asked(own) || matches!(self.state, State::Postponed);
        if self.is_waiting_for_decision() && !self.state.is_early() && !is_held_up {
            add(
                Task::Decide,
                self.mutual_assistance.as_ref().map(|one| one.because),
            );
        }
        let granted = self.decision.as_ref().filter(|one| one.outcome.grants());
        if self.content_given.is_none() && !is_held_up {
            add(Task::Disclose, granted.map(|decision| decision.because));
        }
        add(Task::AnswerExtension, self.open_extension());
    }

    /// What waits for the side that asks.
    fn asking(&self, add: &mut impl FnMut(Task, Option<MessageId>)) {
        let warning = self.warning.as_ref().filter(|one| one.decided.is_none());
        add(Task::DecideOnWarning, warning.map(|one| one.because));
        if self.content_given.is_none()
            && let Ok(permit) = self.content_permit()
        {
            let opening = self.case.map(|case| case.opening());
            add(Task::GiveContent, permit.accepted().or(opening));
        }
    }

    /// What either side can have to answer.
    fn either(&self, own: PartyCode, add: &mut impl FnMut(Task, Option<MessageId>)) {
        let conditions = self.conditions.as_ref();
        let theirs = conditions.filter(|one| one.is_open() && one.set_by != own);
        add(Task::AnswerConditions, theirs.map(|one| one.because));
        let questions = self.questions.iter();
        for question in questions.filter(|one| one.answered.is_none() && one.asked_by != own) {
            add(Task::Inform, Some(question.because));
        }
    }

    /// Whether this Party waits for a word of the other side: on its questions, its warning or its
    /// conditions.
    fn has_asked(&self, own: PartyCode) -> bool {
        let mut questions = self.questions.iter();
        let conditions = self.conditions.as_ref();
        let warning = self.warning.as_ref();
        questions.any(|one| one.answered.is_none() && one.asked_by == own)
            || conditions.is_some_and(|one| one.is_open() && one.set_by == own)
            || warning.is_some_and(|one| one.decided.is_none())
    }

    /// The request for a longer preservation that nothing has answered yet.
    fn open_extension(&self) -> Option<MessageId> {
        let counted = self.messages.iter().filter(|message| makes_sense(message));
        let mut open = None;
        for message in counted {
            match message.kind {
                Some(Kind::ExtensionRequest) => open = Some(message.id),
                Some(Kind::PreservationReport | Kind::Refusal | Kind::MutualAssistanceNotice) => open = None,
                _ => {}
            }
        }
        open.filter(|_| self.preservation.is_some())
    }

    /// The last message, if it came in and cannot be read.
    fn unread_at_the_end(&self) -> Option<MessageId> {
        let last = self.messages.last()?;
        (last.kind.is_none() && last.received_at.is_some()).then_some(last.id)
    }
}

/// Whether a message had its place in the case.
fn makes_sense(message: &MessageView) -> bool {
    let is_of_the_case = |rule| matches!(rule, Rule::CaseState | Rule::CaseRole);
    !message
        .nonconformities
        .iter()
        .any(|fault| is_of_the_case(fault.rule))
}

#[cfg(test)]
mod tests;

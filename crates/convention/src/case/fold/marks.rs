//! What a message leaves on its case, beyond the state that it leads to.

use crate::case::{
    CaseView, Conditions, Decision, MutualAssistance, PostponedUntil, Preservation, Question, RequestSummary,
    Warning,
};
use crate::message::MessageId;
use crate::message::mutual_assistance_decision::DecisionOutcome;
use crate::party::PartyCode;
use crate::time::ZonedInstant;

/// What a message leaves on its case, beyond the state that it leads to.
pub(crate) struct Marks<'a> {
    view: &'a mut CaseView,
    message: MessageId,
    sender: PartyCode,
}

impl<'a> Marks<'a> {
    pub(super) fn new(view: &'a mut CaseView, message: MessageId, sender: PartyCode) -> Self {
        Marks {
            view,
            message,
            sender,
        }
    }

    /// The message that leaves the marks.
    pub(crate) fn message(&self) -> MessageId {
        self.message
    }

    /// Whether it is the message that opened the case.
    pub(crate) fn opens(&self) -> bool {
        self.view.case.is_some_and(|case| case.opening() == self.message)
    }

    /// What is asked.
    pub(crate) fn requested(&mut self, request: RequestSummary) {
        self.view.request = Some(request);
    }

    /// An officer has taken charge. The first word of it stands.
    pub(crate) fn acknowledged(&mut self) {
        self.view.acknowledged.get_or_insert(self.message);
    }

    /// What is preserved from now on; `None` where nothing is. `[C29-7]` While mutual assistance waits for a
    /// decision, it has no end date, whatever a report says.
    pub(crate) fn preserved(&mut self, preservation: Option<Preservation>) {
        if preservation.is_some() {
            self.view.first_preserved.get_or_insert(self.message);
        }
        self.view.preservation = preservation;
        self.suspend_end();
    }

    /// `[C29-7]` The mutual assistance request is in. The first word of it stands.
    pub(crate) fn mutual_assistance_received(&mut self, reference: &str) {
        let because = self.message;
        let reference = reference.to_owned();
        self.view
            .mutual_assistance
            .get_or_insert(MutualAssistance { reference, because });
        self.suspend_end();
    }

    fn suspend_end(&mut self) {
        if self.view.is_waiting_for_decision()
            && let Some(preservation) = &mut self.view.preservation
        {
            preservation.until = None;
        }
    }

    /// `[C27-4]` Mutual assistance was decided on. The last word of it stands.
    pub(crate) fn decided(&mut self, outcome: DecisionOutcome) {
        let because = self.message;
        self.view.decision = Some(Decision { outcome, because });
    }

    /// `[C30-2]` Disclosure of traffic data is refused. The first word of it stands.
    pub(crate) fn traffic_data_refused(&mut self) {
        self.view.traffic_data_refused.get_or_insert(self.message);
    }

    /// `[C30-1]` Traffic data were disclosed. The first word of it stands.
    pub(crate) fn traffic_data_disclosed(&mut self) {
        self.view.traffic_data_disclosed.get_or_insert(self.message);
    }

    /// `[C28-2]` Conditions were set; they take the place of earlier ones.
    pub(crate) fn conditions_set(&mut self) {
        self.view.conditions = Some(Conditions {
            set_by: self.sender,
            because: self.message,
            accepted: None,
            declined: None,
        });
    }

    /// `[C28-3]` The conditions were accepted, which binds.
    pub(crate) fn conditions_accepted(&mut self) {
        if let Some(conditions) = &mut self.view.conditions {
            conditions.accepted.get_or_insert(self.message);
        }
    }

    /// `[C28-3]` The conditions were declined.
    pub(crate) fn conditions_declined(&mut self) {
        if let Some(conditions) = &mut self.view.conditions {
            conditions.declined.get_or_insert(self.message);
        }
    }

    /// `[C29-6]` A warning was given.
    pub(crate) fn warned(&mut self) {
        let because = self.message;
        self.view.warning = Some(Warning {
            because,
            decided: None,
        });
    }

    /// `[C29-6]` The warning was decided on.
    pub(crate) fn warning_decided(&mut self) {
        if let Some(warning) = &mut self.view.warning {
            warning.decided.get_or_insert(self.message);
        }
    }

    /// Questions were asked.
    pub(crate) fn asked(&mut self) {
        self.view.questions.push(Question {
            asked_by: self.sender,
            because: self.message,
            answered: None,
        });
    }

    /// The other side's questions were answered.
    pub(crate) fn answered(&mut self) {
        let (sender, message) = (self.sender, self.message);
        for question in self
            .view
            .questions
            .iter_mut()
            .filter(|asked| asked.asked_by != sender)
        {
            question.answered.get_or_insert(message);
        }
    }

    /// `[C27-5]` Action was postponed.
    pub(crate) fn postponed(&mut self, until: Option<ZonedInstant>) {
        let because = self.message;
        self.view.postponed = Some(PostponedUntil { until, because });
    }

    /// `[C27-9-C]` The request was referred to this authority.
    pub(crate) fn referred(&mut self, authority: &str) {
        self.view.referred_to = Some(authority.to_owned());
    }

    /// Data, or the content of spontaneous information, was given.
    pub(crate) fn content_given(&mut self) {
        self.view.content_given.get_or_insert(self.message);
    }

    /// The preservation has ended.
    pub(crate) fn released(&mut self) {
        self.view.preservation = None;
    }

    /// The request was taken back.
    pub(crate) fn withdrawn(&mut self) {
        self.view.withdrawn.get_or_insert(self.message);
    }
}

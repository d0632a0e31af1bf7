//! What every kind of message tells about itself, and the examination that each is put through.
//!
//! The same examination serves both directions. On sending, its faults block. On receipt they become
//! non-conformities, and its advice is dropped: advice is for the author.

use schemars::JsonSchema;
use serde::Serialize;

use crate::case::{CaseView, Marks, State};
use crate::limits::FAULTS_MAX;
use crate::party::{ContactPoint, PartyCode};
use crate::profile::PartyProfile;
use crate::reading::Form;
use crate::rule::{Advice, Fault, Rule};
use crate::time::Instant;

use super::Officer;

/// Which side of a case a kind of message comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Speaker {
    /// The Party that asks.
    Requesting,
    /// The Party that is asked.
    Requested,
    /// Both.
    Either,
}

/// One kind of message.
pub(crate) trait Content: Form + Serialize + JsonSchema {
    /// Whether it opens a case.
    const OPENS_CASE: bool;
    /// Which side it comes from.
    const SPEAKER: Speaker;

    /// Whether it makes sense in a case that is in this state.
    fn is_allowed_in(state: State) -> bool;

    /// Holds it to the rules that reading alone could not check. Fields that are absent were reported
    /// already.
    fn check(&self, examination: &mut Examination<'_>);

    /// The state of a case after it was said.
    fn leads_to(&self, state: State) -> State {
        state
    }

    /// Leaves on the case whatever outlasts the message: what was asked, until when it is preserved.
    fn mark(&self, _marks: &mut Marks<'_>) {}

    /// One line for a list of messages.
    fn summary(&self) -> String;
}

/// What is known around a message while it is examined. Whatever is not known is not held against it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Surroundings<'a> {
    /// When it is sent.
    pub(crate) now: Option<Instant>,
    pub(crate) author: Option<&'a Officer>,
    pub(crate) sender: Option<&'a ContactPoint>,
    pub(crate) recipients: &'a [ContactPoint],
    pub(crate) case: Option<&'a CaseView>,
    pub(crate) sender_profile: Option<&'a PartyProfile>,
    pub(crate) recipient_profile: Option<&'a PartyProfile>,
}

/// One message under examination: its surroundings, and what was found.
#[derive(Debug)]
pub(crate) struct Examination<'a> {
    pub(crate) around: Surroundings<'a>,
    /// Put before each field: `body.` for a received message, nothing for a draft.
    prefix: &'static str,
    pub(crate) faults: Vec<Fault>,
    pub(crate) advice: Vec<Advice>,
}

impl<'a> Examination<'a> {
    pub(crate) fn of_draft(around: Surroundings<'a>) -> Self {
        Examination {
            around,
            prefix: "",
            faults: Vec::new(),
            advice: Vec::new(),
        }
    }

    pub(crate) fn of_received(around: Surroundings<'a>) -> Self {
        Examination {
            around,
            prefix: "body.",
            faults: Vec::new(),
            advice: Vec::new(),
        }
    }

    pub(crate) fn fault(
        &mut self,
        rule: Rule,
        field: &str,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        if self.faults.len() < FAULTS_MAX {
            self.faults
                .push(Fault::new(rule, format!("{}{field}", self.prefix), what, mend));
        }
    }

    pub(crate) fn advise(
        &mut self,
        rule: Rule,
        field: &str,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        if self.advice.len() < FAULTS_MAX {
            self.advice
                .push(Advice::new(rule, format!("{}{field}", self.prefix), what, mend));
        }
    }

    /// Advises to fill a field in that was left out.
    pub(crate) fn advise_if_absent<T>(&mut self, value: Option<&T>, rule: Rule, field: &str, mend: &str) {
        if value.is_none() {
            self.advise(rule, field, "was left out", mend);
        }
    }

    /// Whether this is a draft of ours that is to be sent now, so that what is not known counts against it.
    pub(crate) fn is_sending(&self) -> bool {
        self.prefix.is_empty() && self.around.sender.is_some()
    }

    /// The Party that sends.
    pub(crate) fn sender_party(&self) -> Option<PartyCode> {
        self.around.sender.map(ContactPoint::party)
    }
}

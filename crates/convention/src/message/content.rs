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

use super::preservation_request::Selector;
use super::{Kind, Officer};

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

/// Where in a case a kind of message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// It opens a case, and has no place in one that is open.
    Opens,
    /// It belongs to a case that is open.
    Belongs,
    /// Both: a request for mutual assistance opens a case, or follows a preservation in its case.
    Either,
}

/// What speaks against a message in the case as it stands, beyond its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Objection {
    pub(crate) what: &'static str,
    pub(crate) mend: &'static str,
}

/// One kind of message.
pub(crate) trait Content: Form + Serialize + JsonSchema {
    /// Whether it opens a case, or belongs to one.
    const PLACE: Place;
    /// Which side it comes from.
    const SPEAKER: Speaker;
    /// The kinds of request in whose cases it has a place. Empty for a kind that only opens cases.
    const CASES: &'static [Kind];

    /// Whether it makes sense in a case that is in this state.
    fn is_allowed_in(state: State) -> bool;

    /// `[CASE-STATE]` Whether the case, beyond its state, leaves room for it from this Party: an answer
    /// needs its question.
    fn objection(_case: &CaseView, _sender: PartyCode) -> Option<Objection> {
        None
    }

    /// Holds it to the rules that reading alone could not check. Fields that are absent were reported
    /// already.
    fn check(&self, examination: &mut Examination<'_>);

    /// The state of the case after it was said.
    fn leads_to(&self, case: &CaseView) -> State {
        case.state
    }

    /// Leaves on the case whatever outlasts the message: what was asked, until when it is preserved.
    fn mark(&self, _marks: &mut Marks<'_>) {}

    /// `[RELATED]` What identifies data or persons in it.
    fn selectors(&self) -> &[Selector] {
        &[]
    }

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

    /// Examines a part that several kinds share under the rule of the kind that it stands in: Article 29(2)
    /// is about preservation requests only.
    pub(crate) fn under(&mut self, rule: Rule, examine: impl FnOnce(&mut Self)) {
        let (faults, advice) = (self.faults.len(), self.advice.len());
        examine(self);
        for fault in self.faults.iter_mut().skip(faults) {
            fault.rule = fault.rule.within(rule);
        }
        for advice in self.advice.iter_mut().skip(advice) {
            advice.rule = advice.rule.within(rule);
        }
    }

    /// Examines a part whose rules are not hard ones here: what would be a fault becomes advice.
    pub(crate) fn as_advice(&mut self, rule: Rule, examine: impl FnOnce(&mut Self)) {
        let known = self.faults.len();
        self.under(rule, examine);
        for fault in self.faults.split_off(known) {
            if self.advice.len() < FAULTS_MAX {
                self.advice
                    .push(Advice::new(fault.rule, fault.field, fault.what, fault.mend));
            }
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

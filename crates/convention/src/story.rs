//! A case between XA and XB, told message by message: what tests of the later messages start from.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::Value;

use crate::case::{CaseView, State};
use crate::examples::{case_of, form, id, judge, minute, point, request_context};
use crate::message::{Context, Kind, Message};
use crate::rule::{Advice, Fault, Rule};

/// A case so far. Every message in it was sent as the rules ask.
#[derive(Clone, Default)]
pub(crate) struct Story {
    pub(crate) messages: Vec<Message>,
}

impl Story {
    /// The case after these kinds were said, each as in its example; the first one opens it.
    #[track_caller]
    pub(crate) fn of(kinds: &[Kind]) -> Self {
        kinds
            .iter()
            .fold(Story::default(), |story, kind| story.and(&form(*kind)))
    }

    /// The case in which a kind of message has its place, as the example of the kind takes for granted.
    #[track_caller]
    pub(crate) fn before(kind: Kind) -> Self {
        use Kind::{
            ConditionalGrant, InformationNeeded, MutualAssistanceDecision, MutualAssistanceNotice,
            PreservationReport, PreservationRequest, PreservationWarning,
        };
        let story = |kinds: &[Kind]| Story::of(kinds);
        match kind {
            kind if kind.opens_case() => Story::default(),
            Kind::InformationProvided => story(&[PreservationRequest, InformationNeeded]),
            Kind::WarningDecision => story(&[PreservationRequest, PreservationWarning]),
            Kind::ConditionsAccepted | Kind::ConditionsDeclined => {
                story(&[PreservationRequest, ConditionalGrant])
            }
            Kind::ExtensionRequest | Kind::ReleaseNotice | Kind::Outcome => {
                story(&[PreservationRequest, PreservationReport])
            }
            MutualAssistanceDecision => {
                story(&[PreservationRequest, PreservationReport, MutualAssistanceNotice])
            }
            Kind::Disclosure => story(&[
                PreservationRequest,
                PreservationReport,
                MutualAssistanceNotice,
                MutualAssistanceDecision,
            ]),
            _ => story(&[PreservationRequest]),
        }
    }

    /// The case as it stands.
    pub(crate) fn view(&self) -> CaseView {
        case_of(&self.messages)
    }

    pub(crate) fn state(&self) -> State {
        self.view().state
    }

    /// Says a form that may be sent.
    #[track_caller]
    pub(crate) fn and(&self, form: &Value) -> Self {
        let (message, _) = self
            .judge(form)
            .unwrap_or_else(|faults| panic!("{}: {faults:#?}", form["kind"]));
        let mut next = self.clone();
        next.messages.push(message);
        next
    }

    /// Says the example of a kind.
    #[track_caller]
    pub(crate) fn then(&self, kind: Kind) -> Self {
        self.and(&form(kind))
    }

    /// Judges a form as the next message of the case, from the side that does not receive it.
    pub(crate) fn judge(&self, form: &Value) -> Result<(Message, Vec<Advice>), Vec<Fault>> {
        let number = u8::try_from(self.messages.len() + 1).unwrap();
        let is_to_xb = form["to"]
            .as_array()
            .is_none_or(|to| to.iter().any(|to| to.as_str().unwrap().starts_with("XB/")));
        let view = self.view();
        // What ends a preservation is said once it has ended.
        let now = match form["kind"].as_str() {
            Some("release-notice") => minute(160_000),
            _ => minute(u32::from(number)),
        };
        let context = Context {
            message_id: id(number),
            sender: point(if is_to_xb { "XA/police" } else { "XB/police" }),
            now,
            case_view: (number > 1).then_some(&view),
            ..request_context()
        };
        judge(form, &context)
    }

    /// Asserts that the form cannot be sent, and that one of the faults is of this rule and in this field.
    #[track_caller]
    pub(crate) fn assert_refused(&self, form: &Value, rule: Rule, field: &str) -> Fault {
        let faults = self.judge(form).expect_err("the form has a fault");
        let found = faults
            .iter()
            .find(|fault| fault.rule == rule && fault.field == field);
        found
            .unwrap_or_else(|| panic!("no {rule} in {field}: {faults:#?}"))
            .clone()
    }

    /// The advice on a form that may be sent, as rule and field.
    #[track_caller]
    pub(crate) fn advice(&self, form: &Value) -> Vec<(Rule, String)> {
        let (_, advice) = self.judge(form).unwrap_or_else(|faults| panic!("{faults:#?}"));
        advice
            .into_iter()
            .map(|advice| (advice.rule, advice.field))
            .collect()
    }
}

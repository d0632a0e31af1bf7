//! The example files of `config/examples`, and small changes to them: what most tests start from.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::Value;

use crate::case::{CaseFact, CaseView};
use crate::message::{CaseReference, Context, Draft, DraftErrors, Kind, Message, MessageId};
use crate::party::ContactPoint;
use crate::profile::PartyProfile;
use crate::rule::{Advice, Fault, Rule};
use crate::time::Instant;

/// The example file of a kind.
pub(crate) fn file(kind: Kind) -> &'static str {
    kind.example()
}

/// The example of a kind as a value that can be changed.
pub(crate) fn form(kind: Kind) -> Value {
    crate::reading::json::parse_toml(file(kind)).unwrap()
}

/// The form with one value set, by JSON pointer; `Value::Null` leaves the field blank.
pub(crate) fn with(mut form: Value, pointer: &str, value: impl Into<Value>) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = form.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}"));
    match parent {
        Value::Object(map) => {
            map.insert(key.to_owned(), value.into());
        }
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value.into(),
        other => panic!("{other} has no fields"),
    }
    form
}

/// The form without one field.
pub(crate) fn without(mut form: Value, pointer: &str) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let removed = form
        .pointer_mut(parent)
        .unwrap()
        .as_object_mut()
        .unwrap()
        .remove(key);
    assert!(removed.is_some(), "no {pointer}");
    form
}

/// The id of the n-th message of a test; they sort by number.
pub(crate) fn id(number: u8) -> MessageId {
    format!("019d3a5e-7c00-7000-8000-0000000000{number:02x}")
        .parse()
        .unwrap()
}

pub(crate) fn point(name: &str) -> ContactPoint {
    name.parse().unwrap()
}

/// A minute of the evening on which the example request was sent.
pub(crate) fn minute(minute: u32) -> Instant {
    Instant::from_unix_ms(1_773_590_400_000 + i64::from(minute) * 60_000).unwrap()
}

/// The surroundings of a request from XA to XB.
pub(crate) fn request_context() -> Context<'static> {
    Context {
        message_id: id(1),
        case: id(1).into(),
        sender: point("XA/police"),
        recipients: Vec::new(),
        officer: None,
        now: minute(0),
        case_view: None,
        own_profile: None,
        recipient_profile: None,
    }
}

/// The surroundings of an answer from XB, in a case that is as given.
pub(crate) fn answer_context<'a>(
    number: u8,
    case_view: &'a CaseView,
    own_profile: Option<&'a PartyProfile>,
) -> Context<'a> {
    Context {
        message_id: id(number),
        case: case(),
        sender: point("XB/police"),
        now: minute(u32::from(number)),
        case_view: Some(case_view),
        own_profile,
        ..request_context()
    }
}

pub(crate) fn case() -> CaseReference {
    id(1).into()
}

/// The message that the example request becomes.
pub(crate) fn request() -> Message {
    let draft = Draft::from_toml(file(Kind::PreservationRequest)).unwrap();
    draft.validate(&request_context()).unwrap().0
}

/// The case in which nothing but the example request has happened, as XB sees it.
pub(crate) fn open_case() -> CaseView {
    case_of(&[request()])
}

/// The case of these messages, each received when it was sent.
pub(crate) fn case_of(messages: &[Message]) -> CaseView {
    let received =
        |message: &Message| CaseFact::received(Message::read(&message.to_json()).unwrap(), message.sent_at());
    CaseView::fold(messages.iter().map(received))
}

/// Validates a form in its surroundings; shape and law both count.
pub(crate) fn judge(form: &Value, context: &Context<'_>) -> Result<(Message, Vec<Advice>), Vec<Fault>> {
    match Draft::from_json(&form.to_string()) {
        Ok(draft) => draft.validate(context).map_err(|faults| faults.into_vec()),
        Err(DraftErrors::Faults(faults)) => Err(faults.into_vec()),
        Err(other) => panic!("{other}"),
    }
}

/// Asserts that the form is refused, and that one of the faults is of this rule and in this field.
#[track_caller]
pub(crate) fn assert_fault(form: &Value, context: &Context<'_>, rule: Rule, field: &str) -> Fault {
    let faults = judge(form, context).expect_err("the form has a fault");
    let found = faults
        .iter()
        .find(|fault| fault.rule == rule && fault.field == field);
    found
        .unwrap_or_else(|| panic!("no {rule} in {field}: {faults:#?}"))
        .clone()
}

/// Asserts that the form may be sent.
#[track_caller]
pub(crate) fn assert_allowed(form: &Value, context: &Context<'_>) -> (Message, Vec<Advice>) {
    judge(form, context).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

/// Reads a message after a change to its JSON, as a peer with other software might have written it.
pub(crate) fn tampered(message: &Message, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut document: Value = serde_json::from_slice(&message.to_json()).unwrap();
    change(&mut document);
    document.to_string().into_bytes()
}

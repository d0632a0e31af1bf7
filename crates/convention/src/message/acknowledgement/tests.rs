#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::examples::{answer_context, assert_allowed, assert_fault, form, id, open_case, with, without};
use crate::message::Kind;
use crate::rule::Rule;

/// `[ANSWER]` A named officer, the own reference, and what happens next.
#[test]
fn answer_an_acknowledgement_says_who_which_and_what_next() {
    let case = open_case();
    let context = answer_context(2, &case, None);
    let example = form(Kind::Acknowledgement);
    let (message, advice) = assert_allowed(&example, &context);
    assert_eq!(advice, []);
    assert_eq!(message.in_reply_to(), Some(id(1)));
    assert_eq!(message.author().name.as_str(), "Officer 230");
    assert_fault(
        &without(example.clone(), "/officer"),
        &context,
        Rule::Answer,
        "officer",
    );
    assert_fault(
        &without(example.clone(), "/officer/name"),
        &context,
        Rule::Answer,
        "officer.name",
    );
    assert_fault(
        &without(example.clone(), "/reference"),
        &context,
        Rule::Answer,
        "reference",
    );
    assert_fault(
        &without(example.clone(), "/next_steps"),
        &context,
        Rule::Answer,
        "next_steps",
    );
    let (_, advice) = assert_allowed(&without(example.clone(), "/expected"), &context);
    assert_eq!(advice[0].field, "expected");
    let past = with(example, "/expected", "2026-01-01T12:00:00Z");
    assert_eq!(assert_allowed(&past, &context).1[0].what, "is in the past");
}

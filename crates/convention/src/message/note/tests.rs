#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::examples::{answer_context, assert_allowed, assert_fault, form, open_case, with, without};
use crate::message::Kind;
use crate::rule::Rule;

/// `[ANSWER]` `[CASE-ROLE]` A note has a text, and comes from either side of the case, but from no third one.
#[test]
fn a_note_is_written_by_either_side() {
    let case = open_case();
    let example = form(Kind::Note);
    let from = |sender: &str, to: &str| {
        let mut context = answer_context(2, &case, None);
        context.sender = sender.parse().unwrap();
        (with(example.clone(), "/to", vec![to]), context)
    };
    let (form, context) = from("XA/police", "XB/police");
    assert_allowed(&form, &context);
    assert_fault(&without(form, "/text"), &context, Rule::Answer, "text");
    let (form, context) = from("XB/police", "XA/police");
    assert_allowed(&form, &context);
    let (form, context) = from("XC/police", "XA/police");
    assert_fault(&form, &context, Rule::CaseRole, "kind");
}

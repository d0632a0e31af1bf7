#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[DRILL]` It says why it is held, asks for nothing, and an acknowledgement closes it.
#[test]
fn drill_is_closed_by_an_acknowledgement() {
    let story = Story::of(&[Kind::Drill]);
    assert_eq!(story.then(Kind::Acknowledgement).state(), State::Closed);
    Story::default().assert_refused(&without(form(Kind::Drill), "/purpose"), Rule::Drill, "purpose");
    let data = with(form(Kind::Drill), "/data", "logs");
    Story::default().assert_refused(&data, Rule::Form, "data");
    for kind in [
        Kind::Refusal,
        Kind::PreservationReport,
        Kind::InformationNeeded,
        Kind::Disclosure,
    ] {
        story.assert_refused(&form(kind), Rule::CaseState, "kind");
    }
}

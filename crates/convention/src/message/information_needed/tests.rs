#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[ANSWER]` What is lacking, and at least one question.
#[test]
fn answer_questions_say_what_is_lacking() {
    let (story, example) = (
        Story::before(Kind::InformationNeeded),
        form(Kind::InformationNeeded),
    );
    let asked = story.and(&example);
    assert_eq!(asked.state(), State::InProgress);
    assert_eq!(asked.view().questions.len(), 1);
    for pointer in ["/lacking", "/questions"] {
        story.assert_refused(&without(example.clone(), pointer), Rule::Answer, &pointer[1..]);
    }
    story.assert_refused(&with(example, "/lacking", "everything"), Rule::Answer, "lacking");
}

/// `[CASE-STATE]` What was reached is not undone by a question; and nothing is asked in a case that is over.
#[test]
fn case_state_questions_do_not_undo_what_was_reached() {
    let preserved = Story::of(&[Kind::PreservationRequest, Kind::PreservationReport]);
    assert_eq!(preserved.then(Kind::InformationNeeded).state(), State::Preserved);
    let withdrawn = preserved.then(Kind::Withdrawal);
    withdrawn.assert_refused(&form(Kind::InformationNeeded), Rule::CaseState, "kind");
}

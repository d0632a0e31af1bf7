#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::json;

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[CASE-STATE]` An answer needs its question; `[ANSWER]` and says something.
#[test]
fn case_state_an_answer_needs_its_question() {
    let (story, example) = (
        Story::before(Kind::InformationProvided),
        form(Kind::InformationProvided),
    );
    let answered = story.and(&example);
    assert!(answered.view().questions[0].answered.is_some());
    answered.and(&example);
    story.assert_refused(&without(example.clone(), "/answers"), Rule::Answer, "answers");
    let by_the_one_who_asked = with(example.clone(), "/to", json!(["XA/police"]));
    story.assert_refused(&by_the_one_who_asked, Rule::CaseState, "kind");
    Story::of(&[Kind::PreservationRequest]).assert_refused(&example, Rule::CaseState, "kind");
}

/// An assistance request is itself the question.
#[test]
fn answer_advice_that_was_asked_for_is_given() {
    let asked = Story::of(&[Kind::AssistanceRequest]);
    let advice = with(form(Kind::InformationProvided), "/to", json!(["XA/police"]));
    let answered = asked.and(&advice);
    assert_eq!(answered.state(), State::Answered);
    assert_eq!(answered.then(Kind::Outcome).state(), State::Closed);
    asked.assert_refused(&form(Kind::InformationProvided), Rule::CaseState, "kind");
}

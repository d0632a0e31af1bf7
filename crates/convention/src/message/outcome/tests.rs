#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[ANSWER]` What it was used for, in a word and in words; it closes the case.
#[test]
fn answer_an_outcome_closes_the_case() {
    let (story, example) = (Story::before(Kind::Outcome), form(Kind::Outcome));
    let closed = story.and(&example);
    assert_eq!(closed.state(), State::Closed);
    closed.assert_refused(&example, Rule::CaseState, "kind");
    for pointer in ["/usefulness", "/feedback"] {
        story.assert_refused(&without(example.clone(), pointer), Rule::Answer, &pointer[1..]);
    }
}

/// `[CASE-STATE]` There is no outcome before something came of the request, nor from the side that helped.
#[test]
fn case_state_an_outcome_comes_after_something() {
    let open = Story::of(&[Kind::PreservationRequest]);
    open.assert_refused(&form(Kind::Outcome), Rule::CaseState, "kind");
    let by_the_helper = with(form(Kind::Outcome), "/to", serde_json::json!(["XA/police"]));
    Story::before(Kind::Outcome).assert_refused(&by_the_helper, Rule::CaseState, "kind");
    open.then(Kind::Refusal).then(Kind::Outcome);
}

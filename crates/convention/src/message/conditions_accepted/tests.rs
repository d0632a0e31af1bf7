#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;
use serde_json::json;

/// `[C28-3]` Acceptance binds, and says so.
#[test]
fn c28_3_acceptance_binds() {
    let (story, example) = (
        Story::before(Kind::ConditionsAccepted),
        form(Kind::ConditionsAccepted),
    );
    let accepted = story.and(&example);
    assert_eq!(accepted.state(), State::InProgress);
    assert!(accepted.view().conditions.unwrap().accepted.is_some());
    story.assert_refused(&without(example.clone(), "/binding"), Rule::C28_3, "binding");
    story.assert_refused(&with(example, "/binding", false), Rule::C28_3, "binding");
}

/// `[C28-3]` Only the other side can answer, only what was set, and only once.
#[test]
fn c28_3_one_answer_from_the_other_side() {
    let story = Story::before(Kind::ConditionsAccepted);
    for kind in [Kind::ConditionsAccepted, Kind::ConditionsDeclined] {
        let by_its_author = with(form(kind), "/to", json!(["XA/police"]));
        let fault = story.assert_refused(&by_its_author, Rule::CaseState, "kind");
        assert!(fault.what.contains("your own"), "{}", fault.what);
        Story::of(&[Kind::PreservationRequest]).assert_refused(&form(kind), Rule::CaseState, "kind");
        story
            .then(Kind::ConditionsAccepted)
            .assert_refused(&form(kind), Rule::CaseState, "kind");
    }
}

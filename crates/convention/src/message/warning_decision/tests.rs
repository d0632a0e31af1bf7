#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[C29-6]` The requesting Party decides: on with it, or not.
#[test]
fn c29_6_the_requesting_party_decides() {
    let (story, example) = (Story::before(Kind::WarningDecision), form(Kind::WarningDecision));
    let proceeds = story.and(&example);
    assert_eq!(proceeds.state(), State::InProgress);
    proceeds.then(Kind::PreservationReport);
    let withdrawn = story.and(&with(example.clone(), "/decision", "withdraw"));
    assert_eq!(withdrawn.state(), State::Withdrawn);
    withdrawn.assert_refused(&form(Kind::PreservationReport), Rule::CaseState, "kind");
    story.assert_refused(&without(example.clone(), "/decision"), Rule::C29_6, "decision");
    story.assert_refused(&with(example, "/decision", "maybe"), Rule::C29_6, "decision");
}

/// `[C29-6]` A decision needs a warning that waits for one.
#[test]
fn c29_6_a_decision_needs_its_warning() {
    let unwarned = Story::of(&[Kind::PreservationRequest]);
    unwarned.assert_refused(&form(Kind::WarningDecision), Rule::CaseState, "kind");
    let decided = Story::before(Kind::WarningDecision).then(Kind::WarningDecision);
    decided.assert_refused(&form(Kind::WarningDecision), Rule::CaseState, "kind");
    decided
        .then(Kind::PreservationWarning)
        .then(Kind::WarningDecision);
}

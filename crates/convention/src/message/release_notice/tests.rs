#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[C29-7]` A preservation ends neither before 60 days nor while mutual assistance waits for a decision.
#[test]
fn c29_7_a_preservation_does_not_end_early() {
    let (story, example) = (Story::before(Kind::ReleaseNotice), form(Kind::ReleaseNotice));
    let released = story.and(&example);
    assert_eq!(
        (released.state(), released.view().preservation),
        (State::Released, None)
    );
    for pointer in ["/reason", "/released"] {
        story.assert_refused(&without(example.clone(), pointer), Rule::C29_7, &pointer[1..]);
    }
    let early = with(example.clone(), "/released", "2026-05-14T23:29:00[Europe/Lisbon]");
    story.assert_refused(&early, Rule::C29_7, "released");
    let just_in_time = with(example.clone(), "/released", "2026-05-14T23:30:00[Europe/Lisbon]");
    story.and(&just_in_time);
    let pending = story.then(Kind::MutualAssistanceNotice);
    pending.assert_refused(&example, Rule::C29_7, "reason");
    let planned = with(example, "/released", "2027-06-13T23:30:00[Europe/Lisbon]");
    story.assert_refused(&planned, Rule::C29_7, "released");
}

/// `[C29-7]` The reason is one that the case bears out.
#[test]
fn c29_7_the_reason_is_true() {
    let (story, example) = (Story::before(Kind::ReleaseNotice), form(Kind::ReleaseNotice));
    for reason in ["withdrawn", "decided", "disclosed"] {
        story.assert_refused(&with(example.clone(), "/reason", reason), Rule::C29_7, "reason");
    }
    let early = with(example.clone(), "/released", "2026-03-17T10:00:00[Europe/Lisbon]");
    let withdrawn = story.then(Kind::Withdrawal);
    assert_eq!(
        withdrawn.and(&with(early, "/reason", "withdrawn")).state(),
        State::Released
    );
    let disclosed = Story::before(Kind::Disclosure).then(Kind::Disclosure);
    disclosed.and(&with(example.clone(), "/reason", "disclosed"));
    let lost = without(with(example, "/reason", "lost"), "/explanation");
    story.assert_refused(&lost, Rule::C29_7, "explanation");
}

/// `[CASE-STATE]` What is not preserved cannot be released, nor twice; what is, can be, also in a closed
/// case.
#[test]
fn case_state_only_what_is_preserved_is_released() {
    let example = form(Kind::ReleaseNotice);
    Story::of(&[Kind::PreservationRequest]).assert_refused(&example, Rule::CaseState, "kind");
    let story = Story::before(Kind::ReleaseNotice);
    story
        .and(&example)
        .assert_refused(&example, Rule::CaseState, "kind");
    let closed = story.then(Kind::Outcome).and(&example);
    assert_eq!(
        (closed.state(), closed.view().preservation),
        (State::Closed, None)
    );
}

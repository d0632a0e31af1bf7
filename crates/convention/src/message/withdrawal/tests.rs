#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[ANSWER]` It says why. `[CASE-STATE]` After it, nothing is reported, extended or refused.
#[test]
fn case_state_nothing_follows_a_withdrawal() {
    let (story, example) = (Story::before(Kind::Withdrawal), form(Kind::Withdrawal));
    story.assert_refused(&without(example.clone(), "/reasons"), Rule::Answer, "reasons");
    let withdrawn = story.and(&example);
    assert_eq!(withdrawn.state(), State::Withdrawn);
    for kind in [
        Kind::PreservationReport,
        Kind::Refusal,
        Kind::Acknowledgement,
        Kind::Withdrawal,
    ] {
        withdrawn.assert_refused(&form(kind), Rule::CaseState, "kind");
    }
    withdrawn.then(Kind::Note);
}

/// `[CASE-ROLE]` Only the side that asked takes a request back; `[CASE-STATE]` not once it was served.
#[test]
fn case_role_the_asking_side_takes_it_back() {
    let story = Story::before(Kind::Withdrawal);
    let by_the_other = with(form(Kind::Withdrawal), "/to", serde_json::json!(["XA/police"]));
    story.assert_refused(&by_the_other, Rule::CaseRole, "kind");
    let served = Story::before(Kind::Disclosure).then(Kind::Disclosure);
    served.assert_refused(&form(Kind::Withdrawal), Rule::CaseState, "kind");
}

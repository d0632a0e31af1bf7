#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[C27-5]` `[C27-7]` Reasons; `[C27-6]` and a thought for a grant in part or under conditions first.
#[test]
fn c27_5_a_postponement_has_reasons_and_alternatives_were_considered() {
    let (story, example) = (Story::before(Kind::Postponement), form(Kind::Postponement));
    let postponed = story.and(&example);
    assert_eq!(postponed.state(), State::Postponed);
    assert!(postponed.view().postponed.unwrap().until.is_some());
    story.assert_refused(&without(example.clone(), "/reasons"), Rule::C27_7, "reasons");
    let field = "alternatives_considered";
    story.assert_refused(
        &without(example.clone(), "/alternatives_considered"),
        Rule::C27_6,
        field,
    );
    story.assert_refused(
        &with(example.clone(), "/alternatives_considered", false),
        Rule::C27_6,
        field,
    );
    let past = with(example, "/until", "2026-01-01T08:00:00[Europe/Lisbon]");
    story.assert_refused(&past, Rule::C27_5, "until");
}

/// `[C27-5]` Work goes on after it; what was reported is not postponed.
#[test]
fn c27_5_work_goes_on_after_it() {
    let postponed = Story::before(Kind::Postponement).then(Kind::Postponement);
    let reported = postponed.then(Kind::PreservationReport);
    assert_eq!(reported.state(), State::Preserved);
    assert_eq!(reported.view().postponed, None);
    reported.assert_refused(&form(Kind::Postponement), Rule::CaseState, "kind");
}

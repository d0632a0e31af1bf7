#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[C29-6]` The ground of the warning, and an explanation that the other side can decide by.
#[test]
fn c29_6_explains_what_preservation_would_lead_to() {
    let (story, example) = (
        Story::before(Kind::PreservationWarning),
        form(Kind::PreservationWarning),
    );
    let warned = story.and(&example);
    assert_eq!(warned.state(), State::InProgress);
    assert_eq!(warned.view().warning.unwrap().decided, None);
    for pointer in ["/grounds", "/explanation"] {
        story.assert_refused(&without(example.clone(), pointer), Rule::C29_6, &pointer[1..]);
    }
    let invented = with(example, "/grounds", serde_json::json!(["too-expensive"]));
    story.assert_refused(&invented, Rule::C29_6, "grounds[0]");
}

/// `[C29-6]` Only preservation has such warnings.
#[test]
fn c29_6_other_requests_have_no_such_warnings() {
    let other = Story::of(&[Kind::MutualAssistanceRequest]);
    other.assert_refused(&form(Kind::PreservationWarning), Rule::CaseState, "kind");
}

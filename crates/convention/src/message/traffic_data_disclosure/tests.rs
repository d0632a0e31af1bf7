#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::json;

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[C30-1]` Enough to identify the other provider, and the path.
#[test]
fn c30_1_names_provider_and_path() {
    let (story, example) = (
        Story::before(Kind::TrafficDataDisclosure),
        form(Kind::TrafficDataDisclosure),
    );
    let told = story.and(&example);
    assert_eq!(told.state(), State::Delivered);
    assert!(told.view().traffic_data_disclosed.is_some());
    for pointer in ["/providers", "/path"] {
        story.assert_refused(&without(example.clone(), pointer), Rule::C30_1, &pointer[1..]);
    }
    let nameless = with(example, "/providers", json!([{ "territory": "XC" }]));
    story.assert_refused(&nameless, Rule::C30_1, "providers[0].name");
}

/// `[C30-1]` It is owed in a preservation whether it was asked for or not, and in no other case.
#[test]
fn c30_1_is_owed_in_the_course_of_a_preservation() {
    let unasked = with(
        form(Kind::PreservationRequest),
        "/follow_up/disclose_traffic_data",
        false,
    );
    Story::default().and(&unasked).then(Kind::TrafficDataDisclosure);
    let other = Story::of(&[Kind::AssistanceRequest]);
    other.assert_refused(&form(Kind::TrafficDataDisclosure), Rule::CaseState, "kind");
}

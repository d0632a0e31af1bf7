#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[C27-9-C]` The competent authority is named, with a way to reach it.
#[test]
fn c27_9_c_names_the_competent_authority() {
    let (story, example) = (Story::before(Kind::Referral), form(Kind::Referral));
    let referred = story.and(&example);
    assert_eq!(referred.state(), State::InProgress);
    assert_eq!(
        referred.view().referred_to.unwrap(),
        "Cybercrime Prosecution Office of XB"
    );
    for pointer in ["/authority", "/contact"] {
        story.assert_refused(&without(example.clone(), pointer), Rule::C27_9C, &pointer[1..]);
    }
    let abroad = with(example, "/contact_point", "XC/police");
    story.assert_refused(&abroad, Rule::C27_9C, "contact_point");
}

/// `[CASE-STATE]` What was answered needs no other authority.
#[test]
fn case_state_what_was_reported_is_not_referred() {
    let reported = Story::of(&[Kind::PreservationRequest, Kind::PreservationReport]);
    reported.assert_refused(&form(Kind::Referral), Rule::CaseState, "kind");
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[2AP-9]` Facts, provider, data and offence are advice: their wording is unverified, and a life may be at
/// risk.
#[test]
fn p2_9_the_protocol_is_advice_only() {
    let (story, mut example) = (Story::default(), form(Kind::EmergencyDisclosureRequest));
    story.and(&example);
    for pointer in ["/emergency", "/provider", "/data", "/offence"] {
        example = without(example, pointer);
    }
    let example = with(example, "/selectors/0/type", "ip");
    let advice = story.advice(&example);
    for field in [
        "emergency.facts",
        "emergency.risk",
        "provider",
        "data",
        "offence",
        "selectors[0].value",
        "selectors[0].range",
    ] {
        assert!(
            advice.contains(&(Rule::P2_9, field.to_owned())),
            "{field}: {advice:?}"
        );
    }
}

/// `[REQUEST]` Who asks, on whose behalf, and for what: that much is required.
#[test]
fn request_says_who_asks_and_for_what() {
    let (story, example) = (Story::default(), form(Kind::EmergencyDisclosureRequest));
    for pointer in [
        "/request",
        "/office",
        "/office/name",
        "/authority",
        "/authority/case_number",
    ] {
        let field = pointer[1..].replace('/', ".");
        story.assert_refused(&without(example.clone(), pointer), Rule::Request, &field);
    }
    story.assert_refused(&without(example, "/officer"), Rule::Request, "officer");
}

/// `[CASE-STATE]` Data can follow at once; a refusal says that it is this that is refused.
#[test]
fn case_state_data_can_follow_at_once() {
    let asked = Story::of(&[Kind::EmergencyDisclosureRequest]);
    assert_eq!(asked.then(Kind::Disclosure).state(), State::Disclosed);
    asked.assert_refused(&form(Kind::Refusal), Rule::CaseState, "refuses");
    let refusal = with(form(Kind::Refusal), "/refuses", "emergency-disclosure");
    assert_eq!(asked.and(&refusal).state(), State::Refused);
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[2AP-10]` The facts of the emergency are advice: their wording is unverified, and nothing waits for them.
#[test]
fn p2_10_the_emergency_is_advice_only() {
    let (story, example) = (Story::default(), form(Kind::EmergencyMutualAssistanceRequest));
    assert_eq!(story.and(&example).state(), State::Delivered);
    assert!(
        !story
            .advice(&example)
            .iter()
            .any(|(rule, _)| *rule == Rule::P2_10)
    );
    let advice = story.advice(&without(example, "/emergency"));
    for field in ["emergency.facts", "emergency.risk", "emergency.relevance"] {
        assert!(advice.contains(&(Rule::P2_10, field.to_owned())), "{field}");
    }
}

/// `[C31]` What it says as a request for mutual assistance is required.
#[test]
fn c31_it_is_a_request_for_mutual_assistance() {
    let (story, example) = (Story::default(), form(Kind::EmergencyMutualAssistanceRequest));
    for pointer in ["/articles", "/measures", "/data"] {
        story.assert_refused(&without(example.clone(), pointer), Rule::C31, &pointer[1..]);
    }
    story.assert_refused(
        &with(example, "/route", "direct-judicial"),
        Rule::C27_9,
        "urgency",
    );
    let decision = form(Kind::MutualAssistanceDecision);
    assert_eq!(
        story
            .and(&form(Kind::EmergencyMutualAssistanceRequest))
            .and(&decision)
            .state(),
        State::Decided
    );
}

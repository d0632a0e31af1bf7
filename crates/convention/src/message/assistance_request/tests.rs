#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::json;

use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[C35-1]` One of the four, a question, its background, and who asks.
#[test]
fn c35_1_says_what_is_asked_why_and_by_whom() {
    let (story, example) = (Story::default(), form(Kind::AssistanceRequest));
    story.and(&example);
    for pointer in ["/assistance", "/question", "/background", "/office"] {
        story.assert_refused(&without(example.clone(), pointer), Rule::C35_1, &pointer[1..]);
    }
    story.assert_refused(
        &without(example.clone(), "/office/name"),
        Rule::C35_1,
        "office.name",
    );
    let fault = story.assert_refused(&with(example, "/assistance", "advice"), Rule::C35_1, "assistance");
    assert!(fault.mend.contains("technical-advice"), "{}", fault.mend);
}

/// `[C35-1]` Advice needs no authority behind it; what touches a person does.
#[test]
fn c35_1_what_touches_a_person_has_an_authority_behind_it() {
    let story = Story::default();
    let authority = json!({ "name": "Prosecution Office", "case_number": "412/P/2026" });
    for assistance in ["locating-suspect", "collecting-evidence"] {
        let example = with(form(Kind::AssistanceRequest), "/assistance", assistance);
        story.assert_refused(&example, Rule::C35_1, "authority");
        story.and(&with(example.clone(), "/authority", authority.clone()));
        let nameless = with(example, "/authority", json!({ "case_number": "412/P/2026" }));
        story.assert_refused(&nameless, Rule::C35_1, "authority.name");
    }
    story.and(&with(
        form(Kind::AssistanceRequest),
        "/assistance",
        "technical-advice",
    ));
}

/// `[C35-1]` An address without a time is what is asked for here: it is advice only.
#[test]
fn c35_1_a_selector_without_a_time_is_advice() {
    let selectors = json!([{ "type": "ip", "value": "192.0.2.17" }]);
    let example = with(form(Kind::AssistanceRequest), "/selectors", selectors);
    let advice = Story::default().advice(&example);
    assert!(
        advice.contains(&(Rule::C35_1, "selectors[0].range".to_owned())),
        "{advice:?}"
    );
}

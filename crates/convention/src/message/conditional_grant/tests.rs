#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::json;

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[C28-2]` What is granted, and at least one condition in words.
#[test]
fn c28_2_names_its_conditions() {
    let (story, example) = (
        Story::before(Kind::ConditionalGrant),
        form(Kind::ConditionalGrant),
    );
    assert_eq!(story.and(&example).state(), State::Conditional);
    for pointer in ["/grants", "/conditions"] {
        story.assert_refused(&without(example.clone(), pointer), Rule::C28_2, &pointer[1..]);
    }
    let wordless = json!([{ "type": "confidentiality" }]);
    story.assert_refused(
        &with(example.clone(), "/conditions", wordless),
        Rule::C28_2,
        "conditions[0].wording",
    );
    let invented = json!([{ "type": "payment", "wording": "EUR 100" }]);
    story.assert_refused(
        &with(example, "/conditions", invented),
        Rule::C28_2,
        "conditions[0].type",
    );
}

/// `[C28-2]` Until the conditions are answered, nothing is disclosed.
#[test]
fn c28_2_nothing_is_disclosed_before_the_answer() {
    let granted = Story::before(Kind::Disclosure);
    granted.then(Kind::Disclosure);
    let conditional = granted.then(Kind::ConditionalGrant);
    conditional.assert_refused(&form(Kind::Disclosure), Rule::CaseState, "kind");
    let accepted = conditional.then(Kind::ConditionsAccepted);
    assert_eq!(accepted.state(), State::Decided);
    assert_eq!(accepted.then(Kind::Disclosure).state(), State::Disclosed);
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

fn refused() -> serde_json::Value {
    let example = without(form(Kind::MutualAssistanceDecision), "/grants");
    let example = with(example, "/decision", "refused");
    let example = with(example, "/article", "27(4)(b)");
    let example = with(example, "/ground", "essential-interests");
    let example = with(example, "/alternatives_considered", true);
    with(
        example,
        "/reasons",
        "Execution would lay an operation of our security service open.",
    )
}

/// `[C27-4]` `[C25-4]` Refused on the two grounds, or on one of domestic law or treaty; on no other.
#[test]
fn c27_4_refused_on_permitted_grounds_only() {
    let story = Story::before(Kind::MutualAssistanceDecision);
    for (article, ground) in [
        ("27(4)(a)", "political-offence"),
        ("27(4)(b)", "essential-interests"),
        ("25(4)", "domestic-law-or-treaty"),
    ] {
        let form = with(with(refused(), "/article", article), "/ground", ground);
        assert_eq!(story.and(&form).state(), State::Decided);
    }
    story.assert_refused(&without(refused(), "/article"), Rule::C27_4, "article");
    story.assert_refused(&without(refused(), "/ground"), Rule::C27_4, "ground");
    story.assert_refused(&with(refused(), "/article", "27(4)(a)"), Rule::C27_4, "article");
    story.assert_refused(&with(refused(), "/article", "29(5)(b)"), Rule::C27_4, "article");
    story.assert_refused(
        &with(refused(), "/ground", "dual-criminality"),
        Rule::C27_4,
        "ground",
    );
    story.assert_refused(&with(refused(), "/ground", "cost"), Rule::C27_4, "ground");
    let granted = with(
        form(Kind::MutualAssistanceDecision),
        "/ground",
        "political-offence",
    );
    story.assert_refused(&granted, Rule::C27_4, "ground");
}

/// `[C27-7]` Reasons for whatever is not granted; `[C27-6]` and alternatives before a refusal.
#[test]
fn c27_7_reasons_are_mandatory() {
    let story = Story::before(Kind::MutualAssistanceDecision);
    story.assert_refused(&without(refused(), "/reasons"), Rule::C27_7, "reasons");
    let field = "alternatives_considered";
    story.assert_refused(
        &without(refused(), "/alternatives_considered"),
        Rule::C27_6,
        field,
    );
    for decision in ["partly-granted", "impossible"] {
        let unreasoned = with(form(Kind::MutualAssistanceDecision), "/decision", decision);
        story.assert_refused(&unreasoned, Rule::C27_7, "reasons");
        story.and(&with(
            unreasoned,
            "/reasons",
            "The second account does not exist any more.",
        ));
    }
    let example = form(Kind::MutualAssistanceDecision);
    story.assert_refused(&without(example.clone(), "/decision"), Rule::C27_7, "decision");
    story.assert_refused(&without(example, "/authority"), Rule::C27_7, "authority");
}

/// `[CASE-STATE]` A decision needs a request on which to decide; data need a decision that grants them.
#[test]
fn case_state_request_decision_disclosure() {
    let preserved = Story::of(&[Kind::PreservationRequest, Kind::PreservationReport]);
    preserved.assert_refused(&form(Kind::MutualAssistanceDecision), Rule::CaseState, "kind");
    preserved.assert_refused(&form(Kind::Disclosure), Rule::CaseState, "kind");
    let story = Story::before(Kind::MutualAssistanceDecision);
    story.assert_refused(&form(Kind::Disclosure), Rule::CaseState, "kind");
    let no = story.and(&refused());
    no.assert_refused(&form(Kind::Disclosure), Rule::CaseState, "kind");
    let yes = no.then(Kind::MutualAssistanceDecision);
    yes.then(Kind::Disclosure);
}

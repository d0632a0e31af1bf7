#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[C29-7]` Until when, why, and later than the end that was reported.
#[test]
fn c29_7_an_extension_is_longer() {
    let (story, example) = (
        Story::before(Kind::ExtensionRequest),
        form(Kind::ExtensionRequest),
    );
    assert_eq!(story.and(&example).state(), State::Preserved);
    for pointer in ["/until", "/reasons"] {
        story.assert_refused(&without(example.clone(), pointer), Rule::C29_7, &pointer[1..]);
    }
    let same = with(example.clone(), "/until", "2026-06-13T23:30:00[Europe/Lisbon]");
    story.assert_refused(&same, Rule::C29_7, "until");
    let past = with(example, "/until", "2026-01-13T23:30:00[Europe/Lisbon]");
    story.assert_refused(&past, Rule::C29_7, "until");
}

/// `[CASE-STATE]` What was refused, was not found, or has no end date cannot be extended.
#[test]
fn case_state_only_what_would_end_is_extended() {
    let example = form(Kind::ExtensionRequest);
    for kinds in [
        &[Kind::PreservationRequest][..],
        &[Kind::PreservationRequest, Kind::Refusal],
        &[
            Kind::PreservationRequest,
            Kind::PreservationReport,
            Kind::MutualAssistanceNotice,
        ],
        &[
            Kind::PreservationRequest,
            Kind::PreservationReport,
            Kind::Withdrawal,
        ],
    ] {
        Story::of(kinds).assert_refused(&example, Rule::CaseState, "kind");
    }
    // The answer is another report.
    let longer = with(
        form(Kind::PreservationReport),
        "/until",
        "2026-09-11T23:30:00[Europe/Lisbon]",
    );
    let extended = Story::before(Kind::ExtensionRequest).and(&example).and(&longer);
    let until = extended.view().preservation.unwrap().until.unwrap();
    assert_eq!(until.instant().to_string(), "2026-09-11T22:30:00Z");
}

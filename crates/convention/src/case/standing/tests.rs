#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::case::State;
use crate::message::Kind;
use crate::story::Story;

/// Preserve, warn, decide, report, extend, notice, decision, disclosure, outcome: the life of one case.
#[test]
fn a_whole_life_runs_through_its_states() {
    let life = [
        (Kind::PreservationRequest, State::Delivered),
        (Kind::Acknowledgement, State::Acknowledged),
        (Kind::PreservationWarning, State::InProgress),
        (Kind::WarningDecision, State::InProgress),
        (Kind::PreservationReport, State::Preserved),
        (Kind::TrafficDataDisclosure, State::Preserved),
        (Kind::ExtensionRequest, State::Preserved),
        (Kind::PreservationReport, State::Preserved),
        (Kind::MutualAssistanceNotice, State::MutualAssistanceReceived),
        (Kind::MutualAssistanceDecision, State::Decided),
        (Kind::Disclosure, State::Disclosed),
        (Kind::Outcome, State::Closed),
        (Kind::ReleaseNotice, State::Closed),
    ];
    let mut story = Story::default();
    for (kind, state) in life {
        story = story.then(kind);
        assert_eq!(story.state(), state, "after {kind}");
    }
    assert!(
        story
            .view()
            .messages
            .iter()
            .all(|message| message.nonconformities.is_empty())
    );
}

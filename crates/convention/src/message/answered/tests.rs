#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::Kind;

/// Else `--wait answered` would wait for ever.
#[test]
fn every_message_that_asks_has_an_answer() {
    for kind in Kind::ALL {
        let has_answer = Kind::ALL.iter().any(|answer| kind.is_answered_by(*answer));
        assert!(has_answer, "{kind}");
    }
}

#[test]
fn an_answer_is_more_than_an_acknowledgement() {
    let request = Kind::PreservationRequest;
    for answer in [
        Kind::PreservationReport,
        Kind::Refusal,
        Kind::Referral,
        Kind::ConditionalGrant,
    ] {
        assert!(request.is_answered_by(answer), "{answer}");
    }
    for other in [Kind::Acknowledgement, Kind::InformationNeeded, Kind::Note] {
        assert!(!request.is_answered_by(other), "{other}");
    }
    // `[DRILL]` Nothing more can be expected than that somebody is there.
    assert!(Kind::Drill.is_answered_by(Kind::Acknowledgement));
    assert!(Kind::PreservationWarning.is_answered_by(Kind::WarningDecision));
    assert!(!Kind::PreservationWarning.is_answered_by(Kind::PreservationReport));
    assert!(Kind::AssistanceRequest.is_answered_by(Kind::InformationProvided));
}

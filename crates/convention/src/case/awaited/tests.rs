#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::Task;
use crate::message::Kind;
use crate::story::Story;

fn tasks(story: &Story, party: &str) -> Vec<Task> {
    let waiting = story.view().awaits(party.parse().unwrap());
    waiting.iter().map(|one| one.task).collect()
}

/// What waits on each side after these kinds were said between XA, which asks, and XB.
#[track_caller]
fn assert_waits(kinds: &[Kind], asking: &[Task], asked: &[Task]) {
    let story = Story::of(kinds);
    assert_eq!(tasks(&story, "XA"), asking, "XA after {kinds:?}");
    assert_eq!(tasks(&story, "XB"), asked, "XB after {kinds:?}");
    assert!(tasks(&story, "XC").is_empty());
}

#[test]
fn a_preservation_waits_for_one_side_after_the_other() {
    use Kind::{
        Acknowledgement, ConditionalGrant, ConditionsAccepted, Disclosure, ExtensionRequest,
        InformationNeeded, InformationProvided, MutualAssistanceDecision, MutualAssistanceNotice,
        PreservationReport, PreservationRequest, PreservationWarning, WarningDecision,
    };
    assert_waits(&[PreservationRequest], &[], &[Task::Acknowledge]);
    assert_waits(&[PreservationRequest, Acknowledgement], &[], &[Task::Answer]);
    let asked = [PreservationRequest, Acknowledgement, InformationNeeded];
    assert_waits(&asked, &[Task::Inform], &[]);
    let told = [
        PreservationRequest,
        Acknowledgement,
        InformationNeeded,
        InformationProvided,
    ];
    assert_waits(&told, &[], &[Task::Answer]);
    let warned = [PreservationRequest, Acknowledgement, PreservationWarning];
    assert_waits(&warned, &[Task::DecideOnWarning], &[]);
    let decided = [
        PreservationRequest,
        Acknowledgement,
        PreservationWarning,
        WarningDecision,
    ];
    assert_waits(&decided, &[], &[Task::Answer]);
    assert_waits(
        &[PreservationRequest, ConditionalGrant],
        &[Task::AnswerConditions],
        &[],
    );
    let accepted = [PreservationRequest, ConditionalGrant, ConditionsAccepted];
    assert_waits(&accepted, &[], &[Task::Answer]);
    assert_waits(&[PreservationRequest, PreservationReport], &[], &[]);
    let longer = [PreservationRequest, PreservationReport, ExtensionRequest];
    assert_waits(&longer, &[], &[Task::AnswerExtension]);
    let notice = [PreservationRequest, PreservationReport, MutualAssistanceNotice];
    assert_waits(&notice, &[], &[Task::Decide]);
    let granted = [
        PreservationRequest,
        PreservationReport,
        MutualAssistanceNotice,
        MutualAssistanceDecision,
    ];
    assert_waits(&granted, &[], &[Task::Disclose]);
    let disclosed = [
        PreservationRequest,
        PreservationReport,
        MutualAssistanceNotice,
        MutualAssistanceDecision,
        Disclosure,
    ];
    assert_waits(&disclosed, &[], &[]);
    let withdrawn = [PreservationRequest, PreservationReport, Kind::Withdrawal];
    assert_waits(&withdrawn, &[], &[Task::Release]);
}

/// `[C26-2]` The content waits for the answer to the conditions, and then for whoever has it.
#[test]
fn an_offer_waits_for_its_conditions_and_then_for_its_content() {
    let offer = [Kind::SpontaneousInformation];
    assert_waits(&offer, &[], &[Task::Acknowledge, Task::AnswerConditions]);
    // The examples answer the conditions of a grant; here the other side has set them.
    let answered = |kind| {
        let mut form = crate::examples::form(kind);
        form["to"] = serde_json::json!(["XA/police"]);
        Story::of(&offer).and(&form)
    };
    let accepted = answered(Kind::ConditionsAccepted);
    assert_eq!(tasks(&accepted, "XA"), [Task::GiveContent]);
    assert!(tasks(&accepted, "XB").is_empty());
    let declined = answered(Kind::ConditionsDeclined);
    assert!(tasks(&declined, "XA").is_empty() && tasks(&declined, "XB").is_empty());
}

/// A decision answers its warning, and an answer its question, not the request.
#[test]
fn a_message_answers_what_the_case_makes_clear() {
    let answered = |kinds: &[Kind], kind: Kind, party: &str| {
        let view = Story::of(kinds).view();
        let opening = view.case.unwrap().opening();
        let answered = view.answered_by(kind, party.parse().unwrap());
        let by = |one: &crate::case::MessageView| Some(one.id) == answered;
        let found = view.messages.iter().find(|one| by(one)).and_then(|one| one.kind);
        assert_ne!(answered, Some(opening));
        found
    };
    let warned = [Kind::PreservationRequest, Kind::PreservationWarning];
    let warning = Some(Kind::PreservationWarning);
    assert_eq!(answered(&warned, Kind::WarningDecision, "XA"), warning);
    let asked = [Kind::PreservationRequest, Kind::InformationNeeded];
    let question = Some(Kind::InformationNeeded);
    assert_eq!(answered(&asked, Kind::InformationProvided, "XA"), question);
    assert_eq!(answered(&asked, Kind::InformationProvided, "XB"), None);
    assert_eq!(answered(&asked, Kind::Acknowledgement, "XB"), None);
}

/// `[DRILL]` A drill waits for an officer's word, and for nothing more.
#[test]
fn a_drill_waits_for_a_human() {
    assert_waits(&[Kind::Drill], &[], &[Task::Acknowledge]);
    assert_waits(&[Kind::Drill, Kind::Acknowledgement], &[], &[]);
}

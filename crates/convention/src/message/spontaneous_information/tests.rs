#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::json;

use crate::case::{CaseView, State};
use crate::examples::{form, point, tampered, with, without};
use crate::message::{Kind, Message};
use crate::rule::Rule;
use crate::story::Story;

const CONTENT: &str = include_str!("../../../../../config/examples/spontaneous-information-content.toml");

fn content() -> serde_json::Value {
    crate::reading::json::parse_toml(CONTENT).unwrap()
}

fn accepted() -> serde_json::Value {
    with(form(Kind::ConditionsAccepted), "/to", json!(["XA/police"]))
}

/// `[C26-1]` What it is about, and what it might help.
#[test]
fn c26_1_says_what_it_is_about_and_what_it_might_help() {
    let (story, example) = (Story::default(), form(Kind::SpontaneousInformation));
    story.and(&example);
    for pointer in ["/subject", "/relevance"] {
        story.assert_refused(&without(example.clone(), pointer), Rule::C26_1, &pointer[1..]);
    }
    story.assert_refused(&without(example, "/step"), Rule::C26_2, "step");
    story.assert_refused(&without(content(), "/content"), Rule::C26_1, "content");
}

/// `[C26-2]` Content under conditions is sent only after they were accepted.
#[test]
fn c26_2_content_waits_for_acceptance() {
    let offer = Story::of(&[Kind::SpontaneousInformation]);
    let fault = offer.view().content_permit().unwrap_err();
    assert_eq!(fault.rule, Rule::C26_2);
    offer.assert_refused(&content(), Rule::C26_2, "content");

    let agreed = offer.and(&accepted());
    let permit = agreed.view().content_permit().unwrap();
    assert_eq!(permit.accepted(), agreed.view().conditions.unwrap().accepted);
    let told = agreed.and(&content());
    assert_eq!(told.state(), State::Disclosed);
    let feedback = with(form(Kind::Outcome), "/to", json!(["XA/police"]));
    assert_eq!(told.and(&feedback).state(), State::Closed);
}

/// `[C26-2]` Nothing but an acceptance in the case opens the way: no note, no acknowledgement, no acceptance
/// that does not bind or that comes from the wrong side, and no other kind of case.
#[test]
fn c26_2_nothing_else_permits_content() {
    let offer = Story::of(&[Kind::SpontaneousInformation]);
    let to_xa = |kind| with(form(kind), "/to", json!(["XA/police"]));
    for kind in [Kind::Acknowledgement, Kind::Note] {
        assert!(offer.and(&to_xa(kind)).view().content_permit().is_err(), "{kind}");
    }
    let tampered_acceptance = |change: fn(&mut serde_json::Value)| {
        let mut story = offer.and(&accepted());
        let bytes = tampered(story.messages.last().unwrap(), change);
        *story.messages.last_mut().unwrap() = Message::read(&bytes).unwrap().message;
        story.view()
    };
    let unbinding = tampered_acceptance(|document| document["body"]["binding"] = json!(false));
    assert!(unbinding.content_permit().is_err());
    for stranger in ["XA/police", "XC/police"] {
        let view = match stranger {
            "XA/police" => tampered_acceptance(|document| document["from"] = json!("XA/police")),
            _ => tampered_acceptance(|document| document["from"] = json!("XC/police")),
        };
        assert!(view.content_permit().is_err(), "{stranger}");
    }
    assert!(
        Story::of(&[Kind::PreservationRequest])
            .view()
            .content_permit()
            .is_err()
    );
    assert!(CaseView::fold([]).content_permit().is_err());
    let withdrawn = offer.and(&accepted()).then(Kind::Withdrawal);
    assert!(withdrawn.view().content_permit().is_err());
}

/// `[C26-2]` An offer holds no content, and content no conditions.
#[test]
fn c26_2_offer_and_content_are_two_steps() {
    let story = Story::default();
    let telling = with(
        form(Kind::SpontaneousInformation),
        "/content",
        "The list is here.",
    );
    story.assert_refused(&telling, Rule::C26_2, "content");
    let conditions = form(Kind::SpontaneousInformation)["conditions"].clone();
    story.assert_refused(
        &with(content(), "/conditions", conditions),
        Rule::C26_2,
        "conditions",
    );
    let offered = Story::of(&[Kind::SpontaneousInformation]);
    offered.assert_refused(&form(Kind::SpontaneousInformation), Rule::CaseState, "step");
}

/// `[C26-2]` Without conditions nothing has to be accepted.
#[test]
fn c26_2_without_conditions_content_can_be_sent_at_once() {
    let told = Story::default().and(&content());
    assert_eq!(told.state(), State::Delivered);
    let free = Story::default().and(&without(form(Kind::SpontaneousInformation), "/conditions"));
    assert_eq!(free.view().content_permit().unwrap().accepted(), None);
    free.and(&content());
}

/// `[C26-2]` Content that a peer sends too early is recorded, and shown as what it is.
#[test]
fn c26_2_content_that_comes_too_early_is_non_conforming() {
    let mut story = Story::of(&[Kind::SpontaneousInformation])
        .and(&accepted())
        .and(&content());
    story.messages.remove(1);
    let view = story.view();
    assert_eq!(view.messages[1].nonconformities[0].rule, Rule::C26_2);
    assert_eq!(view.messages[1].nonconformities[0].field, "body.content");
    assert!(
        !view
            .allowed_answers(&point("XB/police"))
            .contains(&Kind::SpontaneousInformation)
    );
}

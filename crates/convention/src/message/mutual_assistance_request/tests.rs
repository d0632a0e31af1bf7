#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::json;

use crate::case::State;
use crate::examples::tampered;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::message::Message;
use crate::rule::Rule;
use crate::story::Story;

fn direct() -> serde_json::Value {
    let example = with(form(Kind::MutualAssistanceRequest), "/route", "direct-judicial");
    let example = with(
        example,
        "/urgency",
        json!({ "reasons": "The data are deleted on 20 March." }),
    );
    let example = with(example, "/to", json!(["XB/prosecution", "XA/central-authority"]));
    let copies = json!([
        { "authority": "Central Authority of XA", "party": "XA", "contact_point": "XA/central-authority" },
        { "authority": "Central Authority of XB", "party": "XB", "sent_otherwise": "By fax, 15 March 2026" },
    ]);
    with(example, "/copies", copies)
}

/// `[C31]` Article, on whose behalf, offence, data, measures: what a request for mutual assistance says.
#[test]
fn c31_says_what_is_asked() {
    let (story, example) = (Story::default(), form(Kind::MutualAssistanceRequest));
    let asked = story.and(&example);
    assert_eq!(asked.state(), State::Delivered);
    assert!(asked.view().mutual_assistance.is_some());
    for pointer in [
        "/articles",
        "/measures",
        "/request",
        "/request/reference",
        "/request/status",
        "/office",
        "/authority",
        "/authority/case_number",
        "/offence",
        "/offence/facts",
        "/data",
        "/data/territory",
        "/data/relationship",
        "/data/selectors",
    ] {
        let field = pointer[1..].replace('/', ".");
        story.assert_refused(&without(example.clone(), pointer), Rule::C31, &field);
    }
    story.assert_refused(
        &with(example.clone(), "/articles", json!(["29"])),
        Rule::C31,
        "articles[0]",
    );
    let unfollowing = without(example.clone(), "/request/earlier_reference");
    story.assert_refused(&unfollowing, Rule::C31, "request.earlier_reference");
    let timeless = without(example, "/data/selectors/0/range");
    story.assert_refused(&timeless, Rule::C31, "data.selectors[0].range");
}

/// `[C31]` Stored data are of the past; what is collected in real time is of the future.
#[test]
fn c31_real_time_collection_lies_ahead() {
    let until = "2026-09-09T08:10:00[Europe/Bucharest]";
    let example = with(
        form(Kind::MutualAssistanceRequest),
        "/data/selectors/0/range/until",
        until,
    );
    let field = "data.selectors[0].range.until";
    Story::default().assert_refused(&example, Rule::C31, field);
    for article in ["33", "34"] {
        Story::default().and(&with(example.clone(), "/articles", json!([article])));
    }
}

/// `[C29-7]` In the case of a preservation it stops the lapse, as a notice does.
#[test]
fn c29_7_it_can_follow_a_preservation_in_its_case() {
    let preserved = Story::of(&[Kind::PreservationRequest, Kind::PreservationReport]);
    let following = preserved.then(Kind::MutualAssistanceRequest);
    assert_eq!(following.state(), State::MutualAssistanceReceived);
    let view = following.view();
    assert_eq!(view.preservation.unwrap().until, None);
    assert_eq!(view.request.unwrap().reference.unwrap(), "XA-PRES-2026-0117");
    let other = Story::of(&[Kind::AssistanceRequest]);
    other.assert_refused(&form(Kind::MutualAssistanceRequest), Rule::CaseState, "kind");
}

/// `[C27-9]` An urgent direct request goes in copy to both central authorities.
#[test]
fn c27_9_direct_requests_go_in_copy_to_both_central_authorities() {
    let story = Story::default();
    story.and(&direct());
    story.assert_refused(&without(direct(), "/route"), Rule::C27_9, "route");
    story.assert_refused(&without(direct(), "/urgency"), Rule::C27_9, "urgency");
    for (kept, missing) in [(0, "XB"), (1, "XA")] {
        let one = json!([direct()["copies"][kept].clone()]);
        let fault = story.assert_refused(&with(direct(), "/copies", one), Rule::C27_9, "copies");
        assert!(fault.what.contains(missing), "{}", fault.what);
    }
    let field = "copies[0].contact_point";
    let not_sent = with(direct(), "/to", json!(["XB/prosecution"]));
    story.assert_refused(&not_sent, Rule::C27_9, field);
    let pathless = without(direct(), "/copies/0/contact_point");
    story.assert_refused(&pathless, Rule::C27_9, field);
    let confused = with(direct(), "/copies/0/party", "XB");
    story.assert_refused(&confused, Rule::C27_9, field);
}

/// `[C27-9]` A received one without its copies is recorded, and marked.
#[test]
fn c27_9_a_received_request_without_copies_is_non_conforming() {
    let story = Story::default().and(&direct());
    let bytes = tampered(&story.messages[0], |document| {
        document["body"].as_object_mut().unwrap().remove("copies");
    });
    let received = Message::read(&bytes).unwrap();
    let rules: Vec<Rule> = received.nonconformities.iter().map(|fault| fault.rule).collect();
    assert_eq!(rules, [Rule::C27_9, Rule::C27_9]);
}

/// `[C27-9]` Each recipient has it; the case shows who.
#[test]
fn c27_9_each_recipient_has_its_own_delivery() {
    use crate::case::{CaseFact, CaseView, Event};
    use crate::examples::{case, id, minute, point};
    let story = Story::default().and(&direct());
    let to = point("XB/prosecution");
    let view = CaseView::fold([
        CaseFact::submitted(story.messages[0].clone(), minute(0)),
        CaseFact::event(case(), id(1), Event::Delivered { to: to.clone() }, minute(1)),
    ]);
    let delivered: Vec<(String, bool)> = view.messages[0]
        .deliveries
        .iter()
        .map(|delivery| (delivery.to.to_string(), delivery.delivered_at.is_some()))
        .collect();
    assert_eq!(
        delivered,
        [
            ("XA/central-authority".to_owned(), false),
            ("XB/prosecution".to_owned(), true)
        ]
    );
}

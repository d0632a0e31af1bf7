#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;

use crate::case::{CaseFact, CaseView, Consignment, Event, State};
use crate::examples::{case, form, id, judge, minute, point, request_context, tampered, with};
use crate::message::{Context, Kind, Message};
use crate::party::ContactPoint;
use crate::rule::Rule;
use crate::story::Story;

/// One message of each kind, as if all had been said in one case, in the order of the table; whether each
/// makes sense there is for the fold to say.
fn one_of_each(opening: Kind) -> Vec<Message> {
    // Made once: each takes a whole story to validate.
    static REST: LazyLock<Vec<Message>> = LazyLock::new(all_that_follow);
    let first = Story::of(&[opening]).messages.remove(0);
    std::iter::once(first).chain(REST.iter().cloned()).collect()
}

fn all_that_follow() -> Vec<Message> {
    let rest = Kind::ALL.iter().filter(|kind| kind.belongs_to_case());
    let messages = rest.enumerate().map(|(index, kind)| {
        let number = u8::try_from(index + 2).unwrap();
        let story = Story::before(*kind).and(&form(*kind));
        let bytes = tampered(story.messages.last().unwrap(), |document| {
            document["id"] = json!(id(number).to_string());
            document["case"] = json!(case().to_string());
            document["in_reply_to"] = json!(id(1).to_string());
            document["sent_at"] = json!(minute(u32::from(number)).to_string());
        });
        Message::read(&bytes).unwrap().message
    });
    messages.collect()
}

fn received(message: &Message, at_minute: u32) -> CaseFact {
    CaseFact::received(Message::read(&message.to_json()).unwrap(), minute(at_minute))
}

/// The message with another time, side or text, as a hostile or broken peer might send it under the same id.
fn varied(message: &Message, choice: u8) -> Message {
    let bytes = tampered(message, |document| match choice % 4 {
        0 => document["sent_at"] = json!(minute(u32::from(choice % 7)).to_string()),
        1 => document["from"] = json!(if choice < 128 { "XA/police" } else { "XC/police" }),
        2 => document["in_reply_to"] = json!(id(choice % 25 + 1).to_string()),
        _ => document["author"] = json!({ "name": format!("Officer {choice}"), "role": "x" }),
    });
    Message::read(&bytes).unwrap().message
}

fn any_fact(messages: Vec<Message>) -> impl Strategy<Value = CaseFact> {
    (0..messages.len(), 0..10_u8, 0..90_u32, any::<u8>()).prop_map(move |(index, what, at_minute, choice)| {
        let message = &messages[index];
        let to = point(if choice % 2 == 0 { "XB/police" } else { "XA/police" });
        let event = |event| CaseFact::event(case(), message.id(), event, minute(at_minute));
        match what {
            0..=3 => received(message, at_minute),
            4 => CaseFact::submitted(message.clone(), minute(at_minute)),
            5 => event(Event::Delivered { to }),
            6 => event(Event::Consigned {
                to,
                consignment: Consignment::Readable,
            }),
            7 => CaseFact::drafted(message.clone(), format!("officer {choice}"), minute(at_minute)),
            8 => event(Event::Approved {
                by: format!("officer {choice}"),
            }),
            _ => received(&varied(message, choice), at_minute),
        }
    })
}

fn any_opening() -> impl Strategy<Value = Kind> {
    let openings: Vec<Kind> = Kind::ALL
        .iter()
        .copied()
        .filter(|kind| kind.opens_case())
        .collect();
    prop::sample::select(openings)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same view in any order of arrival, with any repetitions, over every kind of message and of case.
    #[test]
    fn the_fold_forgets_order_and_repetition(
        (facts, shuffled) in any_opening().prop_flat_map(|opening| {
            prop::collection::vec(any_fact(one_of_each(opening)), 0..30).prop_flat_map(|facts| {
                let twice: Vec<CaseFact> = facts.iter().chain(facts.iter().step_by(2)).cloned().collect();
                (Just(facts), Just(twice).prop_shuffle())
            })
        })
    ) {
        prop_assert_eq!(CaseView::fold(facts), CaseView::fold(shuffled));
    }

    /// What arrives late changes nothing about how the case ends: each prefix can come last.
    #[test]
    fn late_arrivals_end_the_same(opening in any_opening(), cut in 0..30_usize) {
        let facts: Vec<CaseFact> = one_of_each(opening)
            .iter()
            .enumerate()
            .map(|(index, message)| received(message, u32::try_from(index).unwrap()))
            .collect();
        let (early, late) = facts.split_at(cut.min(facts.len()));
        let rotated = late.iter().chain(early).cloned();
        prop_assert_eq!(CaseView::fold(rotated), CaseView::fold(facts.clone()));
    }
}

/// `[CASE-STATE]` `[CASE-ROLE]` In every case and after every message, what `allowed_answers` names is not
/// objected to on sending, and what it does not name cannot be sent.
#[test]
fn case_state_allowed_answers_is_what_can_be_sent() {
    let openings = Kind::ALL.iter().filter(|kind| kind.opens_case());
    for opening in openings {
        let mut messages = Vec::new();
        for message in one_of_each(*opening) {
            messages.push(message);
            let view = crate::examples::case_of(&messages);
            for sender in ["XA/police", "XB/police", "XC/police"] {
                assert_allowed_is_what_can_be_sent(&view, &point(sender));
            }
        }
    }
}

fn assert_allowed_is_what_can_be_sent(view: &CaseView, sender: &ContactPoint) {
    let allowed = view.allowed_answers(sender);
    for kind in Kind::ALL.iter().filter(|kind| kind.belongs_to_case()) {
        let to = if sender.party().as_str() == "XA" {
            "XB/police"
        } else {
            "XA/police"
        };
        let context = Context {
            message_id: id(200),
            sender: sender.clone(),
            now: minute(200),
            case_view: Some(view),
            ..request_context()
        };
        let faults = judge(&with(form(*kind), "/to", json!([to])), &context)
            .err()
            .unwrap_or_default();
        let is_objected = faults
            .iter()
            .any(|fault| fault.field == "kind" && matches!(fault.rule, Rule::CaseState | Rule::CaseRole));
        assert_eq!(
            allowed.contains(kind),
            !is_objected,
            "{kind} from {sender} in {:?}",
            view.state
        );
    }
}

/// `[CASE-STATE]` What cannot be sent is, when received, recorded as non-conforming, and leaves the state
/// alone.
#[test]
fn case_state_what_cannot_be_sent_changes_nothing_when_received() {
    for opening in Kind::ALL.iter().filter(|kind| kind.opens_case()) {
        let mut messages: Vec<Message> = Vec::new();
        let mut before = CaseView::fold([]);
        for message in one_of_each(*opening) {
            let is_allowed =
                messages.is_empty() || before.allowed_answers(message.from()).contains(&message.kind());
            messages.push(message);
            let after = crate::examples::case_of(&messages);
            let marks = &after.messages.last().unwrap().nonconformities;
            if !is_allowed {
                let is_marked = marks
                    .iter()
                    .any(|fault| matches!(fault.rule, Rule::CaseState | Rule::CaseRole));
                assert!(is_marked, "{:?}", after.messages.last());
                assert_eq!(after.state, before.state);
                assert_eq!(after.conditions, before.conditions);
                assert_eq!(after.preservation, before.preservation);
            }
            assert_eq!(after.messages.len(), messages.len());
            before = after;
        }
    }
}

/// A case that is over stays so: nothing but a note, a release or an outcome has a place in it.
#[test]
fn case_state_what_is_over_stays_over() {
    for state in State::ALL.iter().filter(|state| state.is_over()) {
        for kind in Kind::ALL.iter().filter(|kind| kind.is_allowed_in(*state)) {
            assert!(
                matches!(kind, Kind::Note | Kind::ReleaseNotice | Kind::Outcome),
                "{kind} in {state}"
            );
        }
    }
}

/// `[FOUR-EYES]` A request is drafted, then approved, then sent; each is told with the officer's name.
#[test]
fn four_eyes_drafted_and_approved_come_before_submitted() {
    let request = Story::of(&[Kind::PreservationRequest]).messages.remove(0);
    let facts = [
        CaseFact::drafted(request.clone(), "officer 1".to_owned(), minute(0)),
        CaseFact::event(
            case(),
            id(1),
            Event::Approved {
                by: "officer 2".to_owned(),
            },
            minute(5),
        ),
        CaseFact::submitted(request, minute(6)),
    ];
    let views: Vec<CaseView> = (1..=3)
        .map(|count| CaseView::fold(facts[..count].to_vec()))
        .collect();
    let states: Vec<State> = views.iter().map(|view| view.state).collect();
    assert_eq!(states, [State::Drafted, State::Approved, State::Submitted]);
    assert!(
        views[1]
            .reason
            .sentence
            .starts_with("approved, because officer 2 said so")
    );
    assert_eq!(views[0].allowed_answers(&point("XB/police")), []);
    assert_eq!(
        views[2].timeline[1].what,
        "preservation-request approved by officer 2"
    );
}

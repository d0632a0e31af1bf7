#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use serde_json::json;

use super::{CaseFact, CaseView, ClockKind, Consignment, Event, State};
use crate::examples::{
    answer_context, assert_allowed, case, case_of, form, id, minute, open_case, point, request, tampered,
    with,
};
use crate::message::{Kind, Message};
use crate::rule::Rule;

/// An answer of XB, made in an open case, so that a history can hold what its sender could not send.
fn answer(number: u8, kind: Kind) -> Message {
    let case = open_case();
    let form = if kind == Kind::Note {
        with(form(kind), "/to", json!(["XA/police"]))
    } else {
        form(kind)
    };
    assert_allowed(&form, &answer_context(number, &case, None)).0
}

fn received(message: &Message, at_minute: u32) -> CaseFact {
    CaseFact::received(Message::read(&message.to_json()).unwrap(), minute(at_minute))
}

fn event(number: u8, event: Event, at_minute: u32) -> CaseFact {
    CaseFact::event(case(), id(number), event, minute(at_minute))
}

fn delivered(number: u8, at_minute: u32) -> CaseFact {
    event(
        number,
        Event::Delivered {
            to: point("XB/police"),
        },
        at_minute,
    )
}

/// What XA sees of a case that goes well.
fn history() -> Vec<CaseFact> {
    let to = point("XB/police");
    vec![
        CaseFact::submitted(request(), minute(0)),
        delivered(1, 1),
        event(
            1,
            Event::Consigned {
                to,
                consignment: Consignment::Readable,
            },
            1,
        ),
        received(&answer(2, Kind::Acknowledgement), 3),
        received(&answer(3, Kind::Note), 4),
        received(&answer(4, Kind::PreservationReport), 5),
    ]
}

/// Each state is reached, and says why.
#[test]
fn the_state_is_explained() {
    let states: Vec<(State, String)> = (0..=history().len())
        .map(|count| CaseView::fold(history().into_iter().take(count)))
        .map(|view| (view.state, view.reason.sentence))
        .collect();
    let expected = [
        State::Unknown,
        State::Submitted,
        State::Delivered,
        State::Delivered,
        State::Acknowledged,
        State::Acknowledged,
        State::Preserved,
    ];
    assert_eq!(
        states.iter().map(|(state, _)| *state).collect::<Vec<_>>(),
        expected
    );
    assert_eq!(
        states[2].1,
        "delivered, because XB/police gave its receipt on 2026-03-15 16:01:00 UTC"
    );
    let last = format!(
        "preserved, because message {} of XB/police said so on 2026-03-15 16:04:00 UTC",
        id(4)
    );
    assert_eq!(states[6].1, last);
    assert_eq!(open_case().state, State::Delivered);
    assert!(open_case().reason.sentence.contains("it was received here"));
}

#[test]
fn a_case_shows_messages_deliveries_timeline_and_clocks() {
    let view = CaseView::fold(history());
    assert_eq!(view.case, Some(case()));
    assert_eq!(view.requesting.unwrap().as_str(), "XA");
    assert_eq!(view.requested.unwrap().as_str(), "XB");
    let request = view.request.as_ref().unwrap();
    assert_eq!(request.convention_articles, ["2", "8"]);
    assert!(request.discloses_traffic_data);
    assert_eq!(view.messages.len(), 4);
    let delivery = &view.messages[0].deliveries[0];
    assert_eq!(delivery.to, point("XB/police"));
    assert_eq!(delivery.delivered_at, Some(minute(1)));
    assert_eq!(delivery.consigned, Some((minute(1), Consignment::Readable)));
    let told: Vec<&str> = view.timeline.iter().map(|entry| entry.what.as_str()).collect();
    assert_eq!(
        told,
        [
            "preservation-request submitted",
            "preservation-request delivered to XB/police",
            "preservation-request opened and readable at XB/police",
            "acknowledgement from XB/police received",
            "note from XB/police received",
            "preservation-report from XB/police received",
        ]
    );
    let clocks: Vec<(ClockKind, String)> = view
        .clocks
        .iter()
        .map(|clock| (clock.kind, clock.at.to_string()))
        .collect();
    // `[C29-7]` 60 days, `[C16-2]` 90 days, from 15 March 23:30 in Lisbon; summer time began in between.
    assert_eq!(
        clocks,
        [
            (ClockKind::MinimumEnds, "2026-05-14T22:30:00Z".to_owned()),
            (ClockKind::OrderEnds, "2026-06-13T22:30:00Z".to_owned()),
            (ClockKind::PreservationEnds, "2026-06-13T22:30:00Z".to_owned()),
        ]
    );
    let json = serde_json::to_string(&view).unwrap();
    assert_eq!(serde_json::from_str::<CaseView>(&json).unwrap(), view);
}

/// `[CASE-STATE]` An answer that makes no sense is recorded, marked, and changes nothing.
#[test]
fn case_state_what_makes_no_sense_is_marked() {
    let refused = [
        request(),
        answer(2, Kind::Refusal),
        answer(3, Kind::PreservationReport),
    ];
    let view = case_of(&refused);
    assert_eq!(view.state, State::Refused);
    assert_eq!(view.preservation, None);
    assert_eq!(view.messages[2].nonconformities[0].rule, Rule::CaseState);
    assert_eq!(view.messages[1].nonconformities, []);

    // The other way round, the refusal comes too late.
    let preserved = [
        request(),
        answer(2, Kind::PreservationReport),
        answer(3, Kind::Refusal),
    ];
    let view = case_of(&preserved);
    assert_eq!(view.state, State::Preserved);
    assert_eq!(view.messages[2].nonconformities[0].rule, Rule::CaseState);
}

/// `[CASE-ROLE]` What comes from the wrong side is recorded, marked, and changes nothing.
#[test]
fn case_role_what_comes_from_the_wrong_side_is_marked() {
    for from in ["XA/police", "XC/police"] {
        let forged = tampered(&answer(2, Kind::Refusal), |document| {
            document["from"] = json!(from)
        });
        let forged = Message::read(&forged).unwrap().message;
        let view = case_of(&[request(), forged]);
        assert_eq!(view.state, State::Delivered, "{from}");
        assert_eq!(view.messages[1].nonconformities[0].rule, Rule::CaseRole, "{from}");
    }
}

/// `[CASE-STATE]` `[CASE-ROLE]` What each side can say next.
#[test]
fn allowed_answers_depend_on_state_and_side() {
    let (asked, asking) = (point("XB/police"), point("XA/police"));
    let open = open_case();
    let of_the_asked = [
        Kind::Acknowledgement,
        Kind::InformationNeeded,
        Kind::Referral,
        Kind::PreservationReport,
        Kind::PreservationWarning,
        Kind::TrafficDataDisclosure,
        Kind::Refusal,
        Kind::Postponement,
        Kind::ConditionalGrant,
        Kind::Note,
    ];
    let of_the_asking = [
        Kind::MutualAssistanceRequest,
        Kind::MutualAssistanceNotice,
        Kind::EmergencyMutualAssistanceRequest,
        Kind::InformationNeeded,
        Kind::Withdrawal,
        Kind::Note,
    ];
    assert_eq!(open.allowed_answers(&asked), of_the_asked);
    assert_eq!(open.allowed_answers(&asking), of_the_asking);
    assert_eq!(open.allowed_answers(&point("XC/police")), []);
    let refused = case_of(&[request(), answer(2, Kind::Refusal)]);
    assert_eq!(refused.allowed_answers(&asked), [Kind::Note]);
    let preserved = case_of(&[request(), answer(2, Kind::PreservationReport)]);
    assert!(!preserved.allowed_answers(&asked).contains(&Kind::Acknowledgement));
    assert_eq!(CaseView::fold([]).allowed_answers(&asked), []);
}

/// Before its request is here, an answer is kept; once it is, the case is as if it had come first.
#[test]
fn an_answer_can_come_before_its_request() {
    let early = CaseView::fold([received(&answer(2, Kind::Acknowledgement), 2)]);
    assert_eq!(early.state, State::Unknown);
    assert_eq!(early.messages.len(), 1);
    // A clock that goes wrong does not put an answer before what it answers.
    let slow = tampered(&answer(2, Kind::Acknowledgement), |d| {
        d["sent_at"] = json!("2020-01-01T00:00:00Z")
    });
    let slow = Message::read(&slow).unwrap().message;
    assert_eq!(case_of(&[slow, request()]).state, State::Acknowledged);
}

#[test]
fn circles_of_answers_and_unreadable_messages_do_no_harm() {
    let to = |number: u8, other: u8| {
        let bytes = tampered(&answer(number, Kind::Note), |d| {
            d["in_reply_to"] = json!(id(other).to_string())
        });
        Message::read(&bytes).unwrap().message
    };
    let view = case_of(&[request(), to(2, 3), to(3, 2), to(4, 4)]);
    assert_eq!(view.messages.len(), 4);
    assert_eq!(view.state, State::Delivered);
    let unreadable = CaseView::fold([event(1, Event::Received, 1), delivered(2, 2)]);
    assert_eq!((unreadable.state, unreadable.messages.len()), (State::Unknown, 2));
}

#[test]
fn rejected_and_expired_messages_stay_in_sight() {
    let to = point("XB/police");
    let rejected = Event::Rejected {
        to: to.clone(),
        reason: "over quota".to_owned(),
    };
    let view = CaseView::fold([
        CaseFact::submitted(request(), minute(0)),
        event(1, rejected, 1),
        event(1, Event::Expired { to }, 9),
    ]);
    assert_eq!(view.state, State::Submitted);
    let delivery = &view.messages[0].deliveries[0];
    assert_eq!(delivery.rejected, Some((minute(1), "over quota".to_owned())));
    assert_eq!(delivery.expired_at, Some(minute(9)));
    assert_eq!(
        view.timeline[1].what,
        "preservation-request rejected by XB/police: over quota"
    );
}

/// One generated fact about one of a few messages, of which some contradict each other.
fn any_fact() -> impl Strategy<Value = CaseFact> {
    let kinds = [
        Kind::Acknowledgement,
        Kind::PreservationReport,
        Kind::Refusal,
        Kind::Note,
    ];
    let messages: Vec<Message> = std::iter::once(request())
        .chain((2..=9).map(|number| answer(number, kinds[usize::from(number) % kinds.len()])))
        .collect();
    (0..messages.len(), 0..7_u8, 0..30_u32, 0..2_u8).prop_map(move |(index, what, at_minute, other)| {
        let message = &messages[index];
        let number = u8::try_from(index + 1).unwrap();
        let to = point(if other == 0 { "XB/police" } else { "XA/police" });
        match what {
            0 => CaseFact::submitted(message.clone(), minute(at_minute)),
            1 => received(message, at_minute),
            2 => event(number, Event::Delivered { to }, at_minute),
            3 => event(
                number,
                Event::Consigned {
                    to,
                    consignment: Consignment::Readable,
                },
                at_minute,
            ),
            4 => event(
                number,
                Event::Rejected {
                    to,
                    reason: format!("reason {at_minute}"),
                },
                at_minute,
            ),
            5 => event(number, Event::Expired { to }, at_minute),
            _ => {
                // Another text under the same id, or an answer to some other message.
                let bytes = tampered(message, |document| {
                    document["in_reply_to"] = json!(id(number % 5 + 1).to_string());
                    document["sent_at"] = json!(minute(at_minute % 4).to_string());
                });
                received(&Message::read(&bytes).unwrap().message, at_minute)
            }
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same view in any order of arrival, and with any repetitions.
    #[test]
    fn the_fold_forgets_order_and_repetition(
        (facts, shuffled) in prop::collection::vec(any_fact(), 0..14).prop_flat_map(|facts| {
            let twice: Vec<CaseFact> = facts.iter().chain(facts.iter().step_by(2)).cloned().collect();
            (Just(facts), Just(twice).prop_shuffle())
        })
    ) {
        prop_assert_eq!(CaseView::fold(facts), CaseView::fold(shuffled));
    }

    /// A history that goes well ends the same, however it arrives.
    #[test]
    fn a_whole_history_ends_the_same(shuffled in Just(history()).prop_shuffle()) {
        prop_assert_eq!(CaseView::fold(shuffled), CaseView::fold(history()));
    }
}

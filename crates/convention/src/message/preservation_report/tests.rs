#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};

use crate::examples::{
    answer_context, assert_allowed, assert_fault, case_of, form, id, open_case, request, tampered, with,
    without,
};
use crate::message::{Kind, Message};
use crate::profile::PartyProfile;
use crate::rule::Rule;

fn example() -> Value {
    form(Kind::PreservationReport)
}

/// The example, from 1 March to the given day, without an order.
fn until(day: &str) -> Value {
    let from = with(
        without(example(), "/order"),
        "/from",
        "2026-03-01T12:00:00[Europe/Lisbon]",
    );
    with(from, "/until", format!("{day}T12:00:00[Europe/Lisbon]"))
}

/// `[C29-7]` At least 60 days; counted in calendar days, whatever the clocks do in between.
#[test]
fn c29_7_a_preservation_lasts_sixty_days() {
    let case = open_case();
    let context = answer_context(2, &case, None);
    assert_allowed(&example(), &context);
    assert_allowed(&until("2026-04-30"), &context);
    let fault = assert_fault(&until("2026-04-29"), &context, Rule::C29_7, "until");
    assert!(
        fault.mend.contains("2026-04-30 12:00:00 Europe/Lisbon"),
        "{}",
        fault.mend
    );
    assert_fault(&until("2026-03-31"), &context, Rule::C29_7, "until");
    assert_fault(&without(example(), "/from"), &context, Rule::C29_7, "from");
}

/// `[C29-7]` No end date only once the mutual assistance request is in.
#[test]
fn c29_7_no_end_date_needs_the_mutual_assistance_request() {
    let case = open_case();
    let context = answer_context(2, &case, None);
    let endless = without(example(), "/until");
    assert_fault(&endless, &context, Rule::C29_7, "until");
    let received = json!({ "reference": "MLA 77/2026", "received": "2026-03-15T09:00:00[Europe/Lisbon]" });
    let named = with(endless.clone(), "/mutual_assistance", received);
    let (report, _) = assert_allowed(&named, &context);
    // Once the case has it, a later report need not repeat it.
    let later = case_of(&[request(), report]);
    assert_eq!(later.mutual_assistance.as_ref().unwrap().because, id(2));
    assert_allowed(&endless, &answer_context(3, &later, None));
    let unnamed = with(
        endless,
        "/mutual_assistance",
        json!({ "received": "2026-03-15T09:00:00[Europe/Lisbon]" }),
    );
    assert_fault(&unnamed, &context, Rule::C29_7, "mutual_assistance.reference");
}

/// `[C29-7]` Whether the mutual assistance request is in is for the case to say, not for the report alone.
#[test]
fn c29_7_a_received_report_without_an_end_is_weighed_against_the_case() {
    let case = open_case();
    let (report, _) = assert_allowed(&example(), &answer_context(2, &case, None));
    let bytes = tampered(&report, |document| {
        document["body"].as_object_mut().unwrap().remove("until");
    });
    let received = Message::read(&bytes).unwrap();
    assert_eq!(received.nonconformities, []);
    let marked = case_of(&[request(), received.message.clone()]);
    assert_eq!(marked.messages[1].nonconformities[0].rule, Rule::C29_7);
    assert_eq!(marked.state, crate::case::State::Preserved);
    assert_eq!(
        received.weighed(None, Some(&case)).nonconformities[0].rule,
        Rule::C29_7
    );
}

/// `[C29-7]` A 30 days' preservation that was received is kept, and marked.
#[test]
fn c29_7_a_short_preservation_that_was_received_is_marked() {
    let case = open_case();
    let (report, _) = assert_allowed(&until("2026-04-30"), &answer_context(2, &case, None));
    let bytes = tampered(&report, |document| {
        document["body"]["until"] = json!("2026-03-31T12:00:00+01:00[Europe/Lisbon]");
    });
    let received = Message::read(&bytes).unwrap();
    assert_eq!(received.nonconformities.len(), 1);
    assert_eq!(received.nonconformities[0].rule, Rule::C29_7);
    assert_eq!(received.nonconformities[0].field, "body.until");
}

/// `[C16-2]` One order lasts at most 90 days; where it ends first, the officer is told.
#[test]
fn c16_2_one_order_lasts_at_most_ninety_days() {
    let case = open_case();
    let context = answer_context(2, &case, None);
    let ordered = |day: &str| {
        with(
            example(),
            "/order/until",
            format!("{day}T23:30:00[Europe/Lisbon]"),
        )
    };
    assert_eq!(assert_allowed(&ordered("2026-06-13"), &context).1, []);
    assert_fault(&ordered("2026-06-14"), &context, Rule::C16_2, "order.until");
    assert_fault(&ordered("2026-03-15"), &context, Rule::C16_2, "order.until");
    assert_fault(
        &without(example(), "/order/reference"),
        &context,
        Rule::C16_2,
        "order.reference",
    );

    let (_, advice) = assert_allowed(&ordered("2026-05-01"), &context);
    assert!(
        advice
            .iter()
            .any(|advice| advice.rule == Rule::C16_2 && advice.field == "order.until")
    );

    let mut profile = PartyProfile::unknown("XB".parse().unwrap());
    profile.order_maximum_days = Some(30);
    let (_, advice) = assert_allowed(&ordered("2026-06-13"), &answer_context(2, &case, Some(&profile)));
    assert!(
        advice
            .iter()
            .any(|advice| advice.what.contains("at most 30 days")),
        "{advice:?}"
    );
}

/// `[ANSWER]` Each outcome says what it must, and nothing that contradicts it.
#[test]
fn answer_each_outcome_says_what_it_must() {
    let case = open_case();
    let context = answer_context(2, &case, None);
    let partly = with(example(), "/outcome", "partly-preserved");
    assert_fault(&partly, &context, Rule::Answer, "not_preserved");
    assert_allowed(
        &with(partly, "/not_preserved", "The mailbox no longer exists."),
        &context,
    );

    let nothing = with(example(), "/outcome", "nothing-found");
    assert_fault(&nothing, &context, Rule::Answer, "from");
    let nothing = without(without(without(nothing, "/from"), "/until"), "/order");
    assert_allowed(&nothing, &context);
    assert_fault(&without(nothing, "/scope"), &context, Rule::Answer, "scope");
    assert_fault(
        &with(example(), "/outcome", "preserving"),
        &context,
        Rule::Answer,
        "outcome",
    );

    let (_, advice) = assert_allowed(&without(example(), "/custodian"), &context);
    assert_eq!(advice[0].field, "custodian");
}

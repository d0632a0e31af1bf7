#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};

use crate::examples::{
    assert_allowed, assert_fault, file, form, judge, point, request, request_context, tampered, with, without,
};
use crate::message::{Body, Draft, Kind, Message};
use crate::profile::{Formality, PartyProfile};
use crate::rule::{Advice, Rule};

fn example() -> Value {
    form(Kind::PreservationRequest)
}

fn advice_on(form: &Value) -> Vec<Advice> {
    assert_allowed(form, &request_context()).1
}

fn advises(form: &Value, rule: Rule, field: &str) -> bool {
    advice_on(form)
        .iter()
        .any(|advice| advice.rule == rule && advice.field == field)
}

fn with_selector(selector: Value) -> Value {
    with(example(), "/data/selectors", json!([selector]))
}

fn range() -> Value {
    let from = "2026-03-09T07:41:00[Europe/Bucharest]";
    json!({ "from": from, "until": "2026-03-09T08:10:00[Europe/Bucharest]" })
}

#[test]
fn the_example_may_be_sent_and_nothing_is_to_be_advised() {
    let draft = Draft::from_toml(file(Kind::PreservationRequest)).unwrap();
    let (message, advice) = draft.validate(&request_context()).unwrap();
    assert_eq!(message.kind(), Kind::PreservationRequest);
    assert_eq!(message.to(), [point("XB/police")]);
    assert_eq!(advice, []);
}

/// `[C29-1]` The data must be in the requested Party's territory, as far as the sender knows.
#[test]
fn c29_1_the_request_goes_where_the_data_are() {
    assert_allowed(&example(), &request_context());
    let context = request_context();
    assert_fault(
        &with(example(), "/data/territory", "XC"),
        &context,
        Rule::C29_1,
        "data.territory",
    );
    assert_fault(
        &with(example(), "/data/territory", "XA"),
        &context,
        Rule::C29_1,
        "data.territory",
    );
    assert_fault(
        &without(example(), "/data/territory"),
        &context,
        Rule::C29_1,
        "data.territory",
    );
}

/// `[C29-2-A]` `[C29-2-B]` `[C29-2-C]` `[C29-2-D]` `[C29-2-E]` `[C29-2-F]` Without any of these it cannot be
/// sent, left out or left blank.
#[test]
fn article_29_2_names_what_must_be_specified() {
    let needed = [
        (Rule::C29_2A, "/officer/name"),
        (Rule::C29_2A, "/officer/role"),
        (Rule::C29_2A, "/office"),
        (Rule::C29_2A, "/office/name"),
        (Rule::C29_2A, "/authority"),
        (Rule::C29_2A, "/authority/name"),
        (Rule::C29_2A, "/authority/case_number"),
        (Rule::C29_2B, "/offence"),
        (Rule::C29_2B, "/offence/title"),
        (Rule::C29_2B, "/offence/provisions"),
        (Rule::C29_2B, "/offence/penalty"),
        (Rule::C29_2B, "/offence/facts"),
        (Rule::C29_2C, "/data"),
        (Rule::C29_2C, "/data/categories"),
        (Rule::C29_2C, "/data/relationship"),
        (Rule::C29_2C, "/data/selectors"),
        (Rule::C29_2D, "/custodian"),
        (Rule::C29_2D, "/custodian/known"),
        (Rule::C29_2E, "/preservation"),
        (Rule::C29_2E, "/preservation/necessity"),
        (Rule::C29_2F, "/follow_up"),
        (Rule::C29_2F, "/follow_up/mutual_assistance_intended"),
    ];
    for (rule, pointer) in needed {
        let field = pointer.trim_start_matches('/').replace('/', ".");
        assert_fault(&without(example(), pointer), &request_context(), rule, &field);
        assert_fault(
            &with(example(), pointer, Value::Null),
            &request_context(),
            rule,
            &field,
        );
        assert_fault(&with(example(), pointer, "  "), &request_context(), rule, &field);
    }
}

/// `[C29-2-A]` The officer may come from the caller instead of the form, but must come from somewhere.
#[test]
fn c29_2_a_an_officer_is_named() {
    let anonymous = without(example(), "/officer");
    assert_fault(&anonymous, &request_context(), Rule::C29_2A, "officer");
    let mut context = request_context();
    context.officer = Some(request().author().clone());
    assert_allowed(&anonymous, &context);
}

/// `[C29-2-C]` An address belongs to somebody only for a time.
#[test]
fn c29_2_c_an_address_needs_a_time_range() {
    let address = json!({ "type": "ip", "value": "192.0.2.17", "port": 51724, "range": range() });
    assert_allowed(&with_selector(address.clone()), &request_context());
    let bare = with_selector(without(address, "/range"));
    assert_fault(&bare, &request_context(), Rule::C29_2C, "data.selectors[0].range");
    let half = json!({ "type": "ip", "value": "192.0.2.17",
        "range": { "from": "2026-03-09T07:41:00[Europe/Bucharest]" } });
    assert_fault(
        &with_selector(half),
        &request_context(),
        Rule::C29_2C,
        "data.selectors[0].range.until",
    );
}

/// `[C29-2-C]` Carriers share addresses: no port is a hint, not a fault.
#[test]
fn c29_2_c_an_address_without_a_port_gets_a_hint() {
    let bare = with_selector(json!({ "type": "ip", "value": "192.0.2.17", "range": range() }));
    assert!(advises(&bare, Rule::C29_2C, "data.selectors[0].port"));
    let full = with_selector(json!({ "type": "ip", "value": "192.0.2.17", "port": 1, "range": range() }));
    assert!(!advises(&full, Rule::C29_2C, "data.selectors[0].port"));
    let private = with_selector(json!({ "type": "ip", "value": "100.64.1.2", "port": 1, "range": range() }));
    assert!(advises(&private, Rule::C29_2C, "data.selectors[0].value"));
}

/// `[C29-2-C]` Each type of selector, as it should and as it should not be written.
#[test]
fn c29_2_c_selectors_are_what_they_say() {
    let table = [
        ("ip", "2001:db8::17", "2001:db8::/64"),
        ("ip", "192.0.2.17", "192.0.2.1.7"),
        ("domain", "mail-login.example.org", "https://example.org/"),
        ("domain", "пример.example.org", "192.0.2.17"),
        ("url", "https://www.example.org/a?b=c", "www.example.org/a"),
        ("email", "name@mail.example.org", "name.example.org"),
        ("telephone", "+999 1 555 0100", "0999 1 555 0100"),
    ];
    for (selector_type, right, wrong) in table {
        let selector = |value: &str| {
            let mut selector = json!({ "type": selector_type, "value": value });
            if selector_type == "ip" {
                selector["range"] = range();
            }
            with_selector(selector)
        };
        assert_allowed(&selector(right), &request_context());
        assert_fault(
            &selector(wrong),
            &request_context(),
            Rule::C29_2C,
            "data.selectors[0].value",
        );
    }
}

/// `[C29-2-C]` What a type of selector needs beside its value, and what it has no use for.
#[test]
fn c29_2_c_selectors_have_their_companions() {
    let account = json!({ "type": "account", "value": "northwind_71", "service": "Example Forum" });
    assert_allowed(&with_selector(account.clone()), &request_context());
    let field = |name: &str| format!("data.selectors[0].{name}");
    for (selector, name) in [
        (without(account.clone(), "/service"), "service"),
        (with(account.clone(), "/port", 80), "port"),
        (
            json!({ "type": "domain", "value": "example.org", "service": "x" }),
            "service",
        ),
        (json!({ "type": "other", "value": "42" }), "description"),
        (json!({ "type": "IP address", "value": "42" }), "type"),
        (
            json!({ "type": "ip", "value": "192.0.2.1", "port": 0, "range": range() }),
            "port",
        ),
    ] {
        let rule = if name == "port" && selector["port"] == 0 {
            Rule::Form
        } else {
            Rule::C29_2C
        };
        assert_fault(&with_selector(selector), &request_context(), rule, &field(name));
    }
    for selector_type in ["device", "other"] {
        let selector = json!({ "type": selector_type, "value": "42", "description": "serial number" });
        assert_allowed(&with_selector(selector), &request_context());
    }
}

/// `[C29-2-C]` `[TIME-BOTH]` Time ranges that cannot be: backwards, in the future, at no place.
#[test]
fn time_ranges_make_sense() {
    let ranged = |from: &str, until: &str| {
        let range = json!({ "from": from, "until": until });
        with_selector(json!({ "type": "ip", "value": "192.0.2.17", "port": 5, "range": range }))
    };
    let (early, late) = (
        "2026-03-09T07:00:00[Europe/Bucharest]",
        "2026-03-09T08:00:00[Europe/Bucharest]",
    );
    let field = |end: &str| format!("data.selectors[0].range.{end}");
    assert_allowed(&ranged(early, late), &request_context());
    assert_allowed(&ranged(early, early), &request_context());
    assert_fault(
        &ranged(late, early),
        &request_context(),
        Rule::C29_2C,
        &field("until"),
    );
    let future = "2027-03-09T07:00:00[Europe/Bucharest]";
    assert_fault(
        &ranged(early, future),
        &request_context(),
        Rule::C29_2C,
        &field("until"),
    );
    let fault = assert_fault(
        &ranged("2026-03-09T07:00:00[Europe/Bukarest]", late),
        &request_context(),
        Rule::TimeBoth,
        &field("from"),
    );
    assert_eq!(fault.mend, "did you mean \"Europe/Bucharest\"?");
    assert_fault(
        &ranged("2026-03-09T07:00:00", late),
        &request_context(),
        Rule::TimeBoth,
        &field("from"),
    );
    assert!(advises(
        &ranged("2026-03-09T05:00:00Z", late),
        Rule::TimeBoth,
        &field("from")
    ));
}

/// `[C29-2-D]` May be empty, but the officer must have been asked.
#[test]
fn c29_2_d_the_custodian_was_asked_for() {
    let context = request_context();
    assert_allowed(
        &with(example(), "/custodian", json!({ "known": false })),
        &context,
    );
    let silent = with(example(), "/custodian", json!({ "known": true }));
    assert_fault(&silent, &context, Rule::C29_2D, "custodian");
    let both = with(example(), "/custodian/known", false);
    assert_fault(&both, &context, Rule::C29_2D, "custodian.known");
}

/// `[C29-2-F]` The intention itself is asked for, not just the field.
#[test]
fn c29_2_f_mutual_assistance_is_intended() {
    let without_intention = with(example(), "/follow_up/mutual_assistance_intended", false);
    let field = "follow_up.mutual_assistance_intended";
    assert_fault(&without_intention, &request_context(), Rule::C29_2F, field);
}

/// `[CHECKLIST]` `[TEMPLATE]` Asked for, advised where missing, never a reason to hold a request up.
#[test]
fn the_checklist_and_the_template_advise() {
    for (rule, pointer) in [
        (Rule::Checklist, "/request/reference"),
        (Rule::Checklist, "/offence/seriousness"),
        (Rule::Checklist, "/offence/suspects"),
        (Rule::Checklist, "/offence/victims"),
        (Rule::Checklist, "/offence/damage"),
        (Rule::Checklist, "/offence/related_investigations"),
        (Rule::Checklist, "/offence/earlier_requests"),
        (Rule::Checklist, "/data/log_files"),
        (Rule::Checklist, "/preservation/duration_days"),
        (Rule::Checklist, "/follow_up/feedback"),
        (Rule::Template, "/request/type"),
        (Rule::Template, "/office/office_hours"),
        (Rule::Template, "/office/time_zone"),
        (Rule::Template, "/office/preferred_channel"),
        (Rule::Template, "/office/confirmed_by"),
    ] {
        let field = pointer.trim_start_matches('/').replace('/', ".");
        assert!(!advises(&example(), rule, &field), "{field}");
        assert!(advises(&without(example(), pointer), rule, &field), "{field}");
    }
    let silent = without(without(example(), "/office/telephone"), "/officer/telephone");
    assert!(advises(&silent, Rule::Checklist, "office.telephone"));
    let extension = with(example(), "/request/type", "extension");
    assert!(advises(&extension, Rule::Template, "request.earlier_ticket"));
    assert!(!advises(
        &with(extension, "/request/earlier_ticket", "7"),
        Rule::Template,
        "request.earlier_ticket"
    ));
}

/// `[C29-7]` Who asks for less than 60 days gets 60, and is told.
#[test]
fn c29_7_a_shorter_duration_is_advised_against() {
    let short = with(example(), "/preservation/duration_days", 30);
    assert!(advises(&short, Rule::C29_7, "preservation.duration_days"));
    let fitting = with(example(), "/preservation/duration_days", 60);
    assert!(!advises(&fitting, Rule::C29_7, "preservation.duration_days"));
}

/// `[PROFILE-PREFLIGHT]` What the other Party needs is known before the request goes out.
#[test]
fn profile_preflight_warns_of_language_and_formality() {
    let mut profile = PartyProfile::unknown("XB".parse().unwrap());
    profile.languages = vec!["fr".parse().unwrap()];
    profile.formality = Some(Formality::JudicialApproval);
    let mut context = request_context();
    context.recipient_profile = Some(&profile);
    let (_, advice) = judge(&example(), &context).unwrap();
    let fields: Vec<&str> = advice.iter().map(|advice| advice.field.as_str()).collect();
    assert_eq!(fields, ["offence.facts", "authority"]);
    assert!(advice.iter().all(|advice| advice.rule == Rule::ProfilePreflight));
    let mut reading = profile.clone();
    reading.languages.push("en-GB".parse().unwrap());
    reading.formality = Some(Formality::MinimumContent);
    context.recipient_profile = Some(&reading);
    assert_eq!(judge(&example(), &context).unwrap().1, []);
}

/// `[C29-2-E]` On receipt nothing is lost: what is missing is noted, and the rest is read.
#[test]
fn a_received_request_that_breaks_the_law_is_kept() {
    let bytes = tampered(&request(), |document| {
        document["body"]["preservation"]
            .as_object_mut()
            .unwrap()
            .remove("necessity");
        document["body"]["data"]["selectors"][0]
            .as_object_mut()
            .unwrap()
            .remove("range");
        document["body"]["data"]["categories"][0] = json!("everything");
    });
    let received = Message::read(&bytes).unwrap();
    let found: Vec<(Rule, &str)> = received
        .nonconformities
        .iter()
        .map(|fault| (fault.rule, fault.field.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (Rule::C29_2C, "body.data.categories[0]"),
            (Rule::C29_2E, "body.preservation.necessity"),
            (Rule::C29_2C, "body.data.selectors[0].range"),
        ]
    );
    let Body::PreservationRequest(body) = received.message.body() else {
        panic!("another kind")
    };
    assert!(body.preservation.necessity.is_empty());
    assert_eq!(body.data.categories[0].as_str(), "everything");
    assert_eq!(body.offence, {
        let original = request();
        let Body::PreservationRequest(original) = original.body().clone() else {
            panic!("another kind")
        };
        original.offence
    });
}

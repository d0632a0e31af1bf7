#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};

use crate::examples::{
    answer_context, assert_allowed, assert_fault, case_of, file, form, id, judge, open_case, point, request,
    request_context, with, without,
};
use crate::limits::{DOCUMENT_BYTES_MAX, FAULTS_MAX, LINE_CHARACTERS_MAX, TEXT_CHARACTERS_MAX};
use crate::message::{Draft, DraftErrors, Kind};
use crate::rule::{Fault, Rule};

fn faults(form: &Value) -> Vec<Fault> {
    judge(form, &request_context()).expect_err("faults")
}

fn example() -> Value {
    form(Kind::PreservationRequest)
}

/// All faults at once: left out, unknown, of a wrong type, against the law.
#[test]
fn all_faults_are_told_at_once() {
    let mut form = without(example(), "/preservation/necessity");
    form = without(form, "/data/selectors/0/range");
    form = with(
        form,
        "/data/selectors/1/range/from",
        "2026-03-12T09:02:00[Europe/Bukarest]",
    );
    form = with(form, "/offence/penatly", "x");
    form = with(form, "/offence/provisions", "section 360");
    form = with(form, "/follow_up/mutual_assistance_intended", "yes");
    form = with(form, "/custodian/known", false);
    let found: Vec<(Rule, String)> = faults(&form)
        .into_iter()
        .map(|fault| (fault.rule, fault.field))
        .collect();
    for (rule, field) in [
        (Rule::C29_2E, "preservation.necessity"),
        (Rule::C29_2C, "data.selectors[0].range"),
        (Rule::TimeBoth, "data.selectors[1].range.from"),
        (Rule::Form, "offence.penatly"),
        (Rule::Form, "offence.provisions"),
        (Rule::Form, "follow_up.mutual_assistance_intended"),
        (Rule::C29_2D, "custodian.known"),
    ] {
        assert!(
            found.contains(&(rule, field.to_owned())),
            "{rule} {field}: {found:#?}"
        );
    }
    assert_eq!(found.len(), 7, "{found:#?}");
}

/// `[FORM]` Unknown keys are mistakes, at every level, and the likely meaning is offered.
#[test]
fn form_unknown_keys_are_faults() {
    for (pointer, meant) in [
        ("/langauge", "language"),
        ("/officer/nmae", "name"),
        ("/offence/factss", "facts"),
        ("/data/selectors/0/prot", "port"),
        ("/data/selectors/0/range/untill", "until"),
        ("/office/confirmed_by/telefone", "telephone"),
    ] {
        let field = pointer[1..].replace("/0", "[0]").replace('/', ".");
        let fault = assert_fault(
            &with(example(), pointer, "x"),
            &request_context(),
            Rule::Form,
            &field,
        );
        assert_eq!(fault.mend, format!("did you mean {meant:?}?"));
    }
    let strange = assert_fault(
        &with(example(), "/custodian/qqq", 1),
        &request_context(),
        Rule::Form,
        "custodian.qqq",
    );
    assert!(
        strange.mend.contains("known, name, contact, location"),
        "{}",
        strange.mend
    );
}

/// `[FORM]` Wrong types are faults that name the field.
#[test]
fn form_wrong_types_are_faults() {
    for (pointer, value) in [
        ("/offence", json!("fraud")),
        ("/offence/title", json!(5)),
        ("/offence/facts", json!(["x"])),
        ("/officer/name", json!({ "first": "x" })),
        ("/custodian/known", json!("true")),
        ("/preservation/duration_days", json!(-5)),
        ("/preservation/duration_days", json!(1.5)),
        ("/data/selectors/0/port", json!(70_000)),
        ("/data/categories", json!("traffic")),
        ("/data/territory", json!("xb")),
        ("/to/0", json!("XB")),
        ("/in_reply_to", json!("7")),
        ("/offence/title", json!({ "language": "en" })),
    ] {
        let field = pointer[1..].replace("/0", "[0]").replace('/', ".");
        assert_fault(
            &with(example(), pointer, value),
            &request_context(),
            Rule::Form,
            &field,
        );
    }
    for kind in [json!("preservation"), json!(null), json!(7)] {
        assert_fault(
            &with(example(), "/kind", kind),
            &request_context(),
            Rule::Form,
            "kind",
        );
    }
    assert_fault(&json!([]), &request_context(), Rule::Form, "");
    assert_fault(&json!({}), &request_context(), Rule::Form, "kind");
}

/// `[LANGUAGE]` Free text says in which language it is: once for all, or each for itself.
#[test]
fn language_is_stated() {
    assert_fault(
        &without(example(), "/language"),
        &request_context(),
        Rule::Language,
        "offence.facts",
    );
    assert_fault(
        &with(example(), "/language", "english language"),
        &request_context(),
        Rule::Language,
        "language",
    );
    let other = json!({ "language": "fr", "text": "Accès illégal" });
    let (message, _) = assert_allowed(&with(example(), "/offence/title", other), &request_context());
    let crate::message::Body::PreservationRequest(body) = message.body() else {
        panic!("another kind")
    };
    assert_eq!(body.offence.title.language().as_str(), "fr");
    assert_eq!(body.offence.facts.language().as_str(), "en");
}

/// `[LIMITS]` Lengths are bounded, and control characters are refused.
#[test]
fn limits_bound_what_people_write() {
    let context = request_context();
    let fits = with(example(), "/offence/facts", "x".repeat(TEXT_CHARACTERS_MAX));
    assert_allowed(&fits, &context);
    for (pointer, text) in [
        ("/offence/facts", "x".repeat(TEXT_CHARACTERS_MAX + 1)),
        ("/offence/facts", "a\u{1b}[31mb".to_owned()),
        ("/offence/facts", "a\u{202e}b".to_owned()),
        ("/officer/name", "x".repeat(LINE_CHARACTERS_MAX + 1)),
        ("/officer/name", "two\nlines".to_owned()),
        ("/authority/case_number", "a\u{0}b".to_owned()),
    ] {
        assert_fault(
            &with(example(), pointer, text),
            &context,
            Rule::Limits,
            &pointer[1..].replace('/', "."),
        );
    }
    let many = vec![json!({ "type": "domain", "value": "example.org" }); 501];
    assert_fault(
        &with(example(), "/data/selectors", many),
        &context,
        Rule::Limits,
        "data.selectors",
    );
    let crowd: Vec<String> = (0..17).map(|number| format!("XB/office-{number}")).collect();
    assert_fault(&with(example(), "/to", crowd), &context, Rule::Limits, "to");
}

/// Recipients: from the form or from the command, and to another Party. `[CASE-ROLE]`
#[test]
fn recipients_are_named_once_and_elsewhere() {
    let mut context = request_context();
    assert_fault(&without(example(), "/to"), &context, Rule::Form, "to");
    assert_fault(
        &with(example(), "/to", json!(["XB/police", "XB/police"])),
        &context,
        Rule::Form,
        "to",
    );
    assert_fault(
        &with(example(), "/to", json!(["XA/prosecution"])),
        &context,
        Rule::CaseRole,
        "to",
    );
    context.recipients = vec![point("XB/prosecution")];
    assert_fault(&example(), &context, Rule::Form, "to");
    let (message, _) = assert_allowed(&without(example(), "/to"), &context);
    assert_eq!(message.to(), [point("XB/prosecution")]);
    context.recipients = vec![point("XB/police")];
    assert_allowed(&example(), &context);
}

/// `[CASE-STATE]` What belongs to a case needs one; what opens a case has no place in one.
#[test]
fn case_state_a_message_has_its_place() {
    let case = open_case();
    let acknowledgement = form(Kind::Acknowledgement);
    assert_allowed(&acknowledgement, &answer_context(2, &case, None));
    let mut nowhere = answer_context(2, &case, None);
    nowhere.case_view = None;
    assert_fault(&acknowledgement, &nowhere, Rule::CaseState, "kind");
    let mut elsewhere = answer_context(2, &case, None);
    elsewhere.case = id(9).into();
    assert_fault(&acknowledgement, &elsewhere, Rule::CaseState, "kind");
    let mut within = request_context();
    within.case_view = Some(&case);
    assert_fault(&example(), &within, Rule::CaseState, "kind");
    let stray = with(acknowledgement, "/in_reply_to", id(77).to_string());
    assert_fault(
        &stray,
        &answer_context(2, &case, None),
        Rule::CaseState,
        "in_reply_to",
    );
}

/// `[CASE-STATE]` A report on a refused request cannot be sent; a note always can.
#[test]
fn case_state_nothing_is_reported_on_a_refused_request() {
    let open = open_case();
    let (refusal, _) = assert_allowed(&form(Kind::Refusal), &answer_context(2, &open, None));
    let refused = case_of(&[request(), refusal]);
    let context = answer_context(3, &refused, None);
    for kind in [Kind::PreservationReport, Kind::Acknowledgement, Kind::Refusal] {
        assert_fault(&form(kind), &context, Rule::CaseState, "kind");
    }
    let note = with(form(Kind::Note), "/to", json!(["XA/police"]));
    assert_allowed(&note, &context);
}

/// `[CASE-ROLE]` Answers come from the Party that was asked, and go to the one that asks.
#[test]
fn case_role_answers_come_from_the_requested_party() {
    let case = open_case();
    let mut own = answer_context(2, &case, None);
    own.sender = point("XA/police");
    let to_other = with(form(Kind::Acknowledgement), "/to", json!(["XB/police"]));
    assert_fault(&to_other, &own, Rule::CaseRole, "kind");
    let astray = with(form(Kind::Acknowledgement), "/to", json!(["XC/police"]));
    assert_fault(&astray, &answer_context(2, &case, None), Rule::CaseRole, "to");
}

/// Form and message are judged in one go: the year in the future shows although a key is misspelt.
#[test]
fn judging_tells_faults_of_form_and_of_message_together() {
    let form = with(example(), "/offence/penatly", "x");
    let form = with(
        form,
        "/data/selectors/0/range/until",
        "2027-03-09T08:10:00[Europe/Bucharest]",
    );
    let Err(DraftErrors::Faults(faults)) = Draft::judge_json(&form.to_string(), &request_context()) else {
        panic!("no faults")
    };
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["offence.penatly", "data.selectors[0].range.until"]);
    let (message, _) = Draft::judge_toml(file(Kind::PreservationRequest), &request_context()).unwrap();
    assert_eq!(message, request());
}

#[test]
fn a_draft_survives_its_way_to_the_node() {
    for kind in Kind::ALL {
        let draft = Draft::from_toml(file(*kind)).unwrap();
        assert_eq!(draft.kind(), *kind);
        assert_eq!(Draft::from_json(&draft.to_json()).unwrap(), draft);
        assert!(!format!("{draft:?}").contains("Officer"));
    }
}

#[test]
fn hostile_forms_are_refused_quickly() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_object = "{\"a\":".repeat(100_000);
    for text in [
        deep.as_str(),
        deep_object.as_str(),
        "",
        "nul",
        "{\"kind\":\"note\",\"kind\":\"note\"}",
    ] {
        assert!(
            matches!(Draft::from_json(text), Err(DraftErrors::Syntax { .. })),
            "{}",
            &text[..text.len().min(20)]
        );
    }
    let deep_toml = format!("a = {}", "[".repeat(100_000));
    assert!(matches!(
        Draft::from_toml(&deep_toml),
        Err(DraftErrors::Syntax { .. })
    ));
    assert_eq!(crate::template::locate(&deep_toml, "a"), None);
    let long = " ".repeat(DOCUMENT_BYTES_MAX + 1);
    assert_eq!(
        Draft::from_json(&long).unwrap_err(),
        DraftErrors::TooLong(long.len())
    );
    assert_eq!(
        Draft::from_toml(&long).unwrap_err(),
        DraftErrors::TooLong(long.len())
    );
    let crowded: serde_json::Map<String, Value> =
        (0..50_000).map(|n| (format!("k{n}"), Value::from(1))).collect();
    let mut crowded = Value::Object(crowded);
    crowded["kind"] = json!("note");
    assert_eq!(faults(&crowded).len(), FAULTS_MAX);
    let Err(DraftErrors::Syntax { line, column, .. }) = Draft::from_toml("kind = \"note\"\nx = = 1") else {
        panic!("no syntax error")
    };
    assert_eq!((line, column), (2, 5));
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use control::types::{MessageStatus, RecipientState, RecipientStatus};
use convention::message::Kind;

use super::*;
use crate::exit::Exit;
use crate::failure::Document;

fn document(name: &str, text: &str) -> Document {
    Document {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

fn status(state: RecipientState, reached: bool) -> MessageStatus {
    MessageStatus {
        message: "m".to_owned(),
        case: "c".to_owned(),
        kind: "note".to_owned(),
        from: "XA/police".to_owned(),
        to: vec![RecipientStatus {
            to: "XB/police".to_owned(),
            state,
            delivered_at: None,
            receipt: None,
            consignment: None,
        }],
        reached,
    }
}

#[test]
fn forms_have_short_names() {
    for name in ["preservation", "preservation-request"] {
        assert_eq!(new::request_named(name).unwrap(), Kind::PreservationRequest);
    }
    for kind in Kind::ALL.iter().filter(|kind| kind.opens_case()) {
        assert_eq!(new::request_named(kind.as_str()).unwrap(), *kind);
    }
    let failure = new::request_named("refusal").unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
    assert!(
        failure
            .mend
            .as_ref()
            .unwrap()
            .contains("ohrid answer refuse CASE")
    );
    assert_eq!(template::kind_named("refuse").unwrap(), Kind::Refusal);
    let failure = new::request_named("letter").unwrap_err();
    assert!(failure.mend.as_ref().unwrap().contains("preservation-request"));
}

#[test]
fn recipients_go_into_the_template_once() {
    let to = vec!["XB/police".to_owned()];
    let wanted = "kind = \"x\"\nto = [\"XB/police\"]\nrest = 1\n";
    assert_eq!(
        new::addressed("kind = \"x\"\n# to = [\"XB/police\"]\nrest = 1\n", &to),
        wanted
    );
    assert_eq!(new::addressed("kind = \"x\"\nto = []\nrest = 1\n", &to), wanted);
    assert_eq!(new::addressed("kind = \"x\"\nrest = 1\n", &to), wanted);
    assert_eq!(new::addressed("kind = \"x\"\n", &[]), "kind = \"x\"\n");
}

/// Every template of a request can be read by the same program that wrote it: what remains are faults, not
/// syntax.
#[test]
fn an_unfilled_template_says_what_is_to_be_done() {
    for kind in Kind::ALL.iter().filter(|kind| kind.opens_case()) {
        let text = new::addressed(convention::template::of(*kind), &["XB/police".to_owned()]);
        let failure = parse_form(document("new.toml", &text)).unwrap_err();
        assert_eq!(failure.exit, Exit::Refused, "{kind}: {failure}");
        let necessity_is_asked_for = failure.faults.iter().any(|fault| fault.rule == "C29-2-E");
        assert_eq!(
            necessity_is_asked_for,
            *kind == Kind::PreservationRequest,
            "{kind}"
        );
    }
}

#[test]
fn syntax_is_a_matter_of_usage_and_has_a_place() {
    let failure = parse_form(document("r.toml", "kind = \"note\"\nto = [")).unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
    assert!(failure.what.starts_with("r.toml:2:"), "{failure}");
    let failure = parse_form(document("r.json", "{\"kind\":")).unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
    let failure = parse_form(document("r.toml", &"x".repeat(2_000_000))).unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
}

#[test]
fn not_yet_and_never_are_told_apart() {
    use RecipientState::{Delivered, Expired, Pending, Rejected};
    let exit = |state, reached| {
        check_reached(&status(state, reached), Wait::Delivered).map_err(|failure| failure.exit)
    };
    assert_eq!(exit(Delivered, true), Ok(()));
    assert_eq!(exit(Pending, false), Err(Exit::Temporary));
    assert_eq!(exit(Delivered, false), Err(Exit::Temporary));
    assert_eq!(exit(Rejected, false), Err(Exit::Failed));
    assert_eq!(exit(Expired, false), Err(Exit::Failed));
}

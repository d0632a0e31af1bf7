#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

const REQUEST: &str = "kind = \"preservation-request\"\n\n[data]\nselectors = [\n  { type = \"ip\" },\n]\n";

fn fault(rule: &str, field: &str) -> Fault {
    Fault {
        rule: rule.to_owned(),
        field: field.to_owned(),
        what: "is missing".to_owned(),
        mend: format!("write {field}"),
        source: "Article 29(2)".to_owned(),
    }
}

fn refused() -> Failure {
    let document = Document {
        name: "request.toml".to_owned(),
        text: REQUEST.to_owned(),
    };
    let faults = vec![
        fault("C29-2-E", "necessity"),
        fault("C29-2-C", "data.selectors[0].range"),
    ];
    Failure::refused("2 faults: nothing was sent", faults).about(&document)
}

#[test]
fn every_fault_has_its_rule_its_place_and_what_mends_it() {
    let text = render(&refused(), Colour::Off, 80);
    for part in [
        "2 faults: nothing was sent",
        "[C29-2-E]",
        "[C29-2-C]",
        "request.toml:1:1",
        "request.toml:5:3",
        "write necessity",
        "write data.selectors[0].range",
    ] {
        assert!(text.contains(part), "{part} in:\n{text}");
    }
    assert!(!text.contains('\u{1b}'));
    assert!(render(&refused(), Colour::On, 80).contains('\u{1b}'));
}

#[test]
fn a_fault_without_a_place_is_still_said() {
    let document = Document {
        name: "request.toml".to_owned(),
        text: "not toml at all".to_owned(),
    };
    let failure = Failure::refused("1 fault", vec![fault("C29-2-E", "necessity")]).about(&document);
    let text = render(&failure, Colour::Off, 80);
    assert!(text.contains("necessity: is missing"), "{text}");
}

#[test]
fn statuses_of_the_node_become_exit_statuses() {
    for (status, exit) in [
        (400, 2),
        (403, 4),
        (404, 1),
        (409, 1),
        (413, 1),
        (422, 4),
        (429, 75),
        (503, 75),
        (507, 1),
    ] {
        let problem = Box::new(Problem::new("code", "what"));
        let failure = Failure::from(ClientError::Refused {
            status,
            problem,
            request_id: None,
        });
        assert_eq!(failure.exit.number(), exit, "{status}");
    }
    // `[FOUR-EYES]` Not refused for good: it waits for a second officer.
    let mut problem = Problem::new("needs_approval", "what");
    problem.draft = Some("a-draft".to_owned());
    let failure = Failure::from(ClientError::Refused {
        status: 403,
        problem: Box::new(problem.clone()),
        request_id: None,
    });
    assert_eq!((failure.exit.number(), failure.problem()), (5, problem));
    let socket = std::path::PathBuf::from("/nowhere/control.sock");
    let config = std::path::PathBuf::from("/nowhere/node.toml");
    assert_eq!(
        Failure::from(ClientError::NotRunning { socket, config }).exit,
        Exit::Temporary
    );
    assert_eq!(
        Failure::from(ClientError::NotUnderstood(String::new())).exit,
        Exit::Failed
    );
}

#[test]
fn the_request_is_named_where_only_the_log_can_help() {
    let refused = |status| {
        let problem = Box::new(Problem::new("internal", "it broke"));
        Failure::from(ClientError::Refused {
            status,
            problem,
            request_id: Some("r-7".to_owned()),
        })
    };
    assert!(refused(500).what.contains("r-7"));
    assert!(!refused(422).what.contains("r-7"));
}

#[test]
fn places_are_counted_in_characters() {
    let document = Document {
        name: String::new(),
        text: "é = 1\nñandú = \"ü\"\n".to_owned(),
    };
    assert_eq!(&document.text[document.token_at(1, 1)], "é");
    assert_eq!(&document.text[document.token_at(2, 1)], "ñandú");
    assert_eq!(document.token_at(9, 9).start, document.text.len());
}

#[test]
fn a_failure_for_programs_holds_everything() {
    let problem = refused().problem();
    assert_eq!(
        (problem.code.as_str(), problem.faults.len()),
        ("refused_by_rule", 2)
    );
}

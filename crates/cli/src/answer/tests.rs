#![allow(clippy::unwrap_used, clippy::expect_used)]

use clap::Parser;
use control::types::Fault;
use jiff::Zoned;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: AnswerCommand,
}

fn parse(line: &[&str]) -> AnswerCommand {
    Line::try_parse_from(["answer"].iter().chain(line))
        .unwrap()
        .command
}

fn now() -> Zoned {
    "2026-11-22T05:07:00+02:00[Europe/Bucharest]".parse().unwrap()
}

fn draft(line: &[&str]) -> Value {
    let command = parse(line);
    let answer = command.answer_at(&now()).unwrap();
    let form = base(answer.kind, answer.answering).unwrap();
    request(&answer, form, "B. Officer").draft
}

fn reads_as_form(draft: &Value) {
    let text = draft.to_string();
    convention::message::Draft::from_json(&text).unwrap();
}

#[test]
fn options_make_an_acknowledgement() {
    let line = [
        "acknowledge",
        "0193",
        "--role",
        "inspector",
        "--reference",
        "B-7",
        "--next-steps",
        "order asked for",
    ];
    let draft = draft(&line);
    assert_eq!(draft["kind"], "acknowledgement");
    assert_eq!(draft["officer"]["name"], "B. Officer");
    assert_eq!(draft["reference"], "B-7");
    assert!(draft.get("expected").is_none());
    reads_as_form(&draft);
}

/// `[C29-7]` A length from now is a time at the place.
#[test]
fn options_make_a_preservation_report() {
    let line = [
        "preserve",
        "0193",
        "--role",
        "inspector",
        "--scope",
        "the logs",
        "--until",
        "+90d",
        "--category",
        "traffic",
        "--order-reference",
        "O-1",
        "--order-until",
        "+90d",
    ];
    let draft = draft(&line);
    assert_eq!(draft["outcome"], "preserved");
    assert_eq!(draft["from"], "2026-11-22T05:07:00+02:00[Europe/Bucharest]");
    assert_eq!(draft["until"], "2027-02-20T05:07:00+02:00[Europe/Bucharest]");
    assert_eq!(draft["order"]["until"], draft["until"]);
    reads_as_form(&draft);
}

#[test]
fn options_make_a_refusal_and_a_note() {
    let line = [
        "refuse",
        "0193",
        "--role",
        "r",
        "--article",
        "29(5)(b)",
        "--ground",
        "essential-interests",
        "--reasons",
        "r",
    ];
    let refusal = draft(&line);
    assert_eq!(
        (refusal["kind"].as_str(), refusal["refuses"].as_str()),
        (Some("refusal"), Some("preservation"))
    );
    reads_as_form(&refusal);
    let note = draft(&[
        "note",
        "0193",
        "--role",
        "r",
        "--text",
        "hello",
        "--language",
        "ro",
    ]);
    assert_eq!(note["language"], "ro");
    reads_as_form(&note);
}

#[test]
fn a_file_is_the_base_and_options_go_before_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("note.toml");
    std::fs::write(
        &path,
        "kind = \"note\"\nlanguage = \"fr\"\ntext = \"from the file\"\nsubject = \"s\"\n",
    )
    .unwrap();
    let file = path.display().to_string();
    let note = draft(&["note", "0193", "--from-file", &file, "--text", "from the line"]);
    assert_eq!(
        (note["text"].as_str(), note["subject"].as_str()),
        (Some("from the line"), Some("s"))
    );
    assert_eq!(note["language"], "fr");

    let command = parse(&["refuse", "0193", "--from-file", &file]);
    let AnswerCommand::Refuse(arguments) = command else {
        panic!()
    };
    assert_eq!(
        base("refusal", &arguments.answering).unwrap_err().exit,
        Exit::Usage
    );
}

#[test]
fn a_fault_names_the_option_that_mends_it() {
    let fault = Fault {
        rule: "ANSWER".to_owned(),
        field: "next_steps".to_owned(),
        what: "is missing".to_owned(),
        mend: "say what happens next".to_owned(),
        source: String::new(),
    };
    let failure = blame(Failure::refused("refused", vec![fault]));
    assert_eq!(
        failure.faults[0].mend,
        "say what happens next (--next-steps TEXT)"
    );
    assert!(failure.what.starts_with("1 fault in this answer"));
}

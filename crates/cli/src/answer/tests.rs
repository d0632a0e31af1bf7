#![allow(clippy::unwrap_used, clippy::expect_used)]

use clap::CommandFactory;
use convention::message::Kind;

use super::*;
use crate::exit::Exit;

mod judged;

fn parse(line: &[&str]) -> Saying {
    Saying::of_line(line).unwrap()
}

fn now() -> Zoned {
    "2026-11-22T05:07:00+02:00[Europe/Bucharest]".parse().unwrap()
}

fn draft(line: &[&str]) -> Value {
    let saying = parse(line);
    let base = saying.base(&now()).unwrap();
    saying.request(&base, "B. Officer").draft
}

/// `[C29-7]` A length from now is a time at the place.
#[test]
fn lengths_are_counted_from_now_at_the_place() {
    let line = "preserve 0193 --until +90d --order-reference O-1 --order-until +90d";
    let draft = draft(&line.split(' ').collect::<Vec<_>>());
    assert_eq!(draft["outcome"], "preserved");
    assert_eq!(draft["from"], "2026-11-22T05:07:00+02:00[Europe/Bucharest]");
    assert_eq!(draft["until"], "2027-02-20T05:07:00+02:00[Europe/Bucharest]");
    assert_eq!(draft["order"]["until"], draft["until"]);
    assert_eq!(draft["order"]["from"], draft["from"]);
    let failure = parse(&["preserve", "0193", "--until", "+later"])
        .base(&now())
        .unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
}

#[test]
fn a_file_is_the_base_and_options_go_before_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("note.toml");
    let form = "kind = \"note\"\nlanguage = \"fr\"\ntext = \"from the file\"\nsubject = \"s\"\n";
    std::fs::write(&path, form).unwrap();
    let file = path.display().to_string();
    let note = draft(&["note", "0193", "--from-file", &file, "--text", "from the line"]);
    assert_eq!(
        (note["text"].as_str(), note["subject"].as_str()),
        (Some("from the line"), Some("s"))
    );
    assert_eq!(note["language"], "fr");
    let other = parse(&["refuse", "0193", "--from-file", &file]);
    assert_eq!(other.base(&now()).unwrap_err().exit, Exit::Usage);
    std::fs::write(&path, "kind = \"note\"\ntext = \n").unwrap();
    let failure = parse(&["note", "0193", "--from-file", &file])
        .base(&now())
        .unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
    assert!(failure.what.contains("note.toml:2:"), "{failure}");
}

/// What an option says of a list goes in the place of what the file says; a table is filled in field by
/// field.
#[test]
fn lists_of_a_file_give_way_and_tables_are_filled_in() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("grant.toml");
    let form = "kind = \"conditional-grant\"\ngrants = \"all\"\n\
                [[conditions]]\ntype = \"other\"\nwording = \"of the file\"\n";
    std::fs::write(&path, form).unwrap();
    let file = path.display().to_string();
    let kept = draft(&["grant", "0193", "--from-file", &file]);
    assert_eq!(kept["conditions"][0]["wording"], "of the file");
    let line = [
        "grant",
        "0193",
        "--from-file",
        &file,
        "--confidentiality",
        "one",
        "--use-limitation",
        "two",
    ];
    let conditions = draft(&line)["conditions"].clone();
    assert_eq!(conditions.as_array().unwrap().len(), 2, "{conditions}");
    assert_eq!(conditions[0]["type"], "confidentiality");
    let path = folder.path().join("report.toml");
    let form = "kind = \"preservation-report\"\noutcome = \"preserved\"\n[order]\nauthority = \"A\"\n";
    std::fs::write(&path, form).unwrap();
    let file = path.display().to_string();
    let report = draft(&["preserve", "0193", "--from-file", &file, "--order-reference", "O"]);
    assert_eq!(
        report["order"],
        serde_json::json!({ "authority": "A", "reference": "O" })
    );
    // What the file leaves out is left out.
    assert!(report.get("from").is_none());
}

#[test]
fn columns_go_side_by_side() {
    let line = [
        "disclose-traffic",
        "0193",
        "--provider",
        "One Ltd",
        "--provider",
        "Two Ltd",
        "--territory",
        "XC",
    ];
    let providers = draft(&line)["providers"].clone();
    assert_eq!(
        providers,
        serde_json::json!([{ "name": "One Ltd", "territory": "XC" }, { "name": "Two Ltd" }])
    );
}

/// What is in the file is known once the node has read it.
#[test]
fn a_disclosed_file_is_listed_before_it_is_read() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("log.csv");
    std::fs::write(&path, "abc").unwrap();
    let file = path.display().to_string();
    let attachments = draft(&["disclose", "0193", "--attachment", &file])["attachments"].clone();
    let hash = "0".repeat(64);
    assert_eq!(
        attachments,
        serde_json::json!([{ "name": "log.csv", "size_bytes": 3, "sha256": hash }])
    );
    let missing = parse(&["disclose", "0193", "--attachment", "/nowhere/at/all"]);
    assert_eq!(missing.base(&now()).unwrap_err().exit, Exit::Failed);
}

fn fault(rule: &str, field: &str) -> Fault {
    Fault {
        rule: rule.to_owned(),
        field: field.to_owned(),
        what: "is missing".to_owned(),
        mend: "say it".to_owned(),
        source: String::new(),
    }
}

#[test]
fn a_fault_names_the_option_that_mends_it() {
    for (line, field, option) in [
        ("acknowledge", "next_steps", "--next-steps TEXT"),
        ("decide", "decision", "DECISION"),
        ("preserve", "order", "--order-reference TEXT"),
        ("preserve", "from", "--since TIME"),
        ("grant", "conditions[0].wording", "--confidentiality TEXT"),
        ("disclose-traffic", "providers[1].territory", "--territory TEXT"),
        ("accept", "binding", "--binding"),
        ("warn", "grounds", "--ground TEXT"),
        ("note", "officer.role", "--role TEXT"),
    ] {
        let saying = parse(&[line, "0193"]);
        let refused = Failure::refused("refused", vec![fault("ANSWER", field)]);
        let failure = saying.blame(&Base::default(), refused);
        assert_eq!(failure.faults[0].mend, format!("say it ({option})"));
        assert!(failure.what.starts_with("1 fault in this answer"));
    }
    let saying = parse(&["extend", "0193"]);
    let failure = saying.blame(
        &Base::default(),
        Failure::refused("", vec![fault("CASE-STATE", "kind")]),
    );
    assert!(failure.mend.as_ref().unwrap().contains("ohrid case show 0193"));
}

/// Whoever looks for help finds every kind of answer, each with what it is for and the name of its form.
#[test]
fn every_kind_that_belongs_to_a_case_has_a_verb_with_help() {
    for kind in Kind::ALL.iter().filter(|kind| kind.belongs_to_case()) {
        // What asks for mutual assistance is a long form: it goes from a file, with `request send --case`.
        let goes_from_a_file = matches!(
            kind,
            Kind::MutualAssistanceRequest | Kind::EmergencyMutualAssistanceRequest
        );
        if goes_from_a_file {
            continue;
        }
        assert!(verbs().any(|verb| verb.kind == *kind), "{kind}");
    }
    let mut command = crate::arguments::Arguments::command();
    let answer = command.find_subcommand_mut("answer").unwrap();
    for verb in verbs() {
        let shown = answer.find_subcommand_mut(verb.name).unwrap();
        let help = shown.render_long_help().to_string();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains(verb.about), "{help}");
        assert!(
            help.contains(&format!("ohrid answer template {}", verb.kind)),
            "{help}"
        );
        assert!(help.contains("What it says:"), "{help}");
    }
}

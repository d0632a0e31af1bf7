#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::Value;

use super::{line_and_column, locate, of};
use crate::examples::file;
use crate::message::{Draft, DraftErrors, Kind};
use crate::rule::Rule;
use crate::schema;

fn faults_of(text: &str) -> Vec<crate::rule::Fault> {
    match Draft::from_toml(text) {
        Err(DraftErrors::Faults(faults)) => faults.into_vec(),
        other => panic!("{other:?}"),
    }
}

/// The template with every commented-out field and table written out.
fn uncommented(kind: Kind) -> String {
    let is_field = |rest: &str| {
        let name = rest.split(" = ").next().unwrap_or_default();
        (rest.contains(" = ")
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'))
            || (rest.starts_with('[') && rest.ends_with(']'))
    };
    let line = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if is_field(rest) => rest.to_owned(),
        _ => line.to_owned(),
    };
    of(kind).lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_unfilled_template_lists_what_is_to_be_done_and_no_mistake() {
    for kind in Kind::ALL {
        let faults = faults_of(of(*kind));
        assert!(
            faults.iter().all(|fault| fault.what == "is empty"),
            "{kind}: {faults:#?}"
        );
        assert!(faults.len() > 2, "{kind}");
    }
    let rules: Vec<Rule> = faults_of(of(Kind::PreservationRequest))
        .iter()
        .map(|fault| fault.rule)
        .collect();
    for rule in [
        Rule::C29_1,
        Rule::C29_2A,
        Rule::C29_2B,
        Rule::C29_2C,
        Rule::C29_2D,
        Rule::C29_2E,
        Rule::C29_2F,
    ] {
        assert!(rules.contains(&rule), "{rule}");
    }
}

#[test]
fn every_field_that_a_template_names_is_known() {
    for kind in Kind::ALL {
        for fault in faults_of(&uncommented(*kind)) {
            assert!(!fault.what.starts_with("unknown key"), "{kind}: {fault}");
        }
    }
}

/// Collects the names of all properties in a schema's definitions.
fn names(schema: &Value, found: &mut Vec<String>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        found.extend(properties.keys().cloned());
        properties.values().for_each(|property| names(property, found));
    }
    if let Some(definitions) = schema.get("$defs").and_then(Value::as_object) {
        definitions
            .values()
            .for_each(|definition| names(definition, found));
    }
}

#[test]
fn every_field_that_there_is_stands_in_the_template() {
    // Fields of the envelope around the body, and the parts of a text, which is written as plain text.
    const ELSEWHERE: [&str; 9] = [
        "version", "number", "id", "case", "from", "sent_at", "author", "body", "text",
    ];
    for kind in Kind::ALL {
        let mut found = Vec::new();
        names(&schema::of(*kind), &mut found);
        if kind.opens_case() {
            found.retain(|name| name != "in_reply_to");
        }
        for name in found.iter().filter(|name| !ELSEWHERE.contains(&name.as_str())) {
            let is_there = of(*kind).lines().any(|line| {
                let line = line.trim_start_matches("# ");
                line.starts_with(&format!("{name} = "))
                    || line.trim_matches(['[', ']']).rsplit('.').next() == Some(name)
                    || line.contains(&format!("{{ {name} = "))
                    || line.contains(&format!(", {name} = "))
            });
            assert!(is_there, "{kind}: {name}");
        }
    }
}

#[test]
fn a_field_is_found_in_its_file() {
    let text = "kind = \"x\"\n[data]\ncategories = []\n\
                [[data.selectors]]\n  value = \"1\"\n[[data.selectors]]\nvalue = 2\n";
    assert_eq!(locate(text, "kind"), Some((1, 1)));
    assert_eq!(locate(text, "data.categories"), Some((3, 1)));
    assert_eq!(locate(text, "data.selectors[0].value"), Some((5, 3)));
    assert_eq!(locate(text, "data.selectors[1].value"), Some((7, 1)));
    // What is missing is shown where it is missing.
    assert_eq!(locate(text, "data.selectors[1].range"), Some((6, 1)));
    assert_eq!(
        locate(text, "data.selectors[9].range").map(|place| place.0),
        Some(4)
    );
    assert_eq!(locate(text, "data.territory"), Some((2, 2)));
    assert_eq!(locate(text, "preservation.necessity"), Some((1, 1)));
    assert_eq!(locate(text, ""), Some((1, 1)));
    assert_eq!(locate(text, "data[[[].]]..[0]"), Some((2, 2)));
    assert_eq!(locate("kind = ", "kind"), None);
}

#[test]
fn every_fault_of_a_broken_example_has_a_place() {
    let right = file(Kind::PreservationRequest);
    let broken = right.replacen("port = 51724", "prot = 51724", 1);
    let broken = broken.replacen(
        "2026-03-12T09:02:00[Europe/Bucharest]",
        "2026-03-12T09:02:00[Europe/Bukarest]",
        1,
    );
    let lines = |text: &str| -> Vec<usize> {
        faults_of(text)
            .iter()
            .map(|fault| locate(text, &fault.field).unwrap().0)
            .collect()
    };
    let line_of = |text: &str, part: &str| text.lines().position(|line| line.contains(part)).unwrap() + 1;
    assert_eq!(
        lines(&broken),
        [line_of(&broken, "prot ="), line_of(&broken, "Bukarest")]
    );
    let simple = "kind = \"note\"\nlanguage = \"en\"\ntxet = \"x\"\n";
    let faults = faults_of(simple);
    let unknown = faults.iter().find(|fault| fault.field == "txet").unwrap();
    assert_eq!(unknown.mend, "did you mean \"text\"?");
    assert_eq!(locate(simple, &unknown.field), Some((3, 1)));
}

#[test]
fn columns_count_characters() {
    assert_eq!(line_and_column("é = 1\nüü x", 12), (2, 4));
    assert_eq!(line_and_column("a", 99), (1, 2));
}

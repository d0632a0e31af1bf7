#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Fault, Faults, Rule};
use crate::limits::FAULTS_MAX;

#[test]
fn every_rule_has_a_name_of_its_own_a_source_and_a_meaning() {
    let mut names: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    for rule in Rule::ALL {
        assert!(
            !rule.source().is_empty() && rule.meaning().ends_with('.'),
            "{rule}"
        );
        assert_eq!(rule.name().parse::<Rule>().unwrap(), *rule);
        assert_eq!(rule.to_string().parse::<Rule>().unwrap(), *rule);
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Rule::ALL.len());
    assert_eq!(Rule::C29_2E.source(), "Article 29(2)(e)");
    assert!("C29-99".parse::<Rule>().is_err());
}

#[test]
fn faults_are_shown_one_per_line_and_are_never_none() {
    let first = Fault::new(Rule::C29_2E, "preservation.necessity", "is missing", "say why");
    let second = Fault::new(Rule::Form, "", "is not a form", "write one");
    let faults = Faults::from_list(vec![first, second]).unwrap();
    let shown = "preservation.necessity: is missing [C29-2-E]; say why\nis not a form [FORM]; write one";
    assert_eq!(faults.to_string(), shown);
    assert_eq!(Faults::from_list(Vec::new()), None);
    let many = vec![Fault::new(Rule::Form, "x", "y", "z"); FAULTS_MAX + 1];
    assert_eq!(Faults::from_list(many).unwrap().as_slice().len(), FAULTS_MAX);
}

/// Where rules are kept and where they are shown, from the sources themselves.
#[derive(Default)]
struct Kept {
    code: std::collections::BTreeSet<String>,
    tests: std::collections::BTreeSet<String>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "reads its own sources; the crate itself has no disk"
)]
fn sources(folder: &std::path::Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/");
            let name = path.to_str().unwrap().trim_start_matches(source).to_owned();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
}

/// The rules that a line cites: `[C29-5]` in words, `Rule::C29_5` in code.
fn cited(line: &str) -> impl Iterator<Item = Rule> + '_ {
    Rule::ALL.iter().copied().filter(move |rule| {
        let in_code = format!("Rule::{rule:?}");
        let mut places = line.match_indices(&in_code);
        let is_whole = |end: usize| !line[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        line.contains(&rule.to_string()) || places.any(|(at, _)| is_whole(at + in_code.len()))
    })
}

fn where_kept() -> std::collections::BTreeMap<Rule, Kept> {
    let mut kept: std::collections::BTreeMap<Rule, Kept> =
        Rule::ALL.iter().map(|rule| (*rule, Kept::default())).collect();
    let mut files = Vec::new();
    sources(
        std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")),
        &mut files,
    );
    for (name, text) in files.iter().filter(|(name, _)| !name.starts_with("rule")) {
        if !name.ends_with("tests.rs") {
            for rule in text.lines().flat_map(cited) {
                kept.get_mut(&rule).unwrap().code.insert(name.clone());
            }
            continue;
        }
        let (mut is_test, mut pending, mut function) = (false, Vec::new(), String::new());
        for line in text.lines() {
            let bare = line.trim();
            if bare.starts_with("///") {
                pending.extend(cited(bare));
            } else if bare == "#[test]" {
                is_test = true;
            } else if let Some(rest) = bare.strip_prefix("fn ") {
                function = if is_test {
                    rest.split('(').next().unwrap().to_owned()
                } else {
                    String::new()
                };
                is_test = false;
                for rule in pending.drain(..).filter(|_| !function.is_empty()) {
                    kept.get_mut(&rule)
                        .unwrap()
                        .tests
                        .insert(format!("{name}: {function}"));
                }
            } else if !function.is_empty() {
                for rule in cited(bare) {
                    kept.get_mut(&rule)
                        .unwrap()
                        .tests
                        .insert(format!("{name}: {function}"));
                }
            }
        }
    }
    kept
}

fn document() -> String {
    let mut text = String::from(
        "# The Convention in code\n\nGenerated from the sources of `crates/convention`; do not edit. To \
         rewrite it: `OHRID_REGENERATE=1 cargo test -p convention rule`.\n\n## Messages\n\n\
         | kind | opens a case | belongs to the cases of | from |\n|---|---|---|---|\n",
    );
    for kind in crate::message::Kind::ALL {
        let names: Vec<&str> = kind.cases().iter().map(|kind| kind.as_str()).collect();
        let opens = if kind.opens_case() { "yes" } else { "" };
        let from = format!("{:?}", kind.speaker()).to_lowercase();
        text += &format!("| `{kind}` | {opens} | {} | {from} |\n", names.join(", "));
    }
    text += "\n## Rules\n\nPaths are below `crates/convention/src`.\n";
    for (rule, kept) in where_kept() {
        let list = |names: &std::collections::BTreeSet<String>| {
            names
                .iter()
                .map(|name| format!("* `{name}`\n"))
                .collect::<String>()
        };
        text += &format!("\n### `{rule}` {}\n\n{}\n", rule.source(), rule.meaning());
        text += &format!("\nCode:\n\n{}\nTests:\n\n{}", list(&kept.code), list(&kept.tests));
    }
    text
}

#[test]
fn every_rule_is_kept_somewhere_and_shown_somewhere() {
    for (rule, kept) in where_kept() {
        assert!(!kept.code.is_empty(), "no code cites {rule}");
        assert!(!kept.tests.is_empty(), "no test shows {rule}");
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "rewrites the document when asked to; the crate itself has no disk"
)]
fn the_document_of_the_rules_is_that_of_the_sources() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/convention.md");
    if std::env::var_os("OHRID_REGENERATE").is_some() {
        std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
        std::fs::write(path, document()).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(
        kept == document(),
        "run OHRID_REGENERATE=1 cargo test -p convention rule"
    );
}

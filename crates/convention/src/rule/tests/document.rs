//! `docs/convention.md`: from every rule of the domain to the code that keeps it and the tests that show it,
//! made from the sources of the whole workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::message::Kind;
use crate::rule::Rule;

/// Where a rule is kept and where it is shown.
#[derive(Default)]
struct Kept {
    code: BTreeSet<String>,
    tests: BTreeMap<String, BTreeSet<String>>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[expect(
    clippy::disallowed_methods,
    reason = "reads the sources; the crate itself has no disk"
)]
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// `[C29-5]` in words, `Rule::C29_5` in code.
fn is_cited(rule: Rule, line: &str) -> bool {
    let in_code = format!("Rule::{rule:?}");
    let is_whole = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let mut places = line.match_indices(&in_code);
    line.contains(&rule.to_string()) || places.any(|(at, _)| is_whole(&line[at + in_code.len()..]))
}

fn where_kept() -> BTreeMap<Rule, Kept> {
    let mut kept: BTreeMap<Rule, Kept> = Rule::ALL.iter().map(|rule| (*rule, Kept::default())).collect();
    let mut files = Vec::new();
    sources(&root().join("crates"), &mut files);
    sources(&root().join("tests/scenarios"), &mut files);
    files.sort();
    for path in files {
        let shown = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        // The list of the rules keeps none of them.
        if shown.starts_with("crates/convention/src/rule") {
            continue;
        }
        let text = read(&path);
        let is_test = shown.ends_with("tests.rs") || shown.contains("/tests/") || shown.starts_with("tests/");
        if is_test {
            note_tests(&shown, &text, &mut kept);
            continue;
        }
        for (rule, kept) in &mut kept {
            if text.lines().any(|line| is_cited(*rule, line)) {
                kept.code.insert(shown.clone());
            }
        }
    }
    kept
}

/// A test shows the rules that its comment and its body cite.
fn note_tests(file: &str, text: &str, kept: &mut BTreeMap<Rule, Kept>) {
    let (mut is_test, mut comment, mut function) = (false, Vec::new(), None);
    for line in text.lines() {
        let bare = line.trim();
        if bare.starts_with("///") {
            comment.push(bare);
        } else if matches!(bare, "#[test]" | "#[tokio::test]") || bare.starts_with("#[tokio::test(") {
            is_test = true;
        } else if let Some(rest) = bare.strip_prefix("async fn ").or(bare.strip_prefix("fn ")) {
            let name = rest.split('(').next().unwrap().to_owned();
            function = is_test.then_some(name);
            is_test = false;
        } else if bare.is_empty() {
            comment.clear();
        }
        let Some(function) = &function else { continue };
        for (rule, kept) in kept.iter_mut() {
            let in_comment = comment.iter().any(|line| is_cited(*rule, line));
            if in_comment || is_cited(*rule, bare) {
                let tests = kept.tests.entry(file.to_owned()).or_default();
                tests.insert(function.clone());
            }
        }
        comment.clear();
    }
}

fn document() -> String {
    let mut text = String::from(
        "# The Convention in code\n\nGenerated from the sources; do not edit. To rewrite it: \
         `OHRID_REGENERATE=1 cargo test -p convention rule`.\n\n## Messages\n\n\
         | kind | opens a case | belongs to the cases of | from |\n|---|---|---|---|\n",
    );
    for kind in Kind::ALL {
        let names: Vec<&str> = kind.cases().iter().map(|kind| kind.as_str()).collect();
        let opens = if kind.opens_case() { "yes" } else { "" };
        let from = format!("{:?}", kind.speaker()).to_lowercase();
        text += &format!("| `{kind}` | {opens} | {} | {from} |\n", names.join(", "));
    }
    text += "\n## Rules\n\n| rule | source | what it says | code that keeps it | tests that show it |\n\
             |---|---|---|---|---|\n";
    for (rule, kept) in where_kept() {
        let code: Vec<String> = kept.code.iter().map(|file| format!("`{file}`")).collect();
        let tests = kept.tests.iter().map(|(file, functions)| {
            let functions: Vec<String> = functions.iter().map(|one| format!("`{one}`")).collect();
            format!("`{file}`: {}", functions.join(", "))
        });
        text += &format!(
            "| `{rule}` | {} | {} | {} | {} |\n",
            rule.source(),
            rule.meaning().replace('|', "\\|"),
            code.join("<br>"),
            tests.collect::<Vec<_>>().join("<br>")
        );
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
fn the_document_of_the_rules_that_is_checked_in_is_that_of_the_sources() {
    let path = root().join("docs/convention.md");
    if std::env::var_os("OHRID_REGENERATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, document()).unwrap();
    }
    assert!(
        read(&path) == document(),
        "run OHRID_REGENERATE=1 cargo test -p convention rule"
    );
}

#![allow(clippy::expect_used)]
//! `docs/mistakes.md` names, for each mistake that others made, the tests which show that we do not make it.
//! Here: each of these tests exists, is run, and says itself which mistake it is about.

use std::path::Path;

/// A line of the table.
struct Line {
    /// What the test must say of itself.
    words: String,
    file: String,
    function: String,
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What stands between backquotes in the last two columns of each line.
fn table() -> Vec<Line> {
    let text = std::fs::read_to_string(root().join("docs/mistakes.md")).expect("the table");
    let lines = text.lines().filter(|line| line.starts_with("| ")).skip(1);
    lines
        .map(|line| {
            let columns: Vec<&str> = line.split('|').collect();
            let quoted: Vec<&str> = columns[3..].iter().flat_map(|text| in_backquotes(text)).collect();
            let [words, file, function] = quoted[..] else {
                panic!("three things are named in backquotes: {line}");
            };
            Line {
                words: words.to_owned(),
                file: file.to_owned(),
                function: function.to_owned(),
            }
        })
        .collect()
}

fn in_backquotes(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn tidy_every_mistake_of_others_has_its_test() {
    let table = table();
    assert!(table.len() >= 10, "the list of ledger.md has ten mistakes");
    for line in table {
        let text = std::fs::read_to_string(root().join(&line.file)).expect("the test's file");
        let lines: Vec<&str> = text.lines().collect();
        let begin = format!("fn {}(", line.function);
        let at = lines.iter().position(|text| text.contains(&begin));
        let at = at.unwrap_or_else(|| panic!("{}: no {begin}", line.file));
        // What it says of itself: its attributes and comments, and the first line of its body.
        let is_about =
            |text: &&&str| text.trim_start().starts_with("//") || text.trim_start().starts_with("#[");
        let above: Vec<&&str> = lines[..at].iter().rev().take_while(is_about).collect();
        let said = above.into_iter().chain(&lines[at + 1..(at + 2).min(lines.len())]);
        let said: Vec<&str> = said.copied().collect();
        assert!(
            said.iter().any(|text| text.contains(&line.words)),
            "{}: {} does not say {:?}",
            line.file,
            line.function,
            line.words
        );
    }
}

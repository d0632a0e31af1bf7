#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn columns_are_aligned() {
    let rows = vec![
        vec!["XA".to_owned(), "yes".to_owned()],
        vec!["Ștefan".to_owned(), "no".to_owned()],
    ];
    assert_eq!(
        table(&["PARTY", "UP"], &rows),
        "PARTY   UP\nXA      yes\nȘtefan  no\n"
    );
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let text = table(&["A", "B"], &[vec!["x".to_owned(), "y".repeat(200)]]);
    assert!(text.lines().all(|line| line.chars().count() <= COLUMNS));
    assert!(text.contains('…'));
    let text = properties(&[("name", "word ".repeat(60)), ("n", "v".to_owned())]);
    assert!(text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
}

#[test]
fn a_hostile_text_cannot_draw() {
    assert_eq!(
        printable("a\u{1b}[2Jb\u{202e}c\r"),
        "a\u{fffd}[2Jb\u{fffd}c\u{fffd}"
    );
    let text = table(&["A"], &[vec!["x\ny".to_owned()]]);
    assert_eq!(text, "A\nx y\n");
}

#[test]
fn one_entry_is_no_entries() {
    let said: Vec<String> = [0, 1, 2].map(entries).into();
    assert_eq!(said, ["0 entries", "1 entry", "2 entries"]);
}

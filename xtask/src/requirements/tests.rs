#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Which brackets are names.

use super::*;

#[test]
fn names_are_read_from_comments_and_strings_only() {
    let open = '[';
    let line = format!(
        "/// One receipt for ever `{open}IDEMPOTENT]`, {open}C29-2-E] too, not {open}link] or {open}AB]."
    );
    assert_eq!(names_in_line(&line), ["IDEMPOTENT", "C29-2-E"]);
    assert!(names_in_line(&format!("let x = table{open}MAX];")).is_empty());
}

#[test]
fn the_list_is_strict() {
    assert!(parse_list("A-B | built | x\nA-B | later | x").is_err());
    assert!(parse_list("A-B | perhaps | x").is_err());
    assert!(
        parse_list("# c\nA-B | built | x\n")
            .map_err(|e| e.to_string())
            .unwrap()["A-B"]
    );
}

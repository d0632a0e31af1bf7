#![allow(clippy::unwrap_used)]

use super::*;
use crate::listing::{Position, Span};

const FILE: &str = "crates/x/src/lib.rs";
const TEXT: &str = "\
/// A limit.
const LIMIT: u32 = 2 + 3;

const fn less(a: u32, b: u32) -> bool {
    a < b
}

fn empty() {}
";

/// A mutant of one line; columns count from 1.
fn mutant(id: u32, line: usize, columns: Range<usize>, replacement: &str) -> Mutant {
    let at = |column| Position { line, column };
    Mutant {
        id,
        name: format!("{FILE}:{line}"),
        file: FILE.to_owned(),
        span: Span {
            start: at(columns.start),
            end: at(columns.end),
        },
        replacement: replacement.to_owned(),
    }
}

fn source() -> (Source, Vec<Mutant>) {
    let mutants = vec![
        mutant(1, 2, 22..23, "-"),
        mutant(2, 5, 5..10, "true"),
        mutant(3, 5, 7..8, ">"),
    ];
    Source::new(FILE, TEXT.to_owned(), mutants).unwrap()
}

#[test]
fn each_mutant_is_a_body_of_its_function_and_lines_are_known() {
    let (source, homeless) = source();
    assert_eq!(homeless.iter().map(|m| m.id).collect::<Vec<_>>(), [1]);
    let (text, map) = source.spliced(&Without::default());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[3],
        " fn less(a: u32, b: u32) -> bool { match crate::mutant_switch::at(2, 3) { 0 => {"
    );
    assert_eq!(lines[4], "    a < b");
    assert_eq!(lines[7], "    true /* changed */");
    assert_eq!(lines[10], "    a > /* changed */ b");
    let place = |line: usize| {
        map.iter()
            .find(|(lines, _)| lines.contains(&line))
            .map(|(_, place)| place)
    };
    assert_eq!(place(5), Some(&Place::Original(vec![2, 3])));
    assert_eq!(place(8), Some(&Place::Mutant(2)));
    assert_eq!(place(11), Some(&Place::Mutant(3)));
    assert_eq!(place(2), None);
    assert!(text.ends_with("fn empty() {}\n"));
    assert_eq!(
        source.reached_by(&Without::default()),
        BTreeMap::from([(2, 2), (3, 2)])
    );
}

#[test]
fn what_does_not_compile_is_left_out_and_the_rest_keeps_its_number() {
    let (source, _) = source();
    let without = Without {
        mutants: BTreeSet::from([2]),
        ..Without::default()
    };
    let (text, _) = source.spliced(&without);
    assert!(!text.contains("true"));
    assert!(text.contains("at(3, 3)"));
    assert!(source.apart(&without).is_empty());
}

#[test]
fn a_function_that_must_stay_constant_is_left_as_it_is_and_its_mutants_are_built_alone() {
    let (source, _) = source();
    let without = Without {
        constant: BTreeSet::from(["less".to_owned()]),
        ..Without::default()
    };
    assert_eq!(source.spliced(&without).0, TEXT);
    assert_eq!(source.apart(&without).len(), 2);
    let changed = TEXT.replace("a < b", "a > /* changed */ b");
    assert_eq!(source.with_only(&mutant(3, 5, 7..8, ">")), changed);
}

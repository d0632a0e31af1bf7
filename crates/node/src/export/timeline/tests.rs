#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn line(officer: &str) -> Line {
    Line {
        at: "2026-11-22T00:00:00.000Z".to_owned(),
        what: "retrieved",
        message: Some(1),
        message_id: None,
        kind: None,
        from: None,
        to: None,
        log: "node.xa.example.org/ledger/2026".to_owned(),
        index: 7,
        officer: Some(officer.to_owned()),
        detail: None,
    }
}

#[test]
fn a_name_is_no_formula_and_no_other_field() {
    let text = String::from_utf8(csv(&[line("=HYPERLINK(\"x\"),1")])).unwrap();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(
        lines[1],
        "2026-11-22T00:00:00.000Z,retrieved,1,,,,,node.xa.example.org/ledger/2026,7,\
         \"'=HYPERLINK(\"\"x\"\"),1\","
    );
}

#[test]
fn each_line_is_one_object() {
    let text = String::from_utf8(json_lines(&[line("a\nb"), line("c")])).unwrap();
    assert_eq!(text.lines().count(), 2);
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let names: Vec<_> = first.as_object().unwrap().keys().cloned().collect();
    let mut columns = COLUMNS.map(str::to_owned).to_vec();
    columns.sort();
    let mut sorted = names;
    sorted.sort();
    assert_eq!(sorted, columns);
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::json;

use super::{Findings, Manner, json as reading_json, quoted};
use crate::limits::FAULTS_MAX;
use crate::rule::Rule;

#[test]
fn a_key_twice_has_no_meaning() {
    assert!(reading_json::parse(br#"{"a":1,"a":2}"#).is_err());
    assert!(reading_json::parse(br#"{"x":[{"a":1,"\u0061":2}]}"#).is_err());
    let read = reading_json::parse(br#"{"a":{"b":[1,-2,2.5,true,null,"x"]},"b":1}"#).unwrap();
    assert_eq!(
        read,
        json!({ "a": { "b": [1, -2, 2.5, true, null, "x"] }, "b": 1 })
    );
}

#[test]
fn toml_times_become_text() {
    let read =
        reading_json::parse_toml("a = 2026-03-12T21:05:00+02:00\nb = 2026-03-12 21:05:00\nc = nan").unwrap();
    assert_eq!(
        read,
        json!({ "a": "2026-03-12T21:05:00+02:00", "b": "2026-03-12T21:05:00", "c": null })
    );
}

#[test]
fn quotations_are_short_and_harmless() {
    assert_eq!(quoted("a\u{1b}b"), "\"a\\u{1b}b\"");
    assert!(quoted(&"x".repeat(10_000)).len() < 100);
}

#[test]
fn faults_are_bounded() {
    let mut findings = Findings::new(Manner::Draft);
    for _ in 0..FAULTS_MAX * 2 {
        findings.fault(Rule::Form, "x", "y", "z");
    }
    assert_eq!(findings.faults.len(), FAULTS_MAX);
}

#![allow(clippy::unwrap_used, clippy::expect_used)]
//! `[FOUR-EYES]` No way to write goes around the gate.

use std::collections::BTreeSet;

use super::*;

/// The routes, as they are made.
const ROUTES: &str = include_str!("../../api.rs");

/// The names of the paths that anything can be posted to.
fn posted() -> BTreeSet<&'static str> {
    let routes = ROUTES.split(".route(").skip(1);
    let posted = routes.filter_map(|route| {
        // A long route stands on several lines.
        let (name, handlers) = route.trim_start().strip_prefix("paths::")?.split_once(',')?;
        let other = ["put(", "patch(", "delete(", "any("];
        assert!(!other.iter().any(|word| handlers.contains(word)), "{name}");
        handlers.contains("post(").then_some(name)
    });
    posted.collect()
}

/// A new route that writes must be named here and in the table: what it takes is a decision.
#[test]
fn every_route_that_writes_is_in_the_table() {
    let gated = [
        ("DRAFTS", paths::DRAFTS),
        ("DRAFT_SEND", paths::DRAFT_SEND),
        ("DRAFT_APPROVE", paths::DRAFT_APPROVE),
        ("DRAFT_DISCARD", paths::DRAFT_DISCARD),
        ("MESSAGES", paths::MESSAGES),
        ("MESSAGE_APPROVE", paths::MESSAGE_APPROVE),
        ("ATTACHMENTS", paths::ATTACHMENTS),
        ("ATTACHMENT_DISCARD", paths::ATTACHMENT_DISCARD),
        ("ERASURES", paths::ERASURES),
        ("ERASURE_APPROVE", paths::ERASURE_APPROVE),
        ("ERASURE_DISCARD", paths::ERASURE_DISCARD),
        ("HOLDS", paths::HOLDS),
        ("HOLD_RELEASE", paths::HOLD_RELEASE),
        ("RETENTION_RUN", paths::RETENTION_RUN),
        ("OFFICERS", paths::OFFICERS),
        ("OFFICER_REMOVE", paths::OFFICER_REMOVE),
        ("NODE_STOP", paths::NODE_STOP),
        ("RELOAD", paths::RELOAD),
    ];
    let reads = [
        ("DRAFTS_CHECK", paths::DRAFTS_CHECK),
        ("PEER_TEST", paths::PEER_TEST),
    ];
    let known: BTreeSet<&str> = gated.iter().chain(&reads).map(|(name, _)| *name).collect();
    assert_eq!(posted(), known);
    let table: BTreeSet<&str> = ACTS.iter().map(|(path, _)| *path).collect();
    let expected: BTreeSet<&str> = gated.iter().map(|(_, path)| *path).collect();
    assert_eq!(table, expected);
    assert_eq!(READS, reads.map(|(_, path)| path));
}

/// What the document for other programs calls a write, and what is gated, is the same.
#[test]
fn what_is_documented_as_a_write_is_gated() {
    let document = serde_json::to_value(control::openapi::document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let written = paths.iter().filter(|(_, item)| {
        let parameters = item["post"]["parameters"].as_array();
        parameters.is_some_and(|all| all.iter().any(|one| one["name"] == OFFICER))
    });
    let written: BTreeSet<&str> = written.map(|(path, _)| path.as_str()).collect();
    assert_eq!(written, ACTS.iter().map(|(path, _)| *path).collect());
}

/// Reading changes nothing, and whatever has no path does nothing.
#[test]
fn only_what_writes_is_asked_for_a_name() {
    for (method, expected) in [("GET", true), ("HEAD", true), ("POST", true)] {
        let request = Request::builder()
            .method(method)
            .uri("/nowhere")
            .body(axum::body::Body::empty())
            .unwrap();
        assert_eq!(act(&request).unwrap().is_none(), expected);
    }
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

use super::*;

#[test]
fn the_document_is_checked_in() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    if std::env::var_os("OHRID_REGENERATE").is_some() {
        std::fs::write(&file, document_text()).unwrap();
    }
    let checked_in = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        checked_in == document_text(),
        "openapi.json is not what the types say; OHRID_REGENERATE=1 cargo test -p control writes it"
    );
}

/// Every reference leads somewhere, else a code generator fails on the document.
#[test]
fn every_reference_leads_somewhere() {
    let document: serde_json::Value = serde_json::from_str(&document_text()).unwrap();
    let known: BTreeSet<&str> = document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let text = document_text();
    let mut found = 0;
    for part in text.split("\"#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(known.contains(name), "{name}");
        found += 1;
    }
    assert!(found > OPERATIONS.len());
}

#[test]
fn operations_have_their_own_names() {
    let names: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.id).collect();
    assert_eq!(names.len(), OPERATIONS.len());
}

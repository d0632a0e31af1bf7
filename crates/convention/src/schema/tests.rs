#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::Value;

use crate::examples::form;
use crate::message::Kind;
use crate::story::Story;

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "rewrites the schemas when asked to; the crate itself has no disk"
)]
fn the_schemas_that_are_checked_in_are_those_of_the_types() {
    for kind in Kind::ALL {
        let path = format!("{}/schemas/{kind}.schema.json", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("OHRID_REGENERATE").is_some() {
            std::fs::write(&path, super::text(*kind)).unwrap();
            continue;
        }
        let kept = std::fs::read_to_string(&path).unwrap();
        let kept: Value = serde_json::from_str(&kept).unwrap();
        assert_eq!(
            kept,
            super::of(*kind),
            "run OHRID_REGENERATE=1 cargo test -p convention schema"
        );
    }
}

/// Looks a `$ref` up.
fn resolved<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).expect(reference),
        None => schema,
    }
}

/// A small check of a document against a schema: required fields are there, and every field that is there is
/// known.
fn assert_fits(root: &Value, schema: &Value, document: &Value, place: &str) {
    let mut schema = resolved(root, schema);
    if let Some(options) = schema.get("anyOf").and_then(Value::as_array) {
        schema = resolved(root, &options[0]);
    }
    match document {
        Value::Object(map) => {
            let properties = schema["properties"]
                .as_object()
                .unwrap_or_else(|| panic!("{place}: {schema}"));
            for required in schema
                .get("required")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                assert!(
                    map.contains_key(required.as_str().unwrap()),
                    "{place}: {required} is missing"
                );
            }
            for (key, value) in map {
                let place = format!("{place}/{key}");
                let known = properties
                    .get(key)
                    .unwrap_or_else(|| panic!("{place}: not in the schema"));
                assert_fits(root, known, value, &place);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                assert_fits(root, &schema["items"], element, place);
            }
        }
        _ => assert!(schema.get("properties").is_none(), "{place}"),
    }
}

#[test]
fn every_example_fits_its_schema() {
    for kind in Kind::ALL {
        let story = Story::before(*kind).and(&form(*kind));
        let message = story.messages.last().unwrap();
        let schema = super::of(message.kind());
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let document: Value = serde_json::from_slice(&message.to_json()).unwrap();
        assert_fits(&schema, &schema, &document, "");
    }
}

/// `[C29-2-A]` to `[C29-2-F]` The schema demands what Article 29(2) demands.
#[test]
fn the_schema_demands_what_the_article_demands() {
    let schema = super::of(Kind::PreservationRequest);
    let body = resolved(&schema, &schema["properties"]["body"]);
    let required: Vec<&str> = body["required"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r.as_str().unwrap())
        .collect();
    for field in [
        "office",
        "authority",
        "offence",
        "data",
        "custodian",
        "preservation",
        "follow_up",
    ] {
        assert!(required.contains(&field), "{field}");
    }
    let data = resolved(&schema, &body["properties"]["data"]);
    assert!(
        data["required"]
            .as_array()
            .unwrap()
            .contains(&Value::from("territory"))
    );
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/node.schema.json");

#[test]
fn the_checked_in_schema_is_the_one_that_the_program_prints() {
    let text = format!("{:#}\n", schema());
    if std::env::var_os("OHRID_REGENERATE").is_some() {
        std::fs::write(FILE, &text).unwrap();
    }
    let checked_in = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        checked_in == text,
        "OHRID_REGENERATE=1 cargo test --workspace --lib -- checked_in"
    );
    assert!(shown::TEXT.starts_with("#:schema node.schema.json\n"));
}

#[test]
fn every_key_has_a_type_and_a_comment_and_what_is_narrower() {
    let schema = schema();
    for (section, keys) in KEYS {
        for key in *keys {
            let key = &schema["properties"][section]["properties"][key];
            assert!(
                key["type"].is_string() && key["description"].is_string(),
                "{section}: {key}"
            );
        }
    }
    let of = |section: &str, key: &str| schema["properties"][section]["properties"][key].clone();
    assert_eq!(of("log", "format")["enum"], json!(["text", "json"]));
    assert_eq!(of("limits", "strangers")["default"], 512);
    assert_eq!(of("health", "listen")["examples"], json!(["127.0.0.1:9633"]));
    assert_eq!(
        of("four_eyes", "kinds")["items"]["enum"]
            .as_array()
            .unwrap()
            .len(),
        Kind::ALL.len()
    );
    assert_eq!(schema["required"], json!(["node", "listen", "keys", "directory"]));
}

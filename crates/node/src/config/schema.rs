//! The JSON Schema of the configuration, for editors: completion, comments, and faults while one types.
//!
//! Made from what `config/node.toml` shows. `config/node.schema.json` is this, checked in; a test keeps it
//! so.

use convention::message::Kind;
use serde_json::{Map, Value, json};

use super::keys::KEYS;
use super::shown::{self, Otherwise, Shown, Sort};

/// The schema (2020-12).
#[must_use]
pub fn schema() -> Value {
    let mut sections = Map::new();
    let mut needed = Vec::new();
    for (section, _) in KEYS {
        let keys: Vec<&Shown> = shown::all()
            .iter()
            .filter(|shown| shown.section == *section)
            .collect();
        let required: Vec<&str> = keys
            .iter()
            .filter(|shown| shown.otherwise == Otherwise::Required)
            .map(|shown| shown.key)
            .collect();
        if !required.is_empty() {
            needed.push(*section);
        }
        let keys: Map<String, Value> = keys
            .iter()
            .map(|shown| (shown.key.to_owned(), key(shown)))
            .collect();
        let section_schema = json!({
            "type": "object",
            "additionalProperties": false,
            "required": required,
            "properties": keys,
        });
        sections.insert((*section).to_owned(), section_schema);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of an Ohrid node",
        "type": "object",
        "additionalProperties": false,
        "required": needed,
        "properties": sections,
    })
}

fn key(shown: &Shown) -> Value {
    let mut schema = match shown.sort {
        Sort::Text => json!({ "type": "string" }),
        Sort::Number => json!({ "type": "integer", "minimum": 0 }),
        Sort::Boolean => json!({ "type": "boolean" }),
        Sort::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Sort::Numbers => json!({ "type": "array", "items": { "type": "integer", "minimum": 0 } }),
        Sort::Table => json!({ "type": "object" }),
    };
    if let Value::Object(schema) = &mut schema {
        schema.insert("description".to_owned(), shown.comment.clone().into());
        let name = match shown.otherwise {
            Otherwise::Default => "default",
            Otherwise::Off | Otherwise::Required => "examples",
        };
        let value = value_of(shown.value);
        let value = if name == "examples" { json!([value]) } else { value };
        schema.insert(name.to_owned(), value);
        schema.extend(narrower(shown.section, shown.key));
    }
    schema
}

/// A value in TOML as JSON.
pub(super) fn value_of(value: &str) -> Value {
    let table = toml::from_str::<toml::Table>(&format!("value = {value}")).unwrap_or_default();
    table.get("value").map_or(Value::Null, |value| json!(value))
}

/// What a key's sort does not say yet.
fn narrower(section: &str, key: &str) -> Map<String, Value> {
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    let more = match (section, key) {
        ("node", "party") => json!({ "pattern": "^[A-Z]{2}$" }),
        ("log", "format") => json!({ "enum": ["text", "json"] }),
        ("witness", "quorum") => json!({ "pattern": "^(majority|all|none|[1-9][0-9]*)$" }),
        ("four_eyes", "kinds") => json!({ "items": { "enum": kinds } }),
        ("retention", "days") => json!({
            "propertyNames": { "enum": kinds },
            "additionalProperties": { "type": "integer", "minimum": 0 },
        }),
        _ => json!({}),
    };
    match more {
        Value::Object(more) => more,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests;

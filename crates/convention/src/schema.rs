//! The JSON Schema (draft 2020-12) of each kind of message, for programs that read and write them.
//!
//! Generated from the types, checked in under `schemas/`, and compared by a test. To rewrite them after a
//! change: `OHRID_REGENERATE=1 cargo test -p convention schema`.

use serde_json::{Value, json};

use crate::message::Kind;

/// The schema of a message of one kind, as it is sent.
#[must_use]
pub fn of(kind: Kind) -> Value {
    let mut schema = kind.message_schema().to_value();
    if let Some(map) = schema.as_object_mut() {
        map.insert("title".to_owned(), Value::String(kind.to_string()));
    }
    if let Some(properties) = schema.pointer_mut("/properties").and_then(Value::as_object_mut) {
        properties.insert("kind".to_owned(), json!({ "const": kind.as_str() }));
        properties.insert(
            "version".to_owned(),
            json!({ "const": crate::message::MESSAGE_VERSION }),
        );
    }
    if let Some(definitions) = schema.pointer_mut("/$defs").and_then(Value::as_object_mut) {
        // Replaced above by the one kind that it can be.
        definitions.remove("Kind");
    }
    schema
}

/// The schema as text, as it is checked in.
#[must_use]
pub fn text(kind: Kind) -> String {
    format!("{:#}\n", of(kind))
}

#[cfg(test)]
mod tests;

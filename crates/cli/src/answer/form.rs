//! What an answer is made from: a form that a file gave, as far as it is filled in, or an empty one.

use std::path::Path;

use convention::message::Kind;
use serde_json::{Map, Value};

use crate::exit::Exit;
use crate::failure::{Document, Failure};
use crate::files;
use crate::limits::DOCUMENT_BYTES_MAX;

/// A form, and the file that it came from. It may be incomplete: options are to fill in the rest.
#[derive(Debug, Default)]
pub(super) struct Base {
    pub(super) fields: Map<String, Value>,
    pub(super) document: Option<Document>,
}

impl Base {
    /// Reads the form of this kind: JSON where the file's name says so, TOML otherwise.
    pub(super) fn read(kind: Kind, file: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = file else {
            return Ok(Self::default());
        };
        let document = files::read_document(path, DOCUMENT_BYTES_MAX)?;
        let mut fields = match document.name.ends_with(".json") {
            true => from_json(&document)?,
            false => from_toml(&document)?,
        };
        let named = fields.entry("kind").or_insert_with(|| kind.as_str().into());
        if named.as_str() != Some(kind.as_str()) {
            let what = format!("{} is a form of kind {named}", path.display());
            let mend = format!("use a form of kind {kind}, or the command for it");
            return Err(Failure::usage(what, mend));
        }
        Ok(Self {
            fields,
            document: Some(document),
        })
    }

    /// The officer whom the form names.
    pub(super) fn officer(&self) -> Option<&str> {
        self.fields.get("officer")?.get("name")?.as_str()
    }
}

fn from_json(document: &Document) -> Result<Map<String, Value>, Failure> {
    match serde_json::from_str(&document.text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(malformed(format!("{} is no form", document.name))),
        Err(error) => Err(malformed(format!("{}: {error}", document.name))),
    }
}

fn from_toml(document: &Document) -> Result<Map<String, Value>, Failure> {
    match document.text.parse::<toml::Table>() {
        Ok(table) => Ok(object(table)),
        Err(error) => {
            let place = convention_place(document, error.span().map_or(0, |span| span.start));
            Err(malformed(format!(
                "{}:{place}: {}",
                document.name,
                error.message()
            )))
        }
    }
}

fn convention_place(document: &Document, byte: usize) -> String {
    let before = document.text.get(..byte).unwrap_or_default();
    let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
    format!("{}:{column}", before.matches('\n').count() + 1)
}

fn object(table: toml::Table) -> Map<String, Value> {
    table
        .into_iter()
        .map(|(name, value)| (name, json(value)))
        .collect()
}

/// As JSON has it. Times are texts there: which of them are good is the `convention` crate's to say.
fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(is_so) => is_so.into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(list) => list.into_iter().map(json).collect(),
        toml::Value::Table(table) => object(table).into(),
    }
}

fn malformed(what: String) -> Failure {
    Failure::new(Exit::Usage, "malformed", what).mended_by("write TOML: key = \"value\", and [sections]")
}

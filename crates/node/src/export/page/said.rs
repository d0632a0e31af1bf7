//! What a message says, whatever kind it is: names and values, as they stand in its JSON, in words.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::markup::Page;

/// Deeper than any message is; what lies deeper is shown as JSON.
const DEPTH_MAX: usize = 12;

/// Longer texts of a list have a line each.
const LISTED_BYTES_MAX: usize = 60;

/// What stands in the heading already.
const SHOWN_ELSEWHERE: [&str; 8] = [
    "version",
    "kind",
    "id",
    "case",
    "in_reply_to",
    "from",
    "to",
    "sent_at",
];

/// A value of JSON, its fields in the order in which they were written: a form has an order.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::export) enum Value {
    Nothing,
    /// A text, a number, yes or no.
    Text(String),
    List(Vec<Value>),
    Fields(Vec<(String, Value)>),
}

/// The author and the body of a message.
pub(super) fn content(page: &mut Page, message: &Value) {
    page.open("div class=\"said\"");
    match message {
        Value::Fields(all) => {
            let mut shown = Vec::new();
            for (name, value) in all {
                match (name.as_str(), value) {
                    (name, _) if SHOWN_ELSEWHERE.contains(&name) => {}
                    // The fields of the body stand beside the author, not one step in.
                    ("body", Value::Fields(body)) => {
                        shown.extend(body.iter().map(|(name, value)| (name, value)))
                    }
                    _ => shown.push((name, value)),
                }
            }
            fields(page, shown.into_iter(), 0);
        }
        other => inside(page, "p", other, 0),
    }
    page.close("div");
}

fn fields<'a>(page: &mut Page, fields: impl Iterator<Item = (&'a String, &'a Value)>, depth: usize) {
    page.open("dl");
    for (name, value) in fields.filter(|(_, value)| !value.is_nothing()) {
        page.element("dt", &words(name));
        inside(page, "dd", value, depth);
    }
    page.close("dl");
}

fn inside(page: &mut Page, element: &str, value: &Value, depth: usize) {
    match value {
        Value::Nothing => page.element(element, ""),
        Value::Text(text) => page.element(element, &both_times(text)),
        _ if depth >= DEPTH_MAX => page.element(element, &format!("{value:?}")),
        Value::Fields(all) => match stated(all) {
            Some(text) => page.element(element, &text),
            None => {
                page.open(element);
                fields(page, all.iter().map(|(name, value)| (name, value)), depth + 1);
                page.close(element);
            }
        },
        Value::List(values) => match line(values) {
            Some(text) => page.element(element, &text),
            None => {
                page.open(element);
                page.open("ol");
                for value in values {
                    inside(page, "li", value, depth + 1);
                }
                page.close("ol");
                page.close(element);
            }
        },
    }
}

/// A time of some place, and what it is in UTC `[TIME-BOTH]`; any other text as it is.
fn both_times(text: &str) -> String {
    match text.parse::<jiff::Zoned>() {
        Ok(local) => format!("{text} = {}", local.timestamp()),
        Err(_) => text.to_owned(),
    }
}

/// A text that says its language, which stands behind it.
fn stated(fields: &[(String, Value)]) -> Option<String> {
    match fields {
        [(one, Value::Text(language)), (other, Value::Text(text))]
            if one == "language" && other == "text" =>
        {
            Some(format!("{text} [{language}]"))
        }
        _ => None,
    }
}

/// A list of short texts, as one line.
fn line(values: &[Value]) -> Option<String> {
    let texts: Option<Vec<&str>> = values
        .iter()
        .map(|value| match value {
            Value::Text(text) if text.len() < LISTED_BYTES_MAX => Some(text.as_str()),
            _ => None,
        })
        .collect();
    texts.map(|texts| texts.join(", "))
}

impl Value {
    fn is_nothing(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Text(_) => false,
            Self::List(values) => values.is_empty(),
            Self::Fields(fields) => fields.is_empty(),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Nothing)
    }

    fn visit_bool<E>(self, is: bool) -> Result<Value, E> {
        Ok(Value::Text(if is { "yes" } else { "no" }.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Text(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Text(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Text(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element()? {
            list.push(value);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = entries.next_entry()? {
            fields.push(field);
        }
        Ok(Value::Fields(fields))
    }
}

/// `preserved_until` as `Preserved until`.
pub(super) fn words(name: &str) -> String {
    let spaced = name.replace(['_', '-'], " ");
    let mut letters = spaced.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => spaced,
    }
}

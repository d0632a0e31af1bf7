//! What the messages of a case say, whole and field by field: an officer who is asked for data reads here for
//! which (`ohrid case show --full`).

use control::types::CaseDetail;
use serde_json::Value;

use crate::table::{printable, wrap};
use crate::terminal::COLUMNS;

/// Columns of a line, as everywhere in a case.
const WIDTH: usize = COLUMNS - 4;

/// How far each level stands in from the one above.
const STEP: usize = 2;

/// Every message that can be read, in the order of the case.
pub(super) fn text(detail: &CaseDetail) -> String {
    let mut text = String::new();
    for message in &detail.messages {
        let Some(body) = &message.body else {
            continue;
        };
        let id = &message.message;
        let (kind, from) = (printable(&message.kind), &message.from);
        text.push_str(&format!("\nWhat {id} says\n  {kind} from {from}\n"));
        field(None, body, STEP, &mut text);
    }
    text
}

/// One field. Names are those of the form, so that rules and faults can be found again.
fn field(name: Option<&str>, value: &Value, depth: usize, text: &mut String) {
    let label = name.map(|name| format!("{name}: ")).unwrap_or_default();
    if let Some(words) = in_words(value) {
        let room = WIDTH.saturating_sub(depth + STEP);
        for (number, part) in wrap(&printable(&format!("{label}{words}")), room)
            .iter()
            .enumerate()
        {
            let indent = depth + if number == 0 { 0 } else { STEP };
            text.push_str(&format!("{:indent$}{part}\n", ""));
        }
        return;
    }
    let below = match name {
        Some(name) => {
            text.push_str(&format!("{:depth$}{}\n", "", printable(name)));
            depth + STEP
        }
        None => depth,
    };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                field(Some(name), value, below, text);
            }
        }
        Value::Array(entries) => {
            for (number, entry) in entries.iter().enumerate() {
                field(Some(&format!("{}.", number + 1)), entry, below, text);
            }
        }
        _ => {}
    }
}

/// What fits on one line of a form: a word, a number, a text and its language, a range of time, words.
fn in_words(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("-".to_owned()),
        Value::Bool(true) => Some("yes".to_owned()),
        Value::Bool(false) => Some("no".to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(words) => Some(words.clone()),
        Value::Array(entries) => {
            let words: Option<Vec<&str>> = entries.iter().map(Value::as_str).collect();
            words.map(|words| words.join(", "))
        }
        Value::Object(fields) => {
            let part = |name: &str| fields.get(name).and_then(Value::as_str);
            match (
                fields.len(),
                part("text"),
                part("language"),
                part("from"),
                part("until"),
            ) {
                (2, Some(text), Some(language), ..) => Some(format!("{text} ({language})")),
                (2, _, _, Some(from), Some(until)) => Some(format!("{from} to {until}")),
                _ => None,
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! Forms for people who write files by hand, and the way back from a fault to the line in their file.
//!
//! Each kind has a template in TOML in which every field stands with a comment that says what belongs there.
//! What is required is written out and empty; what is optional is commented out. Checking an unfilled
//! template lists everything that is still to be done.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::limits::DOCUMENT_BYTES_MAX;
use crate::message::Kind;

/// The template of one kind, in TOML.
#[must_use]
pub fn of(kind: Kind) -> &'static str {
    kind.template()
}

/// Where a field stands in a TOML document: line and column, from 1. For a field that is missing, the nearest
/// table or list around it that is there; for one at the top, the first line.
///
/// `None` where the text is not TOML. The path is that of a [`Fault`](crate::rule::Fault).
#[must_use]
pub fn locate(text: &str, path: &str) -> Option<(usize, usize)> {
    if text.len() > DOCUMENT_BYTES_MAX {
        return None;
    }
    let root = DeTable::parse(text).ok()?;
    let mut found: Range<usize> = 0..0;
    let mut table = Some(root.get_ref());
    for segment in path.split('.') {
        let (name, indices) = split_indices(segment);
        let Some((key, mut value)) = table.and_then(|table| entry(table, name)) else {
            break;
        };
        found = key;
        for index in indices {
            let DeValue::Array(elements) = value.get_ref() else {
                break;
            };
            let Some(element) = elements.get(index) else { break };
            found = element.span();
            value = element;
        }
        table = value.get_ref().as_table();
    }
    Some(line_and_column(text, found.start))
}

fn entry<'t, 'i>(table: &'t DeTable<'i>, name: &str) -> Option<(Range<usize>, &'t Spanned<DeValue<'i>>)> {
    let (key, value) = table.iter().find(|(key, _)| key.get_ref().as_ref() == name)?;
    Some((key.span(), value))
}

/// `selectors[0]` as its name and its indices.
fn split_indices(segment: &str) -> (&str, Vec<usize>) {
    let (name, rest) = segment.split_once('[').unwrap_or((segment, ""));
    let numbers = rest.split('[').map(|part| part.trim_end_matches(']'));
    (name, numbers.filter_map(|number| number.parse().ok()).collect())
}

/// Line and column, from 1, of a byte in a text. Columns count characters.
pub(crate) fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests;

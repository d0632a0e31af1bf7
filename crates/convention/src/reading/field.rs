//! How one value is read into each of the types that fields have.

use serde_json::Value;

use super::{Findings, Manner};
use crate::limits::{LINE_CHARACTERS_MAX, QUOTED_CHARACTERS_MAX, TEXT_CHARACTERS_MAX, TIME_CHARACTERS_MAX};
use crate::message::CaseReference;
use crate::party::{ContactPoint, PartyCode};
use crate::rule::Rule;
use crate::text::{Language, Line, Text, is_break, is_forbidden};
use crate::time::{Days, TimeRange, Zone, ZonedInstant};

/// How far, from 0 to 1, a wrong word may be from a right one for the right one to be suggested.
const SIMILARITY_MIN: f64 = 0.8;

/// A type that a field can have.
pub(crate) trait Field: Sized {
    /// Reads the value, which is at `place`. `None` where nothing can be made of it; then, and wherever else
    /// something is wrong, a fault was noted.
    fn read(value: &Value, place: &str, findings: &mut Findings) -> Option<Self>;
}

/// A short, harmless quotation of something that was written.
pub(crate) fn quoted(text: &str) -> String {
    let mut characters = text.chars();
    let start: String = characters.by_ref().take(QUOTED_CHARACTERS_MAX).collect();
    if characters.next().is_some() {
        format!("{start:?}...")
    } else {
        format!("{start:?}")
    }
}

/// The candidate that a person most likely meant, if any is close.
pub(crate) fn most_similar<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > QUOTED_CHARACTERS_MAX {
        return None;
    }
    let measured = candidates.map(|candidate| (strsim::jaro_winkler(word, candidate), candidate));
    let close = measured.filter(|(similarity, _)| *similarity >= SIMILARITY_MIN);
    close
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| candidate)
}

/// The value as text; anything else is a fault that names what was expected.
pub(super) fn text_of<'v>(
    value: &'v Value,
    place: &str,
    expected: &str,
    findings: &mut Findings,
) -> Option<&'v str> {
    let text = value.as_str();
    if text.is_none() {
        let what = format!("is {}, not text", name_of(value));
        findings.fault(
            Rule::Form,
            place,
            what,
            format!("write {expected} in quotation marks"),
        );
    }
    text
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}

fn check_characters(text: &str, place: &str, maximum: usize, findings: &mut Findings) {
    let length = text.chars().count();
    if length > maximum {
        let what = format!("has {length} characters");
        findings.fault(Rule::Limits, place, what, format!("shorten it to {maximum}"));
    }
    if let Some(found) = text.chars().find(|character| is_forbidden(*character)) {
        let what = format!("has a control character, U+{:04X}", u32::from(found));
        findings.fault(Rule::Limits, place, what, "remove it");
    }
}

impl Field for Line {
    fn read(value: &Value, place: &str, findings: &mut Findings) -> Option<Self> {
        let text = text_of(value, place, "it", findings)?;
        check_characters(text, place, LINE_CHARACTERS_MAX, findings);
        if text.contains(is_break) {
            findings.fault(
                Rule::Limits,
                place,
                "has a line break or a tab",
                "write it in one line",
            );
        }
        Some(Line::printable(text.trim()))
    }
}

impl Field for Text {
    fn read(value: &Value, place: &str, findings: &mut Findings) -> Option<Self> {
        let (language, text) = match value {
            Value::String(text) => (findings.language.clone(), text.as_str()),
            Value::Object(map) => {
                let mut unknown = map
                    .iter()
                    .filter(|(key, _)| !matches!(key.as_str(), "language" | "text"));
                if let Some((key, value)) = unknown.next() {
                    findings.unknown(format!("{place}.{key}"), key, value, &["language", "text"]);
                }
                let tag = map.get("language");
                let language =
                    tag.and_then(|tag| Language::read(tag, &format!("{place}.language"), findings));
                let Some(text) = map.get("text") else {
                    findings.fault(
                        Rule::Form,
                        place,
                        "has no text",
                        "write { language = ..., text = ... }",
                    );
                    return None;
                };
                (
                    language,
                    text_of(text, &format!("{place}.text"), "the text", findings)?,
                )
            }
            _ => {
                let what = format!("is {}, not text", name_of(value));
                findings.fault(Rule::Form, place, what, "write it in quotation marks");
                return None;
            }
        };
        if language.is_none() {
            let mend = match findings.manner {
                Manner::Draft => "add language = \"en\" (a BCP 47 tag) at the top of the document",
                Manner::Received => "write { language, text }",
            };
            findings.fault(
                Rule::Language,
                place,
                "does not say in which language it is",
                mend,
            );
        }
        check_characters(text, place, TEXT_CHARACTERS_MAX, findings);
        Some(Text::printable(language.unwrap_or_default(), text.trim()))
    }
}

/// Reads a type that is written as text and parsed by `FromStr`, with the mend that its error words.
fn parsed<T>(value: &Value, place: &str, rule: Rule, findings: &mut Findings) -> Option<T>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let text = text_of(value, place, "it", findings)?;
    match text.parse() {
        Ok(read) => Some(read),
        Err(error) => {
            let what = format!("cannot be understood: {}", quoted(text));
            findings.fault(rule, place, what, error.to_string());
            None
        }
    }
}

impl Field for Language {
    fn read(value: &Value, place: &str, findings: &mut Findings) -> Option<Self> {
        parsed(value, place, Rule::Language, findings)
    }
}

impl Field for PartyCode {
    fn read(value: &Value, place: &str, findings: &mut Findings) -> Option<Self> {
        parsed(value, place, Rule::Form, findings)
    }
}

impl Field for ContactPoint {
    fn read(value: &Value, place: &str, findings: &mut Findings) -> Option<Self> {
        parsed(value, place, Rule::Form, findings)
    }
}

impl Field for CaseReference {
    fn read(value: &Value, place: &str, findings: &mut Findings) -> Option<Self> {
        parsed(value, place, Rule::Form, findings)
    }
}

impl Field for bool {
    fn read(value: &Value, place: &str, findings: &mut Findings) -> Option<Self> {
        let read = value.as_bool();
        if read.is_none() {
            let what = format!("is {}, not true or false", name_of(value));
            findings.fault(
                Rule::Form,
                place,
                what,
                "write true or false, without quotation marks",
            );
        }
        read
    }
}

impl Field for u16 {
    fn read(value: &Value, place: &str, findings: &mut Findings) -> Option<Self> {
        let read = value
            .as_u64()
            .and_then(|number| u16::try_from(number).ok())
            .filter(|port| *port > 0);
        if read.is_none() {
            findings.fault(
                Rule::Form,
                place,
                "is not a port",
                "write a number from 1 to 65535",
            );
        }
        read
    }
}

impl Field for Days {
    fn read(value: &Value, place: &str, findings: &mut Findings) -> Option<Self> {
        let read = value
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
            .filter(|days| *days > 0);
        if read.is_none() {
            findings.fault(
                Rule::Form,
                place,
                "is not a number of days",
                "write a whole number, such as 90",
            );
        }
        read.map(Days)
    }
}

impl Field for ZonedInstant {
    fn read(value: &Value, place: &str, findings: &mut Findings) -> Option<Self> {
        let text = text_of(value, place, "the time", findings)?;
        match ZonedInstant::parse(text.trim()) {
            Ok(time) => Some(time),
            Err(error) => {
                let words = || (format!("the time {} {error}", quoted(text)), error.mend());
                findings.fault_with(Rule::TimeBoth, place, words);
                error.by_offset().cloned()
            }
        }
    }
}

impl Field for Zone {
    fn read(value: &Value, place: &str, findings: &mut Findings) -> Option<Self> {
        let name = text_of(value, place, "the zone", findings)?;
        if name.len() > TIME_CHARACTERS_MAX {
            findings.fault(
                Rule::TimeBoth,
                place,
                "is not a zone",
                "use a name of the IANA database",
            );
            return None;
        }
        match Zone::named(name.trim()) {
            Ok(zone) => Some(zone),
            Err(unknown) => {
                findings.fault_with(Rule::TimeBoth, place, || (unknown.to_string(), unknown.mend()));
                None
            }
        }
    }
}

impl super::Form for TimeRange {
    fn read(section: &mut super::Section<'_>) -> Self {
        const MEND: &str = "give both ends of the time range";
        TimeRange {
            from: section.needed("from", super::Need::new(Rule::C29_2C, MEND)),
            until: section.needed("until", super::Need::new(Rule::C29_2C, MEND)),
        }
    }
}

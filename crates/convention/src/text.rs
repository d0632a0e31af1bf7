//! What people write: single lines, and free text that says in which language it is.
//!
//! `[LIMITS]` `[LANGUAGE]` A [`Line`] is a name, a reference, a number. A [`Text`] is prose, with its
//! [`Language`]. Neither ever holds control characters or invisible marks that turn the reading direction:
//! what a peer wrote can be printed on an officer's terminal without further care. In a draft such characters
//! are a fault; in a received message they are shown as U+FFFD and noted.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::{LANGUAGE_CHARACTERS_MAX, LINE_CHARACTERS_MAX, TEXT_CHARACTERS_MAX};

/// One line of text: a name, a reference, a telephone number. Printable, and without line breaks.
///
/// `Debug` gives the length only: what people write does not belong into logs.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Line(String);

impl Line {
    /// The line, with every character that must not be printed replaced by U+FFFD.
    #[must_use]
    pub fn printable(text: &str) -> Self {
        Line(
            text.chars()
                .map(|c| {
                    if is_forbidden(c) || is_break(c) {
                        '\u{FFFD}'
                    } else {
                        c
                    }
                })
                .collect(),
        )
    }

    /// The line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing was written. Only in received messages that lack the field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({} characters)", self.0.chars().count())
    }
}

impl JsonSchema for Line {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Line".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "minLength": 1, "maxLength": LINE_CHARACTERS_MAX,
            "description": "One line of text, without control characters."
        })
    }
}

/// Free text and its language. Printable; line breaks and tabs are kept.
///
/// `Debug` gives language and length only: what people write does not belong into logs.
#[derive(Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Text {
    language: Language,
    #[schemars(length(min = 1, max = TEXT_CHARACTERS_MAX))]
    text: String,
}

impl Text {
    /// The text, with every character that must not be printed replaced by U+FFFD.
    #[must_use]
    pub fn printable(language: Language, text: &str) -> Self {
        let text = text
            .chars()
            .map(|c| if is_forbidden(c) { '\u{FFFD}' } else { c })
            .collect();
        Text { language, text }
    }

    /// The language that the writer named.
    #[must_use]
    pub fn language(&self) -> &Language {
        &self.language
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether nothing was written. Only in received messages that lack the field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Text({}, {} characters)",
            self.language,
            self.text.chars().count()
        )
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A language, as a BCP 47 tag of well-formed shape: `en`, `sr-Latn`, `pt-BR`. `und` stands for *not stated*.
///
/// Whether the subtags are registered is not checked: the register changes more often than nodes do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(String);

impl Language {
    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The primary language alone, in lower case: `pt` for `pt-BR`.
    #[must_use]
    pub fn primary(&self) -> String {
        self.0.split('-').next().unwrap_or_default().to_ascii_lowercase()
    }
}

impl Default for Language {
    fn default() -> Self {
        Language("und".to_owned())
    }
}

/// Not a language tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a language is a BCP 47 tag, such as en, fr or sr-Latn")]
pub struct LanguageError;

impl FromStr for Language {
    type Err = LanguageError;

    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        let mut subtags = tag.split('-');
        let primary = subtags.next().unwrap_or_default();
        let primary_fits =
            (2..=8).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_alphabetic());
        let fits = |subtag: &str| {
            (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if !primary_fits || tag.len() > LANGUAGE_CHARACTERS_MAX || !subtags.all(fits) {
            return Err(LanguageError);
        }
        Ok(Language(tag.to_owned()))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Language {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Language {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Language {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Language".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "maxLength": LANGUAGE_CHARACTERS_MAX,
            "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$",
            "description": "A language, as a BCP 47 tag."
        })
    }
}

/// Whether a character must appear in no text: controls other than tab and line break, and the marks that
/// reverse the reading direction unseen (Unicode TR 36, "bidirectional text spoofing").
pub(crate) fn is_forbidden(character: char) -> bool {
    let is_layout = matches!(character, '\n' | '\t');
    let is_override = matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    // U+2028 and U+2029 break lines in some programs and not in others.
    let is_separator = matches!(character, '\u{2028}' | '\u{2029}');
    (character.is_control() && !is_layout) || is_override || is_separator
}

/// Whether a character may stand in a text but not in a line.
pub(crate) fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\t')
}

#[cfg(test)]
mod tests;

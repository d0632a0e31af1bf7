//! Fields that hold one of a few permitted words, and what becomes of any other word.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::field::{most_similar, text_of};
use super::{Field, Findings, quoted};
use crate::rule::Rule;
use crate::text::Line;

/// One of a few permitted words.
pub trait Word: Copy + Eq + fmt::Debug + 'static {
    /// All of them.
    const ALL: &'static [Self];
    /// The rule that permits these and no others.
    const RULE: Rule;
    /// The word as it is written.
    fn as_str(self) -> &'static str;
}

/// What stands in a field for permitted words. In a message of our own it is always [`Stated::Permitted`]; a
/// received one may say something else, whose original words are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stated<T> {
    /// One of the permitted words.
    Permitted(T),
    /// Something else; empty where the field was missing.
    Otherwise(Line),
}

impl<T: Word> Stated<T> {
    /// The permitted word, if it is one.
    #[must_use]
    pub fn permitted(&self) -> Option<T> {
        match self {
            Stated::Permitted(word) => Some(*word),
            Stated::Otherwise(_) => None,
        }
    }

    /// Whether it is this word.
    #[must_use]
    pub fn is(&self, word: T) -> bool {
        self.permitted() == Some(word)
    }

    /// The word as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Stated::Permitted(word) => word.as_str(),
            Stated::Otherwise(line) => line.as_str(),
        }
    }
}

impl<T> Default for Stated<T> {
    fn default() -> Self {
        Stated::Otherwise(Line::default())
    }
}

impl<T: Word> fmt::Display for Stated<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<T: Word> Serialize for Stated<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<T: JsonSchema> JsonSchema for Stated<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

impl<T: Word> Field for Stated<T> {
    fn read(value: &Value, place: &str, findings: &mut Findings) -> Option<Self> {
        read_word(value, place, T::RULE, findings)
    }
}

/// Reads a permitted word; any other is kept, and is a fault under the rule.
pub(super) fn read_word<T: Word>(
    value: &Value,
    place: &str,
    rule: Rule,
    findings: &mut Findings,
) -> Option<Stated<T>> {
    let text = text_of(value, place, "it", findings)?;
    if let Some(word) = T::ALL.iter().find(|word| word.as_str() == text.trim()) {
        return Some(Stated::Permitted(*word));
    }
    let words: Vec<&str> = T::ALL.iter().map(|word| word.as_str()).collect();
    let mut mend = format!("use one of: {}", words.join(", "));
    if let Some(meant) = most_similar(text.trim(), words.iter().copied()) {
        mend = format!("did you mean {meant:?}? {mend}");
    }
    findings.fault(
        rule,
        place,
        format!("{} is not permitted here", quoted(text)),
        mend,
    );
    Some(Stated::Otherwise(Line::printable(text)))
}

/// Declares an enum of permitted words, each with the spelling that it has in documents.
macro_rules! words {
    (
        $(#[$doc:meta])* $rule:path;
        $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)+ }
    ) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        pub enum $name {
            $($(#[$word_doc])* #[serde(rename = $text)] $word,)+
        }

        impl $crate::reading::Word for $name {
            const ALL: &'static [Self] = &[$($name::$word),+];
            const RULE: $crate::rule::Rule = $rule;

            fn as_str(self) -> &'static str {
                match self { $($name::$word => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::reading::Word::as_str(*self))
            }
        }
    };
}

pub(crate) use words;

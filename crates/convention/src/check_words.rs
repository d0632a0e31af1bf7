//! Four words for the telephone: do we both look at the same message?
//!
//! Each side takes the words from the hash of the sealed message, which both have, and reads them to the
//! other. The first four bytes of the hash choose one word each from a list of 256: 32 bits. A mix-up of two
//! messages goes unnoticed once in four thousand million times. It is no protection against somebody who
//! makes messages by the thousand million until one has the right words; that is what signatures are for.
//!
//! The words are English nouns of 4 to 9 letters. No two are one letter apart, and the first four letters
//! tell them apart, so that a word that was half heard is still the right one. The list is part of the
//! format: it never changes.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// The list, one word to a line.
const LIST: &str = include_str!("check_words/words.txt");

/// How many words there are for one message.
pub const CHECK_WORDS: usize = 4;

/// The four check words of a message: `acorn bamboo cabin jigsaw`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CheckWords([u8; CHECK_WORDS]);

/// Not four words of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("check words are four words of the list, such as acorn bamboo cabin jigsaw")]
pub struct CheckWordsError;

impl CheckWords {
    /// The words of a hash.
    #[must_use]
    pub fn of(hash: &[u8; 32]) -> Self {
        let [first, second, third, fourth, ..] = *hash;
        CheckWords([first, second, third, fourth])
    }

    /// The words, one by one.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        self.0.into_iter().map(word)
    }
}

fn word(index: u8) -> &'static str {
    // The list has 256 words, as a test shows.
    LIST.lines().nth(usize::from(index)).unwrap_or_default()
}

impl fmt::Display for CheckWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.words().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{word}")?;
        }
        Ok(())
    }
}

impl FromStr for CheckWords {
    type Err = CheckWordsError;

    /// Reads words as a person types what was heard: in any capitals, with any spaces, and of each word at
    /// least the first four letters.
    fn from_str(text: &str) -> Result<Self, CheckWordsError> {
        let mut indices = [0; CHECK_WORDS];
        let mut heard = text.split_whitespace();
        for index in &mut indices {
            let heard = heard.next().ok_or(CheckWordsError)?.to_ascii_lowercase();
            let found = LIST
                .lines()
                .position(|word| word == heard || (heard.len() >= 4 && word.starts_with(&heard)));
            *index = found
                .and_then(|place| u8::try_from(place).ok())
                .ok_or(CheckWordsError)?;
        }
        match heard.next() {
            None => Ok(CheckWords(indices)),
            Some(_) => Err(CheckWordsError),
        }
    }
}

impl Serialize for CheckWords {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for CheckWords {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CheckWords".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "Four words from the hash of a message." })
    }
}

#[cfg(test)]
mod tests;

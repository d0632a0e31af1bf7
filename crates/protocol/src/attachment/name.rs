//! What people call an attachment: its number in the message, its file name, its media type.
//!
//! All three are chosen by the sender and end up on the recipient's screen and disk, so each has one strict
//! form: no name leads out of a folder, none looks like another by invisible characters. None is shown in
//! `Debug`: a file name is content.

use std::fmt;
use std::str::FromStr;

use crate::limits::{ATTACHMENTS_PER_MESSAGE_MAX, FILE_NAME_BYTES_MAX, MEDIA_TYPE_PART_BYTES_MAX};

/// A file's name: 1 to [`FILE_NAME_BYTES_MAX`] bytes of UTF-8, without path separators, control characters,
/// and characters that are invisible or turn the direction of writing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FileName(String);

/// A media type without parameters, in lower case: `text/csv` (RFC 6838 section 4.2).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MediaType(String);

/// An attachment's place in its message: 1 to [`ATTACHMENTS_PER_MESSAGE_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttachmentNumber(u8);

/// What people call an attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Its place in the message.
    pub number: AttachmentNumber,
    /// The file's name.
    pub name: FileName,
    /// What kind of file the sender says it is.
    pub media_type: MediaType,
}

/// A text that is no such name. Does not repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentNameError {
    /// See [`FileName`].
    #[error(
        "a file name is 1 to {FILE_NAME_BYTES_MAX} bytes without path separators, control characters or \
         invisible ones, and does not begin or end with a space"
    )]
    FileName,
    /// See [`MediaType`].
    #[error("a media type is written type/subtype, in lower case and without parameters")]
    MediaType,
    /// See [`AttachmentNumber`].
    #[error("an attachment's number is 1 to {ATTACHMENTS_PER_MESSAGE_MAX}")]
    Number,
}

impl FileName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FileName {
    type Err = AttachmentNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let length_fits = (1..=FILE_NAME_BYTES_MAX).contains(&text.len());
        let is_folder = text == "." || text == "..";
        if !length_fits || is_folder || text.trim() != text || text.chars().any(has_no_place_in_a_name) {
            return Err(AttachmentNameError::FileName);
        }
        Ok(Self(text.to_owned()))
    }
}

fn has_no_place_in_a_name(character: char) -> bool {
    let is_invisible = matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    matches!(character, '/' | '\\') || character.is_control() || is_invisible
}

impl MediaType {
    /// The media type as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MediaType {
    type Err = AttachmentNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((kind, subtype)) if is_restricted_name(kind) && is_restricted_name(subtype) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(AttachmentNameError::MediaType),
        }
    }
}

/// `restricted-name` of RFC 6838 section 4.2, in lower case.
fn is_restricted_name(text: &str) -> bool {
    let is_first = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_more = |byte: u8| is_first(byte) || b"!#$&-^_.+".contains(&byte);
    (1..=MEDIA_TYPE_PART_BYTES_MAX).contains(&text.len())
        && text.bytes().take(1).all(is_first)
        && text.bytes().all(is_more)
}

impl AttachmentNumber {
    /// The number of the attachment that stands at `place` in a manifest, counted from 0.
    #[must_use]
    pub fn at_place(place: usize) -> Option<Self> {
        let number = u8::try_from(place.checked_add(1)?).ok()?;
        (usize::from(number) <= ATTACHMENTS_PER_MESSAGE_MAX).then_some(Self(number))
    }

    /// Its place in the manifest, counted from 0.
    #[must_use]
    pub fn place(self) -> usize {
        usize::from(self.0) - 1
    }
}

impl FromStr for AttachmentNumber {
    type Err = AttachmentNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse::<u8>().ok().map(usize::from);
        let number = number.and_then(|number| Self::at_place(number.checked_sub(1)?));
        // One form only: no sign, no zero in front.
        number
            .filter(|number| number.to_string() == text)
            .ok_or(AttachmentNameError::Number)
    }
}

impl fmt::Display for AttachmentNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for FileName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "FileName({} bytes)", self.0.len())
    }
}

impl fmt::Debug for MediaType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "MediaType({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests;

//! What the signed text repeats of the envelope's header.
//!
//! The envelope is signed by the node, the text by the contact point. Repeating the header inside
//! keeps anybody from putting a signed text into another envelope `[SEAL]`. It is plain text in front
//! of the body, so that an officer who decrypts by hand sees at once what the text belongs to:
//!
//! ```text
//! Ohrid-Message: 01939c5e-7b1a-7cc3-8f00-0102030405aa
//! Ohrid-Case: 01939c5e-7b1a-7cc3-8f00-0102030405aa
//! Ohrid-From: XA/police
//! Ohrid-To: XB/police
//! Ohrid-To: XC/prosecution
//!
//! { ... the body ... }
//! ```
//!
//! Lines end with one line feed and come in this order, with nothing else between them.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use protocol::ids::{CaseId, ContactPoint, MessageId};

use crate::limits::{BINDING_BYTES_MAX, RECIPIENTS_MAX};

/// What the signed text says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The message.
    pub message: MessageId,
    /// The case it belongs to.
    pub case: CaseId,
    /// The contact point that signs.
    pub from: ContactPoint,
    /// All recipients of the message, in the sender's order; 1 to [`RECIPIENTS_MAX`], each once.
    pub to: Vec<ContactPoint>,
}

/// A line of the binding, for saying which one differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindingField {
    /// `Ohrid-Message`
    Message,
    /// `Ohrid-Case`
    Case,
    /// `Ohrid-From`
    From,
    /// `Ohrid-To`
    To,
}

/// A binding that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// Nobody to send to.
    #[error("a message needs a recipient")]
    NoRecipient,
    /// More than [`RECIPIENTS_MAX`].
    #[error("a message has at most {RECIPIENTS_MAX} recipients")]
    TooManyRecipients,
    /// A contact point twice.
    #[error("the recipient {0} is named twice")]
    RecipientTwice(ContactPoint),
}

impl Binding {
    /// The header lines and the empty line after them.
    ///
    /// # Errors
    /// When the list of recipients is empty, too long, or names one twice.
    pub(crate) fn to_header(&self) -> Result<String, BindingError> {
        check_recipients(&self.to)?;
        let mut text = String::with_capacity(256);
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "Ohrid-Message: {}\nOhrid-Case: {}\nOhrid-From: {}\n",
            self.message, self.case, self.from
        );
        for recipient in &self.to {
            let _ = writeln!(text, "Ohrid-To: {recipient}");
        }
        text.push('\n');
        Ok(text)
    }

    /// Reads the header lines off the front of `text`; also gives where the body starts.
    /// `None` when a line is missing, out of order, foreign or not in its one form.
    pub(crate) fn split(text: &[u8]) -> Option<(Self, usize)> {
        let mut lines = Lines::new(text);
        let message = lines.field("Ohrid-Message: ")?;
        let case = lines.field("Ohrid-Case: ")?;
        let from = lines.field("Ohrid-From: ")?;
        let mut to = Vec::new();
        while !lines.at_empty_line() {
            if to.len() == RECIPIENTS_MAX {
                return None;
            }
            to.push(lines.field("Ohrid-To: ")?);
        }
        lines.line()?;
        check_recipients(&to).ok()?;
        let binding = Self {
            message,
            case,
            from,
            to,
        };
        Some((binding, lines.read_bytes))
    }

    /// The first field in which `inner`, read from a signed text, is not what the envelope says.
    ///
    /// An envelope has one recipient and a message may have several, so each recipient expected
    /// must be named inside, and more may be.
    pub(crate) fn differs_from(&self, inner: &Self) -> Option<BindingField> {
        let all_named = !self.to.is_empty() && self.to.iter().all(|expected| inner.to.contains(expected));
        if self.message != inner.message {
            Some(BindingField::Message)
        } else if self.case != inner.case {
            Some(BindingField::Case)
        } else if self.from != inner.from {
            Some(BindingField::From)
        } else if !all_named {
            Some(BindingField::To)
        } else {
            None
        }
    }
}

impl fmt::Display for BindingField {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Message => "message",
            Self::Case => "case",
            Self::From => "sender",
            Self::To => "recipient",
        })
    }
}

fn check_recipients(to: &[ContactPoint]) -> Result<(), BindingError> {
    if to.is_empty() {
        return Err(BindingError::NoRecipient);
    }
    if to.len() > RECIPIENTS_MAX {
        return Err(BindingError::TooManyRecipients);
    }
    for (index, recipient) in to.iter().enumerate() {
        if to[..index].contains(recipient) {
            return Err(BindingError::RecipientTwice(recipient.clone()));
        }
    }
    Ok(())
}

/// Reads lines off the front of a text, never further than [`BINDING_BYTES_MAX`].
pub(crate) struct Lines<'a> {
    text: &'a [u8],
    read_bytes: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, read_bytes: 0 }
    }

    /// How much of the text was read.
    pub(crate) fn read_bytes(&self) -> usize {
        self.read_bytes
    }

    fn line(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.read_bytes..)?;
        let window = &rest[..rest.len().min(BINDING_BYTES_MAX.saturating_sub(self.read_bytes))];
        let end = window.iter().position(|byte| *byte == b'\n')?;
        self.read_bytes += end + 1;
        std::str::from_utf8(&window[..end]).ok()
    }

    /// The value of the next line, which must be this field.
    pub(crate) fn field<T: FromStr>(&mut self, name: &str) -> Option<T> {
        self.line()?.strip_prefix(name)?.parse().ok()
    }

    fn at_empty_line(&self) -> bool {
        self.text.get(self.read_bytes) == Some(&b'\n')
    }
}

#[cfg(test)]
mod tests;

//! What stands in front of an attached file, under the signature.
//!
//! ```text
//! Ohrid-Attachment: 1
//! Ohrid-File-Name: subscribers.csv
//! Ohrid-Media-Type: text/csv
//! Ohrid-Message: 01939c5e-7b1a-7cc3-8f00-0102030405aa
//! Ohrid-Case: 01939c5e-7b1a-7cc3-8f00-0102030405aa
//! Ohrid-From: XA/police
//! Ohrid-To: XB/police
//!
//! ... the file ...
//! ```
//!
//! The first line is what tells an attachment from a message, which begins with `Ohrid-Message`: so nobody
//! who can decrypt one can have it read as the other. Number, name and media type stand in the manifest
//! too, under the node's signature; here they stand under the contact point's.

use std::fmt;

use protocol::attachment::Label;

use crate::binding::Lines;
use crate::{Binding, BindingError, BindingField};

/// What an attached file belongs to, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentBinding {
    /// What people call it.
    pub label: Label,
    /// The message that it belongs to.
    pub message: Binding,
}

/// A line in front of an attached file, for saying which one differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelField {
    /// `Ohrid-Attachment`
    Number,
    /// `Ohrid-File-Name`
    FileName,
    /// `Ohrid-Media-Type`
    MediaType,
    /// One of the lines that a message has as well.
    Message(BindingField),
}

impl AttachmentBinding {
    /// The header lines and the empty line after them.
    pub(crate) fn to_header(&self) -> Result<String, BindingError> {
        let Label {
            number,
            name,
            media_type,
        } = &self.label;
        Ok(format!(
            "Ohrid-Attachment: {number}\nOhrid-File-Name: {name}\nOhrid-Media-Type: {media_type}\n{}",
            self.message.to_header()?
        ))
    }

    /// Reads the header lines off the front of `text`; also gives where the file starts.
    pub(crate) fn split(text: &[u8]) -> Option<(Self, usize)> {
        let mut lines = Lines::new(text);
        let label = Label {
            number: lines.field("Ohrid-Attachment: ")?,
            name: lines.field("Ohrid-File-Name: ")?,
            media_type: lines.field("Ohrid-Media-Type: ")?,
        };
        let label_bytes = lines.read_bytes();
        let (message, message_bytes) = Binding::split(text.get(label_bytes..)?)?;
        Some((Self { label, message }, label_bytes + message_bytes))
    }

    /// The first field in which `inner`, read from a signed text, is not what manifest and envelope say.
    pub(super) fn differs(label: &Label, message: &Binding, inner: &Self) -> Option<LabelField> {
        if inner.label.number != label.number {
            Some(LabelField::Number)
        } else if inner.label.name != label.name {
            Some(LabelField::FileName)
        } else if inner.label.media_type != label.media_type {
            Some(LabelField::MediaType)
        } else {
            message.differs_from(&inner.message).map(LabelField::Message)
        }
    }
}

impl fmt::Display for LabelField {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number => out.write_str("number"),
            Self::FileName => out.write_str("file name"),
            Self::MediaType => out.write_str("media type"),
            Self::Message(field) => write!(out, "{field}"),
        }
    }
}

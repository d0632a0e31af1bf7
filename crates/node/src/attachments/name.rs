//! What names an attachment on both sides: its message and its place in it.

use std::fmt;
use std::str::FromStr;

use protocol::attachment::AttachmentNumber;
use protocol::ids::MessageId;

/// `MESSAGE.NUMBER`, such as `01939c5e-7b1a-7cc3-8f00-0102030405aa.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttachmentName {
    /// The message that it belongs to.
    pub message: MessageId,
    /// Its place in the message.
    pub number: AttachmentNumber,
}

/// A text that names no attachment. The caller is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an attachment is named MESSAGE.NUMBER: the message's id and the attachment's number in it")]
pub struct NotAnAttachmentName;

impl FromStr for AttachmentName {
    type Err = NotAnAttachmentName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (message, number) = text.rsplit_once('.').ok_or(NotAnAttachmentName)?;
        Ok(Self {
            message: message.parse().map_err(|_| NotAnAttachmentName)?,
            number: number.parse().map_err(|_| NotAnAttachmentName)?,
        })
    }
}

impl fmt::Display for AttachmentName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.message, self.number)
    }
}

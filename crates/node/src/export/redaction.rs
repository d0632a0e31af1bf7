//! What is left out of a bundle, on whose wish `[LEAF-PRIVACY]`.
//!
//! Leaving something out makes nothing else false: headers commit to what was said with a salt, so that a
//! header without payload and salt says when, who and how much, and nothing of what.

use std::collections::BTreeSet;
use std::str::FromStr;

use protocol::bundle::{Part, Why};

/// What is wanted of a bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// What to leave out.
    pub redactions: BTreeSet<Redaction>,
    /// Whether attachments are to be in it.
    pub with_attachments: bool,
    /// For whom it is.
    pub audience: Audience,
}

/// Whoever exports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Audience {
    /// May see what was said.
    #[default]
    Officer,
    /// May see what was done, and not what was said.
    Auditor,
}

/// Something to leave out, written `content`, `content:3`, `sealed`, `session-key`, `attachments`,
/// `selectors`: of all messages, or of one by its number in the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Redaction {
    /// What a message says, its sealed original, and what is attached to it.
    Content(Option<u32>),
    /// The sealed original and its salt: what the message says stays, and cannot be held against anything.
    Sealed(Option<u32>),
    /// What opens the sealed original.
    SessionKey(Option<u32>),
    /// What is attached: the list as well.
    Attachments(Option<u32>),
    /// The content of each message that names an address, an account or another selector.
    Selectors,
}

/// A text that names nothing that can be left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} cannot be left out: content, sealed, session-key and attachments can, each also of one message \
     (content:3), and selectors"
)]
pub struct NotARedaction(pub String);

impl FromStr for Redaction {
    type Err = NotARedaction;

    fn from_str(text: &str) -> Result<Self, NotARedaction> {
        let unknown = || NotARedaction(text.to_owned());
        let (word, number) = match text.split_once(':') {
            None => (text, None),
            Some((word, number)) => {
                let number: u32 = number.parse().map_err(|_| unknown())?;
                (word, Some(number))
            }
        };
        match word {
            "content" => Ok(Self::Content(number)),
            "sealed" => Ok(Self::Sealed(number)),
            "session-key" | "session-keys" => Ok(Self::SessionKey(number)),
            "attachments" => Ok(Self::Attachments(number)),
            "selectors" if number.is_none() => Ok(Self::Selectors),
            _ => Err(unknown()),
        }
    }
}

impl Wanted {
    /// Why a part of a message is left out, if it is.
    #[must_use]
    pub fn without(&self, part: Part, message: u32, has_selectors: Selectors) -> Option<Why> {
        let is = |of: &Option<u32>| of.is_none_or(|of| of == message);
        let leaves_out = |redaction: &Redaction| match redaction {
            Redaction::Content(of) => is(of),
            Redaction::Selectors => has_selectors == Selectors::Some,
            Redaction::Sealed(of) => is(of) && matches!(part, Part::Sealed | Part::SessionKey),
            Redaction::SessionKey(of) => is(of) && part == Part::SessionKey,
            Redaction::Attachments(of) => {
                is(of) && matches!(part, Part::AttachmentList | Part::AttachmentFiles)
            }
        };
        if self.audience == Audience::Auditor {
            Some(Why::Role)
        } else if self.redactions.iter().any(leaves_out) {
            Some(Why::Redacted)
        } else if part == Part::AttachmentFiles && !self.with_attachments {
            Some(Why::NotAsked)
        } else {
            None
        }
    }

    /// The greatest number of a message that a redaction names.
    #[must_use]
    pub fn greatest_number(&self) -> Option<u32> {
        let number = |redaction: &Redaction| match redaction {
            Redaction::Content(of)
            | Redaction::Sealed(of)
            | Redaction::SessionKey(of)
            | Redaction::Attachments(of) => *of,
            Redaction::Selectors => None,
        };
        self.redactions.iter().filter_map(number).max()
    }
}

/// Whether a message names selectors. One that cannot be read may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selectors {
    /// It does.
    Some,
    /// It does not.
    None,
}

#[cfg(test)]
mod tests;

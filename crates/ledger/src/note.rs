//! Signed notes (c2sp.org/signed-note): a text and the signatures under it.
//!
//! ```text
//! node.example/ledger
//! 70000
//! dDbk3w8bH4Ke/fx4lRcCzYHoD2GwgbNLfjUXOoE2GDY=
//!
//! — node.example/ledger HmidBu496eki7jqxgMWDxXHU5MkxZQTCopUORG9naZ1V8zHLQev9nPLN2n/G5dLQVm1jVI...
//! ```
//!
//! The text is what is signed, with its last line feed and without the empty line that follows. Each
//! signature line names its key twice: by name, and by four bytes of a hash, the key id.
//!
//! [`Note::parse`] only reads; nothing in a note may be believed before [`Note::verify`] has checked
//! it against keys that were known beforehand. Lines by unknown keys are passed over, so that
//! witnesses can be added without asking anyone; but a line that names a known key and does not verify
//! spoils the whole note.

mod key;

use std::fmt;

use crate::encoding;
use crate::limits::{MAX_NOTE_BYTES, MAX_NOTE_SIGNATURES};
pub use key::{
    KeyDecodeError, KeyId, KeyKind, KeyName, KeyNameError, NoteSigner, SignatureInvalid, VerifierKey,
};

/// What each signature line begins with: an em dash and a space.
const SIGNATURE_PREFIX: &str = "\u{2014} ";

/// A text with the signatures under it, none of them checked yet.
///
/// What [`Note::parse`] accepts, `to_string` prints back byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: NoteText,
    signatures: Vec<SignatureLine>,
}

/// The text of a note: one or more lines, each ended by a line feed, without other control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteText(String);

/// One signature under a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    /// The name of the key that is said to have signed.
    pub name: KeyName,
    /// The id of that key.
    pub key_id: KeyId,
    /// What follows the key id: for an Ed25519 key the signature, for a cosignature the time before it.
    pub signature: Vec<u8>,
}

/// Why bytes are not a signed note. Whoever wrote them is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteDecodeError {
    /// The note is longer than [`MAX_NOTE_BYTES`].
    #[error("the note is longer than {MAX_NOTE_BYTES} bytes")]
    TooLong,
    /// The bytes are not UTF-8.
    #[error("the note is not UTF-8")]
    NotUtf8,
    /// There is a control character other than the line feed, such as a carriage return.
    #[error("the note holds a control character other than the line feed")]
    ControlCharacter,
    /// No empty line parts the text from the signatures.
    #[error("the note has no empty line between text and signatures")]
    NoEmptyLine,
    /// The text is empty or does not end with a line feed.
    #[error("the note's text is empty or its last line is not ended")]
    BadText,
    /// There is no signature line.
    #[error("the note has no signature")]
    NoSignature,
    /// There are more than [`MAX_NOTE_SIGNATURES`] signature lines.
    #[error("the note has more than {MAX_NOTE_SIGNATURES} signatures")]
    TooManySignatures,
    /// A signature line is malformed; lines are counted from 1 after the empty line.
    #[error("signature line {0} of the note is malformed")]
    BadSignatureLine(usize),
}

/// Why a note cannot be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteVerifyError {
    /// A line names a known key, and its signature is not by that key.
    #[error("the signature by {name} (key id {key_id}) is invalid")]
    Invalid {
        /// The name of the known key.
        name: KeyName,
        /// The id of the known key.
        key_id: KeyId,
    },
    /// No line names a known key.
    #[error("the note bears no signature by a known key")]
    NoKnownKey,
}

impl NoteText {
    /// Takes a text that can be signed.
    pub fn new(text: String) -> Result<Self, NoteDecodeError> {
        if text.len() > MAX_NOTE_BYTES {
            return Err(NoteDecodeError::TooLong);
        }
        if has_control_character(&text) {
            return Err(NoteDecodeError::ControlCharacter);
        }
        if !text.ends_with('\n') {
            return Err(NoteDecodeError::BadText);
        }
        Ok(Self(text))
    }

    /// The text, with its last line feed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Note {
    /// Puts one or more signatures under a text.
    pub fn new(text: NoteText, signatures: Vec<SignatureLine>) -> Result<Self, NoteDecodeError> {
        if signatures.is_empty() {
            return Err(NoteDecodeError::NoSignature);
        }
        if signatures.len() > MAX_NOTE_SIGNATURES {
            return Err(NoteDecodeError::TooManySignatures);
        }
        Ok(Self { text, signatures })
    }

    /// Reads a signed note, strictly, and checks no signature.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteDecodeError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteDecodeError::TooLong);
        }
        let note = str::from_utf8(bytes).map_err(|_| NoteDecodeError::NotUtf8)?;
        if has_control_character(note) {
            return Err(NoteDecodeError::ControlCharacter);
        }
        // The last empty line is the one that counts: the text itself may have empty lines.
        let split = note.rfind("\n\n").ok_or(NoteDecodeError::NoEmptyLine)?;
        let text = NoteText::new(note[..=split].to_owned())?;
        let lines = &note[split + 2..];
        if lines.is_empty() {
            return Err(NoteDecodeError::NoSignature);
        }
        let mut signatures = Vec::new();
        for (place, line) in lines.split_inclusive('\n').enumerate() {
            if place == MAX_NOTE_SIGNATURES {
                return Err(NoteDecodeError::TooManySignatures);
            }
            let signature = SignatureLine::parse(line);
            signatures.push(signature.ok_or(NoteDecodeError::BadSignatureLine(place + 1))?);
        }
        Self::new(text, signatures)
    }

    /// The text: claims, until [`Note::verify`] has succeeded.
    #[must_use]
    pub fn text(&self) -> &NoteText {
        &self.text
    }

    /// The signature lines, in the order in which they stand.
    #[must_use]
    pub fn signatures(&self) -> &[SignatureLine] {
        &self.signatures
    }

    /// Adds a signature line at the end.
    pub fn push(&mut self, line: SignatureLine) -> Result<(), NoteDecodeError> {
        if self.signatures.len() == MAX_NOTE_SIGNATURES {
            return Err(NoteDecodeError::TooManySignatures);
        }
        self.signatures.push(line);
        Ok(())
    }

    /// Checks every signature by a key in `known`, and returns those lines: one at least.
    ///
    /// Lines by other keys are passed over. One invalid signature by a known key rejects the note,
    /// also where the same key has signed it validly in another line.
    pub fn verify(&self, known: &[&VerifierKey]) -> Result<Vec<&SignatureLine>, NoteVerifyError> {
        let mut valid = Vec::new();
        for line in &self.signatures {
            let Some(key) = known.iter().find(|key| key.is_named_by(line)) else {
                continue;
            };
            key.verify(&self.text, line)
                .map_err(|SignatureInvalid| NoteVerifyError::Invalid {
                    name: line.name.clone(),
                    key_id: line.key_id,
                })?;
            valid.push(line);
        }
        if valid.is_empty() {
            Err(NoteVerifyError::NoKnownKey)
        } else {
            Ok(valid)
        }
    }
}

impl SignatureLine {
    /// Reads a line with its line feed; `None` if it is malformed.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (name, base64) = line
            .strip_suffix('\n')?
            .strip_prefix(SIGNATURE_PREFIX)?
            .split_once(' ')?;
        let name = KeyName::new(name).ok()?;
        let blob = encoding::decode_base64(base64)?;
        let (key_id, signature) = blob.split_first_chunk::<4>()?;
        if signature.is_empty() {
            return None;
        }
        Some(Self {
            name,
            key_id: KeyId::from_bytes(*key_id),
            signature: signature.to_vec(),
        })
    }
}

impl fmt::Display for SignatureLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blob = [&self.key_id.to_bytes(), self.signature.as_slice()].concat();
        writeln!(
            formatter,
            "{SIGNATURE_PREFIX}{} {}",
            self.name,
            encoding::encode_base64(&blob)
        )
    }
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.text.0)?;
        self.signatures
            .iter()
            .try_for_each(|line| fmt::Display::fmt(line, formatter))
    }
}

/// Whether a text holds a character below the space, the line feed excepted.
fn has_control_character(text: &str) -> bool {
    text.bytes().any(|byte| byte < 0x20 && byte != b'\n')
}

#[cfg(test)]
pub(crate) mod tests;

//! Keys of signed notes: their names and ids, the public half in its text form, and the signing half.
//!
//! ```text
//! node.example/ledger+1e689d06+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs
//! ```
//!
//! A *verifier key* is name, key id and key in one line. The key id covers the name and the kind of
//! key, so a key for one purpose is never mistaken for one with another. The same key pair must not be
//! used for two kinds.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::{NoteText, SignatureLine};
use crate::limits::{MAX_NAME_BYTES, MAX_VERIFIER_KEY_BYTES};
use crate::{cosignature, encoding};
use found_good::FoundGood;

/// The name of a key: not empty, at most [`MAX_NAME_BYTES`], without white space, control characters
/// and `+`. For a log's key it is the log's origin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

/// A text cannot be the name of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key name is 1 to {MAX_NAME_BYTES} bytes without white space, control characters and '+'")]
pub struct KeyNameError;

/// The first four bytes of a hash over a key's name, kind and bytes; shown as eight hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(u32);

/// What a key signs. The number of each kind is part of the key id (c2sp.org/signed-note).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Type 0x01: Ed25519 over the note's text. Logs sign their checkpoints with it.
    Ed25519,
    /// Type 0x04: Ed25519 over a `cosignature/v1` message. Witnesses sign with it.
    CosignatureV1,
}

/// The public half of a key, with its name and kind: what must be known to believe a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    kind: KeyKind,
    key_id: KeyId,
    key: VerifyingKey,
    found_good: FoundGood,
}

/// Why a text or a public key cannot be a verifier key. Whoever wrote it is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyDecodeError {
    /// The text does not have the form `name+id+base64`.
    #[error("a verifier key has the form name+id+base64")]
    Malformed,
    /// The name cannot be that of a key.
    #[error(transparent)]
    Name(#[from] KeyNameError),
    /// The key is of a type that is not supported here; its type number is given.
    #[error("the verifier key is of type {0:#04x}; only 0x01 and 0x04 are supported")]
    UnsupportedType(u8),
    /// The key is not a point of the curve, or a weak one under which anything verifies.
    #[error("the verifier key is no usable Ed25519 key")]
    BadKey,
    /// The id in the text is not that of the key in it.
    #[error("the verifier key's id does not fit its name and key")]
    WrongId,
}

/// A signature line is not by the key that was asked, or does not fit the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature is invalid")]
pub struct SignatureInvalid;

/// The signing half of an Ed25519 key (type 0x01), with its name.
///
/// The key is wiped when this is dropped. A witness's key is a [`cosignature::Cosigner`].
pub struct NoteSigner {
    verifier_key: VerifierKey,
    key: SigningKey,
}

impl KeyName {
    /// Takes a text as a key's name.
    pub fn new(name: &str) -> Result<Self, KeyNameError> {
        let forbidden = |letter: char| letter.is_whitespace() || letter < ' ' || letter == '+';
        if name.is_empty() || name.len() > MAX_NAME_BYTES || name.contains(forbidden) {
            return Err(KeyNameError);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl KeyId {
    /// Reads the four bytes that begin a signature blob.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(u32::from_be_bytes(bytes))
    }

    /// The four bytes that begin a signature blob.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:08x}", self.0)
    }
}

impl KeyKind {
    /// The type byte that stands before the key's bytes.
    const fn type_byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::CosignatureV1 => 0x04,
        }
    }
}

impl VerifierKey {
    /// Takes a public key under a name, for signatures of one kind.
    ///
    /// Weak keys (points of small order) are refused: they verify signatures that nobody made.
    pub fn new(name: &str, kind: KeyKind, key: VerifyingKey) -> Result<Self, KeyDecodeError> {
        let name = KeyName::new(name)?;
        if key.is_weak() {
            return Err(KeyDecodeError::BadKey);
        }
        let digest = Sha256::new()
            .chain_update(name.as_str())
            .chain_update([b'\n', kind.type_byte()])
            .chain_update(key.as_bytes())
            .finalize();
        let key_id = KeyId::from_bytes([digest[0], digest[1], digest[2], digest[3]]);
        Ok(Self {
            name,
            kind,
            key_id,
            key,
            found_good: FoundGood::default(),
        })
    }

    /// Reads the one-line text form, strictly: without white space around it or a line feed at its end.
    pub fn parse(text: &str) -> Result<Self, KeyDecodeError> {
        if text.len() > MAX_VERIFIER_KEY_BYTES {
            return Err(KeyDecodeError::Malformed);
        }
        // The base64 part may contain `+` itself.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(key_id), Some(base64)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyDecodeError::Malformed);
        };
        let typed_key = encoding::decode_base64(base64).ok_or(KeyDecodeError::Malformed)?;
        let (type_byte, key) = typed_key.split_first().ok_or(KeyDecodeError::Malformed)?;
        let kind = match *type_byte {
            0x01 => KeyKind::Ed25519,
            0x04 => KeyKind::CosignatureV1,
            other => return Err(KeyDecodeError::UnsupportedType(other)),
        };
        let key: &[u8; 32] = key.try_into().map_err(|_| KeyDecodeError::Malformed)?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| KeyDecodeError::BadKey)?;
        let verifier_key = Self::new(name, kind, key)?;
        // Compared as text: it has one form only, eight lower-case digits.
        if verifier_key.key_id.to_string() != key_id {
            return Err(KeyDecodeError::WrongId);
        }
        Ok(verifier_key)
    }

    /// The key's name; for a log's key, the log's origin.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The key's name, as a name.
    #[must_use]
    pub fn key_name(&self) -> &KeyName {
        &self.name
    }

    /// What the key signs.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The id by which signature lines name the key.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The bare public key.
    #[must_use]
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Whether a signature line claims to be by this key.
    #[must_use]
    pub fn is_named_by(&self, line: &SignatureLine) -> bool {
        self.name == line.name && self.key_id == line.key_id
    }

    /// Checks one signature line under a text.
    pub fn verify(&self, text: &NoteText, line: &SignatureLine) -> Result<(), SignatureInvalid> {
        if !self.is_named_by(line) {
            return Err(SignatureInvalid);
        }
        match self.kind {
            KeyKind::Ed25519 => self.verify_bytes(text.as_str().as_bytes(), &line.signature),
            KeyKind::CosignatureV1 => {
                let (time_seconds, signature) =
                    cosignature::split_blob(&line.signature).ok_or(SignatureInvalid)?;
                self.verify_bytes(cosignature::message(text, time_seconds).as_bytes(), signature)
            }
        }
    }

    /// Checks a bare signature, with the stricter rules that leave one valid form only.
    fn verify_bytes(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureInvalid> {
        let signature = Signature::from_slice(signature).map_err(|_| SignatureInvalid)?;
        if self.found_good.holds(message, &signature) {
            return Ok(());
        }
        self.key
            .verify_strict(message, &signature)
            .map_err(|_| SignatureInvalid)?;
        self.found_good.note(message, &signature);
        Ok(())
    }
}

impl FromStr for VerifierKey {
    type Err = KeyDecodeError;

    fn from_str(text: &str) -> Result<Self, KeyDecodeError> {
        Self::parse(text)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed_key = [&[self.kind.type_byte()], self.key.as_bytes().as_slice()].concat();
        write!(
            formatter,
            "{}+{}+{}",
            self.name,
            self.key_id,
            encoding::encode_base64(&typed_key)
        )
    }
}

impl NoteSigner {
    /// Takes a key under a name. Fails only for a name that no key can have.
    pub fn new(name: &str, key: SigningKey) -> Result<Self, KeyDecodeError> {
        let verifier_key = VerifierKey::new(name, KeyKind::Ed25519, key.verifying_key())?;
        Ok(Self { verifier_key, key })
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.verifier_key.name()
    }

    /// The public half, for those who are to believe what is signed here.
    #[must_use]
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.verifier_key
    }

    /// Signs a text. The same text gets the same bytes every time (RFC 8032).
    #[must_use]
    pub fn sign(&self, text: &NoteText) -> SignatureLine {
        let signature = self.key.sign(text.as_str().as_bytes());
        SignatureLine {
            name: self.verifier_key.name.clone(),
            key_id: self.verifier_key.key_id,
            signature: signature.to_bytes().to_vec(),
        }
    }
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("NoteSigner")
            .field(&self.verifier_key.to_string())
            .finish()
    }
}

mod found_good;

#[cfg(test)]
mod tests;

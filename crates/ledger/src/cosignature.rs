//! A witness's signature under somebody's checkpoint (c2sp.org/tlog-cosignature, `cosignature/v1`).
//!
//! It says: at this time, this was the largest tree that the witness had seen for this origin, and it
//! is consistent with all that it had seen before. What is signed is
//!
//! ```text
//! cosignature/v1
//! time 1700000000
//! <the checkpoint's text, whole, with its last line feed>
//! ```
//!
//! and the signature line's blob is the time as a big-endian `u64`, then the Ed25519 signature.
//! The message does not name the witness: each witness identity needs its own key.
//!
//! This module makes and checks the bytes. Whether a witness *may* sign (it must persist the size
//! first, and never go back) is its caller's affair.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};

use crate::limits::MAX_TREE_SIZE;
use crate::note::{KeyDecodeError, KeyKind, NoteText, SignatureLine, VerifierKey};

/// A time cannot be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cosignature's time is from 1 to 2^63 - 1 seconds since 1970, not {0}")]
pub struct TimeError(u64);

/// A witness's signing key (type 0x04), with its name. The key is wiped when this is dropped.
pub struct Cosigner {
    verifier_key: VerifierKey,
    key: SigningKey,
}

impl Cosigner {
    /// Takes a key under a name. The key must not be used for anything else.
    pub fn new(name: &str, key: SigningKey) -> Result<Self, KeyDecodeError> {
        let verifier_key = VerifierKey::new(name, KeyKind::CosignatureV1, key.verifying_key())?;
        Ok(Self { verifier_key, key })
    }

    /// The public half, for those who are to believe this witness.
    #[must_use]
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.verifier_key
    }

    /// Cosigns a checkpoint's text at a time in seconds since 1970.
    pub fn cosign(&self, text: &NoteText, time_seconds: u64) -> Result<SignatureLine, TimeError> {
        if time_seconds == 0 || time_seconds > MAX_TREE_SIZE {
            return Err(TimeError(time_seconds));
        }
        let signature = self.key.sign(message(text, time_seconds).as_bytes());
        Ok(SignatureLine {
            name: self.verifier_key.key_name().clone(),
            key_id: self.verifier_key.key_id(),
            signature: [time_seconds.to_be_bytes().as_slice(), &signature.to_bytes()].concat(),
        })
    }
}

impl fmt::Debug for Cosigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Cosigner")
            .field(&self.verifier_key.to_string())
            .finish()
    }
}

/// The time in a cosignature line, in seconds since 1970; `None` if the line's blob is no cosignature.
///
/// A claim, until the line was verified.
#[must_use]
pub fn time_seconds(line: &SignatureLine) -> Option<u64> {
    split_blob(&line.signature).map(|(time_seconds, _)| time_seconds)
}

/// The text that a witness signs.
pub(crate) fn message(text: &NoteText, time_seconds: u64) -> String {
    format!("cosignature/v1\ntime {time_seconds}\n{}", text.as_str())
}

/// Parts a blob into its time and its signature, if its length and its time are possible.
pub(crate) fn split_blob(blob: &[u8]) -> Option<(u64, &[u8])> {
    let (time, signature) = blob.split_first_chunk::<8>()?;
    let time_seconds = u64::from_be_bytes(*time);
    let possible = (1..=MAX_TREE_SIZE).contains(&time_seconds) && signature.len() == 64;
    possible.then_some((time_seconds, signature))
}

#[cfg(test)]
mod tests;

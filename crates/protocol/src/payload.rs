//! A sealed payload: bytes that this crate never looks into.

use std::fmt;
use std::sync::Arc;

use crate::digest::{Commitment, Salt};

/// An OpenPGP message and the salt under which its header commits to it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedPayload {
    /// The salt; travels and is stored with the bytes.
    pub salt: Salt,
    /// The OpenPGP message, at most [`crate::limits::PAYLOAD_BYTES_MAX`].
    pub bytes: Arc<[u8]>,
}

impl SealedPayload {
    /// What the header says of this payload.
    #[must_use]
    pub fn commitment(&self) -> Commitment {
        Commitment::to(&self.salt, &self.bytes)
    }
}

impl fmt::Debug for SealedPayload {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SealedPayload({} bytes)", self.bytes.len())
    }
}

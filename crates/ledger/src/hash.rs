//! Hashes of leaves and nodes, as in RFC 6962 section 2.1 with SHA-256.
//!
//! Leaves and nodes are hashed with different first bytes, so that no node can be passed off as a
//! leaf. A [`struct@Hash`] has 32 bytes by its type: with hashes of any length, a proof could be made to
//! verify by moving bytes from one input of a node to the other.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::encoding;

/// The first byte of what a leaf hash covers.
const LEAF_PREFIX: [u8; 1] = [0x00];
/// The first byte of what a node hash covers.
const NODE_PREFIX: [u8; 1] = [0x01];

/// A SHA-256 hash: of a leaf, of a node, or the root of a tree.
///
/// Shown in hexadecimal; the formats write it in base64. Ordered bytewise, which means nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

/// The root of the tree without leaves: the SHA-256 of nothing (RFC 6962 section 2.1).
pub const EMPTY_ROOT: Hash = Hash([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// The text is not the canonical base64 of 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the canonical base64 of a 32-byte hash")]
pub struct HashDecodeError;

impl Hash {
    /// The length of a hash, in bytes.
    pub const LENGTH_BYTES: usize = 32;

    /// Takes 32 bytes as a hash.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads the base64 form that checkpoints and proofs use: exactly 44 characters.
    pub fn from_base64(text: &str) -> Result<Self, HashDecodeError> {
        let bytes = encoding::decode_base64(text).ok_or(HashDecodeError)?;
        Ok(Self(bytes.try_into().map_err(|_| HashDecodeError)?))
    }

    /// The base64 form that checkpoints and proofs use.
    #[must_use]
    pub fn to_base64(&self) -> String {
        encoding::encode_base64(&self.0)
    }
}

/// The hash of a leaf: `SHA-256(0x00 || entry)`.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash(
        Sha256::new()
            .chain_update(LEAF_PREFIX)
            .chain_update(entry)
            .finalize()
            .into(),
    )
}

/// The hash of a node: `SHA-256(0x01 || left || right)`.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash(
        Sha256::new()
            .chain_update(NODE_PREFIX)
            .chain_update(left.0)
            .chain_update(right.0)
            .finalize()
            .into(),
    )
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests;

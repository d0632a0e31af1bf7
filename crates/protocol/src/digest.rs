//! Digests and commitments: how headers speak of bytes without giving them away.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Separates commitments from every other use of SHA-256.
const COMMITMENT_DOMAIN: &[u8] = b"ohrid/1 payload commitment\n";

/// A SHA-256 digest of bytes that both sides hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// `SHA-256(domain || salt || bytes)`: says nothing of the bytes to whoever has no salt `[LEAF-PRIVACY]`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commitment([u8; 32]);

/// What makes a commitment unguessable. Kept with the payload, and erased with it `[ERASE]`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl Commitment {
    /// Commits to `bytes` under `salt`.
    #[must_use]
    pub fn to(salt: &Salt, bytes: &[u8]) -> Self {
        let hash = Sha256::new()
            .chain_update(COMMITMENT_DOMAIN)
            .chain_update(salt.0)
            .chain_update(bytes);
        Self(hash.finalize().into())
    }
}

macro_rules! thirty_two_bytes {
    ($($name:ident),*) => {$(
        impl $name {
            /// From its 32 bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// Its 32 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }
    )*};
}
thirty_two_bytes!(Digest, Commitment, Salt);

macro_rules! shown_as_hex {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{self}")
            }
        }
    )*};
}
shown_as_hex!(Digest, Commitment);

impl fmt::Debug for Salt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Salt(..)")
    }
}

#[cfg(test)]
mod tests;

//! Keys of a node: what signs, and how a signature names its key.
//!
//! The envelope key signs what a node says to others: headers, receipts, rejections, consignment
//! reports, hellos. The secretariat key signs the directory. They are two types, so that neither can
//! be handed to where the other belongs; on the wire the COSE content type keeps them apart as well.
//!
//! A public key is written `ed25519:6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=`.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// What a public key's text begins with.
const TEXT_PREFIX: &str = "ed25519:";

/// Separates key ids from every other use of SHA-256.
const KEY_ID_DOMAIN: &[u8] = b"ohrid/1 key id\n";

/// How a signature names its key (COSE `kid`): the first 16 bytes of
/// `SHA-256("ohrid/1 key id\n" || public key)`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 16]);

/// An Ed25519 public key, written `ed25519:` and the 32 bytes in base64 (RFC 4648 section 4, padded,
/// canonical). Never a weak one, under which anything would verify.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    /// Computed once: it is compared for every signature.
    id: KeyId,
}

/// A node's envelope key: signs headers, receipts, rejections, consignment reports and hellos. Wiped
/// when it is dropped.
pub struct EnvelopeKey {
    key: SigningKey,
    public: PublicKey,
}

/// A key of the network's secretariat: signs the directory and nothing else. Wiped when it is dropped.
pub struct SecretariatKey {
    key: SigningKey,
    public: PublicKey,
}

/// A public key that is none. Whoever wrote it is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a public key is written ed25519: and 32 bytes in canonical base64, and is a strong Ed25519 key")]
pub struct KeyError;

/// What can sign. Crate-internal: outside, a key signs only by what it is for.
pub(crate) trait Sign {
    /// The name under which signatures of this key go.
    fn key_id(&self) -> KeyId;
    /// Signs exactly these bytes; the same bytes get the same signature (RFC 8032).
    fn sign_bytes(&self, bytes: &[u8]) -> [u8; 64];
}

macro_rules! signing_key {
    ($($name:ident),*) => {$(
        impl $name {
            /// From the 32 secret bytes (the seed of RFC 8032).
            #[must_use]
            pub fn from_seed(seed: &[u8; 32]) -> Self {
                let key = SigningKey::from_bytes(seed);
                let public = PublicKey::named(key.verifying_key());
                Self { key, public }
            }

            /// The public half.
            #[must_use]
            pub fn public(&self) -> PublicKey {
                self.public
            }

            /// The name under which signatures of this key go.
            #[must_use]
            pub fn id(&self) -> KeyId {
                self.public.id
            }
        }

        impl Sign for $name {
            fn key_id(&self) -> KeyId {
                self.id()
            }

            fn sign_bytes(&self, bytes: &[u8]) -> [u8; 64] {
                self.key.sign(bytes).to_bytes()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, concat!(stringify!($name), "({})"), self.id())
            }
        }
    )*};
}
signing_key!(EnvelopeKey, SecretariatKey);

impl PublicKey {
    /// From its 32 bytes.
    ///
    /// # Errors
    /// When they are no point of the curve, or one of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError)?;
        if key.is_weak() {
            Err(KeyError)
        } else {
            Ok(Self::named(key))
        }
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The name under which signatures of this key go.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    fn named(key: VerifyingKey) -> Self {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(KEY_ID_DOMAIN)
            .chain_update(key.as_bytes())
            .finalize()
            .into();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        Self { key, id: KeyId(id) }
    }

    /// Whether `signature` is this key's over `bytes`. One valid form only: `verify_strict`.
    pub(crate) fn has_signed(&self, bytes: &[u8], signature: &[u8; 64]) -> bool {
        self.key
            .verify_strict(bytes, &Signature::from_bytes(signature))
            .is_ok()
    }
}

impl KeyId {
    /// From its 16 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let base64 = text.strip_prefix(TEXT_PREFIX).ok_or(KeyError)?;
        let bytes: [u8; 32] = STANDARD
            .decode(base64)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(KeyError)?;
        let key = Self::from_bytes(&bytes)?;
        // One text per key: what would not be printed is not read.
        if key.to_string() == text {
            Ok(key)
        } else {
            Err(KeyError)
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{TEXT_PREFIX}{}", STANDARD.encode(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

#[cfg(test)]
mod tests;

//! The key under which the case index lies on the disk.
//!
//! A row's value is sealed with AES-256-GCM-SIV (RFC 8452) under a random nonce, with the row's key as
//! associated data: no value can be put under another key. What a person could be found by, in a row's *key*,
//! is a keyed hash (HMAC-SHA-256, RFC 2104): it can be looked up by this node, and by nobody tried out.
//!
//! Both keys come from a secret of the keystore and a salt that is drawn when an index is begun and lies in
//! it (HKDF, RFC 5869). So two indexes never lie under the same keys; but with the secret each of them opens,
//! an old one too, as long as its files are there.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

/// How long a nonce is; it stands before the ciphertext.
const NONCE_BYTES: usize = 12;

/// What a nonce and a tag add to a value.
pub(super) const SEALING_BYTES: usize = NONCE_BYTES + 16;

/// How much of a keyed hash stands in a key: two different texts collide once in 2^64 pairs.
pub(super) const MARK_BYTES: usize = 16;

/// How long a salt is.
pub(super) const SALT_BYTES: usize = 32;

/// A keyed hash of something that a case can be found by.
pub(super) type Mark = [u8; MARK_BYTES];

/// Seals and opens values, and marks keys.
pub(super) struct Vault {
    seal: RandomizedNonceKey,
    mark: hmac::Key,
}

/// The keys cannot be made, or a value was not sealed under them for this key.
#[derive(Debug, thiserror::Error)]
#[error("the case index lies under another key, or is damaged")]
pub struct VaultError;

impl Vault {
    /// The keys of the index with this salt.
    pub(super) fn of(secret: &[u8; 32], salt: &[u8; SALT_BYTES]) -> Result<Self, VaultError> {
        let derived = Salt::new(HKDF_SHA256, salt).extract(secret);
        let key = |label: &[u8]| {
            let mut key = Zeroizing::new([0; 32]);
            derived
                .expand(&[label], HKDF_SHA256)
                .and_then(|output| output.fill(key.as_mut_slice()))
                .map_err(|_| VaultError)?;
            Ok::<_, VaultError>(key)
        };
        let seal = key(b"ohrid/1 case index: values")?;
        let mark = key(b"ohrid/1 case index: keys")?;
        Ok(Self {
            seal: RandomizedNonceKey::new(&AES_256_GCM_SIV, seal.as_slice()).map_err(|_| VaultError)?,
            mark: hmac::Key::new(hmac::HMAC_SHA256, mark.as_slice()),
        })
    }

    /// The value, as it may lie on a disk under this key.
    pub(super) fn seal(&self, key: &[u8], value: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut sealed = Zeroizing::new(value.to_vec());
        let nonce = self
            .seal
            .seal_in_place_append_tag(Aad::from(key), &mut *sealed)
            .map_err(|_| VaultError)?;
        Ok([nonce.as_ref().as_slice(), sealed.as_slice()].concat())
    }

    /// The value that was sealed for this key.
    pub(super) fn open(&self, key: &[u8], stored: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (nonce, sealed) = stored.split_first_chunk::<NONCE_BYTES>().ok_or(VaultError)?;
        let mut opened = Zeroizing::new(sealed.to_vec());
        let length = self
            .seal
            .open_in_place(Nonce::from(nonce), Aad::from(key), &mut opened)
            .map_err(|_| VaultError)?
            .len();
        opened.truncate(length);
        Ok(opened)
    }

    /// The keyed hash of a text of one sort.
    pub(super) fn mark(&self, sort: &str, text: &str) -> Mark {
        let mut context = hmac::Context::with_key(&self.mark);
        context.update(sort.as_bytes());
        context.update(&[0]);
        context.update(text.as_bytes());
        let tag = context.sign();
        let mut mark = [0; MARK_BYTES];
        mark.copy_from_slice(&tag.as_ref()[..MARK_BYTES]);
        mark
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Vault(..)")
    }
}

#[cfg(test)]
mod tests;

//! Our own keys on Curve25519, kept ready for use.
//!
//! The library keeps a secret encrypted in memory and hands its bytes to OpenSSL for each single operation,
//! which computes the public key from them again. A node signs and opens with the same two keys all day, so
//! here they are kept as the curve's own library wants them: the signature or the shared point comes from
//! there, and everything else (what is signed, how the session key is wrapped) stays the OpenPGP library's,
//! through its own traits for keys that lie elsewhere. Keys of other kinds go the library's way.
//!
//! The price: such a secret lies in memory as it is while the key is unlocked, and is wiped on drop, as the
//! keys that sign envelopes and checkpoints are.

use ed25519_dalek::{Signature as Ed25519Signature, Signer as _, VerifyingKey};
use sequoia_openpgp::Fingerprint;
use sequoia_openpgp::crypto::mem::Protected;
use sequoia_openpgp::crypto::mpi::{Ciphertext, MPI, PublicKey as PublicMpis, SecretKeyMaterial, Signature};
use sequoia_openpgp::crypto::{Decryptor, KeyPair, SessionKey, Signer, ecdh};
use sequoia_openpgp::types::{Curve, HashAlgorithm};
use zeroize::Zeroizing;

use crate::certificate::PublicKey;

/// How long a key, a point and half a signature are.
const LENGTH_BYTES: usize = 32;

/// One of our keys that signs.
pub(crate) struct SigningKey {
    pair: KeyPair,
    /// For Ed25519, of version 4 as of version 6.
    ready: Option<ed25519_dalek::SigningKey>,
}

/// One of our keys that opens.
pub(crate) struct DecryptionKey {
    pair: KeyPair,
    /// For X25519 as version 4 has it. The post-quantum keys combine it with another secret, which is the
    /// library's to do.
    ready: Option<x25519_dalek::StaticSecret>,
}

impl SigningKey {
    /// Makes a key ready, if it is of a kind that can be.
    pub(crate) fn new(pair: KeyPair) -> Self {
        let ready = pair
            .secret()
            .map(|secret| ed25519_secret(pair.public().mpis(), secret));
        Self { pair, ready }
    }

    pub(crate) fn public(&self) -> &PublicKey {
        self.pair.public()
    }

    pub(crate) fn is(&self, fingerprint: &Fingerprint) -> bool {
        self.public().fingerprint() == *fingerprint
    }
}

impl DecryptionKey {
    /// Makes a key ready, if it is of a kind that can be.
    pub(crate) fn new(pair: KeyPair) -> Self {
        let ready = pair
            .secret()
            .map(|secret| x25519_secret(pair.public().mpis(), secret));
        Self { pair, ready }
    }

    pub(crate) fn is(&self, fingerprint: &Fingerprint) -> bool {
        self.pair.public().fingerprint() == *fingerprint
    }
}

impl Signer for &SigningKey {
    fn public(&self) -> &PublicKey {
        self.pair.public()
    }

    fn sign(&mut self, hash: HashAlgorithm, digest: &[u8]) -> sequoia_openpgp::Result<Signature> {
        let Some(ready) = &self.ready else {
            return self.pair.clone().sign(hash, digest);
        };
        let bytes = ready.sign(digest).to_bytes();
        if let PublicMpis::Ed25519 { .. } = self.pair.public().mpis() {
            return Ok(Signature::Ed25519 { s: Box::new(bytes) });
        }
        let (r, s) = bytes.split_at(LENGTH_BYTES);
        Ok(Signature::EdDSA {
            r: MPI::new(r),
            s: MPI::new(s),
        })
    }
}

impl Decryptor for &DecryptionKey {
    fn public(&self) -> &PublicKey {
        self.pair.public()
    }

    fn decrypt(
        &mut self,
        ciphertext: &Ciphertext,
        length: Option<usize>,
    ) -> sequoia_openpgp::Result<SessionKey> {
        let (Some(ready), Ciphertext::ECDH { e, .. }) = (&self.ready, ciphertext) else {
            return self.pair.clone().decrypt(ciphertext, length);
        };
        let ephemeral: [u8; LENGTH_BYTES] = e.decode_point(&Curve::Cv25519)?.0.try_into()?;
        let shared = ready.diffie_hellman(&ephemeral.into());
        // RFC 7748 section 6.1: a point of small order gives zero, whatever the secret is.
        if !shared.was_contributory() {
            return Err(sequoia_openpgp::anyhow::anyhow!(
                "the ephemeral key has a small order"
            ));
        }
        let shared = Protected::from(&shared.as_bytes()[..]);
        ecdh::decrypt_unwrap(self.pair.public(), &shared, ciphertext, length)
    }
}

/// Whether a signature over a digest is good. For Ed25519 strictly: beside what RFC 8032 asks for, keys and
/// commitments of small order are refused.
pub(crate) fn is_good(key: &PublicKey, hash: HashAlgorithm, digest: &[u8], signature: &Signature) -> bool {
    match (ed25519_public(key.mpis()), ed25519_signature(signature)) {
        (Some(public), Some(bytes)) => VerifyingKey::from_bytes(&public).is_ok_and(|public| {
            public
                .verify_strict(digest, &Ed25519Signature::from_bytes(&bytes))
                .is_ok()
        }),
        _ => key.verify(signature, hash, digest).is_ok(),
    }
}

fn ed25519_public(mpis: &PublicMpis) -> Option<[u8; LENGTH_BYTES]> {
    match mpis {
        PublicMpis::Ed25519 { a } => Some(*a),
        PublicMpis::EdDSA {
            curve: Curve::Ed25519,
            q,
        } => q.decode_point(&Curve::Ed25519).ok()?.0.try_into().ok(),
        _ => None,
    }
}

fn ed25519_signature(signature: &Signature) -> Option<[u8; 2 * LENGTH_BYTES]> {
    match signature {
        Signature::Ed25519 { s } => Some(**s),
        Signature::EdDSA { r, s } => {
            let mut bytes = [0; 2 * LENGTH_BYTES];
            let (first, second) = bytes.split_at_mut(LENGTH_BYTES);
            first.copy_from_slice(&r.value_padded(LENGTH_BYTES).ok()?);
            second.copy_from_slice(&s.value_padded(LENGTH_BYTES).ok()?);
            Some(bytes)
        }
        _ => None,
    }
}

fn ed25519_secret(public: &PublicMpis, secret: &SecretKeyMaterial) -> Option<ed25519_dalek::SigningKey> {
    let public = ed25519_public(public)?;
    let bytes = match secret {
        SecretKeyMaterial::Ed25519 { x } => of_32(x)?,
        SecretKeyMaterial::EdDSA { scalar } => of_32(&scalar.value_padded(LENGTH_BYTES))?,
        _ => return None,
    };
    let key = ed25519_dalek::SigningKey::from_bytes(&bytes);
    // Else the two halves are not of one key, and what the library says of that is what counts.
    (key.verifying_key().to_bytes() == public).then_some(key)
}

fn x25519_secret(public: &PublicMpis, secret: &SecretKeyMaterial) -> Option<x25519_dalek::StaticSecret> {
    let (
        PublicMpis::ECDH {
            curve: Curve::Cv25519,
            q,
            ..
        },
        SecretKeyMaterial::ECDH { scalar },
    ) = (public, secret)
    else {
        return None;
    };
    let mut bytes = of_32(&scalar.value_padded(LENGTH_BYTES))?;
    // RFC 9580 section 5.5.5.6.1.1: as a big-endian number, where RFC 7748 has it little-endian.
    bytes.reverse();
    let key = x25519_dalek::StaticSecret::from(*bytes);
    let point = q.decode_point(&Curve::Cv25519).ok()?.0;
    (x25519_dalek::PublicKey::from(&key).as_bytes() == point).then_some(key)
}

fn of_32(secret: &[u8]) -> Option<Zeroizing<[u8; LENGTH_BYTES]>> {
    secret.try_into().ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests;

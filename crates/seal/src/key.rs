//! Secret keys: locked at rest, unlocked for use.
//!
//! A key file is an armored OpenPGP transferable secret key whose every secret part is
//! encrypted under a password. For version 6 that is Argon2id with AEAD (RFC 9580 sections 3.7.1.4
//! and 5.5.3); for version 4 it is what other tools can import, iterated and salted SHA-256.

mod locking;
#[cfg(any(test, fuzzing))]
mod open;

use std::fmt;
use std::time::SystemTime;

use sequoia_openpgp::Cert;
use sequoia_openpgp::serialize::SerializeInto;

use crate::certificate::{self, Certificate, CertificateError};
use crate::curve25519::{DecryptionKey, SigningKey};
use crate::limits::USER_ID_BYTES_MAX;
use crate::{Fingerprint, Password, Profile};

type LibraryError = Box<dyn std::error::Error + Send + Sync>;

/// A secret key at rest: nothing in it is of use without the password.
#[derive(Clone)]
pub struct LockedKey {
    cert: Cert,
    certificate: Certificate,
}

/// A secret key ready for use. Its secrets are wiped on drop and never printed.
pub struct UnlockedKey {
    certificate: Certificate,
    signing: Vec<SigningKey>,
    decryption: Vec<DecryptionKey>,
}

/// Why no key was made.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// Empty, too long, or with control characters.
    #[error("a user id is 1 to {USER_ID_BYTES_MAX} bytes without control characters")]
    UserId,
    /// An empty password locks nothing.
    #[error("the password is empty")]
    EmptyPassword,
    /// Before 1970 or after 2106: OpenPGP cannot write it.
    #[error("the time of creation is out of range")]
    CreatedAt,
    /// The library failed.
    #[error("the key could not be made")]
    Library(#[source] LibraryError),
}

/// Why bytes are not a key file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// Not even a certificate that we take.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A certificate without secrets.
    #[error("the file holds the certificate {fingerprint} only, and no secret key")]
    NoSecret {
        /// Which one.
        fingerprint: Fingerprint,
    },
    /// A secret lies open.
    #[error("the secret key {fingerprint} is not locked with a password")]
    NotLocked {
        /// Which one.
        fingerprint: Fingerprint,
    },
}

/// Why a key stayed locked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnlockError {
    /// The password does not open it (or the file is damaged: they look the same).
    #[error("the password does not open this key")]
    WrongPassword,
    /// Locked by a method that we do not have.
    #[error("the key is locked by a method that is not supported")]
    Unsupported,
    /// No signing key or no decryption key inside.
    #[error("the key file lacks a key to sign with or a key to decrypt with")]
    Incomplete,
}

impl LockedKey {
    /// Makes a key: a primary key that certifies only, a signing subkey, an encryption subkey.
    ///
    /// It does not expire: how long a certificate is valid is the directory's to say, and a key
    /// that ends at a date nobody remembers would silence a contact point.
    ///
    /// # Errors
    /// See [`GenerateError`].
    pub fn generate(
        profile: Profile,
        user_id: &str,
        created_at: SystemTime,
        password: &Password,
    ) -> Result<Self, GenerateError> {
        if user_id.is_empty() || user_id.len() > USER_ID_BYTES_MAX || user_id.chars().any(char::is_control) {
            return Err(GenerateError::UserId);
        }
        if password.is_empty() {
            return Err(GenerateError::EmptyPassword);
        }
        let since_1970 = created_at
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_err(|_| GenerateError::CreatedAt)?;
        u32::try_from(since_1970.as_secs()).map_err(|_| GenerateError::CreatedAt)?;
        let cert = locking::make(profile, user_id, created_at)
            .and_then(|cert| locking::lock(cert, password))
            .map_err(GenerateError::Library)?;
        let certificate =
            Certificate::from_cert(cert.clone()).map_err(|error| GenerateError::Library(error.into()))?;
        Ok(Self { cert, certificate })
    }

    /// Reads a key file, armored or binary.
    ///
    /// # Errors
    /// See [`KeyFileError`]; in particular, a file with an open secret is refused.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyFileError> {
        let cert = certificate::read_one(bytes)?;
        let certificate = Certificate::from_cert(cert.clone())?;
        if !cert.is_tsk() {
            return Err(KeyFileError::NoSecret {
                fingerprint: certificate.fingerprint().clone(),
            });
        }
        for key in cert.keys().secret() {
            if key.key().has_unencrypted_secret() {
                return Err(KeyFileError::NotLocked {
                    fingerprint: Fingerprint::from_library(key.key().fingerprint()),
                });
            }
        }
        Ok(Self { cert, certificate })
    }

    /// The key file: armored text, secret parts encrypted.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Writing to memory does not fail for a certificate that was parsed or made here.
        SerializeInto::to_vec(&self.cert.as_tsk().armored()).unwrap_or_default()
    }

    /// The public certificate.
    #[must_use]
    pub fn certificate(&self) -> Certificate {
        self.certificate.clone()
    }

    /// Opens the signing and decryption keys. Takes a good part of a second, on purpose; the
    /// primary key stays locked.
    ///
    /// # Errors
    /// See [`UnlockError`].
    pub fn unlock(&self, password: &Password) -> Result<UnlockedKey, UnlockError> {
        let (signing, decryption) = locking::unlock(&self.cert, password)?;
        if signing.is_empty() || decryption.is_empty() {
            return Err(UnlockError::Incomplete);
        }
        Ok(UnlockedKey {
            certificate: self.certificate(),
            signing: signing.into_iter().map(SigningKey::new).collect(),
            decryption: decryption.into_iter().map(DecryptionKey::new).collect(),
        })
    }
}

impl fmt::Debug for LockedKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "LockedKey({})", self.certificate.fingerprint())
    }
}

impl UnlockedKey {
    /// The public certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The fingerprint of the certificate.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        self.certificate.fingerprint()
    }

    /// The newest signing key that is valid at `time`, if there is one.
    pub(crate) fn signer_at(&self, time: SystemTime) -> Option<&SigningKey> {
        let view = self.certificate.view(time);
        view.signing.iter().find_map(|valid| {
            let fingerprint = valid.fingerprint();
            self.signing.iter().find(|own| own.is(&fingerprint))
        })
    }

    /// The decryption key of this fingerprint, valid or not: old messages stay readable.
    pub(crate) fn decryption_key(
        &self,
        fingerprint: &sequoia_openpgp::Fingerprint,
    ) -> Option<&DecryptionKey> {
        self.decryption.iter().find(|own| own.is(fingerprint))
    }
}

impl fmt::Debug for UnlockedKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "UnlockedKey({})", self.certificate.fingerprint())
    }
}

#[cfg(any(test, fuzzing))]
pub(crate) use open::make_open;

#[cfg(test)]
mod tests;

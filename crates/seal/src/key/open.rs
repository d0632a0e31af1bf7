#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Keys whose secrets were never locked, for tests and fuzz targets.

use std::time::SystemTime;

use sequoia_openpgp::Cert;

use super::{UnlockedKey, locking};
use crate::curve25519::{DecryptionKey, SigningKey};
use crate::{Certificate, Profile};

/// A certificate with open secrets, for the cast of the tests.
pub(crate) fn make_open(profile: Profile, user_id: &str, at: SystemTime) -> Cert {
    locking::make(profile, user_id, at).unwrap()
}

impl UnlockedKey {
    /// A key whose secrets were never locked: locking takes long, and most tests are not about it.
    pub(crate) fn from_open(cert: &Cert) -> Self {
        let pairs = |encryption: bool| {
            let keys = cert.keys().subkeys().unencrypted_secret();
            keys.filter(move |key| key.key().pk_algo().for_encryption() == encryption)
                .map(|key| key.key().clone().into_keypair().unwrap())
        };
        Self {
            certificate: Certificate::from_cert(cert.clone()).unwrap(),
            signing: pairs(false).map(SigningKey::new).collect(),
            decryption: pairs(true).map(DecryptionKey::new).collect(),
        }
    }
}

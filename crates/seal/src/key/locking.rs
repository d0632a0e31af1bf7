//! Making keys, and encrypting and decrypting their secret parts.

use std::time::SystemTime;

use sequoia_openpgp::cert::{CertBuilder, CipherSuite};
use sequoia_openpgp::crypto::{self, KeyPair, S2K};
use sequoia_openpgp::packet::Key;
use sequoia_openpgp::packet::key::{KeyRole, SecretKeyMaterial, SecretParts};
use sequoia_openpgp::types::{AEADAlgorithm, Features, KeyFlags, SymmetricAlgorithm};
use sequoia_openpgp::{Cert, Packet};

use super::{LibraryError, UnlockError};
use crate::{Password, Profile};

/// Argon2id as RFC 9106 section 4 recommends where memory is limited: 3 passes, 4 lanes, 64 MiB.
const ARGON2_PASSES: u8 = 3;
const ARGON2_LANES: u8 = 4;
const ARGON2_MEMORY_LOG2_KIB: u8 = 16;

/// Makes the certificate of a profile, its secrets still open.
pub(super) fn make(profile: Profile, user_id: &str, created_at: SystemTime) -> Result<Cert, LibraryError> {
    let (version, signatures, encryption) = match profile {
        Profile::Default => (
            sequoia_openpgp::Profile::RFC9580,
            CipherSuite::Cv25519,
            CipherSuite::MLDSA65_Ed25519,
        ),
        Profile::Compatible => (
            sequoia_openpgp::Profile::RFC4880,
            CipherSuite::Cv25519,
            CipherSuite::Cv25519,
        ),
        Profile::PostQuantum => (
            sequoia_openpgp::Profile::RFC9580,
            CipherSuite::MLDSA65_Ed25519,
            CipherSuite::MLDSA65_Ed25519,
        ),
    };
    let for_encryption = KeyFlags::empty()
        .set_transport_encryption()
        .set_storage_encryption();
    let (cert, _revocation) = CertBuilder::new()
        .set_profile(version)?
        .set_cipher_suite(signatures)
        // What we open is what we announce: SEIPDv2, and not SEIPDv1.
        .set_features(Features::empty().set_seipdv2())?
        .set_creation_time(created_at)
        .add_userid(user_id)
        .add_signing_subkey()
        .add_subkey(for_encryption, None, encryption)
        .generate()?;
    Ok(cert)
}

/// Encrypts every secret part under the password.
pub(super) fn lock(cert: Cert, password: &Password) -> Result<Cert, LibraryError> {
    let password = password.secret();
    let mut locked: Vec<Packet> = Vec::new();
    let primary = cert.primary_key().key().clone().parts_into_secret()?;
    locked.push(lock_one(primary, password)?.into());
    for subkey in cert.keys().subkeys().secret() {
        locked.push(lock_one(subkey.key().clone(), password)?.into());
    }
    Ok(cert.insert_packets(locked)?.0)
}

/// The signing and decryption keys, opened.
pub(super) fn unlock(cert: &Cert, password: &Password) -> Result<(Vec<KeyPair>, Vec<KeyPair>), UnlockError> {
    let mut signing = Vec::new();
    let mut decryption = Vec::new();
    for key in cert.keys().secret() {
        // By any self-signature, not only by a valid one: an expired key still opens old messages.
        let may = |use_of: fn(&KeyFlags) -> bool| {
            let mut own = key.bundle().self_signatures();
            own.any(|signature| signature.key_flags().is_some_and(|flags| use_of(&flags)))
        };
        let signs = may(KeyFlags::for_signing);
        let decrypts = may(KeyFlags::for_transport_encryption) || may(KeyFlags::for_storage_encryption);
        if !decrypts && !signs {
            continue;
        }
        if let SecretKeyMaterial::Encrypted(secret) = key.key().secret()
            && !secret.s2k().is_supported()
        {
            return Err(UnlockError::Unsupported);
        }
        let pair = key
            .key()
            .clone()
            .decrypt_secret(password.secret())
            .and_then(Key::into_keypair)
            .map_err(|_| UnlockError::WrongPassword)?;
        if decrypts {
            decryption.push(pair.clone());
        }
        if signs {
            signing.push(pair);
        }
    }
    Ok((signing, decryption))
}

fn lock_one<R: KeyRole>(
    key: Key<SecretParts, R>,
    password: &crypto::Password,
) -> Result<Key<SecretParts, R>, LibraryError> {
    let (public, secret) = key.take_secret();
    let secret = if public.version() == 6 {
        let mut salt = [0; 16];
        crypto::random(&mut salt)?;
        let s2k = S2K::Argon2 {
            salt,
            t: ARGON2_PASSES,
            p: ARGON2_LANES,
            m: ARGON2_MEMORY_LOG2_KIB,
        };
        secret.encrypt_with(
            &public,
            s2k,
            SymmetricAlgorithm::AES256,
            Some(AEADAlgorithm::OCB),
            password,
        )?
    } else {
        secret.encrypt(&public, password)?
    };
    Ok(public.add_secret(secret).0)
}

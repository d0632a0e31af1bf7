#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use sequoia_openpgp::crypto::KeyPair;
use sequoia_openpgp::packet::Key;
use sequoia_openpgp::packet::key::{Key4, SecretParts, SubordinateRole};
use sequoia_openpgp::types::PublicKeyAlgorithm;

use super::*;
use crate::testing::{COURT_XC, Member, POLICE_XA, PROSECUTION_XD};

/// Keys of a member, those that sign or those that open.
fn pairs(member: &Member, opens: bool) -> Vec<KeyPair> {
    let keys = member.cert.keys().subkeys().unencrypted_secret();
    keys.filter(|key| key.key().pk_algo().for_encryption() == opens)
        .map(|key| key.key().clone().into_keypair().unwrap())
        .collect()
}

fn only(mut pairs: Vec<KeyPair>) -> KeyPair {
    assert_eq!(pairs.len(), 1);
    pairs.remove(0)
}

#[test]
fn keys_of_the_usual_profiles_are_ready_and_others_are_the_librarys() {
    assert!(SigningKey::new(only(pairs(&POLICE_XA, false))).ready.is_some());
    assert!(SigningKey::new(only(pairs(&COURT_XC, false))).ready.is_some());
    assert!(
        SigningKey::new(only(pairs(&PROSECUTION_XD, false)))
            .ready
            .is_none()
    );
    assert!(DecryptionKey::new(only(pairs(&COURT_XC, true))).ready.is_some());
    assert!(DecryptionKey::new(only(pairs(&POLICE_XA, true))).ready.is_none());
}

/// Ed25519 is deterministic: another byte would be another signature scheme.
#[test]
fn a_signature_is_byte_for_byte_the_librarys() {
    for member in [&*POLICE_XA, &*COURT_XC] {
        let pair = only(pairs(member, false));
        let key = SigningKey::new(pair.clone());
        for number in 0..=u8::MAX {
            let digest = [number; LENGTH_BYTES];
            let ours = (&key).sign(HashAlgorithm::SHA256, &digest).unwrap();
            let theirs = pair.clone().sign(HashAlgorithm::SHA256, &digest).unwrap();
            assert_eq!(ours, theirs);
            assert!(is_good(pair.public(), HashAlgorithm::SHA256, &digest, &theirs));
            pair.public()
                .verify(&ours, HashAlgorithm::SHA256, &digest)
                .unwrap();
        }
    }
}

#[test]
fn what_was_encrypted_with_the_library_opens() {
    for _ in 0..300 {
        let key: Key<SecretParts, SubordinateRole> =
            Key4::generate_ecc(false, Curve::Cv25519).unwrap().into();
        let own = DecryptionKey::new(
            Key::from(key.clone().into_keypair().unwrap())
                .into_keypair()
                .unwrap(),
        );
        assert!(own.ready.is_some());
        let session_key = SessionKey::new(32).unwrap();
        let ciphertext = key.parts_as_public().encrypt(&session_key).unwrap();
        assert_eq!((&own).decrypt(&ciphertext, Some(32)).unwrap(), session_key);
    }
}

#[test]
fn an_ephemeral_key_of_small_order_opens_nothing() {
    let own = DecryptionKey::new(only(pairs(&COURT_XC, true)));
    for point in [[0; LENGTH_BYTES], {
        let mut one = [0; LENGTH_BYTES];
        one[0] = 1;
        one
    }] {
        let ciphertext = Ciphertext::ECDH {
            e: MPI::new_compressed_point(&point),
            key: vec![0; 48].into(),
        };
        let refused = (&own).decrypt(&ciphertext, Some(32)).unwrap_err();
        assert!(refused.to_string().contains("small order"), "{refused}");
    }
}

#[test]
fn an_ephemeral_key_of_another_length_is_refused() {
    let own = DecryptionKey::new(only(pairs(&COURT_XC, true)));
    for length in [0, 1, 31, 32, 34] {
        let mut bytes = vec![7; length];
        if let Some(first) = bytes.first_mut() {
            *first = 0x40;
        }
        let ciphertext = Ciphertext::ECDH {
            e: bytes.into(),
            key: vec![0; 48].into(),
        };
        (&own).decrypt(&ciphertext, Some(32)).unwrap_err();
    }
}

/// The library would sign with the half that it is given; what the certificate says must hold.
#[test]
fn a_secret_of_another_public_key_is_not_made_ready() {
    let own = only(pairs(&COURT_XC, false));
    let other = only(pairs(&crate::testing::STRANGER_XE, false));
    let mixed = KeyPair::new(own.public().clone(), other.secret().clone()).unwrap();
    assert!(SigningKey::new(mixed).ready.is_none());
    let own = only(pairs(&COURT_XC, true));
    let other = only(pairs(&crate::testing::STRANGER_XE, true));
    let mixed = KeyPair::new(own.public().clone(), other.secret().clone()).unwrap();
    assert!(DecryptionKey::new(mixed).ready.is_none());
}

/// For such a key there is a signature of any text that RFC 8032 alone takes: R of small order, S zero.
#[test]
fn a_key_of_small_order_has_signed_nothing() {
    let mut identity = [0; LENGTH_BYTES];
    identity[0] = 1;
    let key = Key::V4(
        Key4::new(
            crate::testing::created_at(),
            PublicKeyAlgorithm::Ed25519,
            PublicMpis::Ed25519 { a: identity },
        )
        .unwrap(),
    );
    let mut bytes = [0; 2 * LENGTH_BYTES];
    bytes[0] = 1;
    let signature = Signature::Ed25519 { s: Box::new(bytes) };
    for number in 0..8 {
        let digest = [number; LENGTH_BYTES];
        assert!(!is_good(&key, HashAlgorithm::SHA256, &digest, &signature));
    }
}

proptest! {
    #[test]
    fn any_other_bit_makes_a_signature_bad(bit in 0..768_usize) {
        for member in [&*POLICE_XA, &*COURT_XC] {
            let key = SigningKey::new(only(pairs(member, false)));
            let mut digest = [42; LENGTH_BYTES];
            let signature = (&key).sign(HashAlgorithm::SHA256, &digest).unwrap();
            let mut bytes = ed25519_signature(&signature).unwrap();
            let (byte, mask) = (bit / 8, 1 << (bit % 8));
            if let Some(changed) = bytes.get_mut(byte) {
                *changed ^= mask;
            } else {
                digest[byte - bytes.len()] ^= mask;
            }
            let changed = match signature {
                Signature::Ed25519 { .. } => Signature::Ed25519 { s: Box::new(bytes) },
                _ => Signature::EdDSA {
                    r: MPI::new(&bytes[..LENGTH_BYTES]),
                    s: MPI::new(&bytes[LENGTH_BYTES..]),
                },
            };
            let is_good = is_good(key.public(), HashAlgorithm::SHA256, &digest, &changed);
            prop_assert!(!is_good);
        }
    }
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::time::SystemTime;

use proptest::prelude::*;
use sequoia_openpgp::cert::{CertBuilder, CipherSuite};
use sequoia_openpgp::packet::key::{Key6, SecretParts, SubordinateRole};
use sequoia_openpgp::packet::signature::SignatureBuilder;
use sequoia_openpgp::packet::{Key, Tag};
use sequoia_openpgp::serialize::{MarshalInto, SerializeInto};
use sequoia_openpgp::types::{HashAlgorithm, KeyFlags, PublicKeyAlgorithm, SignatureType};
use sequoia_openpgp::{Cert, Packet};

use super::{Certificate, CertificateError};
use crate::limits::CERTIFICATE_BYTES_MAX;
use crate::testing::forgery::packet;
use crate::testing::{
    BODY, COURT_XC, Member, POLICE_XA, POLICE_XB, PROSECUTION_XD, binding, context, created_at, days,
    sealed_at,
};
use crate::{open, seal};

#[test]
fn a_certificate_keeps_its_bytes_and_its_name() {
    for member in [&POLICE_XA, &COURT_XC, &PROSECUTION_XD] {
        let certificate = member.certificate();
        let bytes = certificate.to_bytes();
        assert!(bytes.len() < CERTIFICATE_BYTES_MAX / 2);
        for input in [bytes.clone(), certificate.to_armored().into_bytes()] {
            let read = Certificate::from_bytes(&input).unwrap();
            assert_eq!(read, certificate);
            assert_eq!(read.to_bytes(), bytes);
            assert_eq!(read.fingerprint(), certificate.fingerprint());
            assert_eq!(read.user_id().as_deref(), Some(member.contact_point));
        }
    }
}

#[test]
fn secrets_in_a_public_file_are_dropped() {
    let with_secrets = MarshalInto::to_vec(&POLICE_XA.cert.as_tsk()).unwrap();
    let armored = SerializeInto::to_vec(&POLICE_XA.cert.as_tsk().armored()).unwrap();
    for input in [with_secrets, armored] {
        let read = Certificate::from_bytes(&input).unwrap();
        assert_eq!(read.to_bytes(), POLICE_XA.certificate().to_bytes());
        assert!(!read.cert().is_tsk());
        assert!(
            read.to_armored()
                .starts_with("-----BEGIN PGP PUBLIC KEY BLOCK-----")
        );
    }
}

#[test]
fn exactly_one_certificate_is_taken() {
    let one = POLICE_XA.certificate();
    let other = POLICE_XB.certificate();
    for input in [
        [one.to_bytes(), other.to_bytes()].concat(),
        [one.to_bytes(), one.to_bytes()].concat(),
        [one.to_armored(), other.to_armored()].concat().into_bytes(),
        [one.to_armored(), "more".to_owned()].concat().into_bytes(),
        [one.to_armored(), "more KEY BLOCK-----".to_owned()]
            .concat()
            .into_bytes(),
        one.to_armored()
            .replace("PUBLIC KEY BLOCK", "MESSAGE")
            .into_bytes(),
    ] {
        assert_eq!(
            Certificate::from_bytes(&input),
            Err(CertificateError::NotExactlyOne)
        );
    }
    for input in [
        b"".to_vec(),
        b"hello".to_vec(),
        format!("hello\n{}", one.to_armored()).into_bytes(),
        packet(Tag::Literal, b"b\0\0\0\0\0text"),
        one.to_bytes().repeat(2)[10..].to_vec(),
    ] {
        assert!(Certificate::from_bytes(&input).is_err());
    }
}

#[test]
fn a_file_too_long_is_refused_unread() {
    let mut input = POLICE_XA.certificate().to_armored().into_bytes();
    input.resize(CERTIFICATE_BYTES_MAX, b'\n');
    assert!(Certificate::from_bytes(&input).is_ok());
    input.push(b'\n');
    let length_bytes = input.len();
    assert_eq!(
        Certificate::from_bytes(&input),
        Err(CertificateError::TooLong { length_bytes })
    );
}

#[test]
fn a_certificate_cut_short_loses_at_least_its_name() {
    let bytes = POLICE_XA.certificate().to_bytes();
    for cut in 0..bytes.len() {
        if let Ok(read) = Certificate::from_bytes(&bytes[..cut]) {
            // Cut between packets it is a smaller certificate, and not the same.
            assert_ne!(read, POLICE_XA.certificate());
            assert!(read.check_usable(sealed_at()).is_err());
        }
    }
}

#[test]
fn weak_keys_and_weak_signatures_are_refused() {
    let rsa = CertBuilder::general_purpose(Some("XF police"))
        .set_cipher_suite(CipherSuite::RSA2k)
        .set_creation_time(created_at());
    let (rsa, _) = rsa.generate().unwrap();
    let refused = Certificate::from_cert(rsa).unwrap_err();
    assert!(matches!(refused, CertificateError::Refused { .. }), "{refused}");

    // A version 4 certificate whose only signature is over SHA-1.
    let cert = &COURT_XC.cert;
    let primary = cert.primary_key().key().clone().parts_into_secret().unwrap();
    let mut signer = primary.clone().into_keypair().unwrap();
    let signature = SignatureBuilder::new(SignatureType::DirectKey)
        .set_hash_algo(HashAlgorithm::SHA1)
        .set_signature_creation_time(created_at())
        .unwrap()
        .set_key_flags(KeyFlags::empty().set_certification())
        .unwrap()
        .sign_direct_key(&mut signer, primary.parts_as_public())
        .unwrap();
    let packets = [Packet::from(primary.parts_into_public()), signature.into()];
    let weak = sequoia_openpgp::Cert::from_packets(packets.into_iter()).unwrap();
    let refused = Certificate::from_cert(weak).unwrap_err();
    assert!(matches!(refused, CertificateError::Refused { .. }), "{refused}");
}

/// The certificate with one more encryption subkey, bound at this time.
fn with_encryption_key(cert: &Cert, key: Key<SecretParts, SubordinateRole>, begins: SystemTime) -> Cert {
    let primary = cert.primary_key().key().clone().parts_into_secret().unwrap();
    let mut signer = primary.into_keypair().unwrap();
    let flags = KeyFlags::empty()
        .set_transport_encryption()
        .set_storage_encryption();
    let builder = SignatureBuilder::new(SignatureType::SubkeyBinding)
        .set_signature_creation_time(begins)
        .unwrap()
        .set_key_flags(flags)
        .unwrap();
    let bound = key.bind(&mut signer, cert, builder).unwrap();
    let packets = vec![Packet::from(key), bound.into()];
    cert.clone().insert_packets(packets).unwrap().0
}

/// A new subkey takes over when it begins, and what was sealed before stays readable.
#[test]
fn a_new_encryption_key_takes_over_at_its_time() {
    let begins = created_at() + days(40);
    let mut key: Key6<_, SubordinateRole> = Key6::generate_mlkem768_x25519().unwrap();
    key.set_creation_time(begins).unwrap();
    let key = Key::from(key);
    let cert = with_encryption_key(&POLICE_XB.cert, key.clone(), begins);
    let member = Member::from_cert(cert, "XB/police");

    let certificate = member.certificate();
    let key_at = |time| certificate.view(time).encryption_key().unwrap().fingerprint();
    let old = key_at(begins - days(1));
    assert_eq!(key_at(begins), key.fingerprint());
    assert_ne!(old, key.fingerprint());
    assert_eq!(key_at(begins - days(1)), old, "the kept answer is per time");

    let binding = binding(&POLICE_XA, &[&member]);
    let before = [POLICE_XB.certificate()];
    let sealed = seal(&POLICE_XA.key, &before, &binding, BODY, sealed_at()).unwrap();
    let senders = [POLICE_XA.certificate()];
    assert!(open(&sealed, &context(&member, &senders, &binding)).is_ok());
}

/// What the keys are good for is found out once, and kept for as long as nothing changes.
#[test]
fn a_view_is_kept_until_something_changes() {
    let certificate = POLICE_XA.certificate();
    let view = certificate.view(sealed_at());
    assert!(Arc::ptr_eq(&view, &certificate.view(sealed_at() + days(1))));
    assert!(!Arc::ptr_eq(&view, &certificate.view(created_at() - days(1))));
    assert_eq!(
        format!("{certificate:?}"),
        format!("Certificate({})", certificate.fingerprint())
    );
}

/// With its last key of a kind: whoever has no key to encrypt with is as good as silent.
#[test]
fn a_certificate_ends_with_its_last_key_of_a_kind() {
    let encrypts = || {
        KeyFlags::empty()
            .set_transport_encryption()
            .set_storage_encryption()
    };
    let ends = |signing: Option<u64>, encryption: [Option<u64>; 2]| {
        let mut builder = CertBuilder::new()
            .set_profile(sequoia_openpgp::Profile::RFC9580)
            .unwrap()
            .set_creation_time(created_at())
            .add_userid("XF police")
            .add_subkey(KeyFlags::empty().set_signing(), signing.map(days), None);
        for valid_for in encryption {
            builder = builder.add_subkey(encrypts(), valid_for.map(days), None);
        }
        let certificate = Certificate::from_cert(builder.generate().unwrap().0).unwrap();
        certificate.ends_at()
    };
    let after = |count| Some(created_at() + days(count));
    assert_eq!(ends(None, [None, None]), None);
    assert_eq!(ends(Some(50), [Some(10), Some(30)]), after(30));
    assert_eq!(ends(Some(20), [Some(10), Some(30)]), after(20));
    assert_eq!(ends(Some(50), [Some(10), None]), after(50));
    assert_eq!(ends(None, [Some(10), None]), None);
}

/// A classical key beside a post-quantum one is not used, however new it is.
#[test]
fn a_newer_classical_key_does_not_take_over() {
    let begins = created_at() + days(40);
    let mut key: Key6<_, SubordinateRole> = Key6::generate_x25519().unwrap();
    key.set_creation_time(begins).unwrap();
    let certificate = with_encryption_key(&PROSECUTION_XD.cert, Key::from(key), begins);
    let certificate = Certificate::from_cert(certificate).unwrap();
    let key_at = |time| certificate.view(time).encryption_key().unwrap().fingerprint();
    assert_eq!(key_at(begins), key_at(begins - days(1)));
}

/// Nor whatever comes first in the certificate.
#[test]
fn a_post_quantum_key_is_preferred() {
    let flags = KeyFlags::empty()
        .set_transport_encryption()
        .set_storage_encryption();
    let builder = CertBuilder::new()
        .set_profile(sequoia_openpgp::Profile::RFC9580)
        .unwrap()
        .set_creation_time(created_at())
        .add_userid("XF police")
        .add_subkey(flags.clone(), None, CipherSuite::Cv25519)
        .add_subkey(flags.clone(), None, CipherSuite::MLDSA65_Ed25519)
        .add_subkey(flags, None, CipherSuite::Cv25519);
    let certificate = Certificate::from_cert(builder.generate().unwrap().0).unwrap();
    let view = certificate.view(sealed_at());
    let algorithm = view.encryption_key().unwrap().pk_algo();
    assert_eq!(algorithm, PublicKeyAlgorithm::MLKEM768_X25519);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn damaged_certificates_never_keep_name_and_use(
        index in any::<prop::sample::Index>(),
        flip in 1u8..,
    ) {
        let good = COURT_XC.certificate();
        let mut bytes = good.to_bytes();
        let index = index.index(bytes.len());
        bytes[index] ^= flip;
        if let Ok(read) = Certificate::from_bytes(&bytes) {
            let same_name = read.fingerprint() == good.fingerprint();
            let keys_changed = read.view(sealed_at()).signing != good.view(sealed_at()).signing
                || read.view(sealed_at()).encryption_key() != good.view(sealed_at()).encryption_key();
            prop_assert!(!(same_name && keys_changed && read.check_usable(sealed_at()).is_ok()));
        }
    }
}

/// Where two places are damaged, the library may sort what it wrote otherwise when it reads that: such a
/// certificate would be another one at each reading. Found by the fuzz target `openpgp_certificate`.
#[test]
fn what_is_taken_is_the_same_when_it_is_read_again() {
    let good = COURT_XC.certificate().to_bytes();
    let mut state = 1_u64;
    let mut draw = |below: usize| {
        // Knuth's constants; any spread will do.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize % below
    };
    let mut refused = 0;
    for _ in 0..4_000 {
        let mut bytes = good.clone();
        // Around the end of the first subkey's signature, and anywhere.
        for at in [470 + draw(30), draw(good.len())] {
            bytes[at] ^= 1 + draw(255) as u8;
        }
        match Certificate::from_bytes(&bytes) {
            Ok(one) => assert_eq!(Certificate::from_bytes(&one.to_bytes()), Ok(one)),
            Err(error) => refused += usize::from(error.to_string().contains("read again")),
        }
    }
    assert!(refused > 0, "nothing of what is to be refused was tried");
}

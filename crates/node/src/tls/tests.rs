#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;

use rcgen::{KeyPair, PKCS_ED25519};
use rustls::pki_types::UnixTime;

use super::pins::{NotAPeer, Role, pin_of};
use super::*;
use crate::testing::{Algorithm, Authority, Tls, Validity};

const NAME: &str = "node.xb.example";

fn now() -> UnixTime {
    UnixTime::now()
}

fn pins(authority: &Authority, pin: [u8; 32]) -> Pins {
    let mut pins = Pins::default();
    let party = "XB".parse().unwrap();
    let authorities = [authority.certificate.as_slice()];
    pins.add(party, NAME, authorities.into_iter(), [pin].into_iter())
        .unwrap();
    pins
}

fn whose(pins: &Pins, tls: &Tls, at: UnixTime) -> Result<String, NotAPeer> {
    let identity = tls.identity();
    let node = pins.authenticate(identity.chain(), Role::Client, at)?;
    assert!(pins.authenticate(identity.chain(), Role::Server, at).is_ok());
    Ok(node.party.to_string())
}

#[test]
fn a_pinned_key_under_its_own_authority_is_its_partys() {
    for algorithm in [Algorithm::Ed25519, Algorithm::EcdsaP256] {
        let authority = Authority::new();
        let tls = authority.issue(NAME, algorithm, Validity::Now);
        let pins = pins(&authority, tls.pin);
        assert_eq!(whose(&pins, &tls, now()).unwrap(), "XB");
        assert_eq!(pin_of(&tls.identity().chain()[0]).unwrap(), tls.pin);
    }
}

/// `[MTLS]` Each part of the chain of trust alone is not enough.
#[test]
fn everything_must_fit() {
    let authority = Authority::new();
    let tls = authority.issue(NAME, Algorithm::Ed25519, Validity::Now);
    let pins = pins(&authority, tls.pin);
    let key = KeyPair::from_pem(&tls.key_pem).unwrap();

    let other_key = authority.issue(NAME, Algorithm::Ed25519, Validity::Now);
    assert_eq!(whose(&pins, &other_key, now()), Err(NotAPeer::UnknownKey));
    let other_authority = Authority::new().certify(NAME, &key, Validity::Now);
    assert_eq!(
        whose(&pins, &other_authority, now()),
        Err(NotAPeer::WrongAuthority)
    );
    let other_name = authority.certify("node.xc.example", &key, Validity::Now);
    assert_eq!(whose(&pins, &other_name, now()), Err(NotAPeer::WrongName));
    let expired = authority.certify(NAME, &key, Validity::Past);
    assert_eq!(whose(&pins, &expired, now()), Err(NotAPeer::OutOfDate));
    let before = UnixTime::since_unix_epoch(Duration::from_secs(60));
    assert_eq!(whose(&pins, &tls, before), Err(NotAPeer::OutOfDate));
    let garbage = CertificateDer::from(vec![0x30, 0x03, 1, 2, 3]);
    assert_eq!(
        pins.authenticate(&[garbage], Role::Client, now()).unwrap_err(),
        NotAPeer::Malformed
    );
    assert_eq!(
        pins.authenticate(&[], Role::Client, now()).unwrap_err(),
        NotAPeer::Malformed
    );
}

#[test]
fn one_key_is_not_two_parties() {
    let authority = Authority::new();
    let mut pins = pins(&authority, [7; 32]);
    let again = pins.add(
        "XC".parse().unwrap(),
        "node.xc.example",
        std::iter::empty(),
        [[7; 32]].into_iter(),
    );
    assert!(again.unwrap_err().to_string().contains("another Party"));
    let bad_name = pins.add(
        "XD".parse().unwrap(),
        "no name",
        std::iter::empty(),
        std::iter::empty(),
    );
    assert!(bad_name.is_err());
}

#[test]
fn what_is_no_certificate_or_no_key_is_said_so() {
    let tls = Authority::new().issue(NAME, Algorithm::Ed25519, Validity::Now);
    let no_chain = TlsIdentity::from_pem(b"", tls.key_pem.as_bytes());
    assert!(matches!(no_chain.unwrap_err(), TlsError::NoCertificate));
    let no_key = TlsIdentity::from_pem(tls.chain_pem.as_bytes(), tls.chain_pem.as_bytes());
    assert!(matches!(no_key.unwrap_err(), TlsError::NoKey));
    let mixed = Tls {
        chain_pem: tls.chain_pem,
        key_pem: KeyPair::generate_for(&PKCS_ED25519).unwrap().serialize_pem(),
        pin: [0; 32],
    };
    assert!(server_config(&mixed.identity(), Pins::default().shared(), Arc::default()).is_err());
}

#[test]
fn derived_keys_differ_by_key_and_purpose() {
    let authority = Authority::new();
    let first = authority
        .issue(NAME, Algorithm::Ed25519, Validity::Now)
        .identity();
    let second = authority
        .issue(NAME, Algorithm::Ed25519, Validity::Now)
        .identity();
    assert_eq!(first.derived_key("a"), first.derived_key("a"));
    assert_ne!(first.derived_key("a"), first.derived_key("b"));
    assert_ne!(first.derived_key("a"), second.derived_key("a"));
    assert!(!format!("{first:?}").contains("PRIVATE"));
}

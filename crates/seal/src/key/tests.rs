#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, SystemTime};

use sequoia_openpgp::serialize::SerializeInto;

use super::{GenerateError, KeyFileError, LockedKey, UnlockError, locking};
use crate::testing::{POLICE_XA, created_at, password};
use crate::{Password, Profile};

#[test]
fn a_locked_key_survives_its_file_and_opens_with_its_password_only() {
    for profile in [Profile::Default, Profile::Compatible] {
        let made = LockedKey::generate(profile, "XA police", created_at(), &password()).unwrap();
        let file = made.to_bytes();
        assert!(file.starts_with(b"-----BEGIN PGP PRIVATE KEY BLOCK-----"));
        let read = LockedKey::from_bytes(&file).unwrap();
        assert_eq!(read.to_bytes(), file);
        assert_eq!(read.certificate(), made.certificate());
        assert_eq!(read.certificate().user_id().as_deref(), Some("XA police"));

        let wrong = Password::from("correct horse battery stapler".to_owned());
        assert_eq!(read.unlock(&wrong).unwrap_err(), UnlockError::WrongPassword);
        let unlocked = read.unlock(&password()).unwrap();
        assert_eq!(unlocked.fingerprint(), made.certificate().fingerprint());
        assert!(unlocked.signer_at(created_at()).is_some());
        assert!(
            unlocked
                .signer_at(created_at() - Duration::from_secs(1))
                .is_none()
        );
    }
}

#[test]
fn a_file_with_an_open_secret_is_refused() {
    let file = SerializeInto::to_vec(&POLICE_XA.cert.as_tsk().armored()).unwrap();
    assert!(matches!(
        LockedKey::from_bytes(&file),
        Err(KeyFileError::NotLocked { .. })
    ));
}

#[test]
fn a_certificate_is_not_a_key_file() {
    let certificate = POLICE_XA.certificate();
    for file in [certificate.to_bytes(), certificate.to_armored().into_bytes()] {
        assert!(matches!(
            LockedKey::from_bytes(&file),
            Err(KeyFileError::NoSecret { .. })
        ));
    }
    assert!(matches!(
        LockedKey::from_bytes(b""),
        Err(KeyFileError::Certificate(_))
    ));
}

#[test]
fn a_damaged_key_file_never_gives_a_key() {
    let made = LockedKey::generate(Profile::Compatible, "XA police", created_at(), &password()).unwrap();
    let file = SerializeInto::to_vec(&made.cert.as_tsk()).unwrap();
    for cut in (0..file.len()).step_by(7) {
        if let Ok(read) = LockedKey::from_bytes(&file[..cut]) {
            // Cut between two keys it is a smaller key file, which lacks what it needs.
            assert_eq!(
                read.unlock(&password()).unwrap_err(),
                UnlockError::Incomplete,
                "{cut}"
            );
        }
    }
}

#[test]
fn a_key_needs_a_user_id_a_password_and_a_time_that_openpgp_can_write() {
    let make = |user_id: &str, at, password: &Password| {
        LockedKey::generate(Profile::Compatible, user_id, at, password).unwrap_err()
    };
    let long = "x".repeat(257);
    for user_id in ["", "two\nlines", "\u{1b}[31m", &long] {
        let error = make(user_id, created_at(), &password());
        assert!(matches!(error, GenerateError::UserId), "{user_id:?}");
    }
    let error = make("XA police", created_at(), &Password::from(Vec::new()));
    assert!(matches!(error, GenerateError::EmptyPassword));
    for at in [
        SystemTime::UNIX_EPOCH - Duration::from_secs(1),
        SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 32),
    ] {
        assert!(matches!(
            make("XA police", at, &password()),
            GenerateError::CreatedAt
        ));
    }
}

#[test]
fn nothing_secret_is_printed() {
    let fingerprint = POLICE_XA.key.fingerprint();
    assert_eq!(
        format!("{:?}", POLICE_XA.key),
        format!("UnlockedKey({fingerprint})")
    );
    assert_eq!(format!("{:?}", password()), "Password(..)");
    let locked = LockedKey::generate(Profile::Compatible, "XA police", created_at(), &password()).unwrap();
    let fingerprint = locked.certificate().fingerprint().clone();
    assert_eq!(format!("{locked:?}"), format!("LockedKey({fingerprint})"));
}

#[test]
fn each_profile_has_the_algorithms_that_it_promises() {
    let algorithms = |profile| {
        let cert = locking::make(profile, "XA police", created_at()).unwrap();
        let keys: Vec<String> = cert.keys().map(|key| key.key().pk_algo().to_string()).collect();
        (cert.primary_key().key().version(), keys.join(", "))
    };
    let (version, keys) = algorithms(Profile::Default);
    assert_eq!(
        (version, keys.as_str()),
        (6, "Ed25519, Ed25519, ML-KEM-768+X25519")
    );
    let (version, keys) = algorithms(Profile::PostQuantum);
    let post_quantum = "ML-DSA-65+Ed25519, ML-DSA-65+Ed25519, ML-KEM-768+X25519";
    assert_eq!((version, keys.as_str()), (6, post_quantum));
    let (version, keys) = algorithms(Profile::Compatible);
    assert_eq!((version, keys.as_str()), (4, "EdDSA, EdDSA, ECDH"));
}

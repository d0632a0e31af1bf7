#![allow(clippy::unwrap_used, clippy::expect_used)]

use sequoia_openpgp::cert::CertBuilder;
use sequoia_openpgp::types::{Features, HashAlgorithm};

use crate::limits::RECIPIENTS_MAX;
use crate::testing::{
    BODY, COURT_XC, Member, POLICE_XA, POLICE_XB, PROSECUTION_XD, binding, context, created_at, sealed_at,
};
use crate::{BindingError, Profile, SealError, Unusable, open, seal};

/// `[SEAL]` Every profile writes to every other, and the sender can read its own copy.
#[test]
fn every_profile_writes_to_every_other_and_keeps_a_copy() {
    let cast: [&Member; 4] = [&POLICE_XA, &POLICE_XB, &COURT_XC, &PROSECUTION_XD];
    for sender in cast {
        for recipient in cast {
            let binding = binding(sender, &[recipient]);
            let recipients = [recipient.certificate()];
            let sealed = seal(&sender.key, &recipients, &binding, BODY, sealed_at()).unwrap();
            assert!(!sealed.windows(6).any(|window| window == b"canary"));

            let senders = [sender.certificate()];
            let opened = open(&sealed, &context(recipient, &senders, &binding)).unwrap();
            assert_eq!(opened.body.as_slice(), BODY);
            assert_eq!(&opened.signed_by, sender.key.fingerprint());
            assert_eq!(opened.signed_at, sealed_at());
            assert_eq!(opened.binding, binding);

            let mut own = context(sender, &senders, &binding);
            own.co_recipients = &recipients;
            assert_eq!(open(&sealed, &own).unwrap().body.as_slice(), BODY);
        }
    }
}

/// A composite signature wants a hash that is as strong as its stronger half.
#[test]
fn the_hash_is_as_strong_as_the_signer() {
    let of = |member: &Member| {
        let signing = &member.certificate().view(sealed_at()).signing;
        super::hash_for(signing[0].pk_algo())
    };
    assert_eq!(of(&POLICE_XA), HashAlgorithm::SHA256);
    assert_eq!(of(&COURT_XC), HashAlgorithm::SHA256);
    assert_eq!(of(&PROSECUTION_XD), HashAlgorithm::SHA512);
}

#[test]
fn a_profile_has_one_name() {
    for (profile, name) in [
        (Profile::Default, "default"),
        (Profile::Compatible, "compatible"),
        (Profile::PostQuantum, "pqc"),
    ] {
        assert_eq!(
            (profile.to_string(), name.parse()),
            (name.to_owned(), Ok(profile))
        );
    }
    assert_eq!("rsa".parse::<Profile>(), Err(crate::profile::ProfileError));
}

#[test]
fn an_empty_body_passes() {
    let binding = binding(&POLICE_XA, &[&POLICE_XB]);
    let sealed = seal(
        &POLICE_XA.key,
        &[POLICE_XB.certificate()],
        &binding,
        b"",
        sealed_at(),
    )
    .unwrap();
    let senders = [POLICE_XA.certificate()];
    let opened = open(&sealed, &context(&POLICE_XB, &senders, &binding)).unwrap();
    assert!(opened.body.is_empty());
}

/// A certificate is encrypted to once, however often it is named.
#[test]
fn the_same_recipient_twice_is_one_recipient() {
    let binding = binding(&POLICE_XA, &[&POLICE_XB]);
    let once = [POLICE_XB.certificate()];
    let twice = [
        POLICE_XB.certificate(),
        POLICE_XB.certificate(),
        POLICE_XA.certificate(),
    ];
    let length = |recipients| {
        let sealed = seal(&POLICE_XA.key, recipients, &binding, BODY, sealed_at());
        sealed.unwrap().len()
    };
    assert_eq!(length(&once[..]), length(&twice[..]));
}

/// As GnuPG makes them: version 4, and SEIPDv1 at best.
#[test]
fn a_recipient_without_seipd_version_2_is_named_and_not_written_to() {
    for features in [Features::empty(), Features::empty().set_seipdv1()] {
        let builder = CertBuilder::general_purpose(Some("XF police"))
            .set_creation_time(created_at())
            .set_features(features)
            .unwrap();
        let member = Member::from_cert(builder.generate().unwrap().0, "XF/police");
        let binding = binding(&POLICE_XA, &[&member, &POLICE_XB]);
        let recipients = [member.certificate(), POLICE_XB.certificate()];
        let error = seal(&POLICE_XA.key, &recipients, &binding, BODY, sealed_at()).unwrap_err();
        let named = matches!(&error, SealError::RecipientUnusable { fingerprint, reason: Unusable::TooOld }
            if fingerprint == member.key.fingerprint());
        assert!(named, "{error}");
        assert_eq!(
            member.certificate().check_usable(sealed_at()),
            Err(Unusable::TooOld)
        );
        assert!(error.to_string().contains(&member.key.fingerprint().to_string()));
    }
}

#[test]
fn a_recipient_without_an_encryption_key_is_named() {
    let builder = CertBuilder::new()
        .set_creation_time(created_at())
        .add_userid("XF police")
        .add_signing_subkey();
    let member = Member::from_cert(builder.generate().unwrap().0, "XF/police");
    let binding = binding(&POLICE_XA, &[&member]);
    let error = seal(
        &POLICE_XA.key,
        &[member.certificate()],
        &binding,
        BODY,
        sealed_at(),
    )
    .unwrap_err();
    let reason = Unusable::NoEncryptionKey;
    assert!(matches!(error, SealError::RecipientUnusable { reason: r, .. } if r == reason));
    assert_eq!(member.certificate().check_usable(sealed_at()), Err(reason));
}

#[test]
fn no_recipient_and_too_many_are_refused() {
    let good = binding(&POLICE_XA, &[&POLICE_XB]);
    let error = seal(&POLICE_XA.key, &[], &good, BODY, sealed_at()).unwrap_err();
    assert!(matches!(error, SealError::NoRecipient));
    let many = vec![POLICE_XB.certificate(); RECIPIENTS_MAX + 1];
    let error = seal(&POLICE_XA.key, &many, &good, BODY, sealed_at()).unwrap_err();
    assert!(matches!(error, SealError::TooManyRecipients));
    let nobody = binding(&POLICE_XA, &[]);
    let error = seal(&POLICE_XA.key, &many[1..], &nobody, BODY, sealed_at()).unwrap_err();
    assert!(matches!(error, SealError::Binding(BindingError::NoRecipient)));
}

//! Signatures and certificates at the wrong time.

use std::time::{Duration, SystemTime};

use sequoia_openpgp::Cert;
use sequoia_openpgp::cert::CertBuilder;
use sequoia_openpgp::types::{Features, KeyFlags, ReasonForRevocation};

use crate::limits::CLOCK_SKEW_MAX;
use crate::testing::forgery::Signing;
use crate::testing::{
    Member, POLICE_XA, POLICE_XB, binding, context, created_at, days, received_at, sealed_at,
};
use crate::{OpenContext, OpenError, SealError, Unusable, Window, open, seal};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A certificate that ends, and its secrets.
fn cert_valid_for(length: Duration) -> Cert {
    let encryption = KeyFlags::empty()
        .set_transport_encryption()
        .set_storage_encryption();
    let builder = CertBuilder::new()
        .set_profile(sequoia_openpgp::Profile::RFC9580)
        .unwrap()
        .set_features(Features::empty().set_seipdv2())
        .unwrap()
        .set_creation_time(created_at())
        .set_validity_period(length)
        .add_userid("XF police")
        .add_signing_subkey()
        .add_subkey(encryption, None, None);
    builder.generate().unwrap().0
}

fn revoked(cert: &Cert, reason: ReasonForRevocation, at: SystemTime) -> Cert {
    let mut signer = cert
        .primary_key()
        .key()
        .clone()
        .parts_into_secret()
        .unwrap()
        .into_keypair()
        .unwrap();
    let revocation = sequoia_openpgp::cert::CertRevocationBuilder::new()
        .set_signature_creation_time(at)
        .unwrap()
        .set_reason_for_revocation(reason, b"")
        .unwrap()
        .build(&mut signer, cert, None)
        .unwrap();
    cert.clone().insert_packets(revocation).unwrap().0
}

/// What becomes of a message that `cert` signs at `signed_at` and XB receives a minute later.
fn outcome(cert: Cert, signed_at: SystemTime) -> Result<(), OpenError> {
    let sender = Member::from_cert(cert, "XF/police");
    let mut signing = Signing::new(&sender, &POLICE_XB);
    signing.at = signed_at;
    let sealed = signing.sealed(&POLICE_XB);
    let binding = binding(&sender, &[&POLICE_XB]);
    let senders = [sender.certificate()];
    let mut context = context(&POLICE_XB, &senders, &binding);
    context.received_at = signed_at + Duration::from_secs(60);
    context.window = Window::between(signed_at, context.received_at);
    open(&sealed, &context).map(|_| ())
}

#[test]
fn an_expired_signer_is_refused_and_what_it_signed_before_is_not() {
    let cert = cert_valid_for(days(10));
    assert_eq!(outcome(cert.clone(), created_at() + days(10) - SECOND), Ok(()));
    let expired = outcome(cert.clone(), created_at() + days(10));
    assert_eq!(expired, Err(OpenError::SignerNotValid));
    let unborn = outcome(cert, created_at() - SECOND);
    assert_eq!(unborn, Err(OpenError::SignerNotValid));
}

/// Superseded keys keep their past; compromised ones lose it.
#[test]
fn a_revoked_signer_is_refused() {
    let cert = cert_valid_for(days(300));
    let revoked_at = created_at() + days(20);
    let superseded = revoked(&cert, ReasonForRevocation::KeySuperseded, revoked_at);
    assert_eq!(outcome(superseded.clone(), revoked_at - days(1)), Ok(()));
    assert_eq!(
        outcome(superseded, revoked_at + days(1)),
        Err(OpenError::SignerNotValid)
    );
    let compromised = revoked(&cert, ReasonForRevocation::KeyCompromised, revoked_at);
    for signed_at in [revoked_at - days(1), revoked_at + days(1)] {
        assert_eq!(
            outcome(compromised.clone(), signed_at),
            Err(OpenError::SignerNotValid)
        );
    }
}

#[test]
fn nothing_is_sealed_to_or_by_an_expired_or_revoked_certificate() {
    let cert = cert_valid_for(days(10));
    let revoked = revoked(
        &cert_valid_for(days(300)),
        ReasonForRevocation::KeyRetired,
        created_at() + days(2),
    );
    for (cert, why) in [(cert, Unusable::Expired), (revoked, Unusable::Revoked)] {
        let member = Member::from_cert(cert, "XF/police");
        let certificate = member.certificate();
        assert_eq!(certificate.check_usable(created_at() + days(1)), Ok(()));
        assert_eq!(certificate.check_usable(sealed_at()), Err(why));
        assert_eq!(
            certificate.check_usable(created_at() - SECOND),
            Err(Unusable::NotYetValid)
        );
        assert_eq!(
            certificate.check_usable(created_at() + days(1)),
            Ok(()),
            "the kept answer is per time"
        );

        let to = binding(&POLICE_XA, &[&member]);
        let error = seal(
            &POLICE_XA.key,
            std::slice::from_ref(&certificate),
            &to,
            b"",
            sealed_at(),
        )
        .unwrap_err();
        let named = matches!(&error, SealError::RecipientUnusable { fingerprint, reason }
            if fingerprint == certificate.fingerprint() && *reason == why);
        assert!(named, "{error}");

        let from = binding(&member, &[&POLICE_XB]);
        let error = seal(&member.key, &[POLICE_XB.certificate()], &from, b"", sealed_at()).unwrap_err();
        assert!(
            matches!(error, SealError::SenderUnusable { reason, .. } if reason == why),
            "{error}"
        );
    }
}

/// An expired recipient still opens what was sealed to it before.
#[test]
fn an_expired_recipient_still_reads_its_old_messages() {
    let member = Member::from_cert(cert_valid_for(days(10)), "XF/police");
    let binding = binding(&POLICE_XA, &[&member]);
    let at = created_at() + days(5);
    let sealed = seal(&POLICE_XA.key, &[member.certificate()], &binding, b"", at).unwrap();
    let senders = [POLICE_XA.certificate()];
    let mut context = context(&member, &senders, &binding);
    context.received_at = created_at() + days(20);
    context.window = Window::between(at, context.received_at);
    assert!(open(&sealed, &context).is_ok());
}

fn window_outcome(
    signed_at: SystemTime,
    change: impl Fn(&mut Signing<'_>, &mut OpenContext<'_>),
) -> Result<(), OpenError> {
    let binding = binding(&POLICE_XA, &[&POLICE_XB]);
    let senders = [POLICE_XA.certificate()];
    let mut context = context(&POLICE_XB, &senders, &binding);
    let mut signing = Signing::new(&POLICE_XA, &POLICE_XB);
    signing.at = signed_at;
    change(&mut signing, &mut context);
    open(&signing.sealed(&POLICE_XB), &context).map(|_| ())
}

#[test]
fn a_signature_outside_the_window_is_refused() {
    let outcome = |signed_at| window_outcome(signed_at, |_, _| {});
    assert_eq!(outcome(sealed_at() - CLOCK_SKEW_MAX), Ok(()));
    assert_eq!(outcome(received_at() + CLOCK_SKEW_MAX), Ok(()));
    for signed_at in [
        sealed_at() - CLOCK_SKEW_MAX - SECOND,
        received_at() + CLOCK_SKEW_MAX + SECOND,
        created_at() + SECOND,
        received_at() + days(3650),
    ] {
        assert_eq!(outcome(signed_at), Err(OpenError::SignatureTime));
    }
}

#[test]
fn a_message_that_waited_in_the_outbox_is_opened() {
    let waited = |_: &mut Signing<'_>, context: &mut OpenContext<'_>| {
        context.received_at = sealed_at() + days(30);
        context.window = Window::between(sealed_at(), context.received_at);
    };
    assert_eq!(window_outcome(sealed_at(), waited), Ok(()));
}

/// The exchange takes a message whose sender's clock is ahead, and gives its receipt: then it must be
/// readable.
#[test]
fn a_message_of_a_sender_whose_clock_is_hours_ahead_is_opened() {
    let received_at = sealed_at() - 12 * 60 * MINUTE;
    let ahead = |_: &mut Signing<'_>, context: &mut OpenContext<'_>| {
        context.received_at = received_at;
        context.window = Window::between(sealed_at(), received_at);
    };
    assert_eq!(window_outcome(sealed_at(), ahead), Ok(()));
    // What the header claims is still what counts.
    let earlier = sealed_at() - CLOCK_SKEW_MAX - SECOND;
    assert_eq!(window_outcome(earlier, ahead), Err(OpenError::SignatureTime));
    let later = sealed_at() + CLOCK_SKEW_MAX + SECOND;
    assert_eq!(window_outcome(later, ahead), Err(OpenError::SignatureTime));
    let expired = |signing: &mut Signing<'_>, context: &mut OpenContext<'_>| {
        ahead(signing, context);
        signing.valid_for = Some(SECOND);
    };
    assert_eq!(window_outcome(sealed_at(), expired), Ok(()));
}

#[test]
fn a_signature_that_has_expired_is_refused() {
    let expire = |length: Duration| {
        window_outcome(sealed_at(), move |signing, context| {
            signing.valid_for = Some(length);
            context.received_at = sealed_at() + days(1);
            context.window = Window::between(sealed_at(), context.received_at);
        })
    };
    assert_eq!(expire(days(2)), Ok(()));
    assert_eq!(expire(days(1) - SECOND), Err(OpenError::SignatureTime));
}

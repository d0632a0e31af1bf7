//! Whether the one signature of a message is good enough.

use std::time::SystemTime;

use sequoia_openpgp::packet::Signature;
use sequoia_openpgp::packet::signature::subpacket::{SubpacketTag, SubpacketValue};
use sequoia_openpgp::policy::{HashAlgoSecurity, Policy};
use sequoia_openpgp::types::SignatureType;

use super::{OpenContext, OpenError, Window};
use crate::certificate::PublicKey;
use crate::curve25519::is_good;
use crate::limits::CLOCK_SKEW_MAX;
use crate::{Certificate, Fingerprint, policy};

/// What a signature is held against.
pub(super) struct Expected<'a> {
    /// Of these it must name one: ours, or those of the recipient whose copy it is.
    pub(super) recipients: Vec<&'a Fingerprint>,
    pub(super) senders: &'a [Certificate],
    pub(super) co_recipients: &'a [Certificate],
    pub(super) received_at: SystemTime,
    pub(super) window: Window,
}

impl<'a> Expected<'a> {
    fn of(context: &OpenContext<'a>) -> Self {
        Self {
            recipients: vec![context.recipient.fingerprint()],
            senders: context.senders,
            co_recipients: context.co_recipients,
            received_at: context.received_at,
            window: context.window,
        }
    }
}

/// Checks everything about the signature; `digest` is that of the text that it covers, as the signature
/// wants it computed. Gives the signer's certificate and the time.
pub(crate) fn check(
    signature: &Signature,
    digest: &[u8],
    context: &OpenContext<'_>,
) -> Result<(Fingerprint, SystemTime), OpenError> {
    check_as(signature, digest, &Expected::of(context))
}

/// The same, for whoever is no recipient as well.
pub(super) fn check_as(
    signature: &Signature,
    digest: &[u8],
    context: &Expected<'_>,
) -> Result<(Fingerprint, SystemTime), OpenError> {
    let signed_at = signature
        .signature_creation_time()
        .ok_or(OpenError::SignatureBad)?;
    let (certificate, key_fingerprint) = signer(signature, context.senders)?;
    let view = certificate.view(signed_at);
    let key = view
        .signing
        .iter()
        .find(|key| key.fingerprint() == key_fingerprint);
    let key = key.ok_or(OpenError::SignerNotValid)?;
    verify(signature, digest, key)?;
    // That it was not made too late, the window says; here it is whether it had ended by then.
    let looked_at = context.received_at.max(signed_at);
    let alive = signature.signature_alive(looked_at, CLOCK_SKEW_MAX).is_ok();
    if !alive || !context.window.contains(signed_at) {
        return Err(OpenError::SignatureTime);
    }
    check_intended_recipients(signature, context)?;
    Ok((certificate.fingerprint().clone(), signed_at))
}

/// Which of the sender's certificates, and which of its keys, claims to have signed. Only full
/// fingerprints count, and only the claim is read here: `verify` proves it.
fn signer<'a>(
    signature: &Signature,
    senders: &'a [Certificate],
) -> Result<(&'a Certificate, sequoia_openpgp::Fingerprint), OpenError> {
    for issuer in signature.issuer_fingerprints() {
        for certificate in senders {
            if certificate.has_key(issuer) {
                return Ok((certificate, issuer.clone()));
            }
        }
    }
    Err(OpenError::SignerUnknown)
}

/// Verifies the signature over the digest. Sequoia's own `verify_document` would do, but it
/// remembers each signature that it has ever verified, without bound: a node that runs for years cannot
/// afford that.
fn verify(signature: &Signature, digest: &[u8], key: &PublicKey) -> Result<(), OpenError> {
    // A text signature would cover a text with other line ends as well.
    if signature.typ() != SignatureType::Binary {
        return Err(OpenError::SignatureBad);
    }
    policy::strict()
        .signature(signature, HashAlgoSecurity::default())
        .map_err(|_| OpenError::AlgorithmRefused)?;
    // RFC 9580 section 5.2.3: only version 6 keys make version 6 signatures, with a salt whose size
    // is the hash algorithm's.
    let salt_fits = match signature {
        Signature::V6(six) => signature
            .hash_algo()
            .salt_size()
            .is_ok_and(|size| six.salt().len() == size),
        _ => true,
    };
    let version_fits = matches!((signature.version(), key.version()), (4, 4) | (6, 6));
    if !version_fits {
        return Err(OpenError::SignatureBad);
    }
    if !salt_fits {
        return Err(OpenError::SignatureBad);
    }
    if is_good(key, signature.hash_algo(), digest, signature.mpis()) {
        Ok(())
    } else {
        Err(OpenError::SignatureBad)
    }
}

/// The signature must name the recipient as whom it is read, and otherwise only certificates of this message:
/// else somebody for whom it was made has passed it on in his own envelope (surreptitious forwarding).
fn check_intended_recipients(signature: &Signature, context: &Expected<'_>) -> Result<(), OpenError> {
    let mut names_recipient = false;
    for subpacket in signature
        .hashed_area()
        .subpackets(SubpacketTag::IntendedRecipient)
    {
        let SubpacketValue::IntendedRecipient(intended) = subpacket.value() else {
            return Err(OpenError::IntendedRecipient);
        };
        let is_recipient = context.recipients.iter().any(|one| one.library() == intended);
        let mut others = context.senders.iter().chain(context.co_recipients);
        if !is_recipient && !others.any(|other| other.fingerprint().library() == intended) {
            return Err(OpenError::IntendedRecipient);
        }
        names_recipient |= is_recipient;
    }
    if names_recipient {
        Ok(())
    } else {
        Err(OpenError::IntendedRecipient)
    }
}

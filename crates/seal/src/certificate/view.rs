//! What a certificate is good for at a time, and for how long that stays so.

use std::time::{Duration, SystemTime};

use sequoia_openpgp::Cert;
use sequoia_openpgp::cert::{Preferences, ValidCert};
use sequoia_openpgp::packet::key::{PublicParts, UnspecifiedRole};
use sequoia_openpgp::packet::{Key, Signature};
use sequoia_openpgp::types::{PublicKeyAlgorithm, RevocationStatus};

use crate::policy;

/// A public key, whatever its place in the certificate.
pub(crate) type PublicKey = Key<PublicParts, UnspecifiedRole>;

/// Why a certificate, authentic as it is, cannot be used at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It begins later.
    #[error("it is not valid yet")]
    NotYetValid,
    /// It has ended.
    #[error("it has expired")]
    Expired,
    /// Its owner revoked it.
    #[error("it is revoked")]
    Revoked,
    /// The policy refuses its signatures or algorithms.
    #[error("its algorithms are refused")]
    Refused,
    /// It does not announce SEIPDv2, and nothing weaker is made (see the crate's documentation).
    #[error("it does not announce the authenticated encryption of RFC 9580 (SEIPDv2)")]
    TooOld,
    /// No valid key that one could encrypt to.
    #[error("it has no valid encryption key")]
    NoEncryptionKey,
    /// No valid key that could sign.
    #[error("it has no valid signing key")]
    NoSigningKey,
}

/// The answers for one span of time.
pub(crate) struct View {
    from: Option<SystemTime>,
    until: Option<SystemTime>,
    /// Whether the certificate as a whole is usable. The keys below are empty when it is not.
    pub(crate) standing: Result<(), Unusable>,
    /// The key to encrypt to: a post-quantum one if there is any, else the newest. Only one, since
    /// a message is as weak as the weakest key that opens it.
    encryption: Option<PublicKey>,
    /// The keys whose signatures count, newest first.
    pub(crate) signing: Vec<PublicKey>,
    /// Whether the certificate announces SEIPDv2.
    takes_seipd_v2: bool,
}

impl View {
    /// Works out what `cert` is good for at `time`.
    pub(crate) fn new(cert: &Cert, time: SystemTime) -> Self {
        let moments = moments(cert);
        let later = moments.partition_point(|moment| *moment <= time);
        let mut view = Self {
            from: later.checked_sub(1).and_then(|index| moments.get(index)).copied(),
            until: moments.get(later).copied(),
            standing: Ok(()),
            encryption: None,
            signing: Vec::new(),
            takes_seipd_v2: false,
        };
        match valid_at(cert, time) {
            Ok(valid) => view.fill(&valid),
            Err(unusable) => view.standing = Err(unusable),
        }
        view
    }

    /// Whether the answers hold at `time`.
    pub(crate) fn covers(&self, time: SystemTime) -> bool {
        self.from.is_none_or(|from| from <= time) && self.until.is_none_or(|until| time < until)
    }

    /// The key to encrypt to.
    pub(crate) fn encryption_key(&self) -> Result<&PublicKey, Unusable> {
        self.standing?;
        let key = self.encryption.as_ref().ok_or(Unusable::NoEncryptionKey)?;
        if self.takes_seipd_v2 {
            Ok(key)
        } else {
            Err(Unusable::TooOld)
        }
    }

    fn fill(&mut self, valid: &ValidCert<'_>) {
        let usable = || valid.keys().alive().revoked(false).supported();
        self.takes_seipd_v2 = valid
            .features()
            .is_some_and(|features| features.supports_seipdv2());
        self.encryption = usable()
            .for_transport_encryption()
            .for_storage_encryption()
            .max_by_key(|key| (is_post_quantum(key.key().pk_algo()), key.key().creation_time()))
            .map(|key| key.key().clone());
        self.signing = usable().for_signing().map(|key| key.key().clone()).collect();
        self.signing
            .sort_by_key(|key| std::cmp::Reverse(key.creation_time()));
    }
}

/// Every time at which an answer may change, in order: when keys begin and end, when signatures
/// and revocations were made and end. More than needed does no harm.
fn moments(cert: &Cert) -> Vec<SystemTime> {
    let mut moments = Vec::new();
    for key in cert.keys() {
        let begin = key.key().creation_time();
        moments.push(begin);
        for signature in key.bundle().signatures() {
            push_moments(&mut moments, signature, begin);
        }
    }
    let begin = cert.primary_key().key().creation_time();
    for name in cert.userids() {
        for signature in name.bundle().signatures() {
            push_moments(&mut moments, signature, begin);
        }
    }
    for attribute in cert.user_attributes() {
        for signature in attribute.bundle().signatures() {
            push_moments(&mut moments, signature, begin);
        }
    }
    moments.sort_unstable();
    moments.dedup();
    moments
}

/// When the owner last signed anything about the certificate; when it began, if never.
pub(crate) fn newest_self_signature(cert: &Cert) -> SystemTime {
    let keys = cert.keys().flat_map(|key| key.bundle().self_signatures());
    let names = cert.userids().flat_map(|name| name.bundle().self_signatures());
    let made = keys.chain(names).filter_map(|own| own.signature_creation_time());
    made.max()
        .unwrap_or_else(|| cert.primary_key().key().creation_time())
}

/// The first moment at which the primary key, or the last signing or encryption key, is over.
pub(crate) fn end(cert: &Cert) -> Option<SystemTime> {
    let valid = cert
        .with_policy(policy::strict(), newest_self_signature(cert))
        .ok()?;
    // `None` is never over, and so the latest of all.
    let latest = |ends: Vec<Option<SystemTime>>| {
        let is_open = ends.contains(&None);
        ends.into_iter().flatten().max().filter(|_| !is_open)
    };
    let keys = || valid.keys().revoked(false).supported();
    let ends = [
        valid.primary_key().key_expiration_time(),
        latest(
            keys()
                .for_signing()
                .map(|key| key.key_expiration_time())
                .collect(),
        ),
        latest(
            keys()
                .for_transport_encryption()
                .for_storage_encryption()
                .map(|key| key.key_expiration_time())
                .collect(),
        ),
    ];
    ends.into_iter().flatten().min()
}

fn push_moments(moments: &mut Vec<SystemTime>, signature: &Signature, key_begin: SystemTime) {
    let made = signature.signature_creation_time();
    let period =
        |from: SystemTime, length: Option<Duration>| length.and_then(|length| from.checked_add(length));
    moments.extend(made);
    moments.extend(made.and_then(|made| period(made, signature.signature_validity_period())));
    moments.extend(period(key_begin, signature.key_validity_period()));
}

fn valid_at(cert: &Cert, time: SystemTime) -> Result<ValidCert<'_>, Unusable> {
    if time < cert.primary_key().key().creation_time() {
        return Err(Unusable::NotYetValid);
    }
    let valid = cert
        .with_policy(policy::strict(), time)
        .map_err(|_| Unusable::Refused)?;
    if let RevocationStatus::Revoked(_) = valid.revocation_status() {
        return Err(Unusable::Revoked);
    }
    valid.alive().map_err(|_| Unusable::Expired)?;
    Ok(valid)
}

fn is_post_quantum(algorithm: PublicKeyAlgorithm) -> bool {
    matches!(
        algorithm,
        PublicKeyAlgorithm::MLKEM768_X25519 | PublicKeyAlgorithm::MLKEM1024_X448
    )
}

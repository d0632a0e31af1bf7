//! A public OpenPGP certificate: parsed and checked once, then shared.
//!
//! Certificates come from the directory only. What a certificate is good for depends on the time
//! asked about (it may expire, be revoked, or get new subkeys), and working that out costs more than
//! sealing a message. So the answer is kept together with the span of time in which nothing in
//! the certificate changes, and worked out anew only outside of that span (see `view`).

mod view;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use sequoia_openpgp::Cert;
use sequoia_openpgp::armor;
use sequoia_openpgp::cert::CertParser;
use sequoia_openpgp::parse::{Dearmor, PacketParserBuilder, Parse};
use sequoia_openpgp::serialize::{MarshalInto, SerializeInto};

use crate::Fingerprint;
use crate::limits::CERTIFICATE_BYTES_MAX;
use crate::policy;

pub use view::Unusable;
pub(crate) use view::{PublicKey, View};

/// A public certificate (transferable public key, RFC 9580 section 10.1). Cheap to clone.
#[derive(Clone)]
pub struct Certificate(Arc<Checked>);

struct Checked {
    cert: Cert,
    bytes: Vec<u8>,
    fingerprint: Fingerprint,
    view: Mutex<Arc<View>>,
}

/// Why bytes are not a certificate that we take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Longer than [`CERTIFICATE_BYTES_MAX`].
    #[error("a certificate is at most {CERTIFICATE_BYTES_MAX} bytes long, this is {length_bytes}")]
    TooLong {
        /// How long it is.
        length_bytes: usize,
    },
    /// Not OpenPGP, damaged, or cut short.
    #[error("this is not an OpenPGP certificate: {reason}")]
    Malformed {
        /// What the parser says.
        reason: String,
    },
    /// More than one certificate, or something after it.
    #[error("there must be exactly one certificate and nothing after it")]
    NotExactlyOne,
    /// A certificate, but its own signatures or algorithms do not meet the policy.
    #[error("the certificate {fingerprint} is refused by the policy: {reason}")]
    Refused {
        /// Which certificate.
        fingerprint: Fingerprint,
        /// What the policy says.
        reason: String,
    },
}

impl Certificate {
    /// Reads exactly one certificate, binary or armored. Secret key material, should the file hold
    /// any, is dropped. An expired or revoked certificate is read too: it is needed to check what
    /// it signed before.
    ///
    /// # Errors
    /// See [`CertificateError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CertificateError> {
        Self::from_cert(read_one(bytes)?)
    }

    /// Takes over a parsed certificate, without its secrets.
    pub(crate) fn from_cert(cert: Cert) -> Result<Self, CertificateError> {
        let cert = cert.strip_secret_key_material();
        let fingerprint = Fingerprint::from_library(cert.fingerprint());
        let refused = |error: Box<dyn std::error::Error + Send + Sync>| CertificateError::Refused {
            fingerprint: fingerprint.clone(),
            reason: error.to_string(),
        };
        // The newest self-signature decides what the certificate is.
        let newest = view::newest_self_signature(&cert);
        cert.with_policy(policy::strict(), newest)
            .map_err(|error| refused(error.into()))?;
        let bytes = MarshalInto::to_vec(&cert).map_err(|error| refused(error.into()))?;
        // The library sorts what it reads: what is damaged in two places may be sorted otherwise each time.
        let again = Cert::from_bytes(&bytes).and_then(|again| MarshalInto::to_vec(&again));
        if again.map_err(|error| refused(error.into()))? != bytes {
            return Err(refused(
                "read again, it is another one: part of it is damaged".into(),
            ));
        }
        let view = View::new(&cert, newest);
        Ok(Self(Arc::new(Checked {
            fingerprint,
            bytes,
            view: Mutex::new(Arc::new(view)),
            cert,
        })))
    }

    /// The binary form, public parts only.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.bytes.clone()
    }

    /// The armored form (`BEGIN PGP PUBLIC KEY BLOCK`), public parts only.
    #[must_use]
    pub fn to_armored(&self) -> String {
        let armored = SerializeInto::to_vec(&self.0.cert.armored()).unwrap_or_default();
        // Armor is ASCII but for the user id in its comments.
        String::from_utf8_lossy(&armored).into_owned()
    }

    /// The fingerprint of the primary key: the name of the certificate.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.0.fingerprint
    }

    /// The first user id that is text. For display only: nothing is decided by it.
    #[must_use]
    pub fn user_id(&self) -> Option<String> {
        let mut names = self.0.cert.userids();
        names.find_map(|name| std::str::from_utf8(name.userid().value()).ok().map(str::to_owned))
    }

    /// Whether one can encrypt to this certificate, and check its signatures, at `time`.
    ///
    /// # Errors
    /// Says why not.
    pub fn check_usable(&self, time: SystemTime) -> Result<(), Unusable> {
        let view = self.view(time);
        view.encryption_key()?;
        if view.signing.is_empty() {
            return Err(Unusable::NoSigningKey);
        }
        Ok(())
    }

    /// Its first moment.
    #[must_use]
    pub fn begins_at(&self) -> SystemTime {
        self.0.cert.primary_key().key().creation_time()
    }

    /// When one can no longer encrypt to it or check new signatures of it, by what its owner said last;
    /// `None` while that is open.
    #[must_use]
    pub fn ends_at(&self) -> Option<SystemTime> {
        view::end(&self.0.cert)
    }

    /// What the certificate is good for at `time`.
    pub(crate) fn view(&self, time: SystemTime) -> Arc<View> {
        // A poisoned lock still holds a whole view: it is only ever replaced by a whole one.
        let mut kept = self.0.view.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.covers(time) {
            *kept = Arc::new(View::new(&self.0.cert, time));
        }
        Arc::clone(&kept)
    }

    /// Whether `key` is one of this certificate's keys, at whatever time.
    pub(crate) fn has_key(&self, key: &sequoia_openpgp::Fingerprint) -> bool {
        self.0.cert.keys().any(|own| own.key().fingerprint() == *key)
    }

    /// The parsed form.
    pub(crate) fn cert(&self) -> &Cert {
        &self.0.cert
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.bytes == other.0.bytes
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Certificate({})", self.0.fingerprint)
    }
}

/// Parses exactly one certificate, with its secrets if it has any.
pub(crate) fn read_one(bytes: &[u8]) -> Result<Cert, CertificateError> {
    if bytes.len() > CERTIFICATE_BYTES_MAX {
        return Err(CertificateError::TooLong {
            length_bytes: bytes.len(),
        });
    }
    let malformed = |reason: &str| CertificateError::Malformed {
        reason: reason.to_owned(),
    };
    // Every OpenPGP packet begins with a set high bit, and no text does.
    let dearmor = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
        Dearmor::Disabled
    } else {
        check_single_block(bytes)?;
        Dearmor::Enabled(armor::ReaderMode::Tolerant(None))
    };
    let packets = PacketParserBuilder::from_bytes(bytes)
        .and_then(|builder| builder.dearmor(dearmor).build())
        .map_err(|error| malformed(&error.to_string()))?;
    let mut certs = CertParser::from(packets);
    let cert = certs
        .next()
        .ok_or_else(|| malformed("it is empty"))?
        .map_err(|error| malformed(&error.to_string()))?;
    if certs.next().is_some() {
        return Err(CertificateError::NotExactlyOne);
    }
    Ok(cert)
}

/// One armored block, and only white space around it: a parser would stop at its end in silence.
fn check_single_block(bytes: &[u8]) -> Result<(), CertificateError> {
    let not_armor = || CertificateError::Malformed {
        reason: "it is neither binary OpenPGP nor an armored block".to_owned(),
    };
    let text = std::str::from_utf8(bytes).map_err(|_| not_armor())?.trim();
    if !text.starts_with("-----BEGIN PGP ") {
        return Err(not_armor());
    }
    let (_, after) = text.split_once("\n-----END PGP ").ok_or_else(not_armor)?;
    if after.lines().count() == 1 && after.trim_end().ends_with("KEY BLOCK-----") {
        Ok(())
    } else {
        Err(CertificateError::NotExactlyOne)
    }
}

#[cfg(test)]
mod tests;

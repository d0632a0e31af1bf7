//! Sign, then encrypt `[SEAL]`.
//!
//! The signature covers the binding and the body, and names every certificate that it is meant
//! for (intended recipients, RFC 9580 section 5.2.3.36): whoever decrypts it cannot encrypt it
//! again to somebody else and have it believed. The sender's own certificate is always among the
//! recipients, so a Party can read its own copy.

use std::io::Write;
use std::time::SystemTime;

use sequoia_openpgp::serialize::stream::{Encryptor, LiteralWriter, Message, Recipient, Signer};
use sequoia_openpgp::types::{DataFormat, Features, HashAlgorithm, PublicKeyAlgorithm};

use crate::certificate::View;
use crate::curve25519::SigningKey;
use crate::limits::{BODY_BYTES_MAX, RECIPIENTS_MAX, SEALING_BYTES_MAX};
use crate::{Binding, BindingError, Certificate, Fingerprint, UnlockedKey, Unusable};

/// Why a body was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// No certificate to encrypt to.
    #[error("there is no certificate to encrypt to")]
    NoRecipient,
    /// More than [`RECIPIENTS_MAX`].
    #[error("a message is encrypted to at most {RECIPIENTS_MAX} certificates beside the sender's")]
    TooManyRecipients,
    /// Longer than [`BODY_BYTES_MAX`].
    #[error("a body is at most {BODY_BYTES_MAX} bytes long, this is {length_bytes}")]
    BodyTooLong {
        /// How long it is.
        length_bytes: usize,
    },
    /// The list of contact points is not one that a message can have.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// A recipient's certificate is not valid at the time of sealing, or cannot be encrypted to.
    #[error("the recipient's certificate {fingerprint} cannot be used: {reason}")]
    RecipientUnusable {
        /// Which one.
        fingerprint: Fingerprint,
        /// Why not.
        reason: Unusable,
    },
    /// The sender's own certificate is not valid at the time of sealing.
    #[error("the sender's certificate {fingerprint} cannot be used: {reason}")]
    SenderUnusable {
        /// Which one.
        fingerprint: Fingerprint,
        /// Why not.
        reason: Unusable,
    },
    /// The library failed.
    #[error("the message could not be sealed")]
    Library(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Seals `body`: signed by `sender` at `sealed_at`, encrypted to `recipients` and to the sender.
/// Gives a binary OpenPGP message of at most [`protocol::limits::PAYLOAD_BYTES_MAX`] bytes.
///
/// # Errors
/// See [`SealError`]; nothing is sealed to some of the recipients only.
pub fn seal(
    sender: &UnlockedKey,
    recipients: &[Certificate],
    binding: &Binding,
    body: &[u8],
    sealed_at: SystemTime,
) -> Result<Vec<u8>, SealError> {
    recipients_fit(recipients)?;
    if body.len() > BODY_BYTES_MAX {
        return Err(SealError::BodyTooLong {
            length_bytes: body.len(),
        });
    }
    let header = binding.to_header()?;
    let signer = signer(sender, sealed_at)?;
    let readers = readers(sender.certificate(), recipients, sealed_at)?;
    write_message(&readers, signer, &header, body, sealed_at).map_err(SealError::Library)
}

/// A certificate that is encrypted to, and what it is good for at the time of sealing.
pub(crate) struct Reader<'a> {
    pub(crate) certificate: &'a Certificate,
    pub(crate) view: std::sync::Arc<View>,
}

/// Whether a message may have so many recipients.
pub(crate) fn recipients_fit(recipients: &[Certificate]) -> Result<(), SealError> {
    match recipients.len() {
        0 => Err(SealError::NoRecipient),
        1..=RECIPIENTS_MAX => Ok(()),
        _ => Err(SealError::TooManyRecipients),
    }
}

/// The key that signs.
pub(crate) fn signer(sender: &UnlockedKey, sealed_at: SystemTime) -> Result<&SigningKey, SealError> {
    let unusable = |reason| SealError::SenderUnusable {
        fingerprint: sender.fingerprint().clone(),
        reason,
    };
    sender.certificate().view(sealed_at).standing.map_err(unusable)?;
    let signer = sender.signer_at(sealed_at);
    signer.ok_or_else(|| unusable(Unusable::NoSigningKey))
}

/// The recipients and the sender, each once, all of them usable.
pub(crate) fn readers<'a>(
    sender: &'a Certificate,
    recipients: &'a [Certificate],
    sealed_at: SystemTime,
) -> Result<Vec<Reader<'a>>, SealError> {
    let mut readers: Vec<Reader<'a>> = Vec::with_capacity(recipients.len() + 1);
    for certificate in recipients.iter().chain([sender]) {
        let fingerprint = certificate.fingerprint();
        if readers
            .iter()
            .any(|reader| reader.certificate.fingerprint() == fingerprint)
        {
            continue;
        }
        let view = certificate.view(sealed_at);
        if let Err(reason) = view.encryption_key() {
            let fingerprint = fingerprint.clone();
            return Err(if certificate == sender {
                SealError::SenderUnusable { fingerprint, reason }
            } else {
                SealError::RecipientUnusable { fingerprint, reason }
            });
        }
        readers.push(Reader { certificate, view });
    }
    Ok(readers)
}

fn write_message(
    readers: &[Reader<'_>],
    signer: &SigningKey,
    header: &str,
    body: &[u8],
    sealed_at: SystemTime,
) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let mut sealed = Vec::with_capacity(body.len() + header.len() + SEALING_BYTES_MAX.min(8192));
    let keys = readers.iter().filter_map(|reader| {
        let key = reader.view.encryption_key().ok()?;
        let handle = sequoia_openpgp::KeyHandle::from(key.fingerprint());
        Some(Recipient::new(Features::empty().set_seipdv2(), handle, key))
    });
    let message = Encryptor::for_recipients(Message::new(&mut sealed), keys).build()?;
    let hash = hash_for(signer.public().pk_algo());
    let mut signing = Signer::new(message, signer)?
        .hash_algo(hash)?
        .creation_time(sealed_at);
    for reader in readers {
        signing = signing.add_intended_recipient(reader.certificate.cert());
    }
    let mut text = LiteralWriter::new(signing.build()?)
        .format(DataFormat::Binary)
        .build()?;
    text.write_all(header.as_bytes())?;
    text.write_all(body)?;
    text.finalize()?;
    Ok(sealed)
}

/// SHA-256 has the strength of Ed25519 and is the faster one; ML-DSA-65 is stronger than that.
pub(crate) fn hash_for(algorithm: PublicKeyAlgorithm) -> HashAlgorithm {
    match algorithm {
        PublicKeyAlgorithm::MLDSA65_Ed25519 | PublicKeyAlgorithm::MLDSA87_Ed448 => HashAlgorithm::SHA512,
        _ => HashAlgorithm::SHA256,
    }
}

#[cfg(test)]
mod tests;

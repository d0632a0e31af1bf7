//! What a node keeps for the day on which its machine is lost: streams of any length, encrypted to the
//! certificates of those who may restore it, and not signed.
//!
//! ```text
//! PKESK version 6, one for each certificate
//! SEIPD version 2, AES-256, with its own authentication
//!     Literal Data, binary, no name, no date
//! ```
//!
//! Every implementation of RFC 9580 opens it. Nothing else is opened here: no older encryption, no password,
//! no compression, no signature. That it is not signed means that whoever has the certificate can make such
//! a stream; who made it must be shown elsewhere (`node::backup` has a keyed hash for it).
//!
//! [`decrypt`] gives what is authentic so far, chunk by chunk; only at the end is it known that nothing is
//! missing. So what it gives belongs in a place that counts only afterwards.

use std::io::{self, Read, Write};
use std::time::SystemTime;

use sequoia_openpgp::crypto::SessionKey;
use sequoia_openpgp::packet::{PKESK, SKESK};
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::parse::stream::{
    DecryptionHelper, Decryptor, DecryptorBuilder, MessageLayer, MessageStructure, VerificationHelper,
};
use sequoia_openpgp::serialize::stream::{Encryptor, LiteralWriter, Message, Recipient};
use sequoia_openpgp::types::{DataFormat, Features, SymmetricAlgorithm};
use sequoia_openpgp::{Cert, KeyHandle};

use crate::limits::BACKUP_BUFFER_BYTES;
use crate::policy;
use crate::sealing::recipients_fit;
use crate::{Certificate, OpenError, SealError, UnlockedKey};

/// Encrypts to all of `certificates`, as they are at `time`, whatever `content` writes. Needs some kilobytes
/// of memory, whatever the length.
///
/// # Errors
/// [`SealError`] for a certificate that cannot be used; what `content` fails with. What was written by then
/// lacks its end, and nobody can open it as a whole.
pub fn encrypt<W, T, E>(
    certificates: &[Certificate],
    mut sink: W,
    time: SystemTime,
    content: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E>
where
    W: Write + Send + Sync,
    E: From<SealError>,
{
    recipients_fit(certificates)?;
    let mut views = Vec::with_capacity(certificates.len());
    for certificate in certificates {
        let view = certificate.view(time);
        if let Err(reason) = view.encryption_key() {
            let fingerprint = certificate.fingerprint().clone();
            return Err(SealError::RecipientUnusable { fingerprint, reason }.into());
        }
        views.push(view);
    }
    let library = |error: sequoia_openpgp::anyhow::Error| E::from(SealError::Library(error.into()));
    let keys = views.iter().filter_map(|view| {
        let key = view.encryption_key().ok()?;
        let handle = KeyHandle::from(key.fingerprint());
        Some(Recipient::new(Features::empty().set_seipdv2(), handle, key))
    });
    let message = Encryptor::for_recipients(Message::new(&mut sink), keys)
        .symmetric_algo(SymmetricAlgorithm::AES256)
        .build()
        .map_err(library)?;
    let mut literal = LiteralWriter::new(message)
        .format(DataFormat::Binary)
        .build()
        .map_err(library)?;
    let written = content(&mut literal)?;
    literal.finalize().map_err(library)?;
    Ok(written)
}

/// What [`encrypt`] wrote, as it is read: an error is the end of it.
pub struct Decrypting<'a>(Decryptor<'a, Opener<'a>>);

/// Opens a stream with a key that it was encrypted to.
///
/// # Errors
/// [`OpenError::NotForUs`]; [`OpenError::Damaged`] for everything else that is not such a stream.
pub fn decrypt<'a, R: Read + Send + Sync + 'a>(
    key: &'a UnlockedKey,
    source: R,
    time: SystemTime,
) -> Result<Decrypting<'a>, OpenError> {
    let opener = Opener { key, is_ours: false };
    let builder = DecryptorBuilder::from_reader(source).map_err(|_| OpenError::Damaged)?;
    let opened = builder
        .buffer_size(BACKUP_BUFFER_BYTES)
        .with_policy(policy::strict(), time, opener);
    opened.map(Decrypting).map_err(|error| {
        let is_for_others = error.downcast_ref::<NotForUs>().is_some();
        if is_for_others {
            OpenError::NotForUs
        } else {
            OpenError::Damaged
        }
    })
}

impl Read for Decrypting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.read(buffer)?;
        if length == 0 && !buffer.is_empty() && !self.0.message_processed() {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the stream lacks its end",
            ));
        }
        Ok(length)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("it is not encrypted to this key")]
struct NotForUs;

/// Answers what the library asks while it opens.
struct Opener<'a> {
    key: &'a UnlockedKey,
    is_ours: bool,
}

impl DecryptionHelper for Opener<'_> {
    fn decrypt(
        &mut self,
        session_keys: &[PKESK],
        _: &[SKESK],
        algorithm: Option<SymmetricAlgorithm>,
        decrypt: &mut dyn FnMut(Option<SymmetricAlgorithm>, &SessionKey) -> bool,
    ) -> sequoia_openpgp::Result<Option<Cert>> {
        for session_key in session_keys {
            let PKESK::V6(six) = session_key else { continue };
            let Some(own) = six.recipient().and_then(|name| self.key.decryption_key(name)) else {
                continue;
            };
            self.is_ours = true;
            if let Some((algorithm, key)) = session_key.decrypt(&mut &*own, algorithm)
                && decrypt(algorithm, &key)
            {
                return Ok(Some(self.key.certificate().cert().clone()));
            }
        }
        if self.is_ours {
            return Err(sequoia_openpgp::anyhow::anyhow!("the session key is damaged"));
        }
        Err(NotForUs.into())
    }
}

impl VerificationHelper for Opener<'_> {
    fn get_certs(&mut self, _: &[KeyHandle]) -> sequoia_openpgp::Result<Vec<Cert>> {
        Ok(Vec::new())
    }

    /// One layer, which authenticates itself, and no signature.
    fn check(&mut self, structure: MessageStructure<'_>) -> sequoia_openpgp::Result<()> {
        let mut layers = structure.into_iter();
        match (layers.next(), layers.next()) {
            (
                Some(MessageLayer::Encryption {
                    aead_algo: Some(_), ..
                }),
                None,
            ) => Ok(()),
            _ => Err(sequoia_openpgp::anyhow::anyhow!(
                "not of the form that backups have"
            )),
        }
    }
}

#[cfg(test)]
mod tests;

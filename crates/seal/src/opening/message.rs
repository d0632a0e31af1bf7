//! Walks the packets of a message: exactly these, in exactly this order, and nothing else.
//!
//! ```text
//! PKESK version 6, 1 to SESSION_KEYS_MAX
//! SEIPD version 2
//!     One-Pass Signature
//!     Literal Data
//!     Signature
//!     Padding, optionally
//! ```
//!
//! Sequoia's stream decryptor takes any nesting that OpenPGP allows and leaves it to a callback to
//! refuse; here what is not listed ends the walk where it appears, before it is looked into.

use std::io::Read;

use sequoia_openpgp::Packet;
use sequoia_openpgp::packet::{PKESK, SEIP, Signature, Tag};
use sequoia_openpgp::parse::{Dearmor, PacketParser, PacketParserBuilder, PacketParserResult, Parse};
use sequoia_openpgp::policy::Policy;
use sequoia_openpgp::types::SymmetricAlgorithm;
use zeroize::Zeroizing;

use super::OpenError;
use crate::limits::{CHUNK_BYTES_MIN, SESSION_KEYS_MAX, TEXT_BYTES_MAX};
use crate::{SessionKey, UnlockedKey, policy};

/// A message that decrypted and authenticated as a whole. Nothing says yet who wrote it.
pub(super) struct Decrypted {
    pub(super) text: Zeroizing<Vec<u8>>,
    pub(super) signature: Signature,
    pub(super) session_key: SessionKey,
}

/// What opens the container.
#[derive(Debug, Clone, Copy)]
pub(super) enum Opener<'a> {
    /// The secret key of a recipient.
    Own(&'a UnlockedKey),
    /// The key of this one message, which a recipient has given away.
    Given(&'a SessionKey),
}

/// Decrypts the whole message into memory and takes it apart.
pub(super) fn decrypt(ciphertext: &[u8], opener: Opener<'_>) -> Result<Decrypted, OpenError> {
    if ciphertext.len() > protocol::limits::PAYLOAD_BYTES_MAX {
        return Err(OpenError::TooLarge);
    }
    let mut walk = Walk {
        opener,
        expects: Place::SessionKeys,
        session_keys: Vec::new(),
        used: None,
        // As long as the plaintext could be, so that it never moves and leaves a copy unwiped.
        text: Zeroizing::new(Vec::with_capacity(ciphertext.len())),
        signature: None,
    };
    let mut next = PacketParserBuilder::from_bytes(ciphertext)
        .and_then(|builder| builder.dearmor(Dearmor::Disabled).max_recursion_depth(2).build())
        .map_err(|_| OpenError::Malformed)?;
    while let PacketParserResult::Some(mut packet) = next {
        walk.enter(&mut packet)?;
        let (finished, following) = packet.recurse().map_err(|_| walk.unreadable())?;
        walk.leave(finished)?;
        next = following;
    }
    walk.finish()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    SessionKeys,
    OnePassSignature,
    Literal,
    Signature,
    /// One packet of padding may follow: millions of empty ones would be stepped over one by one.
    PaddingOrEnd,
    End,
}

struct Walk<'a> {
    opener: Opener<'a>,
    expects: Place,
    session_keys: Vec<PKESK>,
    /// The one that opened it.
    used: Option<SessionKey>,
    text: Zeroizing<Vec<u8>>,
    signature: Option<Signature>,
}

impl Walk<'_> {
    /// Judges a packet whose header is read and whose content is not.
    fn enter(&mut self, parser: &mut PacketParser<'_>) -> Result<(), OpenError> {
        let tag = parser.packet.tag();
        self.expects = match (self.expects, &parser.packet) {
            (Place::SessionKeys, Packet::PKESK(PKESK::V6(_))) => Place::SessionKeys,
            (Place::SessionKeys, Packet::SEIP(SEIP::V2(_))) if !self.session_keys.is_empty() => {
                self.decrypt(parser)?;
                Place::OnePassSignature
            }
            (Place::OnePassSignature, Packet::OnePassSig(one)) if one.last() => Place::Literal,
            (Place::Literal, Packet::Literal(_)) => {
                self.read_text(parser)?;
                Place::Signature
            }
            (Place::Signature, Packet::Signature(_)) => Place::PaddingOrEnd,
            (Place::PaddingOrEnd, Packet::Padding(_)) if parser.recursion_depth() == 1 => Place::End,
            (place, packet) => return Err(unexpected(place, tag, packet)),
        };
        Ok(())
    }

    /// Keeps what a packet held, once it is read.
    fn leave(&mut self, packet: Packet) -> Result<(), OpenError> {
        match packet {
            Packet::PKESK(session_key) => {
                if self.session_keys.len() == SESSION_KEYS_MAX {
                    return Err(OpenError::Malformed);
                }
                self.session_keys.push(session_key);
            }
            Packet::Signature(signature) => self.signature = Some(signature),
            _ => {}
        }
        Ok(())
    }

    /// What it means that the parser cannot go on: inside the container that is what does not
    /// authenticate; only ill-formed packets can do it outside.
    fn unreadable(&self) -> OpenError {
        if self.expects == Place::SessionKeys {
            OpenError::Malformed
        } else {
            OpenError::Damaged
        }
    }

    fn finish(self) -> Result<Decrypted, OpenError> {
        match (self.expects, self.signature, self.used) {
            (Place::PaddingOrEnd | Place::End, Some(signature), Some(session_key)) => Ok(Decrypted {
                text: self.text,
                signature,
                session_key,
            }),
            _ => Err(OpenError::Malformed),
        }
    }

    /// Opens the encrypted container.
    fn decrypt(&mut self, parser: &mut PacketParser<'_>) -> Result<(), OpenError> {
        let Packet::SEIP(SEIP::V2(container)) = &parser.packet else {
            return Err(OpenError::Malformed);
        };
        let algorithm = container.symmetric_algo();
        policy::strict()
            .symmetric_algorithm(algorithm)
            .and_then(|()| policy::strict().aead_algorithm(container.aead()))
            .map_err(|_| OpenError::AlgorithmRefused)?;
        if container.chunk_size() < CHUNK_BYTES_MIN as u64 {
            return Err(OpenError::AlgorithmRefused);
        }
        let session_key = match self.opener {
            Opener::Own(own) => self.session_key(own, algorithm)?,
            Opener::Given(given) => given.of(algorithm).ok_or(OpenError::Damaged)?.clone(),
        };
        parser
            .decrypt(Some(algorithm), &session_key)
            .map_err(|_| OpenError::Damaged)?;
        self.used = Some(SessionKey::new(algorithm, session_key));
        Ok(())
    }

    /// The session key, which is encrypted to us.
    fn session_key(
        &self,
        own: &UnlockedKey,
        algorithm: SymmetricAlgorithm,
    ) -> Result<sequoia_openpgp::crypto::SessionKey, OpenError> {
        let ours = self.session_keys.iter().find_map(|session_key| {
            let PKESK::V6(six) = session_key else { return None };
            Some((session_key, own.decryption_key(six.recipient()?)?))
        });
        let (session_key, own_key) = ours.ok_or(OpenError::NotForUs)?;
        // Our key is named, so whatever goes wrong from here on is damage; which kind is not told.
        let (_, session_key) = session_key
            .decrypt(&mut &*own_key, Some(algorithm))
            .ok_or(OpenError::Damaged)?;
        Ok(session_key)
    }

    fn read_text(&mut self, parser: &mut PacketParser<'_>) -> Result<(), OpenError> {
        let mut limited = parser.take(TEXT_BYTES_MAX as u64);
        limited
            .read_to_end(&mut self.text)
            .map_err(|_| OpenError::Damaged)?;
        if limited.limit() == 0 {
            return Err(OpenError::TooLarge);
        }
        Ok(())
    }
}

/// What a packet in the wrong place says of the message.
fn unexpected(place: Place, tag: Tag, packet: &Packet) -> OpenError {
    match (place, tag) {
        (_, Tag::SKESK) => OpenError::PasswordEncrypted,
        (_, Tag::CompressedData) => OpenError::Compressed,
        (Place::SessionKeys, Tag::SEIP | Tag::SED | Tag::PKESK)
            if !matches!(packet, Packet::SEIP(SEIP::V2(_))) =>
        {
            OpenError::AlgorithmRefused
        }
        (Place::SessionKeys, Tag::Literal | Tag::OnePassSig | Tag::Signature) => OpenError::NotEncrypted,
        (Place::OnePassSignature, Tag::Literal) => OpenError::SignatureMissing,
        (Place::OnePassSignature | Place::Literal, Tag::OnePassSig) => OpenError::SignatureCount,
        (Place::PaddingOrEnd | Place::End, Tag::Signature) => OpenError::SignatureCount,
        (Place::Signature, Tag::Signature) => OpenError::AlgorithmRefused,
        _ => OpenError::Malformed,
    }
}

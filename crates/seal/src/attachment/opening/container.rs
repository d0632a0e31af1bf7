//! The outside of a sealed file: session keys, and the encrypted container, chunk by chunk.
//!
//! A chunk that does not authenticate ends everything at once. The last tag covers the length of all, so a
//! container that ends early at the end of a chunk is found out as well; and nothing may follow it.

use std::io::{BufReader, Read};

use sequoia_openpgp::Packet;
use sequoia_openpgp::crypto::SessionKey;
use sequoia_openpgp::crypto::aead::{DecryptionContext, SEIPv2Schedule, Schedule};
use sequoia_openpgp::packet::{PKESK, Tag};
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::policy::Policy;
use sequoia_openpgp::types::{AEADAlgorithm, SymmetricAlgorithm};

use crate::attachment::OpenAttachmentError;
use crate::attachment::framing::{Body, PacketReader, ReadError, last_length, tag_byte};
use crate::attachment::pipeline::Filling;
use crate::limits::{
    AEAD_TAG_BYTES, ATTACHMENT_AEAD_CHUNK_BYTES_MAX, ATTACHMENT_AEAD_CHUNK_BYTES_MIN,
    SESSION_KEY_PACKET_BYTES_MAX, SESSION_KEYS_MAX,
};
use crate::{OpenError, UnlockedKey, policy};

/// The bytes of a container before its first chunk: version, cipher, mode, length of a chunk, salt.
const HEADER_BYTES: usize = 4 + 32;

/// A container whose session key is known.
pub(super) struct Container<R> {
    reader: PacketReader<BufReader<R>>,
    body: Body,
    schedule: SEIPv2Schedule,
    cipher: SymmetricAlgorithm,
    mode: AEADAlgorithm,
    chunk_bytes: usize,
}

/// What a container says of itself.
struct Header {
    cipher: SymmetricAlgorithm,
    mode: AEADAlgorithm,
    chunk_bytes: usize,
    salt: [u8; 32],
}

impl<R: Read> Container<R> {
    /// Reads up to the first chunk, and finds the session key that is encrypted to us.
    pub(super) fn begin(source: R, own: &UnlockedKey) -> Result<Self, OpenAttachmentError> {
        let mut reader = PacketReader::new(BufReader::new(source));
        let session_keys = read_session_keys(&mut reader)?;
        let mut body = reader.body()?;
        let mut header = [0; HEADER_BYTES];
        if reader.fill(&mut body, &mut header)? < HEADER_BYTES {
            return Err(OpenError::Malformed.into());
        }
        let header = Header::parse(&header)?;
        let ours = session_keys.iter().find_map(|session_key| {
            let PKESK::V6(six) = session_key else { return None };
            Some((session_key, own.decryption_key(six.recipient()?)?))
        });
        let (session_key, own_key) = ours.ok_or(OpenError::NotForUs)?;
        // Our key is named, so whatever goes wrong from here on is damage; which kind is not told.
        let (_, session_key) = session_key
            .decrypt(&mut &*own_key, Some(header.cipher))
            .ok_or(OpenError::Damaged)?;
        let (cipher, mode, chunk_bytes) = (header.cipher, header.mode, header.chunk_bytes);
        let schedule = SEIPv2Schedule::new(&session_key, cipher, mode, chunk_bytes, &header.salt);
        Ok(Self {
            reader,
            body,
            schedule: schedule.map_err(|_| OpenError::Damaged)?,
            cipher,
            mode,
            chunk_bytes,
        })
    }

    /// How long the plaintext of a chunk is, at most.
    pub(super) fn chunk_bytes(&self) -> usize {
        self.chunk_bytes
    }

    /// Hands on the plaintext of each chunk. Succeeds only when the last tag is right and nothing follows,
    /// or when the other end is gone, which then has its own reason to fail.
    pub(super) fn decrypt_all(&mut self, plain: &Filling) -> Result<(), OpenAttachmentError> {
        // A chunk, its tag, and the last tag: only if that much is there is it not the last chunk.
        let mut buffer = vec![0; self.chunk_bytes + 2 * AEAD_TAG_BYTES];
        let (mut kept, mut index, mut decrypted_bytes) = (0, 0, 0_u64);
        loop {
            let filled = kept + self.reader.fill(&mut self.body, &mut buffer[kept..])?;
            let is_last = filled < buffer.len();
            let data = filled.checked_sub(AEAD_TAG_BYTES).ok_or(OpenError::Damaged)?;
            if data > 0 {
                let length = data.checked_sub(AEAD_TAG_BYTES).filter(|length| *length > 0);
                let length = length.ok_or(OpenError::Damaged)?;
                let Some(mut block) = plain.empty_block() else {
                    return Ok(());
                };
                debug_assert!(
                    block.capacity() >= length,
                    "a buffer that moves leaves plaintext behind"
                );
                block.resize(length, 0);
                self.schedule
                    .chunk(index, &mut |key, nonce, data| self.context(key, nonce, data))
                    .and_then(|mut context| context.decrypt_verify(&mut block, &buffer[..data]))
                    .map_err(|_| OpenError::Damaged)?;
                index += 1;
                decrypted_bytes += length as u64;
                if plain.hand_on(block).is_none() {
                    return Ok(());
                }
            }
            if is_last {
                let tag = &buffer[data..filled];
                self.schedule
                    .finalizer(index, decrypted_bytes, &mut |key, nonce, data| {
                        self.context(key, nonce, data)
                    })
                    .and_then(|mut context| context.decrypt_verify(&mut [], tag))
                    .map_err(|_| OpenError::Damaged)?;
                break;
            }
            buffer.copy_within(data..filled, 0);
            kept = filled - data;
        }
        match self.reader.byte_or_end()? {
            None => Ok(()),
            Some(_) => Err(OpenError::Malformed.into()),
        }
    }

    fn context(
        &self,
        key: &SessionKey,
        nonce: &[u8],
        data: &[u8],
    ) -> sequoia_openpgp::Result<DecryptionContext> {
        self.mode.context(self.cipher, key, data, nonce)?.for_decryption()
    }
}

impl Header {
    fn parse(bytes: &[u8; HEADER_BYTES]) -> Result<Self, OpenError> {
        let [version, cipher, mode, chunk_octet, salt @ ..] = *bytes;
        if version != 2 {
            return Err(OpenError::AlgorithmRefused);
        }
        let (cipher, mode) = (SymmetricAlgorithm::from(cipher), AEADAlgorithm::from(mode));
        policy::strict()
            .symmetric_algorithm(cipher)
            .and_then(|()| policy::strict().aead_algorithm(mode))
            .map_err(|_| OpenError::AlgorithmRefused)?;
        let chunk_bytes = 64_usize.checked_shl(u32::from(chunk_octet)).unwrap_or(usize::MAX);
        if !(ATTACHMENT_AEAD_CHUNK_BYTES_MIN..=ATTACHMENT_AEAD_CHUNK_BYTES_MAX).contains(&chunk_bytes) {
            return Err(OpenError::AlgorithmRefused);
        }
        Ok(Self {
            cipher,
            mode,
            chunk_bytes,
            salt,
        })
    }
}

/// Reads the session keys, and the tag of the container after them.
fn read_session_keys<R: Read>(reader: &mut PacketReader<R>) -> Result<Vec<PKESK>, OpenAttachmentError> {
    let mut session_keys = Vec::new();
    loop {
        match reader.tag()? {
            Tag::PKESK if session_keys.len() < SESSION_KEYS_MAX => {
                let body = reader.whole_body(SESSION_KEY_PACKET_BYTES_MAX)?;
                match whole_packet(Tag::PKESK, &body)? {
                    Packet::PKESK(six @ PKESK::V6(_)) => session_keys.push(six),
                    _ => return Err(OpenError::AlgorithmRefused.into()),
                }
            }
            Tag::SEIP if !session_keys.is_empty() => return Ok(session_keys),
            Tag::SKESK => return Err(OpenError::PasswordEncrypted.into()),
            Tag::CompressedData => return Err(OpenError::Compressed.into()),
            Tag::SED => return Err(OpenError::AlgorithmRefused.into()),
            Tag::Literal | Tag::OnePassSig | Tag::Signature => return Err(OpenError::NotEncrypted.into()),
            _ => return Err(OpenError::Malformed.into()),
        }
    }
}

/// Has sequoia read a packet that is in memory.
pub(super) fn whole_packet(tag: Tag, body: &[u8]) -> Result<Packet, OpenError> {
    let packet = [&[tag_byte(tag)], last_length(body.len()).as_slice(), body].concat();
    Packet::from_bytes(&packet).map_err(|_| OpenError::Malformed)
}

impl From<ReadError> for OpenAttachmentError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Message(error) => Self::Refused(error),
            ReadError::Source(error) => Self::Source(error),
        }
    }
}

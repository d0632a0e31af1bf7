//! Seals a file as a stream.
//!
//! Three threads: one reads the file and computes its digest; one computes the signature's digest and
//! encrypts; one writes. The encrypted chunks are put where they leave from, so that a byte is copied once.

use std::io::{Read, Write};
use std::thread;
use std::time::SystemTime;

use protocol::digest::Digest;
use sequoia_openpgp::Packet;
use sequoia_openpgp::crypto::aead::{EncryptionContext, SEIPv2Schedule, Schedule};
use sequoia_openpgp::crypto::hash::Context as Hashing;
use sequoia_openpgp::crypto::{SessionKey, random};
use sequoia_openpgp::packet::one_pass_sig::{OnePassSig3, OnePassSig6};
use sequoia_openpgp::packet::signature::SignatureBuilder;
use sequoia_openpgp::packet::{PKESK, Tag, pkesk::PKESK6};
use sequoia_openpgp::serialize::{Serialize, SerializeInto};
use sequoia_openpgp::types::{AEADAlgorithm, HashAlgorithm, SignatureType, SymmetricAlgorithm};

use zeroize::Zeroizing;

use super::framing::{PARTIAL_LENGTH, last_length, tag_byte};
use super::pipeline::{Block, Emptying, Filling, outcome, pipeline};
use super::{AttachmentBinding, SealAttachmentError};
use crate::curve25519::SigningKey;
use crate::limits::{AEAD_TAG_BYTES, ATTACHMENT_AEAD_CHUNK_BYTES, PARTIAL_BODY_BYTES};
use crate::sealing::{Reader, hash_for, readers, recipients_fit, signer};
use crate::{Certificate, SealError, UnlockedKey};

/// What was sealed: for the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedAttachment {
    /// The file's length.
    pub plaintext_length_bytes: u64,
    /// The file's SHA-256.
    pub plaintext: Digest,
    /// How many bytes were written.
    pub sealed_length_bytes: u64,
}

type LibraryError = Box<dyn std::error::Error + Send + Sync>;

/// Which cipher, and how: what every implementation of RFC 9580 has.
const CIPHER: SymmetricAlgorithm = SymmetricAlgorithm::AES256;
const MODE: AEADAlgorithm = AEADAlgorithm::OCB;

/// What the literal packet begins with: binary, no name, no date. None of it is signed.
const LITERAL_HEADER: [u8; 6] = [b'b', 0, 0, 0, 0, 0];

/// Seals all that `source` gives, until it ends, into `sink`: signed by `sender` at `sealed_at`, encrypted
/// to `recipients` and to the sender, bound to the message that it is attached to. Needs some megabytes of
/// memory, whatever the file `[TRANSFER]`.
///
/// The caller hashes and cuts what `sink` gets (see [`protocol::attachment::ChunkDigests`]), and syncs it.
///
/// # Errors
/// See [`SealAttachmentError`]. What was written by then lacks its end, and nobody can open it.
pub fn seal_attachment<R: Read + Send, W: Write + Send>(
    sender: &UnlockedKey,
    recipients: &[Certificate],
    binding: &AttachmentBinding,
    source: R,
    sink: W,
    sealed_at: SystemTime,
) -> Result<SealedAttachment, SealAttachmentError> {
    recipients_fit(recipients)?;
    let header = binding.to_header()?;
    let signer = signer(sender, sealed_at)?;
    let readers = readers(sender.certificate(), recipients, sealed_at)?;
    let (plain_in, plain_out) = pipeline(PARTIAL_BODY_BYTES);
    let (sealed_in, sealed_out) = pipeline(SEALED_BLOCK_BYTES);
    thread::scope(|scope| {
        let reading = scope.spawn(move || read_all(source, &plain_in));
        let writing = scope.spawn(move || write_all(sink, &sealed_out));
        let sealing = Sealing {
            header: &header,
            signer,
            readers: &readers,
            sealed_at,
        };
        let sealed = sealing.run(&plain_out, sealed_in);
        // Gone, so that a reader that waits for a buffer ends too.
        drop(plain_out);
        let (read, written) = (outcome(reading), outcome(writing));
        // Where one thread failed, the others only see that it is gone: its own error comes first.
        let (plaintext_length_bytes, plaintext) = read?;
        let sealed_length_bytes = written?;
        sealed.map_err(|error| SealAttachmentError::Seal(SealError::Library(error)))?;
        Ok(SealedAttachment {
            plaintext_length_bytes,
            plaintext,
            sealed_length_bytes,
        })
    })
}

/// Hands the file on in blocks that are full but for the last one, which is not full, and may be empty.
fn read_all<R: Read>(mut source: R, blocks: &Filling) -> Result<(u64, Digest), SealAttachmentError> {
    let library = |error: LibraryError| SealAttachmentError::Seal(SealError::Library(error));
    let mut hash = super::sha256().map_err(|error| library(error.into()))?;
    let mut length_bytes = 0_u64;
    while let Some(mut block) = blocks.empty_block() {
        let limit = PARTIAL_BODY_BYTES as u64;
        (&mut source)
            .take(limit)
            .read_to_end(&mut block)
            .map_err(SealAttachmentError::Source)?;
        hash.update(&block);
        length_bytes += block.len() as u64;
        let is_last = block.len() < PARTIAL_BODY_BYTES;
        if blocks.hand_on(block).is_none() || is_last {
            break;
        }
    }
    let mut plaintext = [0; 32];
    hash.digest(&mut plaintext)
        .map_err(|error| library(error.into()))?;
    Ok((length_bytes, Digest::from_bytes(plaintext)))
}

fn write_all<W: Write>(mut sink: W, blocks: &Emptying) -> Result<u64, SealAttachmentError> {
    let mut length_bytes = 0_u64;
    while let Some(block) = blocks.full_block() {
        sink.write_all(&block).map_err(SealAttachmentError::Sink)?;
        length_bytes += block.len() as u64;
        blocks.give_back(block);
    }
    sink.flush().map_err(SealAttachmentError::Sink)?;
    Ok(length_bytes)
}

struct Sealing<'a> {
    header: &'a str,
    signer: &'a SigningKey,
    readers: &'a [Reader<'a>],
    sealed_at: SystemTime,
}

impl Sealing<'_> {
    fn run(mut self, plain: &Emptying, sealed: Filling) -> Result<(), LibraryError> {
        let hash_algorithm = hash_for(self.signer.public().pk_algo());
        let (mut hash, salt) = self.begin_signature(hash_algorithm)?;
        let mut out = Container::begin(self.readers, sealed)?;
        out.write(&self.one_pass_signature(hash_algorithm, &salt)?)?;

        // The literal packet: its content is the binding, then the file.
        hash.update(self.header.as_bytes());
        let mut carried = Zeroizing::new(Vec::with_capacity(PARTIAL_BODY_BYTES));
        carried.extend_from_slice(&LITERAL_HEADER);
        carried.extend_from_slice(self.header.as_bytes());
        out.write(&[tag_byte(Tag::Literal)])?;
        loop {
            // Without a block that is not full, the file was not read to its end: nothing is signed then.
            let block = plain.full_block().ok_or("the file could not be read")?;
            hash.update(&block);
            let is_last = block.len() < PARTIAL_BODY_BYTES;
            if carried.len() + block.len() >= PARTIAL_BODY_BYTES {
                let (now, later) = block.split_at(PARTIAL_BODY_BYTES - carried.len());
                out.write(&[PARTIAL_LENGTH])?;
                out.write(&carried)?;
                out.write(now)?;
                carried.clear();
                carried.extend_from_slice(later);
            } else {
                carried.extend_from_slice(&block);
            }
            plain.give_back(block);
            if is_last {
                break;
            }
        }
        out.write(&last_length(carried.len()))?;
        out.write(&carried)?;

        let signature = self.end_signature(hash, salt)?;
        out.write(&signature)?;
        out.end()
    }

    /// The digest of a signature that is to be made, and the salt that it begins with.
    fn begin_signature(&self, algorithm: HashAlgorithm) -> Result<(Hashing, Vec<u8>), LibraryError> {
        let version = self.signer.public().version();
        let mut hash = algorithm.context()?.for_signature(version);
        let mut salt = Vec::new();
        if version == 6 {
            salt = vec![0; algorithm.salt_size()?];
            random(&mut salt)?;
            hash.update(&salt);
        }
        Ok((hash, salt))
    }

    fn one_pass_signature(&self, algorithm: HashAlgorithm, salt: &[u8]) -> Result<Vec<u8>, LibraryError> {
        let key = self.signer.public();
        let packet = if key.version() == 6 {
            let mut one = OnePassSig6::new(SignatureType::Binary, key.fingerprint());
            one.set_pk_algo(key.pk_algo());
            one.set_hash_algo(algorithm);
            one.set_salt(salt.to_vec());
            one.set_last(true);
            Packet::from(one)
        } else {
            let mut one = OnePassSig3::new(SignatureType::Binary);
            one.set_pk_algo(key.pk_algo());
            one.set_hash_algo(algorithm);
            one.set_issuer(key.keyid());
            one.set_last(true);
            Packet::from(one)
        };
        Ok(SerializeInto::to_vec(&packet)?)
    }

    fn end_signature(&mut self, hash: Hashing, salt: Vec<u8>) -> Result<Vec<u8>, LibraryError> {
        let mut builder = SignatureBuilder::new(SignatureType::Binary);
        if !salt.is_empty() {
            builder = builder.set_prefix_salt(salt).0;
        }
        let intended = self.readers.iter();
        let intended = intended.map(|reader| reader.certificate.fingerprint().library().clone());
        let signature = builder
            .set_signature_creation_time(self.sealed_at)?
            .set_intended_recipients(intended.collect::<Vec<_>>())?
            .sign_hash(&mut self.signer, hash)?;
        Ok(SerializeInto::to_vec(&Packet::from(signature))?)
    }
}

/// What a block of the sealed file takes: a part with its length, and a chunk that reaches into the next.
const SEALED_BLOCK_BYTES: usize =
    1 + PARTIAL_BODY_BYTES + ATTACHMENT_AEAD_CHUNK_BYTES + 2 * AEAD_TAG_BYTES + FIRST_BYTES_MAX;

/// What stands in front of the encrypted container, for the most recipients.
const FIRST_BYTES_MAX: usize = crate::limits::SESSION_KEYS_MAX * 2048;

/// The encrypted container (SEIPD version 2): takes packets, gives parts of a body.
struct Container {
    schedule: SEIPv2Schedule,
    chunk: Zeroizing<Vec<u8>>,
    chunk_index: u64,
    encrypted_bytes: u64,
    /// What is not written yet: whole parts leave it.
    out: Block,
    /// Where in `out` the part begins that is being filled, with its length; what is before is ready.
    part_start: usize,
    blocks: Filling,
}

impl Container {
    /// Writes the session keys and the container's header.
    fn begin(readers: &[Reader<'_>], blocks: Filling) -> Result<Self, LibraryError> {
        let session_key = SessionKey::new(CIPHER.key_size()?)?;
        let mut salt = [0; 32];
        random(&mut salt)?;
        let schedule = SEIPv2Schedule::new(&session_key, CIPHER, MODE, ATTACHMENT_AEAD_CHUNK_BYTES, &salt)?;
        let mut out = blocks
            .empty_block()
            .ok_or("the sealed file could not be written")?;
        for reader in readers {
            let key = reader.view.encryption_key()?;
            let session_key = PKESK::from(PKESK6::for_recipient(&session_key, key)?);
            Packet::from(session_key).serialize(&mut *out)?;
        }
        out.push(tag_byte(Tag::SEIP));
        let part_start = out.len();
        out.push(PARTIAL_LENGTH);
        let chunk_octet = ATTACHMENT_AEAD_CHUNK_BYTES.trailing_zeros() as u8 - 6;
        out.extend_from_slice(&[2, CIPHER.into(), MODE.into(), chunk_octet]);
        out.extend_from_slice(&salt);
        Ok(Self {
            schedule,
            chunk: Zeroizing::new(Vec::with_capacity(ATTACHMENT_AEAD_CHUNK_BYTES)),
            chunk_index: 0,
            encrypted_bytes: 0,
            out,
            part_start,
            blocks,
        })
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), LibraryError> {
        while !bytes.is_empty() {
            let room = ATTACHMENT_AEAD_CHUNK_BYTES - self.chunk.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.chunk.extend_from_slice(now);
            bytes = later;
            if self.chunk.len() == ATTACHMENT_AEAD_CHUNK_BYTES {
                self.encrypt_chunk()?;
            }
        }
        Ok(())
    }

    fn encrypt_chunk(&mut self) -> Result<(), LibraryError> {
        let mut context = self.schedule.chunk(self.chunk_index, &mut aead_context)?;
        let start = self.out.len();
        self.out.resize(start + self.chunk.len() + AEAD_TAG_BYTES, 0);
        context.encrypt_seal(&mut self.out[start..], &self.chunk)?;
        self.chunk_index += 1;
        self.encrypted_bytes += self.chunk.len() as u64;
        self.chunk.clear();
        self.hand_on_parts()
    }

    /// Hands on the part that is full, and goes on with what reaches beyond it. A chunk with its tag is
    /// hardly longer than a part, so there is at most one more that fills up.
    fn hand_on_parts(&mut self) -> Result<(), LibraryError> {
        // The last part is never partial, so one that is exactly full waits.
        while self.out.len() - self.part_start > 1 + PARTIAL_BODY_BYTES {
            let end = self.part_start + 1 + PARTIAL_BODY_BYTES;
            let mut next = self.empty_block()?;
            next.push(PARTIAL_LENGTH);
            next.extend_from_slice(&self.out[end..]);
            self.out.truncate(end);
            let full = std::mem::replace(&mut self.out, next);
            self.part_start = 0;
            self.blocks
                .hand_on(full)
                .ok_or("the sealed file could not be written")?;
        }
        Ok(())
    }

    fn empty_block(&self) -> Result<Block, LibraryError> {
        Ok(self
            .blocks
            .empty_block()
            .ok_or("the sealed file could not be written")?)
    }

    /// Encrypts the rest, and the tag over the length of all.
    fn end(mut self) -> Result<(), LibraryError> {
        if !self.chunk.is_empty() {
            self.encrypt_chunk()?;
        }
        let mut context =
            self.schedule
                .finalizer(self.chunk_index, self.encrypted_bytes, &mut aead_context)?;
        let mut tag = [0; AEAD_TAG_BYTES];
        context.encrypt_seal(&mut tag, &[])?;
        self.out.extend_from_slice(&tag);
        self.hand_on_parts()?;
        let length = last_length(self.out.len() - self.part_start - 1);
        self.out.splice(self.part_start..=self.part_start, length);
        self.blocks
            .hand_on(self.out)
            .ok_or("the sealed file could not be written")?;
        Ok(())
    }
}

fn aead_context(key: &SessionKey, nonce: &[u8], data: &[u8]) -> sequoia_openpgp::Result<EncryptionContext> {
    MODE.context(CIPHER, key, data, nonce)?.for_encryption()
}

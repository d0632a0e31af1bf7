//! Messages as an attacker, or another implementation, would make them, piece by piece.

use std::io::Write;
use std::time::{Duration, SystemTime};

use sequoia_openpgp::crypto::aead::{self, Schedule as _};
use sequoia_openpgp::crypto::{SessionKey, random};
use sequoia_openpgp::packet::signature::SignatureBuilder;
use sequoia_openpgp::packet::signature::subpacket::Subpacket;
use sequoia_openpgp::packet::{PKESK, Tag, pkesk::PKESK6};
use sequoia_openpgp::serialize::SerializeInto;
use sequoia_openpgp::serialize::stream::{
    ArbitraryWriter, Encryptor, LiteralWriter, Message, Recipient, Signer,
};
use sequoia_openpgp::types::{AEADAlgorithm, Features, HashAlgorithm, SignatureType, SymmetricAlgorithm};

use super::{BODY, Member, binding, sealed_at};

/// What a forged signature is like; the default is one that `open` takes.
pub(crate) struct Signing<'a> {
    pub(crate) signers: Vec<&'a Member>,
    pub(crate) intended: Vec<&'a Member>,
    pub(crate) text: Vec<u8>,
    pub(crate) at: SystemTime,
    pub(crate) hash: HashAlgorithm,
    pub(crate) kind: SignatureType,
    pub(crate) valid_for: Option<Duration>,
    /// Whatever else the signature says.
    pub(crate) more: Vec<Subpacket>,
}

impl<'a> Signing<'a> {
    /// A faultless message from one to another.
    pub(crate) fn new(from: &'a Member, to: &'a Member) -> Self {
        let mut text = binding(from, &[to]).to_header().unwrap().into_bytes();
        text.extend_from_slice(BODY);
        Self {
            signers: vec![from],
            intended: vec![to, from],
            text,
            at: sealed_at(),
            hash: HashAlgorithm::SHA256,
            kind: SignatureType::Binary,
            valid_for: None,
            more: Vec::new(),
        }
    }

    /// The signed packets, not encrypted. Without a signer, only the literal packet.
    pub(crate) fn packets(&self) -> Vec<u8> {
        let mut packets = Vec::new();
        let mut message = Message::new(&mut packets);
        if let Some((first, more)) = self.signers.split_first() {
            let mut template = SignatureBuilder::new(self.kind);
            if let Some(valid_for) = self.valid_for {
                template = template.set_signature_validity_period(valid_for).unwrap();
            }
            for subpacket in &self.more {
                template = template
                    .modify_hashed_area(|mut area| {
                        area.add(subpacket.clone())?;
                        Ok(area)
                    })
                    .unwrap();
            }
            let mut signer = Signer::with_template(message, pair(first), template)
                .unwrap()
                .hash_algo(self.hash)
                .unwrap()
                .creation_time(self.at);
            for other in more {
                signer = signer.add_signer(pair(other)).unwrap();
            }
            for member in &self.intended {
                signer = signer.add_intended_recipient(&member.cert);
            }
            message = signer.build().unwrap();
        }
        let mut literal = LiteralWriter::new(message).build().unwrap();
        literal.write_all(&self.text).unwrap();
        literal.finalize().unwrap();
        packets
    }

    /// Signed, and encrypted to its recipient as it should be.
    pub(crate) fn sealed(&self, to: &Member) -> Vec<u8> {
        encrypt(&self.packets(), &[to])
    }
}

/// Wraps whatever packets in SEIPDv2.
pub(crate) fn encrypt(packets: &[u8], to: &[&Member]) -> Vec<u8> {
    encrypt_with(packets, to, &Features::empty().set_seipdv2(), None)
}

/// Wraps whatever packets as `features` say, and also under a password.
pub(crate) fn encrypt_with(
    packets: &[u8],
    to: &[&Member],
    features: &Features,
    password: Option<&str>,
) -> Vec<u8> {
    let mut sealed = Vec::new();
    let keys: Vec<_> = to.iter().map(|member| encryption_key(member)).collect();
    let recipients = keys.iter().map(|key| {
        let handle = if features.supports_seipdv2() {
            key.fingerprint().into()
        } else {
            sequoia_openpgp::KeyHandle::from(key.keyid())
        };
        Recipient::new(features.clone(), handle, key)
    });
    let message = Message::new(&mut sealed);
    let mut message = Encryptor::for_recipients(message, recipients)
        .add_passwords(password)
        .build()
        .unwrap();
    message.write_all(packets).unwrap();
    message.finalize().unwrap();
    sealed
}

/// Encrypts whatever packets, in chunks of this length.
pub(crate) fn encrypt_in_chunks(packets: &[u8], to: &Member, chunk_bytes: usize) -> Vec<u8> {
    encrypt_chunks(to, chunk_bytes, |schedule, body| {
        let mut encryptor = aead::Encryptor::new(CIPHER, MODE, chunk_bytes, schedule, body).unwrap();
        encryptor.write_all(packets).unwrap();
        encryptor.finalize().unwrap();
    })
}

/// A container of one chunk with nothing in it, and both tags right.
pub(crate) fn encrypt_with_an_empty_chunk(to: &Member) -> Vec<u8> {
    encrypt_chunks(to, 64 * 1024, |schedule, body| {
        let context = |key: &SessionKey, nonce: &[u8], data: &[u8]| {
            MODE.context(CIPHER, key, data, nonce)?.for_encryption()
        };
        let chunk = schedule.chunk(0, &mut |key, nonce, data| context(key, nonce, data));
        let last = schedule.finalizer(1, 0, &mut |key, nonce, data| context(key, nonce, data));
        for context in [chunk, last] {
            let mut tag = [0; 16];
            context.unwrap().encrypt_seal(&mut tag, &[]).unwrap();
            body.extend_from_slice(&tag);
        }
    })
}

const CIPHER: SymmetricAlgorithm = SymmetricAlgorithm::AES256;
const MODE: AEADAlgorithm = AEADAlgorithm::OCB;

fn encrypt_chunks(
    to: &Member,
    chunk_bytes: usize,
    chunks: impl FnOnce(aead::SEIPv2Schedule, &mut Vec<u8>),
) -> Vec<u8> {
    let session_key = SessionKey::new(32).unwrap();
    let mut salt = [0; 32];
    random(&mut salt).unwrap();
    let schedule = aead::SEIPv2Schedule::new(&session_key, CIPHER, MODE, chunk_bytes, &salt).unwrap();
    let view = to.certificate().view(sealed_at());
    let key = PKESK::from(PKESK6::for_recipient(&session_key, view.encryption_key().unwrap()).unwrap());
    let mut sealed = SerializeInto::to_vec(&sequoia_openpgp::Packet::from(key)).unwrap();
    let octet = u8::try_from(chunk_bytes.trailing_zeros()).unwrap() - 6;
    let mut body = [&[2, CIPHER.into(), MODE.into(), octet], salt.as_slice()].concat();
    chunks(schedule, &mut body);
    sealed.extend(packet(Tag::SEIP, &body));
    sealed
}

/// One packet with any content.
pub(crate) fn packet(tag: Tag, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArbitraryWriter::new(Message::new(&mut bytes), tag).unwrap();
    writer.write_all(content).unwrap();
    writer.finalize().unwrap();
    bytes
}

/// Where the packets of a message begin, and where each one's content does (new format only).
pub(crate) fn packet_starts(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut starts = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let (content, length) = match usize::from(bytes[at + 1]) {
            short @ 0..192 => (at + 2, short),
            two @ 192..224 => (at + 3, ((two - 192) << 8) + usize::from(bytes[at + 2]) + 192),
            255 => {
                let four: [u8; 4] = bytes[at + 2..at + 6].try_into().unwrap();
                (at + 6, u32::from_be_bytes(four) as usize)
            }
            _ => panic!("partial lengths are not written for messages this small"),
        };
        starts.push((at, content));
        at = content + length;
    }
    starts
}

fn pair(member: &Member) -> sequoia_openpgp::crypto::KeyPair {
    let key = member.cert.keys().subkeys().unencrypted_secret();
    let mut signing = key.filter(|key| key.key().pk_algo().for_signing());
    signing.next().unwrap().key().clone().into_keypair().unwrap()
}

fn encryption_key(member: &Member) -> crate::certificate::PublicKey {
    let mut keys = member.cert.keys().subkeys();
    let key = keys.find(|key| key.key().pk_algo().for_encryption()).unwrap();
    key.key().clone().into()
}

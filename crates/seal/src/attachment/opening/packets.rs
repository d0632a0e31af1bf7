//! The inside of a sealed file: one-pass signature, literal data, signature, and nothing else.
//!
//! What comes in is authenticated block by block, but not yet signed by anybody known; it is parsed with
//! as much distrust as what comes from outside. The file's content is handed on in the block that it came
//! in, moved together where lengths stood between.

use sequoia_openpgp::Packet;
use sequoia_openpgp::crypto::hash::{Context as Hashing, Hash};
use sequoia_openpgp::packet::{OnePassSig, Signature, Tag};
use sequoia_openpgp::types::SignatureType;

use super::HASHES;
use super::container::whole_packet;
use crate::OpenError;
use crate::attachment::AttachmentBinding;
use crate::attachment::framing::{Length, parse_length, parse_tag};
use crate::attachment::pipeline::{Block, Emptying, Filling};
use crate::limits::{PADDING_BYTES_MAX, SIGNATURE_PACKET_BYTES_MAX};

/// What the literal packet must begin with: binary, no name, no date. None of it is signed, so nothing may
/// be said there.
const LITERAL_HEADER: [u8; 6] = [b'b', 0, 0, 0, 0, 0];

/// What was taken apart. Nothing says yet that the signature is right.
pub(super) struct Signed {
    pub(super) binding: AttachmentBinding,
    pub(super) signature: Signature,
    pub(super) digest: Vec<u8>,
}

/// Takes the packets apart.
pub(super) struct Packets {
    blocks: Emptying,
    file: Filling,
    block: Option<Block>,
    /// Where reading stands in the block.
    at: usize,
    /// How much of the file stands at the beginning of the block.
    kept: usize,
}

/// What a one-pass signature announces.
struct Announced {
    one: OnePassSig,
    hash: Hashing,
}

impl Packets {
    pub(super) fn new(blocks: Emptying, file: Filling) -> Self {
        Self {
            blocks,
            file,
            block: None,
            at: 0,
            kept: 0,
        }
    }

    /// Reads all there is, and hands the file on.
    pub(super) fn take_apart(mut self) -> Result<Signed, OpenError> {
        let Announced { one, mut hash } = self.one_pass_signature()?;
        let binding = self.literal(&mut hash)?;
        let signature = self.signature(&one)?;
        self.padding_or_end()?;
        signature.hash(&mut hash).map_err(|_| OpenError::SignatureBad)?;
        let digest = hash.into_digest().map_err(|_| OpenError::AlgorithmRefused)?;
        Ok(Signed {
            binding,
            signature,
            digest,
        })
    }

    fn one_pass_signature(&mut self) -> Result<Announced, OpenError> {
        match self.tag()? {
            Tag::OnePassSig => {}
            Tag::Literal => return Err(OpenError::SignatureMissing),
            Tag::CompressedData => return Err(OpenError::Compressed),
            _ => return Err(OpenError::Malformed),
        }
        let body = self.whole_body()?;
        let Packet::OnePassSig(one) = whole_packet(Tag::OnePassSig, &body)? else {
            return Err(OpenError::AlgorithmRefused);
        };
        if !one.last() {
            return Err(OpenError::SignatureCount);
        }
        let algorithm = one.hash_algo();
        if one.typ() != SignatureType::Binary || !HASHES.contains(&algorithm) {
            return Err(OpenError::AlgorithmRefused);
        }
        let context = algorithm.context().map_err(|_| OpenError::AlgorithmRefused)?;
        let hash = match &one {
            OnePassSig::V3(_) => context.for_signature(4),
            OnePassSig::V6(six) => {
                if algorithm.salt_size().ok() != Some(six.salt().len()) {
                    return Err(OpenError::SignatureBad);
                }
                let mut hash = context.for_signature(6);
                hash.update(six.salt());
                hash
            }
            _ => return Err(OpenError::AlgorithmRefused),
        };
        Ok(Announced { one, hash })
    }

    /// Reads the literal packet: its header, the binding, the file.
    fn literal(&mut self, hash: &mut Hashing) -> Result<AttachmentBinding, OpenError> {
        match self.tag()? {
            Tag::Literal => {}
            Tag::OnePassSig => return Err(OpenError::SignatureCount),
            Tag::CompressedData => return Err(OpenError::Compressed),
            _ => return Err(OpenError::Malformed),
        }
        let mut part = parse_length(|| self.byte())?;
        // Header and binding stand in the first part: it is long enough for them, or it is the last one.
        let (Length::Last(first) | Length::Partial(first)) = part;
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        let front = self.peek(first)?;
        let text = front.strip_prefix(&LITERAL_HEADER).ok_or(OpenError::Malformed)?;
        let (binding, binding_bytes) = AttachmentBinding::split(text).ok_or(OpenError::BindingMissing)?;
        hash.update(&text[..binding_bytes]);
        let front_bytes = LITERAL_HEADER.len() + binding_bytes;
        self.at += front_bytes;
        let mut left = first - front_bytes;
        loop {
            self.content(left, hash)?;
            if let Length::Last(_) = part {
                break;
            }
            part = parse_length(|| self.byte())?;
            let (Length::Last(length) | Length::Partial(length)) = part;
            left = usize::try_from(length).unwrap_or(usize::MAX);
        }
        Ok(binding)
    }

    fn signature(&mut self, one: &OnePassSig) -> Result<Signature, OpenError> {
        if self.tag()? != Tag::Signature {
            return Err(OpenError::Malformed);
        }
        let body = self.whole_body()?;
        let Packet::Signature(signature) = whole_packet(Tag::Signature, &body)? else {
            return Err(OpenError::AlgorithmRefused);
        };
        // The digest was begun as announced, so the signature must be what was announced.
        let salt = match (one, &signature) {
            (OnePassSig::V3(_), Signature::V4(_)) => Some((&[][..], &[][..])),
            (OnePassSig::V6(one), Signature::V6(six)) => Some((one.salt(), six.salt())),
            (_, Signature::V3(_)) => return Err(OpenError::AlgorithmRefused),
            _ => None,
        };
        let salts_agree = salt.is_some_and(|(announced, signed)| announced == signed);
        let said = (salts_agree, signature.typ(), signature.hash_algo());
        if said == (true, one.typ(), one.hash_algo()) {
            Ok(signature)
        } else {
            Err(OpenError::SignatureBad)
        }
    }

    /// Passes over padding, and waits for the end.
    fn padding_or_end(&mut self) -> Result<(), OpenError> {
        let mut passed_over = 0;
        while let Some(byte) = self.byte_or_end()? {
            match parse_tag(byte) {
                Some(Tag::Padding) => {}
                Some(Tag::Signature) => return Err(OpenError::SignatureCount),
                _ => return Err(OpenError::Malformed),
            }
            let Length::Last(length) = parse_length(|| self.byte())? else {
                return Err(OpenError::Malformed);
            };
            passed_over += u64::from(length);
            if passed_over > PADDING_BYTES_MAX {
                return Err(OpenError::TooLarge);
            }
            for _ in 0..length {
                self.byte()?;
            }
        }
        Ok(())
    }

    /// Makes sure that the block has something to read; `false` at the end.
    fn has_more(&mut self) -> Result<bool, OpenError> {
        while self.block.as_ref().is_none_or(|block| self.at >= block.len()) {
            self.end_block()?;
            self.block = self.blocks.full_block();
            if self.block.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Hands on what of a block is the file's.
    fn end_block(&mut self) -> Result<(), OpenError> {
        let (kept, block) = (std::mem::take(&mut self.kept), self.block.take());
        self.at = 0;
        let Some(mut block) = block else {
            return Ok(());
        };
        if kept == 0 {
            self.blocks.give_back(block);
            return Ok(());
        }
        // What is behind stays in the buffer, which is wiped when it is dropped.
        block.truncate(kept);
        // The two ends exchange buffers, so that nothing is copied. Where the staging place is gone, its own
        // error is the one that counts.
        let empty = self.file.empty_block().ok_or(OpenError::Damaged)?;
        self.file.hand_on(block).ok_or(OpenError::Damaged)?;
        self.blocks.give_back(empty);
        Ok(())
    }

    fn byte_or_end(&mut self) -> Result<Option<u8>, OpenError> {
        if !self.has_more()? {
            return Ok(None);
        }
        let byte = self.block.as_ref().and_then(|block| block.get(self.at)).copied();
        self.at += 1;
        Ok(byte)
    }

    fn byte(&mut self) -> Result<u8, OpenError> {
        self.byte_or_end()?.ok_or(OpenError::Malformed)
    }

    fn tag(&mut self) -> Result<Tag, OpenError> {
        parse_tag(self.byte()?).ok_or(OpenError::Malformed)
    }

    /// The body of a packet that must be in one piece.
    fn whole_body(&mut self) -> Result<Vec<u8>, OpenError> {
        let Length::Last(length) = parse_length(|| self.byte())? else {
            return Err(OpenError::Malformed);
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > SIGNATURE_PACKET_BYTES_MAX {
            return Err(OpenError::Malformed);
        }
        (0..length).map(|_| self.byte()).collect()
    }

    /// The next bytes of this block, at most so many, which are not passed over. The front of a file is in
    /// its first block, which is long enough for it, or the only one.
    fn peek(&mut self, bytes_max: usize) -> Result<&[u8], OpenError> {
        if !self.has_more()? {
            return Err(OpenError::Malformed);
        }
        let block = self.block.as_ref().ok_or(OpenError::Malformed)?;
        Ok(&block[self.at..block.len().min(self.at.saturating_add(bytes_max))])
    }

    /// So many bytes are the file's.
    fn content(&mut self, mut left: usize, hash: &mut Hashing) -> Result<(), OpenError> {
        while left > 0 {
            if !self.has_more()? {
                return Err(OpenError::Malformed);
            }
            let block = self.block.as_mut().ok_or(OpenError::Malformed)?;
            let end = block.len().min(self.at.saturating_add(left));
            hash.update(&block[self.at..end]);
            block.copy_within(self.at..end, self.kept);
            left -= end - self.at;
            self.kept += end - self.at;
            self.at = end;
        }
        Ok(())
    }
}

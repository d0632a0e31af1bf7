//! A batch in the journal: everything of one commit, written in one piece.
//!
//! ```text
//! head      "ohbatch1"  length u32  first index u64  leaves u32  payloads u32  segment key [32]  CRC32C u32
//! leaves    length u16, bytes                                                   for each leaf
//! payloads  commitment [32], salt [32], length u32, bytes                       for each payload
//! trailer   first index u64  leaves u32  payloads u32  root after [32]  hash of the previous trailer [32]
//!           CRC32C u32  "ohtrail1"
//! padding   zeros up to a multiple of 4,096
//! ```
//!
//! A batch from which payloads were erased `[ERASE]` begins with `ohbatch2`, has only the payloads that are
//! left, and in its trailer, before the CRC32C, the hash of the trailer that it had at first: so the chain is
//! as it was, and the batch is checked like any other (see `erased`).
//!
//! Integers are big-endian. The length is that of all before the padding. The trailer's CRC32C covers
//! the batch from its first byte up to the CRC itself, so that a batch is whole if and only if its last
//! bytes say so. The *segment key* is the hash of the trailer before the segment: a batch belongs to one
//! segment of one journal, and nobody who only chooses a payload's bytes can put something into the
//! journal that looks like the beginning of a batch.

use ledger::hash::Hash;
use protocol::digest::{Commitment, Digest, Salt};
use protocol::exchange::types::Commit;
use protocol::payload::SealedPayload;

use crate::limits::{BATCH_BYTES_MAX, BLOCK_BYTES};

mod erased;

pub(crate) use erased::encode_without;

const HEAD_MAGIC: &[u8; 8] = b"ohbatch1";
const ERASED_HEAD_MAGIC: &[u8; 8] = b"ohbatch2";
/// The last bytes of a batch; none of them is zero, or one flipped bit away from it.
pub(crate) const TRAILER_MAGIC: &[u8; 8] = b"ohtrail1";
/// The length of a head.
pub(crate) const HEAD_BYTES: usize = 8 + 4 + 8 + 4 + 4 + 32 + 4;
/// The length of a trailer.
const TRAILER_BYTES: usize = 8 + 4 + 4 + 32 + 32 + 4 + 8;

/// What the head of a batch says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchHead {
    /// From the first byte to the last of the trailer.
    pub(crate) length_bytes: usize,
    pub(crate) first_index: u64,
    pub(crate) leaf_count: u32,
    pub(crate) payload_count: u32,
    pub(crate) form: Form,
}

/// Whether a batch has all that was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// All.
    AsCommitted,
    /// Payloads were erased.
    Erased,
}

impl Form {
    fn magic(self) -> &'static [u8; 8] {
        match self {
            Self::AsCommitted => HEAD_MAGIC,
            Self::Erased => ERASED_HEAD_MAGIC,
        }
    }

    pub(crate) fn trailer_bytes(self) -> usize {
        match self {
            Self::AsCommitted => TRAILER_BYTES,
            Self::Erased => TRAILER_BYTES + 32,
        }
    }
}

/// Where something lies, counted from the first byte of its batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) offset: usize,
    pub(crate) length: usize,
}

/// Where a batch's leaves and payloads lie, and the hash of its trailer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) leaves: Vec<Span>,
    /// Each with its salt and its length in front: see [`PAYLOAD_PREFIX_BYTES`].
    pub(crate) payloads: Vec<(Commitment, Span)>,
    pub(crate) root_after: Hash,
    pub(crate) previous: Digest,
    /// The hash of the trailer that was written first: the next batch names it.
    pub(crate) trailer_hash: Digest,
}

/// A payload's span begins with its salt; its bytes follow after the salt and a `u32`.
pub(crate) const PAYLOAD_PREFIX_BYTES: usize = 32 + 4;

/// The length of the batch that a commit makes, without padding; `None` when it is too long to be one.
pub(crate) fn length_bytes(commit: &Commit) -> Option<usize> {
    let leaves: usize = commit.leaves.iter().map(|leaf| 2 + leaf.len()).sum();
    let payloads: usize = commit
        .payloads
        .iter()
        .map(|payload| 32 + PAYLOAD_PREFIX_BYTES + payload.bytes.len())
        .sum();
    let length = HEAD_BYTES + leaves + payloads + TRAILER_BYTES;
    (length <= BATCH_BYTES_MAX).then_some(length)
}

/// A length with its padding.
pub(crate) fn padded(length: usize) -> usize {
    length.next_multiple_of(BLOCK_BYTES)
}

/// Appends the batch of `commit`, with padding, to `buffer`, which ends at a block.
///
/// The commit was checked: leaves of at most 65,535 bytes, a length as [`length_bytes`] allows.
pub(crate) fn encode(
    buffer: &mut Vec<u8>,
    commit: &Commit,
    key: &Digest,
    previous: &Digest,
) -> Option<Layout> {
    let start = buffer.len();
    let length = length_bytes(commit)?;
    let head = BatchHead {
        length_bytes: length,
        first_index: commit.first_index,
        leaf_count: u32::try_from(commit.leaves.len()).ok()?,
        payload_count: u32::try_from(commit.payloads.len()).ok()?,
        form: Form::AsCommitted,
    };
    encode_head(buffer, &head, key)?;

    let mut leaves = Vec::with_capacity(commit.leaves.len());
    for leaf in commit.leaves.iter() {
        buffer.extend_from_slice(&u16::try_from(leaf.len()).ok()?.to_be_bytes());
        leaves.push(Span {
            offset: buffer.len() - start,
            length: leaf.len(),
        });
        buffer.extend_from_slice(leaf);
    }
    let mut payloads = Vec::with_capacity(commit.payloads.len());
    for payload in commit.payloads.iter() {
        payloads.push(encode_payload(buffer, start, payload)?);
    }

    let trailer_start = buffer.len();
    begin_trailer(buffer, &head, &commit.root_after, previous);
    end_trailer(buffer, start);
    let trailer_hash = Digest::of(&buffer[trailer_start..]);
    buffer.resize(start + padded(length), 0);
    Some(Layout {
        leaves,
        payloads,
        root_after: commit.root_after,
        previous: *previous,
        trailer_hash,
    })
}

/// Appends a head to `buffer`.
pub(crate) fn encode_head(buffer: &mut Vec<u8>, head: &BatchHead, key: &Digest) -> Option<()> {
    let start = buffer.len();
    buffer.extend_from_slice(head.form.magic());
    buffer.extend_from_slice(&u32::try_from(head.length_bytes).ok()?.to_be_bytes());
    buffer.extend_from_slice(&head.first_index.to_be_bytes());
    buffer.extend_from_slice(&head.leaf_count.to_be_bytes());
    buffer.extend_from_slice(&head.payload_count.to_be_bytes());
    buffer.extend_from_slice(key.as_bytes());
    buffer.extend_from_slice(&crc32c::crc32c(&buffer[start..]).to_be_bytes());
    Some(())
}

pub(crate) fn begin_trailer(buffer: &mut Vec<u8>, head: &BatchHead, root_after: &Hash, previous: &Digest) {
    buffer.extend_from_slice(&head.first_index.to_be_bytes());
    buffer.extend_from_slice(&head.leaf_count.to_be_bytes());
    buffer.extend_from_slice(&head.payload_count.to_be_bytes());
    buffer.extend_from_slice(root_after.as_bytes());
    buffer.extend_from_slice(previous.as_bytes());
}

/// The checksum of the batch that began at `start`, and the last bytes.
pub(crate) fn end_trailer(buffer: &mut Vec<u8>, start: usize) {
    buffer.extend_from_slice(&crc32c::crc32c(&buffer[start..]).to_be_bytes());
    buffer.extend_from_slice(TRAILER_MAGIC);
}

fn encode_payload(buffer: &mut Vec<u8>, start: usize, payload: &SealedPayload) -> Option<(Commitment, Span)> {
    let commitment = payload.commitment();
    buffer.extend_from_slice(commitment.as_bytes());
    let span = Span {
        offset: buffer.len() - start,
        length: PAYLOAD_PREFIX_BYTES + payload.bytes.len(),
    };
    buffer.extend_from_slice(payload.salt.as_bytes());
    buffer.extend_from_slice(&u32::try_from(payload.bytes.len()).ok()?.to_be_bytes());
    buffer.extend_from_slice(&payload.bytes);
    Some((commitment, span))
}

/// Reads a head; `None` unless it is whole and of the segment with this key.
pub(crate) fn decode_head(bytes: &[u8], key: &Digest) -> Option<BatchHead> {
    let mut fields = Fields(bytes.get(..HEAD_BYTES)?);
    let magic = fields.take(HEAD_MAGIC.len())?;
    let mut forms = [Form::AsCommitted, Form::Erased].into_iter();
    let form = forms.find(|form| magic == form.magic())?;
    let length_bytes = usize::try_from(fields.u32()?).ok()?;
    let head = BatchHead {
        length_bytes,
        first_index: fields.u64()?,
        leaf_count: fields.u32()?,
        payload_count: fields.u32()?,
        form,
    };
    let key_found = fields.take(32)?;
    let checksum = fields.u32()?;
    let whole = key_found == key.as_bytes()
        && checksum == crc32c::crc32c(&bytes[..HEAD_BYTES - 4])
        && (HEAD_BYTES + form.trailer_bytes()..=BATCH_BYTES_MAX).contains(&length_bytes);
    whole.then_some(head)
}

/// Reads a whole batch, of which `bytes` are all before the padding; its head was read before.
/// `None` unless every byte is as it was written.
pub(crate) fn decode(bytes: &[u8], head: &BatchHead) -> Option<Layout> {
    let trailer_start = bytes.len().checked_sub(head.form.trailer_bytes())?;
    let mut trailer = Fields(&bytes[trailer_start..]);
    let first_index = trailer.u64()?;
    let leaf_count = trailer.u32()?;
    let payload_count = trailer.u32()?;
    let root_after = Hash::from_bytes(trailer.array()?);
    let previous = Digest::from_bytes(trailer.array()?);
    let trailer_hash = match head.form {
        Form::AsCommitted => Digest::of(&bytes[trailer_start..]),
        Form::Erased => Digest::from_bytes(trailer.array()?),
    };
    let checksum = trailer.u32()?;
    let whole = trailer.0 == TRAILER_MAGIC
        && checksum == crc32c::crc32c(&bytes[..bytes.len() - TRAILER_MAGIC.len() - 4])
        && first_index == head.first_index
        && leaf_count == head.leaf_count
        && payload_count == head.payload_count;
    if !whole {
        return None;
    }
    let mut body = Fields(&bytes[HEAD_BYTES..trailer_start]);
    let offset = |body: &Fields<'_>| trailer_start - body.0.len();
    let mut leaves = Vec::new();
    for _ in 0..leaf_count {
        let length = usize::from(u16::from_be_bytes(body.array()?));
        leaves.push(Span {
            offset: offset(&body),
            length,
        });
        body.take(length)?;
    }
    let mut payloads = Vec::new();
    for _ in 0..payload_count {
        let commitment = Commitment::from_bytes(body.array()?);
        let start = offset(&body);
        body.take(32)?;
        let length = usize::try_from(body.u32()?).ok()?;
        body.take(length)?;
        payloads.push((
            commitment,
            Span {
                offset: start,
                length: PAYLOAD_PREFIX_BYTES + length,
            },
        ));
    }
    body.0.is_empty().then_some(Layout {
        leaves,
        payloads,
        root_after,
        previous,
        trailer_hash,
    })
}

/// Reads the payload that a span of the layout names.
pub(crate) fn decode_payload(bytes: &[u8]) -> Option<SealedPayload> {
    let mut fields = Fields(bytes);
    let salt = Salt::from_bytes(fields.array()?);
    let length = usize::try_from(fields.u32()?).ok()?;
    (fields.0.len() == length).then(|| SealedPayload {
        salt,
        bytes: fields.0.into(),
    })
}

/// Bytes that are read from the front.
pub(crate) struct Fields<'bytes>(pub(crate) &'bytes [u8]);

impl<'bytes> Fields<'bytes> {
    pub(crate) fn take(&mut self, length: usize) -> Option<&'bytes [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }
}

#[cfg(test)]
mod tests;

//! Batches and headers of the journal: those that the bytes are, and those that they become when somebody has
//! mended checksums and lengths.

use std::collections::BTreeSet;

use ledger::hash::leaf_hash;
use protocol::digest::Digest;
use protocol::exchange::types::Commit;

use super::Bytes;
use crate::journal::batch::{
    self, BatchHead, Form, HEAD_BYTES, Layout, PAYLOAD_PREFIX_BYTES, Span, TRAILER_MAGIC,
};
use crate::journal::segment::SegmentHeader;
use crate::limits::{BATCH_BYTES_MAX, BLOCK_BYTES, SEGMENT_BYTES_MAX, SEGMENT_HEADER_BYTES_MAX};

/// The bytes as a batch, and as the header of a segment. What is read lies within the bytes, each part behind
/// the one before; written again it is the same; and without some payloads it is the same batch still.
pub fn journal(bytes: &[u8]) {
    let key = Digest::of(b"the trailer before");
    batch_of(bytes, &key);
    header_of(bytes);
    let mut program = Bytes(bytes);
    let how = program.next();
    batch_of(&mended_batch(how, &mut program, &key), &key);
    header_of(&mended_header(bytes));
}

fn batch_of(bytes: &[u8], key: &Digest) {
    let Some(head) = batch::decode_head(bytes, key) else {
        return;
    };
    assert!((HEAD_BYTES..=BATCH_BYTES_MAX).contains(&head.length_bytes));
    assert!(
        batch::decode_head(bytes, &Digest::of(b"another")).is_none(),
        "of another segment"
    );
    let Some(bytes) = bytes.get(..head.length_bytes) else {
        return;
    };
    let Some(layout) = batch::decode(bytes, &head) else {
        return;
    };
    assert_eq!(layout.leaves.len(), head.leaf_count as usize);
    assert_eq!(layout.payloads.len(), head.payload_count as usize);
    within(bytes, &layout);
    if head.form == Form::AsCommitted {
        again(bytes, &head, &layout, key);
    }
    erasing(bytes, &head, &layout, key);
    // One bit of what was read, and it is not whole any more.
    let mut flipped = bytes.to_vec();
    flipped[bytes.len() / 2] ^= 0x10;
    assert!(batch::decode(&flipped, &head).is_none());
}

/// Parts are within the batch, in order, and do not overlap.
fn within(bytes: &[u8], layout: &Layout) {
    let mut end = HEAD_BYTES;
    let payloads = layout.payloads.iter().map(|(_, span)| (span, 32));
    for (span, before) in layout.leaves.iter().map(|span| (span, 2)).chain(payloads) {
        assert_eq!(span.offset, end + before);
        end = span.offset + span.length;
    }
    assert!(end + TRAILER_MAGIC.len() <= bytes.len());
    for (_, span) in &layout.payloads {
        assert!(span.length >= PAYLOAD_PREFIX_BYTES);
        batch::decode_payload(part(bytes, span)).expect("a payload that the layout names");
    }
}

/// What was read, written again. A commitment is not read but kept: what it is of is checked when a payload
/// is asked for.
fn again(bytes: &[u8], head: &BatchHead, layout: &Layout, key: &Digest) {
    let leaves: Vec<Vec<u8>> = layout
        .leaves
        .iter()
        .map(|span| part(bytes, span).to_vec())
        .collect();
    let payload = |span: &Span| batch::decode_payload(part(bytes, span)).expect("read before");
    let payloads: Vec<_> = layout.payloads.iter().map(|(_, span)| payload(span)).collect();
    let commit = Commit {
        first_index: head.first_index,
        size_after: head.first_index.saturating_add(leaves.len() as u64),
        leaves: leaves.into(),
        payloads: payloads.into(),
        root_after: layout.root_after,
    };
    let mut written = Vec::new();
    let layout_again = batch::encode(&mut written, &commit, key, &layout.previous);
    let layout_again = layout_again.expect("what was read can be written");
    assert_eq!(written.len() % BLOCK_BYTES, 0);
    assert_eq!(written.len(), batch::padded(bytes.len()));
    assert_eq!(layout_again.leaves, layout.leaves);
    let is_named = |(one, other): (&(_, Span), &(_, Span))| one == other;
    if layout_again.payloads.iter().zip(&layout.payloads).all(is_named) {
        assert_eq!(written[..bytes.len()], *bytes, "a batch has one form");
        assert_eq!(layout_again.trailer_hash, layout.trailer_hash);
    }
}

/// Without every other payload: leaves, root and chain are as they were.
fn erasing(bytes: &[u8], head: &BatchHead, layout: &Layout, key: &Digest) {
    let erased: BTreeSet<_> = layout
        .payloads
        .iter()
        .step_by(2)
        .map(|(commitment, _)| *commitment)
        .collect();
    let mut without = Vec::new();
    let copied = batch::encode_without(&mut without, (head, bytes, layout), key, &erased);
    let copied = copied.expect("what was read can be written");
    let head = batch::decode_head(&without, key).expect("a head");
    let read = batch::decode(&without[..head.length_bytes], &head).expect("whole");
    assert_eq!(read, copied);
    assert_eq!(head.form, Form::Erased);
    let chain = |layout: &Layout| (layout.trailer_hash, layout.previous, layout.root_after);
    assert_eq!(chain(&read), chain(layout));
    let leaves = |bytes: &[u8], layout: &Layout| -> Vec<Vec<u8>> {
        layout
            .leaves
            .iter()
            .map(|span| part(bytes, span).to_vec())
            .collect()
    };
    assert_eq!(leaves(&without, &read), leaves(bytes, layout));
    assert!(
        read.payloads
            .iter()
            .all(|(commitment, _)| !erased.contains(commitment))
    );
}

fn part<'a>(bytes: &'a [u8], span: &Span) -> &'a [u8] {
    &bytes[span.offset..span.offset + span.length]
}

/// A batch with the body that the bytes are, and everything around it as it should be.
fn mended_batch(how: u8, program: &mut Bytes<'_>, key: &Digest) -> Vec<u8> {
    let (leaf_count, payload_count) = (u32::from(program.next() % 8), u32::from(program.next() % 8));
    let first_index = program.number() as u64;
    let form = if how & 1 == 0 {
        Form::AsCommitted
    } else {
        Form::Erased
    };
    let mut body = program.0.to_vec();
    if how & 2 != 0 {
        body = mended_body(leaf_count, payload_count, &body);
    }
    let length_bytes = HEAD_BYTES + body.len() + form.trailer_bytes();
    let head = BatchHead {
        length_bytes,
        first_index,
        leaf_count,
        payload_count,
        form,
    };
    let mut batch = Vec::new();
    batch::encode_head(&mut batch, &head, key).expect("a head");
    batch.extend(body);
    batch::begin_trailer(&mut batch, &head, &leaf_hash(b"root"), key);
    if form == Form::Erased {
        batch.extend_from_slice(key.as_bytes());
    }
    batch::end_trailer(&mut batch, 0);
    batch
}

/// Leaves and payloads whose lengths are what the bytes have room for.
fn mended_body(leaf_count: u32, payload_count: u32, bytes: &[u8]) -> Vec<u8> {
    let mut program = Bytes(bytes);
    let mut body = Vec::new();
    let take = |program: &mut Bytes<'_>| {
        let length = (program.number() % 300).min(program.0.len());
        let (taken, rest) = program.0.split_at(length);
        program.0 = rest;
        taken.to_vec()
    };
    for _ in 0..leaf_count {
        let leaf = take(&mut program);
        body.extend(u16::try_from(leaf.len()).expect("short").to_be_bytes());
        body.extend(leaf);
    }
    for _ in 0..payload_count {
        let payload = take(&mut program);
        let salt = protocol::digest::Salt::from_bytes([program.next(); 32]);
        let sealed = protocol::payload::SealedPayload {
            salt,
            bytes: payload.clone().into(),
        };
        // Now and then it is not what is named.
        let named = if program.next() % 4 == 0 {
            Digest::of(b"other").as_bytes().to_vec()
        } else {
            sealed.commitment().as_bytes().to_vec()
        };
        body.extend(named);
        body.extend(salt.as_bytes());
        body.extend(u32::try_from(payload.len()).expect("short").to_be_bytes());
        body.extend(payload);
    }
    body
}

fn header_of(bytes: &[u8]) {
    let Some((header, padded)) = SegmentHeader::decode(bytes) else {
        return;
    };
    assert!(padded % BLOCK_BYTES == 0 && padded <= batch::padded(SEGMENT_HEADER_BYTES_MAX));
    assert!(header.capacity_bytes <= SEGMENT_BYTES_MAX);
    let mut again = Vec::new();
    header.encode(&mut again);
    assert_eq!(again.len(), padded);
    let length = SegmentHeader::decode_length(bytes).expect("it was read");
    assert_eq!(again[..length], bytes[..length], "a header has one form");
    assert!(again[length..].iter().all(|byte| *byte == 0));
}

/// With the length and the checksum that fit.
fn mended_header(bytes: &[u8]) -> Vec<u8> {
    let mut header = bytes.to_vec();
    header.resize(header.len().max(80), 0);
    let version = if header[0] & 1 == 0 { b'1' } else { b'2' };
    header[..16].copy_from_slice(b"ohrid-journal/1\n");
    header[14] = version;
    // Indices that a tree can have, and not far beyond what fits into the bytes.
    header[36..42].fill(0);
    header[28..32].fill(0);
    header[34..36].fill(0);
    let length = u32::try_from(header.len()).expect("short");
    header[16..20].copy_from_slice(&length.to_be_bytes());
    let end = header.len() - 4;
    let checksum = crc32c::crc32c(&header[..end]);
    header[end..].copy_from_slice(&checksum.to_be_bytes());
    header
}

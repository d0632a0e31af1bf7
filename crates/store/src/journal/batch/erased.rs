//! A batch without the payloads that were erased `[ERASE]`.
//!
//! Nothing of them is left in it: not their bytes, not their salts, not their lengths. Which payloads there
//! were, the headers in its leaves say, and so does the tree: leaves, root and chain are as they were.

use std::collections::BTreeSet;

use protocol::digest::{Commitment, Digest};

use super::{BatchHead, Form, HEAD_BYTES, Layout, Span, begin_trailer, encode_head, end_trailer, padded};

/// Appends, with padding, what is left of a whole batch without these payloads. `buffer` ends at a block.
pub(crate) fn encode_without(
    buffer: &mut Vec<u8>,
    (head, bytes, layout): (&BatchHead, &[u8], &Layout),
    key: &Digest,
    erased: &BTreeSet<Commitment>,
) -> Option<Layout> {
    let start = buffer.len();
    let left: Vec<(Commitment, Span)> = layout
        .payloads
        .iter()
        .filter(|(commitment, _)| !erased.contains(commitment))
        .copied()
        .collect();
    let leaf_bytes: usize = layout.leaves.iter().map(|span| 2 + span.length).sum();
    let payload_bytes: usize = left.iter().map(|(_, span)| 32 + span.length).sum();
    let head = BatchHead {
        length_bytes: HEAD_BYTES + leaf_bytes + payload_bytes + Form::Erased.trailer_bytes(),
        payload_count: u32::try_from(left.len()).ok()?,
        form: Form::Erased,
        ..*head
    };
    encode_head(buffer, &head, key)?;
    let mut copied = Layout {
        leaves: Vec::with_capacity(layout.leaves.len()),
        payloads: Vec::with_capacity(left.len()),
        ..layout.clone()
    };
    for span in &layout.leaves {
        buffer.extend_from_slice(&u16::try_from(span.length).ok()?.to_be_bytes());
        copied.leaves.push(copy(buffer, start, bytes, span)?);
    }
    for (commitment, span) in &left {
        buffer.extend_from_slice(commitment.as_bytes());
        copied
            .payloads
            .push((*commitment, copy(buffer, start, bytes, span)?));
    }
    begin_trailer(buffer, &head, &layout.root_after, &layout.previous);
    buffer.extend_from_slice(layout.trailer_hash.as_bytes());
    end_trailer(buffer, start);
    buffer.resize(start + padded(head.length_bytes), 0);
    Some(copied)
}

fn copy(buffer: &mut Vec<u8>, start: usize, bytes: &[u8], span: &Span) -> Option<Span> {
    let offset = buffer.len() - start;
    buffer.extend_from_slice(bytes.get(span.offset..span.offset + span.length)?);
    Some(Span {
        offset,
        length: span.length,
    })
}

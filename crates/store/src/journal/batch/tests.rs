#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::contract::example::Story;

fn key() -> Digest {
    Digest::of(b"segment")
}

fn encoded() -> (Commit, Vec<u8>, Layout) {
    let commit = Story::default().receive().receive().commit();
    let mut buffer = Vec::new();
    let layout = encode(&mut buffer, &commit, &key(), &Digest::of(b"previous")).unwrap();
    (commit, buffer, layout)
}

/// The format is stored for years: these bytes do not change.
#[test]
fn the_bytes_are_golden() {
    let commit = Commit {
        first_index: 7,
        leaves: [b"leaf".to_vec()].into(),
        payloads: [SealedPayload {
            salt: Salt::from_bytes([1; 32]),
            bytes: b"sealed"[..].into(),
        }]
        .into(),
        size_after: 8,
        root_after: Hash::from_bytes([2; 32]),
    };
    let mut buffer = Vec::new();
    encode(
        &mut buffer,
        &commit,
        &Digest::from_bytes([3; 32]),
        &Digest::from_bytes([4; 32]),
    )
    .unwrap();
    let hex: String = buffer[..length_bytes(&commit).unwrap()]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let repeated = |byte: &str| byte.repeat(32);
    let commitment = commit.payloads[0].commitment();
    let golden = [
        "6f68626174636831 000000ec 0000000000000007 00000001 00000001 ",
        &repeated("03"),
        "bf5c6213 0004 6c656166 ",
        &commitment.to_string(),
        &repeated("01"),
        "00000006 7365616c6564 0000000000000007 00000001 00000001",
        &repeated("02"),
        &repeated("04"),
        "e70371cb 6f68747261696c31",
    ];
    assert_eq!(hex, golden.concat().replace(' ', ""));
    assert_eq!(buffer.len(), BLOCK_BYTES);
    assert!(
        buffer[length_bytes(&commit).unwrap()..]
            .iter()
            .all(|byte| *byte == 0)
    );
}

#[test]
fn what_was_encoded_is_decoded() {
    let (commit, buffer, layout) = encoded();
    let head = decode_head(&buffer, &key()).unwrap();
    assert_eq!(head.length_bytes, length_bytes(&commit).unwrap());
    assert_eq!(head.first_index, commit.first_index);
    assert_eq!(decode(&buffer[..head.length_bytes], &head).unwrap(), layout);
    for (span, leaf) in layout.leaves.iter().zip(commit.leaves.iter()) {
        assert_eq!(&buffer[span.offset..span.offset + span.length], leaf.as_slice());
    }
    for ((commitment, span), payload) in layout.payloads.iter().zip(commit.payloads.iter()) {
        let decoded = decode_payload(&buffer[span.offset..span.offset + span.length]).unwrap();
        assert_eq!(decoded, *payload);
        assert_eq!(*commitment, payload.commitment());
    }
}

#[test]
fn no_flipped_bit_is_overlooked() {
    let (_, buffer, _) = encoded();
    let length = decode_head(&buffer, &key()).unwrap().length_bytes;
    for bit in (0..length * 8).step_by(5) {
        let mut flipped = buffer.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let read =
            decode_head(&flipped, &key()).and_then(|head| decode(flipped.get(..head.length_bytes)?, &head));
        assert!(read.is_none(), "bit {bit}");
    }
}

/// A peer chooses a payload's bytes, and cannot make them begin a batch: it does not know the key.
#[test]
fn a_batch_of_another_segment_is_none_of_this() {
    let (_, buffer, _) = encoded();
    assert!(decode_head(&buffer, &Digest::of(b"another")).is_none());
}

/// The form of a batch without its payload is stored for years as well.
#[test]
fn a_batch_without_what_was_erased_is_golden_and_keeps_its_chain() {
    let (commit, buffer, layout) = encoded();
    let head = decode_head(&buffer, &key()).unwrap();
    let erased = [commit.payloads[0].commitment()].into();
    let mut without = Vec::new();
    let whole = (&head, &buffer[..head.length_bytes], &layout);
    let shorter = encode_without(&mut without, whole, &key(), &erased).unwrap();
    let short = decode_head(&without, &key()).unwrap();
    assert_eq!(&without[..8], b"ohbatch2");
    assert_eq!(decode(&without[..short.length_bytes], &short).unwrap(), shorter);
    assert_eq!(shorter.trailer_hash, layout.trailer_hash);
    assert_eq!(
        (shorter.previous, shorter.root_after),
        (layout.previous, layout.root_after)
    );
    assert_eq!(shorter.payloads.len(), 1);
    let (commitment, span) = &shorter.payloads[0];
    let kept = decode_payload(&without[span.offset..span.offset + span.length]).unwrap();
    assert_eq!((*commitment, &kept), (kept.commitment(), &commit.payloads[1]));
    for (span, leaf) in shorter.leaves.iter().zip(commit.leaves.iter()) {
        assert_eq!(&without[span.offset..span.offset + span.length], leaf.as_slice());
    }
    // Again, of what is left: the chain is still that of the first writing.
    let mut empty = Vec::new();
    let again = (&short, &without[..short.length_bytes], &shorter);
    let last = encode_without(&mut empty, again, &key(), &[*commitment].into()).unwrap();
    assert_eq!((last.trailer_hash, last.payloads.len()), (layout.trailer_hash, 0));
    for bit in (0..short.length_bytes * 8).step_by(7) {
        let mut flipped = without.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let read =
            decode_head(&flipped, &key()).and_then(|head| decode(flipped.get(..head.length_bytes)?, &head));
        assert!(read.is_none(), "bit {bit}");
    }
}

/// Places are counted from where the batch begins, whatever stands before it.
#[test]
fn a_batch_behind_something_else_is_the_same_batch() {
    let (commit, buffer, layout) = encoded();
    let before = b"something else".to_vec();
    let mut behind = before.clone();
    let again = encode(&mut behind, &commit, &key(), &Digest::of(b"previous")).unwrap();
    assert_eq!(
        (&behind[before.len()..], again),
        (buffer.as_slice(), layout.clone())
    );
    let head = decode_head(&buffer, &key()).unwrap();
    let erased = [commit.payloads[0].commitment()].into();
    let whole = (&head, &buffer[..head.length_bytes], &layout);
    let (mut alone, mut behind) = (Vec::new(), before.clone());
    let expected = encode_without(&mut alone, whole, &key(), &erased).unwrap();
    let shorter = encode_without(&mut behind, whole, &key(), &erased).unwrap();
    assert_eq!((&behind[before.len()..], shorter), (alone.as_slice(), expected));
}

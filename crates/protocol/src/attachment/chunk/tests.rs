#![allow(clippy::unwrap_used, clippy::expect_used)]
//! `[TRANSFER]`: a chunk is what the manifest says, or nothing.

use proptest::prelude::*;

use super::*;
use crate::attachment::AttachmentParts;
use crate::limits::CHUNK_BYTES;

/// A sealed file of two whole chunks and a short one, and what its manifest says.
pub(crate) fn file() -> (Vec<u8>, Attachment) {
    let sealed: Vec<u8> = (0..2 * CHUNK_BYTES + 1_000)
        .map(|at| (at / 4_096 % 251) as u8)
        .collect();
    let parts = AttachmentParts {
        name: "log.csv".parse().unwrap(),
        media_type: "text/csv".parse().unwrap(),
        plaintext_length_bytes: 2_000_000,
        plaintext: Digest::from_bytes([0x11; 32]),
        sealed_length_bytes: sealed.len() as u64,
        chunks: sealed.chunks(CHUNK_BYTES).map(Digest::of).collect(),
    };
    (sealed, Attachment::new(parts).unwrap())
}

#[test]
fn each_chunk_is_taken_in_its_place_only() {
    let (sealed, attachment) = file();
    let pieces: Vec<&[u8]> = sealed.chunks(CHUNK_BYTES).collect();
    for index in attachment.chunks() {
        let range = attachment.chunk_range(index).unwrap();
        assert_eq!(range.start, index.place() as u64 * CHUNK_BYTES as u64);
        for (place, piece) in pieces.iter().enumerate() {
            let checked = attachment.check_chunk(index, piece.to_vec());
            assert_eq!(checked.is_ok(), place == index.place());
            if let Ok(chunk) = checked {
                assert_eq!((chunk.index(), chunk.attachment()), (index, attachment.id()));
                assert_eq!(chunk.into_bytes(), *piece);
            }
        }
    }
}

#[test]
fn a_wrong_chunk_is_refused_and_says_how() {
    let (sealed, attachment) = file();
    let whole = sealed[..CHUNK_BYTES].to_vec();
    let index = ChunkIndex(0);
    let mut flipped = whole.clone();
    flipped[CHUNK_BYTES / 2] ^= 1;
    assert_eq!(
        attachment.check_chunk(index, flipped),
        Err(WrongChunk::Content { index })
    );
    for length in [0, 1, CHUNK_BYTES - 1] {
        let wrong = WrongChunk::Length {
            index,
            expected_bytes: CHUNK_BYTES as u64,
            found_bytes: length as u64,
        };
        assert_eq!(
            attachment.check_chunk(index, whole[..length].to_vec()),
            Err(wrong)
        );
    }
    for beyond in [3, 4, u32::MAX] {
        let index = ChunkIndex(beyond);
        let wrong = WrongChunk::NoSuchChunk {
            index,
            chunk_count: 3,
        };
        assert_eq!(attachment.check_chunk(index, whole.clone()), Err(wrong));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The set is what a plain list of indices would be.
    #[test]
    fn a_set_is_like_a_list(count in 1_u32..200, inserted in prop::collection::vec(0_u32..210, 0..300)) {
        let mut set = ChunkSet::none(count);
        let mut list = std::collections::BTreeSet::new();
        for index in inserted {
            let is_new = index < count && list.insert(index);
            prop_assert_eq!(set.insert(ChunkIndex(index)), is_new);
        }
        prop_assert_eq!(set.present() as usize, list.len());
        prop_assert_eq!(set.is_full(), list.len() == count as usize);
        for from in 0..count + 70 {
            prop_assert_eq!(set.contains(ChunkIndex(from)), list.contains(&from));
            let missing = (from..count).find(|index| !list.contains(index));
            prop_assert_eq!(set.first_missing(ChunkIndex(from)), missing.map(ChunkIndex));
        }
    }
}

/// Where the last chunks fill a word, there is none behind it to look into.
#[test]
fn a_full_set_lacks_nothing_from_anywhere() {
    for count in [1, 63, 64, 65, 127, 128, 192] {
        let mut set = ChunkSet::none(count);
        for index in 0..count {
            assert_eq!(set.first_missing(ChunkIndex(0)), Some(ChunkIndex(index)));
            assert!(set.insert(ChunkIndex(index)));
        }
        for from in 0..=count + 1 {
            assert_eq!(set.first_missing(ChunkIndex(from)), None, "{from} of {count}");
        }
    }
}

#[test]
fn a_chunk_is_named_and_its_bytes_are_not_shown() {
    let (sealed, attachment) = file();
    let chunk = attachment
        .check_chunk(ChunkIndex(2), sealed[2 * CHUNK_BYTES..].to_vec())
        .unwrap();
    assert_eq!(chunk.bytes(), &sealed[2 * CHUNK_BYTES..]);
    let id = attachment.id();
    assert_eq!(
        format!("{chunk:?}"),
        format!("VerifiedChunk(2 of {id}, 1000 bytes)")
    );
    assert_eq!(format!("{} {:?}", chunk.index(), chunk.index()), "2 #2");
    assert_eq!(format!("{:?}", ChunkSet::none(3)), "ChunkSet(0 of 3)");
}

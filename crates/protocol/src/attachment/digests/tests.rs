#![allow(clippy::unwrap_used, clippy::expect_used)]
//! However a file comes, its chunks have the same digests.

use super::*;

#[test]
fn digests_do_not_depend_on_how_the_file_comes() {
    for length in [
        0,
        1,
        CHUNK_BYTES - 1,
        CHUNK_BYTES,
        CHUNK_BYTES + 1,
        2 * CHUNK_BYTES + 7,
    ] {
        let file: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        let expected: Vec<Digest> = file.chunks(CHUNK_BYTES).map(Digest::of).collect();
        for piece in [700_001, CHUNK_BYTES, 3 * CHUNK_BYTES] {
            let mut digests = ChunkDigests::new();
            file.chunks(piece)
                .for_each(|piece| digests.update(piece).unwrap());
            assert_eq!(digests.finish(), (length as u64, expected.clone()));
        }
    }
}

#[test]
fn a_file_that_is_too_long_is_refused() {
    let mut digests = ChunkDigests {
        length_bytes: (ATTACHMENT_CHUNKS_MAX * CHUNK_BYTES) as u64 - 1,
        ..ChunkDigests::new()
    };
    assert_eq!(digests.update(b"xy"), Err(FileTooLong));
    assert_eq!(digests.update(b"x"), Ok(()));
}

#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Bodies of frames are read in one way, and bounded.

use super::*;
use crate::example::*;

const REQUEST: ChunkRequest = ChunkRequest {
    attachment: AttachmentId::from_bytes([0x33; 32]),
    index: ChunkIndex(7),
};

fn chunk_body(index: u32, bytes: &[u8]) -> Vec<u8> {
    [&Chunk::encode_head(ChunkIndex(index)), bytes].concat()
}

#[test]
fn bodies_are_as_on_the_first_day() {
    assert_golden!("attachment-chunk-request.bin", &REQUEST.encode());
    assert_golden!("attachment-chunk.bin", &chunk_body(7, &[0xc0, 0xff, 0xee]));
}

#[test]
fn requests_survive_and_must_be_whole() {
    let bytes = REQUEST.encode();
    assert_eq!(ChunkRequest::decode(&bytes), Ok(REQUEST));
    assert_only_the_whole(&bytes, |bytes| ChunkRequest::decode(bytes).is_ok());
    assert_canonical_when_flipped(&bytes, |bytes| {
        ChunkRequest::decode(bytes)
            .ok()
            .map(|request| request.encode().to_vec())
    });
    let request = ManifestRequest(Commitment::from_bytes([5; 32]));
    assert_eq!(ManifestRequest::decode(&request.encode()), Ok(request));
    assert_only_the_whole(&request.encode(), |bytes| ManifestRequest::decode(bytes).is_ok());
}

#[test]
fn answers_survive_and_are_bounded() {
    let bytes = vec![0xab; CHUNK_BYTES];
    let chunk = Chunk::decode(chunk_body(7, &bytes)).unwrap();
    assert_eq!(
        chunk,
        Chunk {
            index: ChunkIndex(7),
            bytes
        }
    );
    for length in 0..=INDEX_BYTES {
        assert!(Chunk::decode(vec![0; length]).is_err());
    }
    let long = Chunk::decode(vec![0; INDEX_BYTES + CHUNK_BYTES + 1]).unwrap_err();
    assert_eq!(long.fault, Fault::TooLong(INDEX_BYTES + CHUNK_BYTES));
    let beyond = u32::try_from(ATTACHMENT_CHUNKS_MAX).unwrap();
    assert!(Chunk::decode(chunk_body(beyond - 1, b"x")).is_ok());
    assert!(Chunk::decode(chunk_body(beyond, b"x")).is_err());
    let index = ChunkIndex(beyond);
    assert!(ChunkRequest::decode(&ChunkRequest { index, ..REQUEST }.encode()).is_err());

    let answer = ManifestAnswer {
        salt: Salt::from_bytes([1; 32]),
        bytes: b"manifest".to_vec(),
    };
    assert_eq!(ManifestAnswer::decode(&answer.encode()), Ok(answer));
    assert!(ManifestAnswer::decode(&[0; 32]).is_err());
    assert!(ManifestAnswer::decode(&vec![0; 32 + MANIFEST_BYTES_MAX]).is_ok());
    let long = ManifestAnswer::decode(&vec![0; 33 + MANIFEST_BYTES_MAX]).unwrap_err();
    assert_eq!(long.fault, Fault::TooLong(32 + MANIFEST_BYTES_MAX));
}

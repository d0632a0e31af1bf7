#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Frames are bounded before they are read, and read in one way.

use proptest::prelude::*;

use super::*;
use crate::attachment::{AttachmentId, ChunkIndex};
use crate::example::*;
use crate::frame::head::ENVELOPE_FIXED_BYTES;
use crate::limits::{MANIFEST_BYTES_MAX, NAME_LENGTH_BYTES_MAX, PAYLOAD_BYTES_MAX};

fn all() -> [Frame; 27] {
    [
        Frame::Hello(SignedHello::sign(&hello(), &EXPORTER, &key_of_xa())),
        Frame::Envelope {
            header: signed_header(),
            payload: payload(),
        },
        Frame::Receipt(signed_receipt()),
        Frame::Rejection(SignedRejection::sign(&rejection(), &key_of_xb())),
        Frame::Consignment(SignedConsignment::sign(&consignment(), &key_of_xb())),
        Frame::Recorded(Digest::of(b"report")),
        Frame::Busy {
            retry_after_ms: 1_000,
        },
        Frame::Ping(7),
        Frame::Pong(7),
        Frame::Unsupported,
        Frame::DirectoryRequest {
            version: 7,
            digest: Digest::of(b"a directory"),
        },
        Frame::Directory(Some(signed_by(&directory(), &key_sets(), &[2, 4]))),
        Frame::Directory(None),
        Frame::ManifestRequest(ManifestRequest(manifest_commitment())),
        Frame::Manifest(ManifestAnswer {
            salt: Salt::from_bytes([0x5a; 32]),
            bytes: b"a manifest".to_vec(),
        }),
        Frame::ChunkRequest(ChunkRequest {
            attachment: AttachmentId::from_bytes([0xa7; 32]),
            index: ChunkIndex(7),
        }),
        Frame::Chunk(Chunk {
            index: ChunkIndex(7),
            bytes: vec![0xc0, 0xff, 0xee],
        }),
        Frame::Absent,
        Frame::Completion(SignedCompletion::sign(&completion(), &key_of_xb())),
        Frame::AddCheckpoint(b"old 0\n\n".to_vec()),
        Frame::WitnessAnswer {
            status: 409,
            body: b"7\n".to_vec(),
        },
        Frame::HeadRequest("node.xa.example.org/ledger/2026".to_owned()),
        Frame::Head(Some(b"a note".to_vec())),
        Frame::Head(None),
        Frame::WitnessedReceiptRequest {
            envelope: Digest::of(b"an envelope"),
            message: header().message,
            to: header().to,
        },
        Frame::WitnessedReceipt(Some(b"a tlog-proof".to_vec())),
        Frame::WitnessedReceipt(None),
    ]
}

fn decode(bytes: &[u8]) -> Result<Frame, DecodeError> {
    let (head, rest) = bytes.split_first_chunk().ok_or(wrong_length(FRAME_HEAD_BYTES))?;
    Frame::decode(FrameHead::parse(head)?, rest)
}

#[test]
fn frames_are_as_on_the_first_day() {
    assert_golden!("frame-envelope.bin", &all()[1].encode());
    assert_golden!("frame-recorded.bin", &all()[5].encode());
    assert_golden!("frame-busy.bin", &all()[6].encode());
    assert_golden!("frame-ping.bin", &all()[7].encode());
    let numbers = all().map(|frame| frame.kind().number());
    let expected = [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 32, 33, 33, 40, 41, 42, 43, 44, 45, 48, 49, 50, 51, 51, 52, 53, 53,
    ];
    assert_eq!(numbers, expected);
    assert_golden!("frame-directory-request.bin", &all()[10].encode());
    assert_golden!("frame-manifest-request.bin", &all()[13].encode());
    assert_golden!("frame-chunk-request.bin", &all()[15].encode());
    assert_golden!("frame-chunk.bin", &all()[16].encode());
    assert_golden!("frame-absent.bin", &all()[17].encode());
    assert_golden!("frame-add-checkpoint.bin", &all()[19].encode());
    assert_golden!("frame-witness-answer.bin", &all()[20].encode());
    assert_golden!("frame-head-request.bin", &all()[21].encode());
    assert_golden!("frame-head.bin", &all()[22].encode());
    assert_golden!("frame-witnessed-receipt-request.bin", &all()[24].encode());
    assert_golden!("frame-witnessed-receipt.bin", &all()[25].encode());
}

#[test]
fn every_frame_survives_and_must_be_whole() {
    for frame in all() {
        let bytes = frame.encode();
        assert_eq!(decode(&bytes), Ok(frame.clone()));
        assert_only_the_whole(&bytes, |bytes| decode(bytes).is_ok());
        assert_canonical_when_flipped(&bytes, |bytes| decode(bytes).ok().map(|frame| frame.encode()));
        let (head, rest) = bytes.split_first_chunk().unwrap();
        let head = FrameHead::parse(head).unwrap();
        assert_eq!(Frame::decode_owned(head, rest.to_vec()), Ok(frame.clone()));
        assert!(Frame::decode_owned(head, [rest, &[0]].concat()).is_err());
        let (mut start, rest) = frame.into_parts();
        start.extend_from_slice(rest.as_ref().map_or(&[], AsRef::as_ref));
        assert_eq!(start, bytes);
    }
}

#[test]
fn a_length_is_held_against_its_kind_before_anything_is_read() {
    for &(kind, number) in FrameKind::NUMBERS {
        let parse = |length: usize| {
            let [a, b, c, d] = u32::try_from(length).unwrap().to_be_bytes();
            FrameHead::parse(&[number, a, b, c, d])
        };
        let (least, most) = (*kind.length_bytes().start(), *kind.length_bytes().end());
        assert_eq!(
            parse(most),
            Ok(FrameHead {
                kind,
                length_bytes: most
            })
        );
        assert_eq!(
            parse(least),
            Ok(FrameHead {
                kind,
                length_bytes: least
            })
        );
        assert_eq!(parse(most + 1).unwrap_err().fault, Fault::TooLong(most));
        assert!(least == 0 || parse(least - 1).is_err());
        assert!(parse(0xffff_ffff).is_err());
    }
}

/// What has a length of its own in front of it, or an id.
#[test]
fn frames_are_as_long_as_the_specification_says() {
    let most = |kind: FrameKind| *kind.length_bytes().end();
    assert_eq!(most(FrameKind::Manifest), MANIFEST_BYTES_MAX + 32);
    assert_eq!(most(FrameKind::Chunk), 1_048_580);
    assert_eq!(most(FrameKind::WitnessAnswer), 65_538);
    assert_eq!(
        most(FrameKind::WitnessedReceiptRequest),
        NAME_LENGTH_BYTES_MAX + 48
    );
}

#[test]
fn what_asks_is_told_from_what_answers() {
    let asks: Vec<u8> = FrameKind::NUMBERS
        .iter()
        .filter(|(kind, _)| kind.is_request())
        .map(|(_, number)| *number)
        .collect();
    assert_eq!(asks, [2, 5, 8, 32, 40, 42, 45, 48, 50, 52]);
}

#[test]
fn a_chunk_is_not_copied_when_its_buffer_is_given_away() {
    let bytes = [&7_u32.to_be_bytes()[..], &[0xc0; 4_096]].concat();
    let head = FrameHead {
        kind: FrameKind::Chunk,
        length_bytes: bytes.len(),
    };
    let place = bytes.as_ptr();
    let Ok(Frame::Chunk(chunk)) = Frame::decode_owned(head, bytes) else {
        panic!("a chunk")
    };
    assert_eq!(chunk.bytes.len(), 4_096);
    assert_eq!(chunk.bytes.as_ptr(), place, "the same buffer");
    let short = vec![0; 4_000];
    assert!(
        Frame::decode_owned(head, short).is_err(),
        "the head says otherwise"
    );
}

#[test]
fn an_unknown_kind_is_named() {
    for number in [0, 11, 34, 46, 54, 255] {
        let error = FrameHead::parse(&[number, 0, 0, 0, 0]).unwrap_err();
        assert_eq!(error.fault, Fault::UnknownKind(u64::from(number)));
    }
}

#[test]
fn an_envelopes_header_must_lie_within_it() {
    let bytes = all()[1].encode();
    let body = &bytes[FRAME_HEAD_BYTES..];
    let head = FrameHead {
        kind: FrameKind::Envelope,
        length_bytes: body.len(),
    };
    let with_header_length = |length: u16| {
        let mut body = body.to_vec();
        body[..2].copy_from_slice(&length.to_be_bytes());
        Frame::decode(head, &body)
    };
    let longest = u16::try_from(body.len() - ENVELOPE_FIXED_BYTES).unwrap();
    assert!(with_header_length(longest).is_ok());
    assert_eq!(
        with_header_length(longest + 1).unwrap_err().fault,
        Fault::Truncated
    );
    assert_eq!(with_header_length(u16::MAX).unwrap_err().fault, Fault::Truncated);
    assert!(Frame::decode(head, &body[1..]).is_err());
}

#[test]
fn a_payload_at_the_limit_passes() {
    let payload = SealedPayload {
        bytes: vec![7; PAYLOAD_BYTES_MAX].into(),
        ..payload()
    };
    let bytes = Frame::Envelope {
        header: signed_header(),
        payload: payload.clone(),
    }
    .encode();
    assert_eq!(
        decode(&bytes).unwrap(),
        Frame::Envelope {
            header: signed_header(),
            payload
        }
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn garbage_never_panics(kind in 0_u8..56, rest: Vec<u8>) {
        let length = u32::try_from(rest.len()).unwrap().to_be_bytes();
        let bytes = [&[kind][..], &length, &rest].concat();
        if let Ok(frame) = decode(&bytes) {
            prop_assert_eq!(frame.encode(), bytes);
        }
    }
}

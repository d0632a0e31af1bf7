#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The header says what it must, in one form, and nothing that it must not.

use proptest::prelude::*;

use super::*;
use crate::example::*;

fn full() -> Header {
    Header {
        in_reply_to: Some(MessageId::from_parts(NOW.0 - 1, [0x22; 10])),
        attachments: Some(Commitment::from_bytes([0x44; 32])),
        sender_checkpoint: Some("node.xa.example.org/ledger/2026\n...".to_owned()),
        priority: Priority::Emergency,
        ..header()
    }
}

#[test]
fn headers_are_as_on_the_first_day() {
    assert_golden!("header.cbor", &header().encode());
    assert_golden!("header-full.cbor", &full().encode());
    assert_golden!("header.cose", signed_header().as_bytes());
    assert_eq!(signed_header().verify(&directory()), Ok(header()));
}

#[test]
fn a_header_survives_and_its_flips_are_canonical() {
    for header in [header(), full()] {
        let has_checkpoint = header.sender_checkpoint.is_some();
        assert_canonical_when_flipped(&header.encode(), |bytes| {
            let read = Header::decode(bytes).ok()?;
            // One flip makes the last label, which is optional, an advisory one, and that is passed over.
            (read.sender_checkpoint.is_some() == has_checkpoint).then(|| read.encode())
        });
        assert_only_the_whole(&header.encode(), |bytes| Header::decode(bytes).is_ok());
    }
}

/// `[HEADER-PRIVACY]`: ids, offices, times, numbers, commitments. The salt is not among them, and neither is
/// anything of the payload `[LEAF-PRIVACY]`.
#[test]
fn a_header_holds_nothing_of_the_payload() {
    let bytes = full().encode();
    let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    assert!(holds(payload().commitment().as_bytes()));
    assert!(!holds(payload().salt.as_bytes()));
    assert!(!holds(Digest::of(&payload().bytes).as_bytes()));
    assert!(!holds(&payload().bytes[..8]));
}

#[test]
fn another_version_and_unknown_priorities_are_named() {
    let mut bytes = header().encode();
    bytes[2] = 2;
    assert_eq!(
        Header::decode(&bytes).unwrap_err().fault,
        Fault::UnknownVersion(2)
    );
    let mut bytes = header().encode();
    let place = bytes.windows(2).rposition(|pair| pair == [0x08, 0x01]).unwrap();
    bytes[place + 1] = 0x03;
    assert_eq!(Header::decode(&bytes).unwrap_err().fault, Fault::UnknownKind(3));
}

#[test]
fn times_must_be_possible() {
    let lifetime = |expires_at| {
        Header {
            expires_at,
            ..header()
        }
        .has_possible_times()
    };
    assert!(lifetime(NOW.plus(ENVELOPE_LIFETIME_MAX)));
    assert!(!lifetime(UnixMillis(NOW.plus(ENVELOPE_LIFETIME_MAX).0 + 1)));
    assert!(!lifetime(NOW));
}

#[test]
fn a_small_message_stays_small() {
    assert!(
        signed_header().as_bytes().len() < 320,
        "{}",
        signed_header().as_bytes().len()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_header_survives(
        times: (u64, u64),
        length: u64,
        random: [u8; 10],
        priority in 0..3_u64,
        reply: Option<[u8; 10]>,
        note in proptest::option::of("[a-z\n]{0,200}"),
    ) {
        let header = Header {
            message: MessageId::from_parts(7, random),
            in_reply_to: reply.map(|random| MessageId::from_parts(9, random)),
            sent_at: UnixMillis(times.0),
            expires_at: UnixMillis(times.1),
            priority: Priority::from_number(priority).unwrap(),
            payload_length_bytes: length,
            sender_checkpoint: note,
            ..header()
        };
        let signed = SignedHeader::sign(&header, &key_of_xa());
        prop_assert_eq!(signed.peek().unwrap(), (header, key_of_xa().id()));
    }

    #[test]
    fn garbage_is_refused_without_a_panic(bytes: Vec<u8>) {
        prop_assert!(Header::decode(&bytes).is_err());
        prop_assert!(SignedHeader::from_bytes(&bytes).unwrap().peek().is_err());
    }
}

#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A hello is good for one connection, and only from the Party that TLS has shown (threat 4).

use super::*;
use crate::decode::Fault;
use crate::directory::UnknownKey;
use crate::example::*;

fn signed() -> SignedHello {
    SignedHello::sign(&hello(), &EXPORTER, &key_of_xa())
}

#[test]
fn hellos_are_as_on_the_first_day() {
    assert_golden!("hello.cbor", &hello().encode());
    assert_golden!("hello.cose", signed().as_bytes());
    assert_eq!(signed().peek(), Ok((hello(), key_of_xa().id())));
    assert_eq!(signed().verify(xa(), &EXPORTER, &directory(), NOW), Ok(hello()));
}

#[test]
fn a_hello_of_another_connection_is_worth_nothing() {
    let verified = signed().verify(xa(), &[0x5b; 32], &directory(), NOW);
    assert_eq!(verified, Err(NotAuthentic::BadSignature));
}

#[test]
fn a_hello_by_another_party_or_in_its_name_is_worth_nothing() {
    // XB's own hello, where TLS has shown XA.
    let by_xb = Hello {
        party: xb(),
        ..hello()
    };
    let by_xb = SignedHello::sign(&by_xb, &EXPORTER, &key_of_xb());
    let error = by_xb.verify(xa(), &EXPORTER, &directory(), NOW).unwrap_err();
    assert!(matches!(
        error,
        NotAuthentic::UnknownKey(UnknownKey::Envelope { .. })
    ));
    // XA speaks as XB.
    let as_xb = Hello {
        party: xb(),
        ..hello()
    };
    let as_xb = SignedHello::sign(&as_xb, &EXPORTER, &key_of_xa());
    assert_eq!(
        as_xb.verify(xa(), &EXPORTER, &directory(), NOW),
        Err(NotAuthentic::BadSignature)
    );
}

#[test]
fn the_key_must_be_valid_now_whatever_the_hellos_clock_says() {
    let mut directory = directory();
    directory.parties.get_mut(&xa()).unwrap().envelope_keys[0].valid_until = Some(NOW);
    let early = Hello {
        clock: UnixMillis(NOW.0 - 1),
        ..hello()
    };
    let early = SignedHello::sign(&early, &EXPORTER, &key_of_xa());
    let verified = early.verify(xa(), &EXPORTER, &directory, NOW);
    assert!(matches!(verified, Err(NotAuthentic::UnknownKey(_))));
}

#[test]
fn truncated_and_flipped_hellos_are_refused() {
    let directory = directory();
    let accepts = |bytes: &[u8]| {
        SignedHello::from_bytes(bytes)
            .unwrap()
            .verify(xa(), &EXPORTER, &directory, NOW)
            .is_ok()
    };
    assert_only_the_whole(signed().as_bytes(), accepts);
    assert_no_bit_may_flip(signed().as_bytes(), accepts);
}

#[test]
fn lists_are_bounded_both_ways() {
    let long = Hello {
        versions: vec![1; HELLO_VERSIONS_MAX + 1],
        features: vec!["a".repeat(FEATURE_LENGTH_BYTES_MAX + 1), "chunks".to_owned()],
        ..hello()
    };
    let said = Hello::decode(&long.encode()).unwrap();
    assert_eq!(said.versions.len(), HELLO_VERSIONS_MAX);
    assert_eq!(said.features, ["chunks"]);
    let mut bytes = hello().encode();
    let place = bytes.windows(2).rposition(|pair| pair == [0x02, 0x81]).unwrap();
    bytes[place + 1] = 0x91;
    assert_eq!(
        Hello::decode(&bytes).unwrap_err().fault,
        Fault::TooLong(HELLO_VERSIONS_MAX)
    );
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

/// An element of DER.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let [high, low] = length.to_be_bytes();
    let head = match length {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [head, content.to_vec()].concat()
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    der(tag::SEQUENCE, &parts.concat())
}

fn key() -> Vec<u8> {
    sequence(&[der(0x03, &[7; 33])])
}

/// As much of a certificate as is read, and a signature.
fn certificate(not_before: &[u8], not_after: &[u8]) -> Vec<u8> {
    certificate_with(not_before, not_after, b"extensions")
}

fn certificate_with(not_before: &[u8], not_after: &[u8], extensions: &[u8]) -> Vec<u8> {
    let date = |text: &[u8]| {
        let tag = if text.len() == 13 {
            tag::UTC_TIME
        } else {
            tag::GENERALIZED_TIME
        };
        der(tag, text)
    };
    let fields = [
        der(tag::VERSION, &der(tag::INTEGER, &[2])),
        der(tag::INTEGER, &[9; 16]),
        sequence(&[]),
        sequence(&[der(0x31, b"issuer")]),
        sequence(&[date(not_before), date(not_after)]),
        sequence(&[]),
        key(),
        der(0xa3, extensions),
    ];
    sequence(&[sequence(&fields), sequence(&[]), der(0x03, &[0; 20])])
}

#[test]
fn dates_and_key_are_those_of_the_certificate() {
    let facts = CertificateFacts::read(&certificate(b"261122063819Z", b"20610301000000Z")).unwrap();
    // `date -u -d ... +%s`
    assert_eq!(facts.not_before, UnixMillis(1_795_329_499_000));
    assert_eq!(facts.not_after, UnixMillis(2_876_860_800_000));
    assert_eq!(facts.pin, Digest::of(&key()));
}

#[test]
fn the_calendar_is_right_around_leap_days() {
    let read = |text: &[u8]| {
        let facts = CertificateFacts::read(&certificate(b"700101000000Z", text)).unwrap();
        facts.not_after.0 / 1_000
    };
    assert_eq!(read(b"700101000000Z"), 0);
    assert_eq!(read(b"000229235959Z"), 951_868_799);
    assert_eq!(read(b"240301000000Z"), 1_709_251_200);
    assert_eq!(read(b"21000228235959Z"), 4_107_542_399);
    assert_eq!(read(b"21000301000000Z"), 4_107_542_400);
    assert_eq!(read(b"99991231235959Z"), 253_402_300_799);
}

/// Lengths of two bytes, up to the longest certificate that is taken.
#[test]
fn a_certificate_may_be_so_long_and_no_longer() {
    let of_length = |bytes: usize| {
        let short = certificate(b"261122063819Z", b"271122063819Z").len();
        // Three lengths grow by two bytes each.
        let extensions = vec![7; b"extensions".len() + bytes - short - 5];
        let certificate = certificate_with(b"261122063819Z", b"271122063819Z", &extensions);
        assert_eq!(certificate.len(), bytes);
        CertificateFacts::read(&certificate)
    };
    let short = CertificateFacts::read(&certificate(b"261122063819Z", b"271122063819Z"));
    assert_eq!(of_length(5_000), short);
    assert_eq!(of_length(CA_CERTIFICATE_BYTES_MAX), short);
    assert_eq!(of_length(CA_CERTIFICATE_BYTES_MAX + 1), Err(NotACertificate));
}

#[test]
fn what_is_no_certificate_is_refused() {
    let good = certificate(b"261122063819Z", b"271122063819Z");
    for length in 0..good.len() {
        assert!(CertificateFacts::read(&good[..length]).is_err(), "{length}");
    }
    assert!(CertificateFacts::read(&[good.clone(), vec![0]].concat()).is_err());
    for (from, until) in [
        (&b"271122063819Z"[..], &b"261122063819Z"[..]),
        (b"261322063819Z", b"271122063819Z"),
        (b"261100063819Z", b"271122063819Z"),
        (b"261122243819Z", b"271122063819Z"),
        (b"2611220638190", b"271122063819Z"),
        (b"26112206381 Z", b"271122063819Z"),
        (b"26112206380:Z", b"271122063819Z"),
        (b"202611220638190Z", b"20271122063819Z"),
        (b"00491122063819Z", b"491122063819Z"),
        (b"261122240000Z", b"271122063819Z"),
        (b"261122006000Z", b"271122063819Z"),
        (b"261122000060Z", b"271122063819Z"),
        (b"19691122063819Z", b"271122063819Z"),
    ] {
        assert!(CertificateFacts::read(&certificate(from, until)).is_err());
    }
    // A flipped bit is refused or read; it never panics.
    for place in 0..good.len() * 8 {
        let mut flipped = good.clone();
        flipped[place / 8] ^= 1 << (place % 8);
        let _ = CertificateFacts::read(&flipped);
    }
}

#![allow(clippy::unwrap_used, clippy::expect_used)]
//! One form of signature, one meaning: a content type is never taken for another.

use ed25519_dalek::{Signature as DalekSignature, VerifyingKey};

use super::*;
use crate::key::{EnvelopeKey, SecretariatKey};

const ALL: [ContentType; 11] = [
    ContentType::Envelope,
    ContentType::Receipt,
    ContentType::Rejection,
    ContentType::Consignment,
    ContentType::Hello,
    ContentType::Join,
    ContentType::Directory,
    ContentType::KeySet,
    ContentType::DirectoryChange,
    ContentType::KeyProof,
    ContentType::Bundle,
];

fn key() -> EnvelopeKey {
    EnvelopeKey::from_seed(&[7; 32])
}

fn is_valid(bytes: &[u8]) -> bool {
    Sign1::parse(ContentType::Receipt, bytes).is_ok_and(|one| one.is_signed_by(&key().public(), b""))
}

/// RFC 9052 sections 4.2 and 4.4, byte by byte, and the signature checked without any code of ours.
#[test]
fn a_cose_sign1_has_the_layout_of_the_rfc() {
    let signed = sign_one(ContentType::Receipt, b"payload", b"outside", &key());
    let mut protected = vec![0xa3, 0x01, 0x27, 0x03, 0x78, 0x1d];
    protected.extend_from_slice(b"application/ohrid-receipt+cbor");
    protected[5] = 30;
    protected.extend_from_slice(&[0x04, 0x50]);
    protected.extend_from_slice(key().id().as_bytes());
    let mut expected = vec![0xd2, 0x84, 0x58, u8::try_from(protected.len()).unwrap()];
    expected.extend_from_slice(&protected);
    expected.push(0xa0);
    expected.push(0x47);
    expected.extend_from_slice(b"payload");
    expected.extend_from_slice(&[0x58, 0x40]);
    let (start, signature) = signed.split_at(signed.len() - 64);
    assert_eq!(start, expected);

    let mut covered = vec![0x84, 0x6a];
    covered.extend_from_slice(b"Signature1");
    covered.extend_from_slice(&[0x58, u8::try_from(protected.len()).unwrap()]);
    covered.extend_from_slice(&protected);
    covered.push(0x47);
    covered.extend_from_slice(b"outside");
    covered.push(0x47);
    covered.extend_from_slice(b"payload");
    let public = VerifyingKey::from_bytes(key().public().as_bytes()).unwrap();
    public
        .verify_strict(&covered, &DalekSignature::from_slice(signature).unwrap())
        .unwrap();
}

#[test]
fn a_signature_of_one_type_never_verifies_as_another() {
    for made in ALL {
        let signed = sign_one(made, b"payload", b"", &key());
        for asked in ALL {
            let fits = Sign1::parse(asked, &signed);
            assert_eq!(
                fits.is_ok_and(|one| one.is_signed_by(&key().public(), b"")),
                made == asked
            );
        }
    }
}

/// The type is covered by the signature, not only compared.
#[test]
fn a_type_that_was_rewritten_does_not_verify() {
    let signed = sign_one(ContentType::Envelope, b"payload", b"", &key());
    let text = String::from_utf8_lossy(&signed).into_owned();
    let place = text.find("ohrid").unwrap();
    // `hello` and `envelope` differ in length; `receipt` would as well: rewrite within the same length.
    let mut other = signed.clone();
    other[place] ^= 1;
    assert!(Sign1::parse(ContentType::Envelope, &other).is_err());
    let hello = sign_one(ContentType::Hello, b"payload", b"", &key());
    let mut spliced = hello[..hello.len() - 64].to_vec();
    spliced.extend_from_slice(&signed[signed.len() - 64..]);
    let spliced = Sign1::parse(ContentType::Hello, &spliced).unwrap();
    assert!(!spliced.is_signed_by(&key().public(), b""));
}

#[test]
fn external_data_and_key_are_covered() {
    let signed = sign_one(ContentType::Hello, b"payload", b"this connection", &key());
    let one = Sign1::parse(ContentType::Hello, &signed).unwrap();
    assert!(one.is_signed_by(&key().public(), b"this connection"));
    assert!(!one.is_signed_by(&key().public(), b"another"));
    assert!(!one.is_signed_by(&EnvelopeKey::from_seed(&[8; 32]).public(), b"this connection"));
}

#[test]
fn truncated_flipped_and_prolonged_signatures_are_refused() {
    let signed = sign_one(ContentType::Receipt, b"payload", b"", &key());
    crate::example::assert_only_the_whole(&signed, is_valid);
    crate::example::assert_no_bit_may_flip(&signed, is_valid);
}

#[test]
fn only_the_one_form_is_read() {
    let protected = protect(Some(ContentType::Receipt), Some(key().id()));
    let build = |tag: u64, protected: &[u8], unprotected: &[u8]| {
        let mut out = Writer::with_capacity(0);
        out.tag(tag).array(4).bytes(protected);
        let mut bytes = out.finish();
        bytes.extend_from_slice(unprotected);
        let mut rest = Writer::with_capacity(0);
        rest.bytes(b"payload").bytes(&[0; 64]);
        bytes.extend_from_slice(&rest.finish());
        bytes
    };
    let parse = |bytes: &[u8]| Sign1::parse(ContentType::Receipt, bytes).map(|one| one.key);
    assert_eq!(parse(&build(18, &protected, &[0xa0])), Ok(key().id()));
    // Another tag; no tag; a header that is not protected; an empty array for the map.
    assert!(parse(&build(98, &protected, &[0xa0])).is_err());
    assert!(parse(&build(18, &protected, &[0xa0])[1..]).is_err());
    assert!(parse(&build(18, &protected, &[0xa1, 0x01, 0x27])).is_err());
    assert!(parse(&build(18, &protected, &[0x80])).is_err());
    // Another algorithm; no key id; a header more.
    let mut es256 = protected.clone();
    es256[2] = 0x26;
    assert!(parse(&build(18, &es256, &[0xa0])).is_err());
    assert!(parse(&build(18, &protect(Some(ContentType::Receipt), None), &[0xa0])).is_err());
    let mut more = protected.clone();
    more[0] = 0xa4;
    more.extend_from_slice(&[0x05, 0x00]);
    assert!(parse(&build(18, &more, &[0xa0])).is_err());
}

#[test]
fn joint_signatures_count_each_trusted_key_once() {
    let keys: Vec<SecretariatKey> = (1..=3)
        .map(|seed| SecretariatKey::from_seed(&[seed; 32]))
        .collect();
    let trusted: Vec<PublicKey> = keys.iter().map(SecretariatKey::public).collect();
    let stranger = SecretariatKey::from_seed(&[9; 32]);
    let count = |signers: &[&SecretariatKey]| {
        let signed = sign_many(ContentType::Directory, b"payload", signers);
        SignMany::parse(ContentType::Directory, &signed)
            .unwrap()
            .count_signed_by(&trusted)
    };
    assert_eq!(count(&[]), 0);
    assert_eq!(count(&[&keys[0]]), 1);
    assert_eq!(count(&[&keys[0], &keys[2]]), 2);
    assert_eq!(count(&[&keys[0], &stranger]), 1);
    assert_eq!(count(&[&stranger]), 0);
    let twice = sign_many(ContentType::Directory, b"payload", &[&keys[0], &keys[0]]);
    let error = SignMany::parse(ContentType::Directory, &twice).err().unwrap();
    assert_eq!(error.fault, Fault::BadValue("a key signs once"));
    let twice_trusted = [trusted[0], trusted[0]];
    let signed = sign_many(ContentType::Directory, b"payload", &[&keys[0]]);
    let one = SignMany::parse(ContentType::Directory, &signed).unwrap();
    assert_eq!(one.count_signed_by(&twice_trusted), 1);
}

#[test]
fn joint_signatures_cover_the_payload_and_are_bounded() {
    let key = SecretariatKey::from_seed(&[1; 32]);
    let signed = sign_many(ContentType::Directory, b"payload", &[&key]);
    let is_valid = |bytes: &[u8]| {
        let parsed = SignMany::parse(ContentType::Directory, bytes);
        parsed.is_ok_and(|many| many.count_signed_by(&[key.public()]) == 1)
    };
    crate::example::assert_only_the_whole(&signed, is_valid);
    crate::example::assert_no_bit_may_flip(&signed, is_valid);
    let many = vec![&key; SECRETARIAT_SIGNATURES_MAX + 1];
    let signed = sign_many(ContentType::Directory, b"payload", &many);
    let error = SignMany::parse(ContentType::Directory, &signed).err().unwrap();
    assert_eq!(error.fault, Fault::TooLong(SECRETARIAT_SIGNATURES_MAX));
}

/// A key set bears the signatures of two sets, everything else those of one.
#[test]
fn a_cose_sign_bears_at_most_so_many_signatures() {
    let keys: Vec<SecretariatKey> = (0..=KEY_SET_SIGNATURES_MAX)
        .map(|number| SecretariatKey::from_seed(&[number as u8; 32]))
        .collect();
    let keys: Vec<&SecretariatKey> = keys.iter().collect();
    for (content, most) in [
        (ContentType::KeySet, KEY_SET_SIGNATURES_MAX),
        (ContentType::Directory, SECRETARIAT_SIGNATURES_MAX),
    ] {
        let read = |count: usize| {
            let bytes = sign_many(content, b"payload", &keys[..count]);
            SignMany::parse(content, &bytes)
                .map(|signed| signed.signatures.len())
                .ok()
        };
        assert_eq!(read(most), Some(most), "{content:?}");
        assert_eq!(read(most + 1), None, "{content:?}");
    }
}

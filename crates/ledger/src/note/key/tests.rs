#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::note::tests::{golden_cosigner, golden_signer};

const LOG_KEY: &str = "node.example/ledger+1e689d06+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
const WITNESS_KEY: &str = "peer.example/w1+0cf4264d+BP0XJDhaoMdbZPt4zWAvodmR/ev3axPFjtcC6sg16fYY";

#[test]
fn the_golden_verifier_keys_are_those_of_the_golden_seeds() {
    assert_eq!(golden_signer().verifier_key().to_string(), LOG_KEY);
    assert_eq!(golden_cosigner().verifier_key().to_string(), WITNESS_KEY);
    assert_eq!(
        VerifierKey::parse(LOG_KEY).as_ref(),
        Ok(golden_signer().verifier_key())
    );
    assert_eq!(WITNESS_KEY.parse().as_ref(), Ok(golden_cosigner().verifier_key()));
    assert_eq!(VerifierKey::parse(LOG_KEY).unwrap().kind(), KeyKind::Ed25519);
    assert_eq!(
        VerifierKey::parse(WITNESS_KEY).unwrap().kind(),
        KeyKind::CosignatureV1
    );
}

#[test]
fn hostile_verifier_keys_are_refused_by_name() {
    use KeyDecodeError as Error;
    let weak = format!(
        "name+00000000+{}",
        encoding::encode_base64(&{
            let mut key = [0; 33];
            (key[0], key[1]) = (0x01, 0x01);
            key
        })
    );
    let hostile = [
        ("empty", String::new(), Error::Malformed),
        ("no parts", "name".to_owned(), Error::Malformed),
        ("no key", "name+1e689d06".to_owned(), Error::Malformed),
        ("empty key", "name+1e689d06+".to_owned(), Error::Malformed),
        ("line feed at the end", format!("{LOG_KEY}\n"), Error::Malformed),
        ("space before", format!(" {LOG_KEY}"), Error::Name(KeyNameError)),
        (
            "key id of another name",
            LOG_KEY.replace("node", "nude"),
            Error::WrongId,
        ),
        (
            "key id in capitals",
            LOG_KEY.replace("1e689d06", "1E689D06"),
            Error::WrongId,
        ),
        (
            "key id without a zero",
            WITNESS_KEY.replace("+0cf", "+cf"),
            Error::WrongId,
        ),
        (
            "other kind of key",
            LOG_KEY.replace("+Aep", "+BOp"),
            Error::WrongId,
        ),
        (
            "no padding where none is due",
            LOG_KEY.replace("tIs", "tI="),
            Error::Malformed,
        ),
        ("key too short", LOG_KEY.replace("RtIs", ""), Error::Malformed),
        ("key too long", format!("{LOG_KEY}AAAA"), Error::Malformed),
        (
            "ECDSA",
            LOG_KEY.replace("+Aep", "+Aup"),
            Error::UnsupportedType(0x02),
        ),
        ("weak key", weak, Error::BadKey),
        (
            "long name",
            format!("{}{LOG_KEY}", "x".repeat(300)),
            Error::Malformed,
        ),
    ];
    for (name, text, expected) in hostile {
        assert_eq!(VerifierKey::parse(&text), Err(expected), "{name}");
    }
}

#[test]
fn names_that_no_key_can_have_are_refused() {
    let long = "x".repeat(MAX_NAME_BYTES + 1);
    let hostile = [
        "",
        "a b",
        "a+b",
        "a\tb",
        "a\nb",
        "a\u{a0}b",
        "a\u{2003}b",
        "a\u{3000}b",
        "a\u{1}b",
        &long,
    ];
    for name in hostile {
        assert_eq!(KeyName::new(name), Err(KeyNameError), "{name:?}");
        assert!(NoteSigner::new(name, SigningKey::from_bytes(&[7; 32])).is_err());
    }
    assert!(KeyName::new(&long[1..]).is_ok());
    assert!(KeyName::new("república.example").is_ok());
}

#[test]
fn the_key_id_depends_on_the_kind_of_key() {
    let key = SigningKey::from_bytes(&[7; 32]).verifying_key();
    let log = VerifierKey::new("name", KeyKind::Ed25519, key).unwrap();
    let witness = VerifierKey::new("name", KeyKind::CosignatureV1, key).unwrap();
    assert_ne!(log.key_id(), witness.key_id());
}

#[test]
fn a_signature_that_is_not_strictly_valid_is_invalid() {
    // s + L in place of s: the lax rules of RFC 8032's first implementations accept it.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let signer = golden_signer();
    let text = NoteText::new("text\n".to_owned()).unwrap();
    let mut line = signer.sign(&text);
    assert_eq!(signer.verifier_key().verify(&text, &line), Ok(()));
    let mut carry = 0;
    for (byte, order) in line.signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    assert_eq!(signer.verifier_key().verify(&text, &line), Err(SignatureInvalid));
}

#[test]
fn debug_output_shows_no_secret() {
    let shown = format!("{:?} {:?}", golden_signer(), golden_cosigner());
    assert!(shown.contains(LOG_KEY) && shown.contains(WITNESS_KEY));
    assert!(!shown.contains("7, 7") && !shown.contains("0707"));
}

/// A signature that was found good spares the work the next time, and makes nothing else good.
#[test]
fn what_was_found_good_makes_nothing_else_good() {
    let signer = golden_signer();
    let key = signer.verifier_key();
    let text = |number: u8| NoteText::new(format!("node.example/ledger\n{number}\n")).unwrap();
    let lines: Vec<_> = (0..6).map(|number| signer.sign(&text(number))).collect();
    for _ in 0..2 {
        for (number, line) in (0..).zip(&lines) {
            assert_eq!(key.verify(&text(number), line), Ok(()));
            assert_eq!(key.verify(&text(number), line), Ok(()));
            assert_eq!(key.verify(&text(number + 1), line), Err(SignatureInvalid));
            let mut other = line.clone();
            other.signature[40] ^= 1;
            assert_eq!(key.verify(&text(number), &other), Err(SignatureInvalid));
            assert_eq!(key.verify(&text(number), &other), Err(SignatureInvalid));
        }
    }
    let other = NoteSigner::new(signer.name(), SigningKey::from_bytes(&[9; 32])).unwrap();
    assert_ne!(key, other.verifier_key());
    assert_eq!(*key, key.clone());
}

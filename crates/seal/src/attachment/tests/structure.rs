//! Files whose packets, keys or signatures are not what they should be, behind good authentication.

use std::time::Duration;

use proptest::prelude::*;
use sequoia_openpgp::packet::signature::subpacket::{NotationData, Subpacket, SubpacketValue};
use sequoia_openpgp::types::{HashAlgorithm, SignatureType};

use super::*;
use crate::limits::{PADDING_BYTES_MAX, SIGNATURE_PACKET_BYTES_MAX};
use crate::testing::forgery;

const PLAIN: &[u8] = b"name,number\n";

/// What becomes of these packets, encrypted to XB.
fn outcome(packets: &[u8]) -> Result<Vec<u8>, OpenError> {
    let sealed = encrypt(packets, &POLICE_XB);
    match open_at_xb(&sealed, &in_manifest(PLAIN, &sealed)) {
        Ok(plain) => Ok(plain),
        Err(OpenAttachmentError::Refused(error)) => Err(error),
        // More than the manifest says: it is not read any further.
        Err(OpenAttachmentError::NotAsInManifest) => Err(OpenError::TooLarge),
        Err(other) => panic!("{other:?}"),
    }
}

fn forged(change: impl Fn(&mut Signing<'static>)) -> Result<Vec<u8>, OpenError> {
    let mut signing = from_xa_to_xb(PLAIN);
    change(&mut signing);
    outcome(&signing.packets())
}

/// The three packets of a faultless file.
fn three() -> [Vec<u8>; 3] {
    let packets = from_xa_to_xb(PLAIN).packets();
    let mut starts: Vec<usize> = forgery::packet_starts(&packets)
        .iter()
        .map(|(start, _)| *start)
        .collect();
    starts.push(packets.len());
    [0, 1, 2].map(|index| packets[starts[index]..starts[index + 1]].to_vec())
}

#[test]
fn the_signature_must_be_the_senders_and_only_one() {
    assert_eq!(forged(|_| {}), Ok(PLAIN.to_vec()));
    assert_eq!(
        forged(|signing| signing.signers = vec![]),
        Err(OpenError::SignatureMissing)
    );
    assert_eq!(
        forged(|signing| signing.signers = vec![&STRANGER_XE]),
        Err(OpenError::SignerUnknown)
    );
    assert_eq!(
        forged(|signing| signing.signers = vec![&POLICE_XB]),
        Err(OpenError::SignerUnknown)
    );
    let twice: Vec<&Member> = vec![&POLICE_XA, &POLICE_XA];
    assert_eq!(
        forged(|signing| signing.signers.clone_from(&twice)),
        Err(OpenError::SignatureCount)
    );
    let two: Vec<&Member> = vec![&POLICE_XA, &STRANGER_XE];
    assert_eq!(
        forged(|signing| signing.signers.clone_from(&two)),
        Err(OpenError::SignatureCount)
    );
    assert_eq!(
        forged(|signing| signing.kind = SignatureType::Text),
        Err(OpenError::AlgorithmRefused)
    );
    // Only version 4 signatures can be made with these; who signed is not even asked.
    for hash in [HashAlgorithm::SHA1, HashAlgorithm::SHA224] {
        let weak = forged(|signing| {
            signing.signers = vec![&COURT_XC];
            signing.hash = hash;
        });
        assert_eq!(weak, Err(OpenError::AlgorithmRefused));
    }
    assert_eq!(
        forged(|signing| signing.at = sealed_at() - Duration::from_secs(3_600)),
        Err(OpenError::SignatureTime)
    );
    let ended = forged(|signing| signing.valid_for = Some(Duration::from_secs(1)));
    assert_eq!(ended, Err(OpenError::SignatureTime));
}

/// Threat 6, as for messages: who was meant is in the signature.
#[test]
fn surreptitious_forwarding_is_refused() {
    assert_eq!(
        forged(|signing| signing.intended = vec![]),
        Err(OpenError::IntendedRecipient)
    );
    for intended in [&COURT_XC, &POLICE_XA] {
        assert_eq!(
            forged(|signing| signing.intended = vec![intended]),
            Err(OpenError::IntendedRecipient)
        );
    }
    assert_eq!(
        forged(|signing| signing.intended.push(&STRANGER_XE)),
        Err(OpenError::IntendedRecipient)
    );
    let stranger = encrypt(&from_xa_to_xb(PLAIN).packets(), &COURT_XC);
    assert_eq!(
        refusal(&stranger, &in_manifest(PLAIN, &stranger)),
        OpenError::NotForUs
    );
}

/// A signature over another text, or a text under another signature.
#[test]
fn packets_of_two_files_do_not_fit_together() {
    let [one, literal, signature] = three();
    let [other_one, other_literal, other_signature] = three();
    assert!(outcome(&[&*one, &*literal, &*signature].concat()).is_ok());
    assert_eq!(
        outcome(&[&*other_one, &*literal, &*signature].concat()),
        Err(OpenError::SignatureBad)
    );
    assert_eq!(
        outcome(&[&*one, &*literal, &*other_signature].concat()),
        Err(OpenError::SignatureBad)
    );
    // The text is the same, and so is what is signed of it.
    assert!(outcome(&[&*one, &*other_literal, &*signature].concat()).is_ok());
    let mut changed = literal.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    let sealed = encrypt(&[&*one, &*changed, &*signature].concat(), &POLICE_XB);
    let plain = [&PLAIN[..PLAIN.len() - 1], &[PLAIN[PLAIN.len() - 1] ^ 1]].concat();
    assert_eq!(
        refusal(&sealed, &in_manifest(&plain, &sealed)),
        OpenError::SignatureBad
    );
}

#[test]
fn packets_that_are_missing_moved_doubled_or_foreign_are_refused() {
    let [one, literal, signature] = three();
    let foreign = packet(Tag::Marker, b"PGP");
    let bomb = packet(Tag::CompressedData, &[1, 3, 0]);
    let orders: [(&[&[u8]], OpenError); 13] = [
        (&[], OpenError::Malformed),
        (&[&one], OpenError::Malformed),
        (&[&one, &literal], OpenError::Malformed),
        (&[&one, &signature], OpenError::Malformed),
        (&[&literal, &signature], OpenError::SignatureMissing),
        (&[&signature, &literal], OpenError::Malformed),
        (&[&one, &literal, &literal, &signature], OpenError::Malformed),
        (&[&one, &one, &literal, &signature], OpenError::SignatureCount),
        (
            &[&one, &literal, &signature, &signature],
            OpenError::SignatureCount,
        ),
        (&[&one, &literal, &signature, &foreign], OpenError::Malformed),
        (&[&foreign, &one, &literal, &signature], OpenError::Malformed),
        (&[&bomb], OpenError::Compressed),
        (&[&one, &bomb], OpenError::Compressed),
    ];
    for (packets, expected) in orders {
        assert_eq!(outcome(&packets.concat()), Err(expected));
    }
    let padding = packet(Tag::Padding, &[7; 1_000]);
    assert!(outcome(&[&*one, &*literal, &*signature, &*padding].concat()).is_ok());
    let padded = |bytes: u64| {
        let padding = packet(Tag::Padding, &vec![7; usize::try_from(bytes).unwrap()]);
        let sealed = encrypt(&[&*one, &*literal, &*signature, &*padding].concat(), &POLICE_XB);
        open_at_xb(&sealed, &in_manifest(PLAIN, &sealed)).is_ok()
    };
    assert!(padded(PADDING_BYTES_MAX));
    assert!(!padded(PADDING_BYTES_MAX + 1));
    assert!(outcome(&[&*one, &*literal, &*padding, &*signature].concat()).is_err());
}

/// What a signature says of itself may make it long, to the byte.
#[test]
fn a_signature_packet_has_a_limit() {
    let with_notation = |bytes: usize| {
        let mut signing = from_xa_to_xb(PLAIN);
        let value = SubpacketValue::NotationData(NotationData::new("note@example.org", vec![7; bytes], None));
        signing.more = vec![Subpacket::new(value, false).unwrap()];
        let packets = signing.packets();
        let (_, content) = *forgery::packet_starts(&packets).last().unwrap();
        (packets.len() - content, outcome(&packets))
    };
    let (length, _) = with_notation(10_000);
    let to_reach = |wanted: usize| with_notation(10_000 + wanted - length);
    let longest = SIGNATURE_PACKET_BYTES_MAX;
    assert_eq!(to_reach(longest), (longest, Ok(PLAIN.to_vec())));
    assert_eq!(to_reach(longest + 1), (longest + 1, Err(OpenError::Malformed)));
}

/// A signature of version 3 has no subpackets: it could not say who was meant.
#[test]
fn a_signature_of_an_old_version_is_refused_as_such() {
    let [one, literal, _] = three();
    // Version, 5, type, time, key, algorithms, the digest's first bytes, a number of 8 bits.
    let body = [&[3, 5, 0][..], &[0; 4], &[7; 8], &[1, 8, 0, 0, 0, 8, 0xff]].concat();
    let old = packet(Tag::Signature, &body);
    assert_eq!(
        outcome(&[&*one, &*literal, &*old].concat()),
        Err(OpenError::AlgorithmRefused)
    );
}

/// Nothing is said beside the signature: no name, no date, no format.
#[test]
fn a_literal_packet_that_says_anything_itself_is_refused() {
    let [one, literal, signature] = three();
    let (_, content) = forgery::packet_starts(&literal)[0];
    for (at, byte) in [(0, b't'), (1, 1), (2, 1), (5, 1)] {
        let mut changed = literal.clone();
        changed[content + at] = byte;
        assert!(
            outcome(&[&*one, &*changed, &*signature].concat()).is_err(),
            "{at}"
        );
    }
}

/// A length is held against its limit before anything is read or made room for.
#[test]
fn lengths_that_promise_too_much_or_too_little_are_refused() {
    let [one, literal, signature] = three();
    let (_, content) = forgery::packet_starts(&literal)[0];
    let body = &literal[content..];
    let framed = |length: &[u8]| [&*one, &[0xcb], length, body, &signature].concat();
    let whole = u32::try_from(body.len()).unwrap();
    let five = |length: u32| [&[255][..], &length.to_be_bytes()].concat();
    assert!(outcome(&framed(&five(whole))).is_ok());
    for length in [0, 5, 6, whole - 1, whole + 1, u32::MAX] {
        assert!(outcome(&framed(&five(length))).is_err(), "{length}");
    }
    // Partial: 2^30 that never come, and parts of one byte.
    assert!(outcome(&framed(&[0xfe])).is_err());
    assert_eq!(outcome(&framed(&[0xe0])), Err(OpenError::Malformed));
    for tag in [0xc4, 0xc2] {
        let huge = [&[tag, 255][..], &0x7fff_ffff_u32.to_be_bytes(), b"x"].concat();
        assert!(outcome(&[&*huge, &*literal, &*signature].concat()).is_err());
        assert!(outcome(&[&*one, &*literal, &*huge].concat()).is_err());
    }
    let padding = [&[0xd5, 255][..], &0x7fff_ffff_u32.to_be_bytes()].concat();
    assert_eq!(
        outcome(&[&*one, &*literal, &*signature, &*padding].concat()),
        Err(OpenError::TooLarge)
    );
}

/// The same before the container, where nothing is authenticated.
#[test]
fn what_is_in_front_of_the_container_is_bounded_and_exact() {
    let sealed = encrypt(&from_xa_to_xb(PLAIN).packets(), &POLICE_XB);
    let attachment = in_manifest(PLAIN, &sealed);
    let (container, content) = forgery::packet_starts(&sealed)[1];
    let session_key = &sealed[..container];
    let container = &sealed[container..];
    let with_keys = |count: usize| [&session_key.repeat(count), container].concat();
    assert!(open_at_xb(&with_keys(crate::limits::SESSION_KEYS_MAX), &attachment).is_ok());
    assert_eq!(
        refusal(&with_keys(crate::limits::SESSION_KEYS_MAX + 1), &attachment),
        OpenError::Malformed
    );
    assert_eq!(refusal(&with_keys(0), &attachment), OpenError::Malformed);
    let huge = [&[0xc1, 255][..], &u32::MAX.to_be_bytes()].concat();
    assert_eq!(refusal(&huge, &attachment), OpenError::Malformed);
    let password = packet(Tag::SKESK, &[4, 7, 3]);
    assert_eq!(
        refusal(&[&password, &sealed[..]].concat(), &attachment),
        OpenError::PasswordEncrypted
    );
    assert_eq!(
        refusal(&from_xa_to_xb(PLAIN).packets(), &attachment),
        OpenError::NotEncrypted
    );
    let others = [
        (Tag::CompressedData, OpenError::Compressed),
        (Tag::SED, OpenError::AlgorithmRefused),
    ];
    for (tag, expected) in others {
        let in_front = [&packet(tag, &[0; 9]), &sealed[..]].concat();
        assert_eq!(refusal(&in_front, &attachment), expected);
    }
    let short = [session_key, &packet(Tag::SEIP, &[2, 9, 2, 10])].concat();
    assert_eq!(refusal(&short, &attachment), OpenError::Malformed);
    let empty = forgery::encrypt_with_an_empty_chunk(&POLICE_XB);
    assert_eq!(refusal(&empty, &in_manifest(b"", &empty)), OpenError::Damaged);
    // Version, cipher, mode, length of a chunk: one is refused at once, the others do not authenticate.
    for (at, byte) in [(0, 1), (1, 2), (1, 10), (2, 1), (2, 9), (3, 9), (3, 17), (3, 255)] {
        let mut changed = sealed.clone();
        changed[content + at] = byte;
        assert_eq!(
            refusal(&changed, &attachment),
            OpenError::AlgorithmRefused,
            "{at} {byte}"
        );
    }
    for (at, byte) in [(1, 7), (2, 3), (3, 10), (4, 1)] {
        let mut changed = sealed.clone();
        changed[content + at] = byte;
        assert_eq!(refusal(&changed, &attachment), OpenError::Damaged, "{at} {byte}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Threat 19: no bytes make the parser panic, or wait for ever.
    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 1..400)) {
        let attachment = in_manifest(b"", &bytes);
        prop_assert!(open_at_xb(&bytes, &attachment).is_err());
    }

    /// The same behind our key: an authenticated peer may send anything.
    #[test]
    fn any_bytes_inside_are_refused_without_a_panic(
        prefix in 0_usize..3,
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let packets = [three()[..prefix].concat(), bytes].concat();
        prop_assert!(outcome(&packets).is_err());
    }
}

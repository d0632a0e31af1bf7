//! Messages that are built wrongly, damaged, or too large.

use proptest::prelude::*;
use sequoia_openpgp::packet::Tag;
use sequoia_openpgp::types::Features;

use super::{from_xa_to_xb, open_at_xb, refusal};
use crate::limits::{BODY_BYTES_MAX, SESSION_KEYS_MAX};
use crate::testing::forgery::{Signing, encrypt, encrypt_with, packet, packet_starts};
use crate::testing::{BODY, COURT_XC, Member, POLICE_XA, POLICE_XB, binding, context, sealed_at};
use crate::{OpenError, SealError, open, seal};

fn sealed_by_us() -> Vec<u8> {
    let binding = binding(&POLICE_XA, &[&POLICE_XB]);
    let recipients = [POLICE_XB.certificate()];
    seal(&POLICE_XA.key, &recipients, &binding, BODY, sealed_at()).unwrap()
}

#[test]
fn seipd_version_1_is_refused() {
    let packets = from_xa_to_xb().packets();
    for to in [&POLICE_XB, &COURT_XC] {
        let old = encrypt_with(&packets, &[to], &Features::empty().set_seipdv1(), None);
        assert_eq!(refusal(&old), OpenError::AlgorithmRefused);
    }
}

/// The version of the container is not what the session keys promise.
#[test]
fn seipd_version_1_behind_new_session_keys_is_refused() {
    let mut sealed = sealed_by_us();
    let (_, container) = *packet_starts(&sealed).last().unwrap();
    assert_eq!(sealed[container], 2);
    sealed[container] = 1;
    assert_eq!(refusal(&sealed), OpenError::AlgorithmRefused);
}

#[test]
fn a_password_is_refused_alone_and_beside_our_key() {
    let packets = from_xa_to_xb().packets();
    let features = Features::empty().set_seipdv2();
    let alone = encrypt_with(&packets, &[], &Features::empty().set_seipdv1(), Some("guess"));
    assert_eq!(refusal(&alone), OpenError::PasswordEncrypted);
    let beside = encrypt_with(&packets, &[&POLICE_XB], &features, Some("guess"));
    assert_eq!(refusal(&beside), OpenError::PasswordEncrypted);
}

/// Threat 17. Refused where the packet appears, before anybody looks into it.
#[test]
fn a_compression_bomb_is_refused_inside_and_outside() {
    let bomb = {
        // Algorithm 1 (deflate), then a run of stored zeros, as often as it takes.
        let mut content = vec![1];
        content.extend([0x00, 0xff, 0xff, 0x00, 0x00].repeat(50_000));
        packet(Tag::CompressedData, &content)
    };
    assert_eq!(refusal(&bomb), OpenError::Compressed);
    assert_eq!(refusal(&encrypt(&bomb, &[&POLICE_XB])), OpenError::Compressed);

    let stored = packet(
        Tag::CompressedData,
        &[&[0], from_xa_to_xb().packets().as_slice()].concat(),
    );
    assert_eq!(refusal(&encrypt(&stored, &[&POLICE_XB])), OpenError::Compressed);
}

#[test]
fn a_message_inside_a_message_is_refused() {
    let inner = from_xa_to_xb().sealed(&POLICE_XB);
    assert_eq!(refusal(&encrypt(&inner, &[&POLICE_XB])), OpenError::Malformed);
}

#[test]
fn plain_messages_are_refused() {
    let mut signing = from_xa_to_xb();
    assert_eq!(refusal(&signing.packets()), OpenError::NotEncrypted);
    signing.signers = vec![];
    assert_eq!(refusal(&signing.packets()), OpenError::NotEncrypted);
}

#[test]
fn packets_before_between_and_after_are_refused() {
    let marker = packet(Tag::Marker, b"PGP");
    let padding = packet(Tag::Padding, &[0; 10]);
    let sealed = sealed_by_us();
    for foreign in [marker, padding, vec![0xff], b"\n".to_vec()] {
        for (start, _) in packet_starts(&sealed) {
            let mixed = [&sealed[..start], &foreign, &sealed[start..]].concat();
            assert_eq!(refusal(&mixed), OpenError::Malformed);
        }
        assert_eq!(
            refusal(&[sealed.as_slice(), &foreign].concat()),
            OpenError::Malformed
        );
    }
    assert_eq!(refusal(&sealed.repeat(2)), OpenError::Malformed);
}

#[test]
fn a_second_text_in_the_container_is_refused() {
    let packets = from_xa_to_xb().packets();
    let twice = encrypt(&packets.repeat(2), &[&POLICE_XB]);
    assert_eq!(refusal(&twice), OpenError::Malformed);
    let more = [packets.as_slice(), &packet(Tag::Literal, b"b\0\0\0\0\0more")].concat();
    assert_eq!(refusal(&encrypt(&more, &[&POLICE_XB])), OpenError::Malformed);
}

#[test]
fn more_session_keys_than_recipients_can_be_are_refused() {
    let packets = from_xa_to_xb().packets();
    let many = |count| encrypt(&packets, &vec![&*POLICE_XB; count]);
    assert!(open_at_xb(&many(SESSION_KEYS_MAX)).is_ok());
    assert_eq!(refusal(&many(SESSION_KEYS_MAX + 1)), OpenError::Malformed);
}

#[test]
fn tiny_chunks_are_refused() {
    let mut sealed = sealed_by_us();
    let (_, container) = *packet_starts(&sealed).last().unwrap();
    // Version, cipher, mode, then the chunk size: 64 bytes times two to the power of this.
    sealed[container + 3] = 0;
    assert_eq!(refusal(&sealed), OpenError::AlgorithmRefused);
}

#[test]
fn armor_is_refused_where_binary_is_expected() {
    let mut armored = Vec::new();
    let kind = sequoia_openpgp::armor::Kind::Message;
    let mut writer = sequoia_openpgp::armor::Writer::new(&mut armored, kind).unwrap();
    std::io::Write::write_all(&mut writer, &sealed_by_us()).unwrap();
    writer.finalize().unwrap();
    assert_eq!(refusal(&armored), OpenError::Malformed);
}

/// Threat 18: damage anywhere, and no plaintext leaves. Every byte of a small message.
///
/// OpenPGP does not authenticate the session key packets, and X25519 ignores the top bit of a
/// point: that one bit changes nothing and opens the same (the envelope's commitment covers it).
#[test]
fn a_byte_changed_anywhere_is_refused() {
    let binding = binding(&COURT_XC, &[&COURT_XC]);
    let sealed = seal(
        &COURT_XC.key,
        &[COURT_XC.certificate()],
        &binding,
        BODY,
        sealed_at(),
    )
    .unwrap();
    let senders = [COURT_XC.certificate()];
    let context = context(&COURT_XC, &senders, &binding);
    let mut ignored = Vec::new();
    for index in 0..sealed.len() {
        for flip in [0x01, 0x80] {
            let mut damaged = sealed.clone();
            damaged[index] ^= flip;
            if let Ok(opened) = open(&damaged, &context) {
                assert_eq!(opened.body.as_slice(), BODY);
                ignored.push((index, flip));
            }
        }
    }
    let (container, _) = packet_starts(&sealed)[1];
    assert!(
        matches!(ignored[..], [(index, 0x80)] if index < container),
        "{ignored:?}"
    );
}

/// The same at every percent of a message of many chunks, in the default profile.
#[test]
fn a_large_message_changed_or_cut_at_any_percent_is_refused() {
    let mut signing = from_xa_to_xb();
    signing.text.extend(std::iter::repeat_n(b'x', 100_000));
    let sealed = signing.sealed(&POLICE_XB);
    assert!(open_at_xb(&sealed).is_ok());
    for percent in 0..100 {
        let at = sealed.len() * percent / 100;
        let mut damaged = sealed.clone();
        damaged[at] ^= 0x10;
        refusal(&damaged);
        refusal(&sealed[..at]);
    }
    let last = sealed.len() - 1;
    let mut damaged = sealed;
    damaged[last] ^= 1;
    assert_eq!(refusal(&damaged), OpenError::Damaged);
}

/// Cut, and the length in the packet's header made to fit, so that only authentication can tell.
#[test]
fn a_container_cut_with_a_fitting_length_is_refused() {
    let mut signing = from_xa_to_xb();
    signing.text.extend(std::iter::repeat_n(b'x', 20_000));
    let sealed = signing.sealed(&POLICE_XB);
    let (start, content) = *packet_starts(&sealed).last().unwrap();
    let cut_at = |length: usize| {
        let whole = &sealed[content..];
        [
            &sealed[..start],
            &packet(Tag::SEIP, &whole[..whole.len() - length]),
        ]
        .concat()
    };
    assert!(open_at_xb(&cut_at(0)).is_ok());
    // By bytes around the two tags at the end; by whole chunks of 4096 and their tags of 16 bytes.
    for cut in (1..70)
        .chain((1..5).map(|chunks| chunks * 4112))
        .chain([16 + 4112])
    {
        refusal(&cut_at(cut));
    }
}

#[test]
fn the_largest_body_passes_and_one_byte_more_does_not() {
    let envelope = binding(&POLICE_XA, &[&POLICE_XB]);
    let recipients = [POLICE_XB.certificate()];
    let mut body = vec![b'x'; BODY_BYTES_MAX];
    let sealed = seal(&POLICE_XA.key, &recipients, &envelope, &body, sealed_at()).unwrap();
    assert!(sealed.len() <= protocol::limits::PAYLOAD_BYTES_MAX);
    assert_eq!(open_at_xb(&sealed).unwrap().body.len(), BODY_BYTES_MAX);
    drop(sealed);

    body.push(b'x');
    let error = seal(&POLICE_XA.key, &recipients, &envelope, &body, sealed_at()).unwrap_err();
    assert!(matches!(error, SealError::BodyTooLong { length_bytes } if length_bytes == body.len()));
    let mut signing = from_xa_to_xb();
    signing.text.extend(&body[BODY.len()..]);
    assert_eq!(refusal(&signing.sealed(&POLICE_XB)), OpenError::TooLarge);
    assert_eq!(
        refusal(&vec![0xc1; protocol::limits::PAYLOAD_BYTES_MAX + 1]),
        OpenError::TooLarge
    );
}

#[test]
fn somebody_elses_message_is_not_for_us() {
    let strangers: [&Member; 2] = [&COURT_XC, &POLICE_XA];
    for stranger in strangers {
        let sealed = Signing::new(&POLICE_XA, stranger).sealed(stranger);
        assert_eq!(refusal(&sealed), OpenError::NotForUs);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Threat 19: no bytes make the parser panic.
    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(open_at_xb(&bytes).is_err());
    }

    /// The same behind our key: an authenticated peer may send anything.
    #[test]
    fn any_bytes_inside_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(open_at_xb(&encrypt(&bytes, &[&POLICE_XB])).is_err());
    }
}

//! OpenPGP as an attacker who has a good key would use it: floods, lies about lengths, bombs, and what no
//! reader is to understand. Each has its own refusal, and none takes memory.

use sequoia_openpgp::packet::Tag;
use sequoia_openpgp::packet::signature::subpacket::{Subpacket, SubpacketTag, SubpacketValue};

use super::{from_xa_to_xb, open_at_xb, refusal};
use crate::OpenError;
use crate::testing::forgery::{Signing, encrypt, packet, packet_starts};
use crate::testing::measuring::{bomb, peak_bytes_of};
use crate::testing::{BODY, COURT_XC, Member, POLICE_XA, POLICE_XB, binding, context};

/// The three packets of a faultless message, before it is encrypted.
fn three() -> [Vec<u8>; 3] {
    let packets = from_xa_to_xb().packets();
    let mut starts: Vec<usize> = packet_starts(&packets).iter().map(|(start, _)| *start).collect();
    starts.push(packets.len());
    [0, 1, 2].map(|index| packets[starts[index]..starts[index + 1]].to_vec())
}

/// What becomes of these packets, encrypted to XB.
fn outcome(packets: &[&[u8]]) -> Result<Vec<u8>, OpenError> {
    let sealed = encrypt(&packets.concat(), &[&POLICE_XB]);
    open_at_xb(&sealed).map(|opened| opened.body.to_vec())
}

/// A packet whose header says another length than it has.
fn lying(tag: u8, length: u32, body: &[u8]) -> Vec<u8> {
    [&[0xc0 | tag, 255][..], &length.to_be_bytes(), body].concat()
}

/// Threat 17: 400 KiB that would become 400 MiB, refused inside and outside of our encryption. Measured in a
/// process of its own, where nothing else takes memory.
#[test]
fn a_bomb_takes_no_memory() {
    const NAME: &str = "opening::tests::abuse::a_bomb_takes_no_memory";
    let bomb = bomb(400);
    assert!((400_000..430_000).contains(&bomb.len()));
    let outside = packet(Tag::CompressedData, &bomb);
    let inside = encrypt(&outside, &[&POLICE_XB]);
    for (message, error) in [(outside, OpenError::Compressed), (inside, OpenError::Compressed)] {
        let grown = peak_bytes_of(NAME, || assert_eq!(refusal(&message), error));
        assert!(grown < 16 << 20, "{grown} bytes for a bomb");
    }
}

/// A few bytes that promise gigabytes: nothing is made room for.
#[test]
fn lengths_that_promise_gigabytes_take_no_memory() {
    const NAME: &str = "opening::tests::abuse::lengths_that_promise_gigabytes_take_no_memory";
    let [one, literal, signature] = three();
    let sealed = from_xa_to_xb().sealed(&POLICE_XB);
    let (container, content) = *packet_starts(&sealed).last().unwrap();
    let seip = [&sealed[..container], &lying(18, u32::MAX, &sealed[content..])].concat();
    let inside = |packets: &[&[u8]]| encrypt(&packets.concat(), &[&POLICE_XB]);
    let huge = |tag| lying(tag, 0x7fff_ffff, b"x");
    let cases = [
        ("a session key", huge(1)),
        ("a container", seip),
        ("a one-pass signature", inside(&[&huge(4), &literal, &signature])),
        ("a text", inside(&[&one, &huge(11), &signature])),
        ("a signature", inside(&[&one, &literal, &huge(2)])),
        ("padding", inside(&[&one, &literal, &signature, &huge(21)])),
    ];
    // Where it is found out depends on what else is there by then; that it is, and what it costs, does not.
    let named = [
        OpenError::Malformed,
        OpenError::Damaged,
        OpenError::AlgorithmRefused,
        OpenError::SignatureCount,
    ];
    for (what, message) in cases {
        let grown = peak_bytes_of(NAME, || assert!(named.contains(&refusal(&message)), "{what}"));
        assert!(grown < 16 << 20, "{grown} bytes for {what}");
    }
}

/// Lengths that are a little wrong: too short, too long, in the old format, of no certain length.
#[test]
fn packets_that_lie_about_their_length_are_refused() {
    let [one, literal, signature] = three();
    let (_, content) = packet_starts(&literal)[0];
    let text = &literal[content..];
    let whole = u32::try_from(text.len()).unwrap();
    assert_eq!(
        outcome(&[&one, &lying(11, whole, text), &signature]),
        Ok(BODY.to_vec())
    );
    for length in [0, 5, 6, whole - 1, whole + 1, whole * 2] {
        let lies = outcome(&[&one, &lying(11, length, text), &signature]);
        // Which code it is depends on what the bytes behind happen to look like, and some of them are drawn:
        // once in some hundred runs they are the head of a packet for passwords.
        assert!(lies.is_err(), "{length}: {lies:?}");
    }
    // The old format's "until the end": everything behind is text.
    let endless = [&[0x80 | 11 << 2 | 3][..], text].concat();
    assert_eq!(outcome(&[&one, &endless, &signature]), Err(OpenError::Malformed));
}

/// Parts that another never follows, and parts of one byte each.
#[test]
fn partial_bodies_without_an_end_are_refused() {
    let [one, literal, signature] = three();
    let (_, content) = packet_starts(&literal)[0];
    let text = &literal[content..];
    let mut long = text.to_vec();
    long.resize(1 << 16, b'x');
    let parts = |length_octet: u8, bytes: &[u8]| [&[0xcb, length_octet], bytes].concat();
    for octet in [0xe9, 0xf0, 0xf8, 0xfe] {
        let error = outcome(&[&one, &parts(octet, &long[..1 << 16])]).unwrap_err();
        assert!(
            matches!(error, OpenError::Damaged | OpenError::Malformed),
            "{octet:x}: {error:?}"
        );
    }
    // Nothing but parts, to the end of what a message may be.
    let tiny: Vec<u8> = [0xcb].into_iter().chain([0xe0, b'x'].repeat(100_000)).collect();
    let error = outcome(&[&one, &tiny, &signature]).unwrap_err();
    assert!(
        matches!(error, OpenError::Damaged | OpenError::Malformed),
        "{error:?}"
    );
}

/// OpenPGP lets a reader skip these; here each has its place, or none.
#[test]
fn floods_of_markers_padding_and_unknown_packets_are_refused() {
    let [one, literal, signature] = three();
    let marker = packet(Tag::Marker, b"PGP");
    let padding = packet(Tag::Padding, &[0; 10]);
    // Tags of packets that a reader may pass over, and of such that it must not (RFC 9580 section 4.3).
    let (private, critical) = (packet(Tag::Private(60), b"x"), packet(Tag::Unknown(39), b"x"));
    for foreign in [&marker, &private, &critical] {
        for count in [1, 10_000] {
            let flood = foreign.repeat(count);
            for place in 0..4 {
                let mut packets: Vec<&[u8]> = vec![&one, &literal, &signature];
                packets.insert(place, &flood);
                assert_eq!(outcome(&packets), Err(OpenError::Malformed), "{count} at {place}");
            }
        }
    }
    assert_eq!(
        outcome(&[&one, &literal, &signature, &padding]),
        Ok(BODY.to_vec())
    );
    for place in 0..3 {
        let mut packets: Vec<&[u8]> = vec![&one, &literal, &signature];
        packets.insert(place, &padding);
        assert_eq!(outcome(&packets), Err(OpenError::Malformed), "padding at {place}");
    }
}

/// Found when this was written: every packet of padding was taken, and a message of 16 MiB has room for eight
/// million empty ones, all of which were stepped over.
#[test]
fn a_second_packet_of_padding_is_refused() {
    let [one, literal, signature] = three();
    let (empty, full) = (packet(Tag::Padding, b""), packet(Tag::Padding, &[7; 1_000]));
    assert_eq!(outcome(&[&one, &literal, &signature, &full]), Ok(BODY.to_vec()));
    for flood in [
        empty.repeat(2),
        [&full[..], &empty].concat(),
        empty.repeat(1_000_000),
    ] {
        assert_eq!(
            outcome(&[&one, &literal, &signature, &flood]),
            Err(OpenError::Malformed)
        );
    }
}

#[test]
fn numbers_of_absurd_size_are_refused() {
    // A version 4 signature, which consists of numbers with their lengths in bits.
    let signing = Signing::new(&COURT_XC, &POLICE_XB);
    let packets = signing.packets();
    let (start, content) = *packet_starts(&packets).last().unwrap();
    let (front, signature) = (&packets[..start], &packets[content..]);
    let two_numbers = signature.len() - 2 * 34;
    let claims = |bits: u16, bytes: usize| {
        let mut changed = signature[..two_numbers].to_vec();
        changed.extend(bits.to_be_bytes());
        changed.extend(vec![0xff; bytes]);
        changed.extend(&signature[two_numbers..]);
        [front, &packet(Tag::Signature, &changed)].concat()
    };
    let envelope = binding(&COURT_XC, &[&POLICE_XB]);
    let senders = [COURT_XC.certificate()];
    let open = |packets: &[u8]| {
        let sealed = encrypt(packets, &[&POLICE_XB]);
        crate::open(&sealed, &context(&POLICE_XB, &senders, &envelope)).map(|opened| opened.body.len())
    };
    assert_eq!(open(&packets), Ok(BODY.len()));
    for (bits, bytes) in [(u16::MAX, 0), (u16::MAX, 8_192), (0, 0), (1, 1), (20_000, 2_500)] {
        let error = open(&claims(bits, bytes)).unwrap_err();
        let expected = [OpenError::AlgorithmRefused, OpenError::SignatureBad];
        assert!(expected.contains(&error), "{bits} bits: {error:?}");
    }
}

/// What is critical and not understood must not be believed (RFC 9580 section 5.2.3.7).
#[test]
fn unknown_critical_subpackets_are_refused() {
    let unknown = |is_critical: bool, tag| {
        let value = SubpacketValue::Unknown {
            tag,
            body: b"believe me".to_vec(),
        };
        Subpacket::new(value, is_critical).unwrap()
    };
    for tag in [SubpacketTag::Private(105), SubpacketTag::Unknown(90)] {
        let with = |is_critical| {
            let mut signing = from_xa_to_xb();
            signing.more = vec![unknown(is_critical, tag)];
            signing.sealed(&POLICE_XB)
        };
        assert_eq!(refusal(&with(true)), OpenError::AlgorithmRefused, "{tag:?}");
        assert!(
            open_at_xb(&with(false)).is_ok(),
            "what is not critical is passed over"
        );
    }
}

/// Ten messages, each in the next.
#[test]
fn nested_encryption_is_refused_at_its_first_layer() {
    let mut message = from_xa_to_xb().sealed(&POLICE_XB);
    for _ in 0..10 {
        message = encrypt(&message, &[&POLICE_XB]);
        assert_eq!(refusal(&message), OpenError::Malformed);
    }
    // Behind a signature as well.
    let [one, literal, signature] = three();
    let inner = from_xa_to_xb().sealed(&POLICE_XB);
    assert_eq!(outcome(&[&one, &inner, &signature]), Err(OpenError::Malformed));
    assert_eq!(outcome(&[&one, &literal, &inner]), Err(OpenError::Malformed));
}

/// The containers of other times: without authentication, and GnuPG's own.
#[test]
fn containers_of_other_kinds_are_refused() {
    let session_key = {
        let sealed = from_xa_to_xb().sealed(&POLICE_XB);
        sealed[..packet_starts(&sealed)[1].0].to_vec()
    };
    let content = [2, 9, 2, 6].into_iter().chain([0; 200]).collect::<Vec<u8>>();
    let with = |tag| [&session_key[..], &packet(tag, &content)].concat();
    assert_eq!(refusal(&with(Tag::SED)), OpenError::AlgorithmRefused);
    assert_eq!(refusal(&with(Tag::Unknown(20))), OpenError::Malformed);
}

/// Threat 18: each byte of the first and of the last 512 of a message of many chunks, changed in three ways.
/// Behind the session keys it is always damage; nothing of it opens but where a bit means nothing.
#[test]
fn each_byte_at_either_end_is_guarded() {
    let mut signing = from_xa_to_xb();
    signing.text.extend(std::iter::repeat_n(b'x', 20_000));
    let sealed = signing.sealed(&POLICE_XB);
    let (container, content) = packet_starts(&sealed)[1];
    let header = content + 36;
    let mut unread = Vec::new();
    for at in (0..512).chain(sealed.len() - 512..sealed.len()) {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = sealed.clone();
            damaged[at] ^= flip;
            match open_at_xb(&damaged) {
                Ok(_) => unread.push((at, flip)),
                Err(error) if at >= header => assert_eq!(error, OpenError::Damaged, "{at}"),
                Err(_) => {}
            }
        }
    }
    // At most the top bit of an X25519 point, as RFC 7748 says.
    assert!(matches!(unread[..], [] | [(_, 0x80)]), "{unread:?}");
    assert!(unread.iter().all(|(at, _)| *at < container));
}

/// The same at every percent: what is not the frame around it is damage.
#[test]
fn damage_at_any_percent_is_named() {
    let mut signing = from_xa_to_xb();
    signing.text.extend(std::iter::repeat_n(b'x', 100_000));
    let sealed = signing.sealed(&POLICE_XB);
    let (_, content) = packet_starts(&sealed)[1];
    for percent in 1..=100 {
        let at = (sealed.len() * percent / 100).min(sealed.len() - 1);
        let mut damaged = sealed.clone();
        damaged[at] ^= 0x10;
        let error = refusal(&damaged);
        assert!(
            at < content + 36 || error == OpenError::Damaged,
            "{percent} %: {error:?}"
        );
        let cut = refusal(&sealed[..at]);
        assert!(
            matches!(cut, OpenError::Damaged | OpenError::Malformed),
            "{percent} %: {cut:?}"
        );
    }
}

/// The longest that a payload may be, one byte less and one more; only the length is looked at first.
#[test]
fn a_payload_is_held_against_its_limit_before_it_is_read() {
    use protocol::limits::PAYLOAD_BYTES_MAX;
    // The longest body leaves room for more; padding fills that up.
    let mut signing = from_xa_to_xb();
    signing.text.resize(crate::limits::BODY_BYTES_MAX, b'x');
    let packets = signing.packets();
    let filled = |padding: usize| {
        let padding = packet(Tag::Padding, &vec![0; padding]);
        encrypt(&[&packets[..], &padding].concat(), &[&POLICE_XB])
    };
    let mut padding = 100_000;
    for length in [PAYLOAD_BYTES_MAX - 1, PAYLOAD_BYTES_MAX, PAYLOAD_BYTES_MAX + 1] {
        let mut sealed = filled(padding);
        // A tag more or less for the last bytes.
        for _ in 0..4 {
            if sealed.len() == length {
                break;
            }
            padding = padding + length - sealed.len();
            sealed = filled(padding);
        }
        assert_eq!(sealed.len(), length);
        let opened = open_at_xb(&sealed).map(|opened| opened.body.starts_with(BODY));
        let expected = if length > PAYLOAD_BYTES_MAX {
            Err(OpenError::TooLarge)
        } else {
            Ok(true)
        };
        assert_eq!(opened, expected, "{length}");
    }
}

/// Whoever signs may be good, and lie about who it is for: the fingerprints of all who could read it.
#[test]
fn a_flood_of_intended_recipients_is_refused_as_soon_as_one_is_unknown() {
    let strangers: Vec<&Member> = std::iter::repeat_n::<&Member>(&COURT_XC, 1_000).collect();
    let mut signing = from_xa_to_xb();
    signing.intended.extend(strangers);
    assert_eq!(refusal(&signing.sealed(&POLICE_XB)), OpenError::IntendedRecipient);
    // A thousand times our own is tedious, and true.
    let mut signing = from_xa_to_xb();
    signing
        .intended
        .extend(std::iter::repeat_n::<&Member>(&POLICE_XB, 1_000));
    assert!(open_at_xb(&signing.sealed(&POLICE_XB)).is_ok());
    assert_eq!(POLICE_XA.contact_point, "XA/police");
}

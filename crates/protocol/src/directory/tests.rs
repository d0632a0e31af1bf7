#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A directory is believed when enough of the secretariat's keys have signed it, and only forwards.

use ledger::SigningKey;
use ledger::note::KeyKind;

use super::codec::{decode_directory, encode_directory, encode_join};
use super::*;
use crate::cose::{ContentType, sign_many, sign_one};
use crate::decode::Fault;
use crate::example::{self, *};
use crate::key::{EnvelopeKey, SecretariatKey};
use crate::limits::{CONTACT_POINTS_MAX, OPENPGP_CERTIFICATE_BYTES_MAX, PARTIES_MAX};

fn signed() -> SignedDirectory {
    SignedDirectory::sign(&example::directory(), &secretariat()).unwrap()
}

fn open(signed: &SignedDirectory) -> Result<Directory, DirectoryError> {
    signed.open(&trust(), NOW, None)
}

/// The directory of the example, with a change; what `open` says of it if it is signed all the same.
fn open_changed(change: impl FnOnce(&mut Directory)) -> Result<Directory, DirectoryError> {
    let mut directory = example::directory();
    change(&mut directory);
    let payload = encode_directory(&directory, &[]);
    let signed = sign_many(ContentType::Directory, &payload, &[&secretariat()]);
    open(&SignedDirectory::from_bytes(&signed).unwrap())
}

fn what_is_wrong(change: impl FnOnce(&mut Directory)) -> &'static str {
    match open_changed(change) {
        Err(DirectoryError::Invalid { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

fn of_xa(directory: &mut Directory) -> &mut PartyRecord {
    directory.parties.get_mut(&xa()).unwrap()
}

#[test]
fn directories_are_as_on_the_first_day() {
    assert_golden!("directory.cbor", &encode_directory(&example::directory(), &[]));
    assert_golden!("directory.cose", signed().as_bytes());
    assert_eq!(open(&signed()).unwrap(), example::directory());
    assert_eq!(signed().peek().unwrap(), example::directory());
}

#[test]
fn truncated_and_flipped_directories_are_refused() {
    assert_only_the_whole(signed().as_bytes(), |bytes| {
        open(&SignedDirectory::from_bytes(bytes).unwrap()).is_ok()
    });
    // Signatures come first, so that all flips fail; what is read is canonical even without them.
    assert_canonical_when_flipped(&encode_directory(&example::directory(), &[]), |bytes| {
        decode_directory(bytes)
            .ok()
            .map(|(directory, key_sets)| encode_directory(&directory, &key_sets))
    });
    assert_no_bit_may_flip(signed().as_bytes(), |bytes| {
        open(&SignedDirectory::from_bytes(bytes).unwrap()).is_ok()
    });
}

#[test]
fn the_secretariat_must_have_signed() {
    let stranger = SecretariatKey::from_seed(&[1; 32]);
    let by_stranger = SignedDirectory::sign(&example::directory(), &stranger).unwrap();
    assert_eq!(
        open(&by_stranger),
        Err(DirectoryError::NotSigned { valid: 0, needed: 1 })
    );
}

/// Threat 12: two of three, no key twice, no stranger.
#[test]
fn a_threshold_counts_distinct_trusted_keys() {
    let keys: Vec<SecretariatKey> = (1..=3)
        .map(|seed| SecretariatKey::from_seed(&[seed; 32]))
        .collect();
    let public = keys.iter().map(SecretariatKey::public).collect();
    let trust = Trust {
        keys: public,
        threshold: 2,
        ..trust()
    };
    let payload = encode_directory(&example::directory(), &[]);
    let open = |signers: &[&SecretariatKey]| {
        let signed = sign_many(ContentType::Directory, &payload, signers);
        SignedDirectory::from_bytes(&signed)
            .unwrap()
            .open(&trust, NOW, None)
    };
    assert!(open(&[&keys[2], &keys[0]]).is_ok());
    assert!(matches!(
        open(&[&keys[0], &keys[0]]),
        Err(DirectoryError::Malformed(_))
    ));
    assert_eq!(
        open(&[&keys[0], &secretariat()]),
        Err(DirectoryError::NotSigned { valid: 1, needed: 2 })
    );
}

/// Threat 10.
#[test]
fn a_directory_goes_forwards_only() {
    let digest = signed().digest().unwrap();
    let open = |known| signed().open(&trust(), NOW, Some(known)).map(|_| ());
    assert_eq!(open((6, Digest::of(b"older"))), Ok(()));
    assert_eq!(open((7, digest)), Ok(()));
    assert_eq!(
        open((8, digest)),
        Err(DirectoryError::Rollback { known: 8, offered: 7 })
    );
    assert_eq!(
        open((7, Digest::of(b"other"))),
        Err(DirectoryError::Fork { version: 7 })
    );
    // Whoever else signs the same, it is the same.
    let twice = sign_many(
        ContentType::Directory,
        &encode_directory(&example::directory(), &[]),
        &[&secretariat(), &SecretariatKey::from_seed(&[1; 32])],
    );
    assert_eq!(
        SignedDirectory::from_bytes(&twice).unwrap().digest().unwrap(),
        digest
    );
}

/// Threat 11.
#[test]
fn an_expired_directory_serves_for_the_grace_period() {
    let directory = example::directory();
    let expired_at = directory.expires_at;
    let before = |at: UnixMillis| UnixMillis(at.0 - 1);
    let over = expired_at.plus(DAY);
    assert_eq!(directory.freshness(before(expired_at), DAY), Freshness::Current);
    assert_eq!(directory.freshness(expired_at, DAY), Freshness::Grace);
    assert_eq!(directory.freshness(over, DAY), Freshness::Expired);
    assert!(signed().open(&trust(), before(over), None).is_ok());
    let error = signed().open(&trust(), over, None).unwrap_err();
    assert_eq!(error, DirectoryError::Expired { expired_at });
}

#[test]
fn a_directory_of_another_network_is_refused() {
    let other = open_changed(|directory| directory.network = "other.example.org".to_owned());
    assert_eq!(other, Err(DirectoryError::OtherNetwork));
}

#[test]
fn no_key_serves_two_purposes_or_two_parties() {
    let shared = "a key is used for two purposes, or by two";
    let of_xb = key_of_xb().public();
    assert_eq!(
        what_is_wrong(|d| of_xa(d).envelope_keys.push(always(of_xb))),
        shared
    );
    let twice = key_of_xa().public();
    assert_eq!(
        what_is_wrong(|d| of_xa(d).envelope_keys.push(always(twice))),
        shared
    );
    let of_secretariat = secretariat().public();
    assert_eq!(
        what_is_wrong(|d| of_xa(d).envelope_keys.push(always(of_secretariat))),
        shared
    );
    let note_key = |kind, seed| {
        let public = SigningKey::from_bytes(&[seed; 32]).verifying_key();
        always(VerifierKey::new("node.xa.example.org/new", kind, public).unwrap())
    };
    // The envelope key as ledger key; the ledger key as witness key.
    assert_eq!(
        what_is_wrong(|d| of_xa(d).ledger_keys.push(note_key(KeyKind::Ed25519, 0xa1))),
        shared
    );
    let witness = note_key(KeyKind::CosignatureV1, 0xa2);
    assert_eq!(what_is_wrong(|d| of_xa(d).witness_keys.push(witness)), shared);
    // The envelope key as TLS key: the pin of its subject public key info (RFC 8410).
    let mut info = vec![
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
    ];
    info.extend_from_slice(key_of_xa().public().as_bytes());
    assert_eq!(
        what_is_wrong(|d| of_xa(d).node.tls_pins.push(Digest::of(&info))),
        shared
    );
    let pin_of_xb = Digest::of(&[0xb0]);
    assert_eq!(what_is_wrong(|d| of_xa(d).node.tls_pins.push(pin_of_xb)), shared);
}

#[test]
fn note_keys_have_their_kind_and_their_party() {
    let key = |name: &str, kind| {
        let public = SigningKey::from_bytes(&[0x77; 32]).verifying_key();
        always(VerifierKey::new(name, kind, public).unwrap())
    };
    let wrong = what_is_wrong(|d| of_xa(d).ledger_keys.push(key("a", KeyKind::CosignatureV1)));
    assert_eq!(wrong, "a ledger key is of C2SP type 0x01");
    let wrong = what_is_wrong(|d| of_xa(d).witness_keys.push(key("a", KeyKind::Ed25519)));
    assert_eq!(wrong, "a witness key is of C2SP type 0x04");
    let origin_of_xb = key("node.xb.example.org/ledger/2026", KeyKind::Ed25519);
    let wrong = what_is_wrong(|d| of_xa(d).ledger_keys.push(origin_of_xb));
    assert_eq!(wrong, "another Party has a ledger or witness of the same name");
    // The Party's own ledger may change its key.
    let next = key("node.xa.example.org/ledger/2026", KeyKind::Ed25519);
    let directory = open_changed(|d| of_xa(d).ledger_keys.push(next)).unwrap();
    let keys = directory
        .ledger_keys(xa(), "node.xa.example.org/ledger/2026", NOW)
        .unwrap();
    assert_eq!(keys.len(), 2);
}

#[test]
fn impossible_records_are_refused() {
    type Change = fn(&mut Directory);
    let changes: [Change; 12] = [
        |d| d.version = 0,
        |d| d.expires_at = d.issued_at,
        |d| d.network = "Not A Name".to_owned(),
        |d| of_xa(d).name.clear(),
        |d| of_xa(d).name = "two\nlines".to_owned(),
        |d| of_xa(d).envelope_keys.clear(),
        |d| of_xa(d).ledger_keys.clear(),
        |d| of_xa(d).envelope_keys[0].valid_until = Some(UnixMillis(0)),
        |d| of_xa(d).node.name = "node.xb.example.org".to_owned(),
        |d| of_xa(d).contact_points[0].office = prosecution_of_xb(),
        |d| {
            let again = of_xa(d).contact_points[0].clone();
            of_xa(d).contact_points.push(again);
        },
        |d| of_xa(d).node.addresses[0] = "nowhere".to_owned(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        assert!(
            matches!(open_changed(change), Err(DirectoryError::Invalid { .. })),
            "{number}"
        );
        let mut directory = example::directory();
        change(&mut directory);
        assert!(
            SignedDirectory::sign(&directory, &secretariat()).is_err(),
            "{number} was signed"
        );
    }
}

#[test]
fn names_and_addresses_have_one_form() {
    let with_name = |name: &str| open_changed(|d| of_xa(d).node.name = name.to_owned()).is_ok();
    assert!(with_name("localhost") && with_name("a-1.example.org"));
    let long = format!("{}.example.org", "a".repeat(64));
    for name in [
        "",
        "Node.example.org",
        "a..b",
        "-a.b",
        "a-.b",
        "a b",
        "192.0.2.1",
        "é.b",
        &long,
    ] {
        assert!(!with_name(name), "{name}");
    }
    let with_address = |text: &str| open_changed(|d| of_xa(d).node.addresses = vec![text.to_owned()]).is_ok();
    assert!(with_address("192.0.2.1:4433") && with_address("[2001:db8::1]:1"));
    for address in [
        "",
        ":1",
        "a",
        "a:0",
        "a:+1",
        "a:01",
        "a:65536",
        "2001:db8::1:1",
        "[a]:1",
        "a:1:2",
    ] {
        assert!(!with_address(address), "{address}");
    }
    assert!(
        open_changed(|d| of_xa(d).node.addresses.clear()).is_ok(),
        "a node may be unreachable"
    );
}

fn fault(change: impl FnOnce(&mut Directory)) -> Fault {
    match open_changed(change) {
        Err(DirectoryError::Malformed(error)) => error.fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_list_has_its_limit() {
    let too_many_offices = fault(|d| {
        let one = of_xa(d).contact_points[0].clone();
        of_xa(d).contact_points = vec![one; CONTACT_POINTS_MAX + 1];
    });
    assert_eq!(too_many_offices, Fault::TooLong(CONTACT_POINTS_MAX));
    let certificate = vec![0; OPENPGP_CERTIFICATE_BYTES_MAX + 1];
    let too_long = fault(|d| of_xa(d).contact_points[0].certificates = vec![certificate]);
    assert_eq!(too_long, Fault::TooLong(OPENPGP_CERTIFICATE_BYTES_MAX));
    let too_many_parties = fault(|d| {
        let record = of_xa(d).clone();
        let letters = || 'A'..='Z';
        let codes = letters().flat_map(|a| letters().map(move |b| format!("{a}{b}")));
        let codes = codes.take(PARTIES_MAX + 1).map(|code| code.parse().unwrap());
        d.parties = codes.map(|code| (code, record.clone())).collect();
    });
    assert_eq!(too_many_parties, Fault::TooLong(PARTIES_MAX));
}

#[test]
fn parties_stand_in_order_and_once() {
    let mut directory = example::directory();
    directory.parties.remove(&xb());
    let one = encode_directory(&directory, &[]);
    let record = one
        .windows(4)
        .position(|window| window == [0xa8, 0x01, 0x62, b'X'])
        .unwrap();
    let mut twice = [one.as_slice(), &one[record..]].concat();
    twice[record - 1] = 0x82;
    assert!(matches!(
        decode_directory(&twice).unwrap_err().fault,
        Fault::BadValue(_)
    ));
}

#[test]
fn keys_are_found_in_their_period() {
    let mut directory = example::directory();
    let (key, origin) = (key_of_xa().id(), "node.xa.example.org/ledger/2026");
    assert_eq!(directory.envelope_key(xa(), key, NOW), Ok(&key_of_xa().public()));
    let early = UnixMillis(0);
    assert_eq!(
        directory.envelope_key(xa(), key, early),
        Err(UnknownKey::Envelope { party: xa(), key })
    );
    assert!(directory.ledger_keys(xa(), origin, early).is_err());
    assert!(directory.ledger_keys(xb(), origin, NOW).is_err());
    assert_eq!(directory.party_of_node("node.xb.example.org"), Some(xb()));
    assert_eq!(directory.party_of_node("node.xc.example.org"), None);
    assert!(directory.contact_point(&police_of_xa()).is_some());
    directory.parties.clear();
    assert_eq!(
        directory.envelope_key(xa(), key, NOW),
        Err(UnknownKey::Party(xa()))
    );
}

fn join() -> JoinRequest {
    JoinRequest::sign(xa(), &record('a', 0xa0, police_of_xa()), NOW, &key_of_xa()).unwrap()
}

#[test]
fn a_join_request_is_signed_by_a_key_in_it() {
    assert_golden!("join.cose", join().as_bytes());
    assert_eq!(join().open().unwrap(), (xa(), record('a', 0xa0, police_of_xa())));
    let open = |bytes: &[u8]| JoinRequest::from_bytes(bytes).unwrap().open();
    assert_only_the_whole(join().as_bytes(), |bytes| open(bytes).is_ok());
    assert_no_bit_may_flip(join().as_bytes(), |bytes| open(bytes).is_ok());
    let payload = encode_join(xa(), &record('a', 0xa0, police_of_xa()), NOW);
    let by_stranger = sign_one(
        ContentType::Join,
        &payload,
        &[],
        &EnvelopeKey::from_seed(&[1; 32]),
    );
    assert_eq!(
        open(&by_stranger),
        Err(DirectoryError::NotSigned { valid: 0, needed: 1 })
    );
    let of_xb = record('b', 0xb0, prosecution_of_xb());
    assert!(
        JoinRequest::sign(xa(), &of_xb, NOW, &key_of_xb()).is_err(),
        "an office of another Party"
    );
}

//! What the tests speak of: a network of two fictitious Parties, XA and XB, with keys made of fixed seeds,
//! and one of each statement between them. The golden files are made of these.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use ledger::SigningKey;
use ledger::hash::leaf_hash;
use ledger::note::{KeyKind, NoteSigner, VerifierKey};
use ledger::tree::{Batch, Edge};

use crate::completion::Completion;
use crate::consignment::{Consignment, Verdict};
use crate::digest::{Commitment, Digest, Salt};
use crate::directory::{
    ContactPointRecord, Directory, KeySet, NodeRecord, PartyRecord, Period, SignedDirectory, SignedKeySet,
    Trust,
};
use crate::entry::Entry;
use crate::envelope::{Header, Priority, SignedHeader};
use crate::hello::Hello;
use crate::ids::{CaseId, ContactPoint, MessageId, PartyCode};
use crate::key::{EnvelopeKey, PublicKey, SecretariatKey};
use crate::payload::SealedPayload;
use crate::receipt::{SignedCheckpoint, SignedReceipt};
use crate::rejection::{Rejection, RejectionReason};
use crate::time::UnixMillis;

/// 2026-11-22T00:00:00Z: when the example happens.
pub(crate) const NOW: UnixMillis = UnixMillis(1_795_305_600_000);

pub(crate) const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Stands for what TLS exports.
pub(crate) const EXPORTER: [u8; 32] = [0x5a; 32];

pub(crate) fn xa() -> PartyCode {
    "XA".parse().unwrap()
}

pub(crate) fn xb() -> PartyCode {
    "XB".parse().unwrap()
}

pub(crate) fn police_of_xa() -> ContactPoint {
    "XA/police".parse().unwrap()
}

pub(crate) fn prosecution_of_xb() -> ContactPoint {
    "XB/prosecution".parse().unwrap()
}

pub(crate) fn key_of_xa() -> EnvelopeKey {
    EnvelopeKey::from_seed(&[0xa1; 32])
}

pub(crate) fn key_of_xb() -> EnvelopeKey {
    EnvelopeKey::from_seed(&[0xb1; 32])
}

pub(crate) fn ledger_of_xb() -> NoteSigner {
    NoteSigner::new(
        "node.xb.example.org/ledger/2026",
        SigningKey::from_bytes(&[0xb2; 32]),
    )
    .unwrap()
}

pub(crate) fn secretariat() -> SecretariatKey {
    SecretariatKey::from_seed(&[0x5e; 32])
}

pub(crate) fn trust() -> Trust {
    Trust {
        network: "exercise.example.org".to_owned(),
        keys: vec![secretariat().public()],
        threshold: 1,
        expiry_grace: DAY,
    }
}

pub(crate) fn always<T>(value: T) -> Period<T> {
    Period {
        value,
        valid_from: UnixMillis(NOW.0 - 1_000_000_000),
        valid_until: None,
    }
}

pub(crate) fn record(letter: char, seed: u8, office: ContactPoint) -> PartyRecord {
    let node = format!("node.x{letter}.example.org");
    let origin = format!("{node}/ledger/2026");
    let public = |purpose| SigningKey::from_bytes(&[seed + purpose; 32]).verifying_key();
    PartyRecord {
        name: format!("Exercise Party X{}", letter.to_ascii_uppercase()),
        node: NodeRecord {
            addresses: vec![format!("{node}:4433"), "[2001:db8::1]:4433".to_owned()],
            ca_certificates: vec![vec![0x30, 0x03, 0x02, 0x01, seed]],
            tls_pins: vec![Digest::of(&[seed])],
            name: node,
        },
        envelope_keys: vec![always(EnvelopeKey::from_seed(&[seed + 1; 32]).public())],
        ledger_keys: vec![always(
            VerifierKey::new(&origin, KeyKind::Ed25519, public(2)).unwrap(),
        )],
        witness_keys: vec![Period {
            value: VerifierKey::new(&format!("{origin}/witness"), KeyKind::CosignatureV1, public(3)).unwrap(),
            valid_from: UnixMillis(0),
            valid_until: Some(NOW.plus(365 * DAY)),
        }],
        contact_points: vec![ContactPointRecord {
            office,
            certificates: vec![vec![0xc6, seed]],
            profile: "{}".to_owned(),
        }],
        profile: "{}".to_owned(),
    }
}

pub(crate) fn directory() -> Directory {
    Directory {
        network: "exercise.example.org".to_owned(),
        version: 7,
        issued_at: UnixMillis(NOW.0 - 60_000),
        expires_at: NOW.plus(30 * DAY),
        parties: BTreeMap::from([
            (xa(), record('a', 0xa0, police_of_xa())),
            (xb(), record('b', 0xb0, prosecution_of_xb())),
        ]),
    }
}

/// A key of the secretariat's members, by number.
pub(crate) fn member(number: u8) -> SecretariatKey {
    SecretariatKey::from_seed(&[0xe0 + number; 32])
}

pub(crate) fn public(members: &[u8]) -> Vec<PublicKey> {
    members.iter().map(|number| member(*number).public()).collect()
}

/// The key set, signed by these members.
pub(crate) fn signed_key_set(key_set: &KeySet, by: &[u8]) -> SignedKeySet {
    let draft = SignedKeySet::draft(key_set).unwrap();
    let copies: Vec<_> = by
        .iter()
        .map(|number| draft.countersign(&member(*number)).unwrap())
        .collect();
    let copies = [vec![draft], copies].concat();
    SignedKeySet::merge(&copies, &public(by)).unwrap()
}

/// The first key set: two of the members 1, 2 and 3.
pub(crate) fn first_key_set() -> KeySet {
    KeySet::first(
        "exercise.example.org",
        2,
        &public(&[1, 2, 3]),
        UnixMillis(NOW.0 - 120_000),
    )
    .unwrap()
}

/// The second: member 4 comes for member 1.
pub(crate) fn second_key_set() -> KeySet {
    first_key_set()
        .next(2, &public(&[2, 3, 4]), UnixMillis(NOW.0 - 60_000))
        .unwrap()
}

pub(crate) fn key_sets() -> Vec<SignedKeySet> {
    vec![
        signed_key_set(&first_key_set(), &[1, 2]),
        signed_key_set(&second_key_set(), &[1, 2, 4]),
    ]
}

/// A directory with key sets, signed by these members.
pub(crate) fn signed_by(directory: &Directory, key_sets: &[SignedKeySet], by: &[u8]) -> SignedDirectory {
    let draft = SignedDirectory::draft(directory, key_sets).unwrap();
    let copies: Vec<_> = by
        .iter()
        .map(|number| draft.countersign(&member(*number)).unwrap())
        .collect();
    SignedDirectory::merge(&[vec![draft], copies].concat(), &public(by)).unwrap()
}

pub(crate) fn payload() -> SealedPayload {
    SealedPayload {
        salt: Salt::from_bytes([0x33; 32]),
        bytes: (*b"sealed for XB/prosecution").into(),
    }
}

pub(crate) fn header() -> Header {
    let message = MessageId::from_parts(NOW.0, [0x11; 10]);
    Header {
        message,
        case: CaseId::opened_by(message),
        in_reply_to: None,
        from: police_of_xa(),
        to: prosecution_of_xb(),
        sent_at: NOW,
        expires_at: NOW.plus(7 * DAY),
        priority: Priority::Urgent,
        payload: payload().commitment(),
        payload_length_bytes: 25,
        attachments: None,
        sender_checkpoint: None,
    }
}

pub(crate) fn signed_header() -> SignedHeader {
    SignedHeader::sign(&header(), &key_of_xa())
}

/// The receipt by XB, whose ledger had two leaves and got this one and another in one commit.
pub(crate) fn signed_receipt() -> SignedReceipt {
    let mut edge = Edge::new();
    edge.append(leaf_hash(b"first"));
    edge.append(leaf_hash(b"second"));
    let received_at = UnixMillis(NOW.0 + 350);
    let leaf = Entry::Received {
        at: received_at,
        header: signed_header(),
        commit_size: 4,
    };
    let batch = Batch::new(&edge, vec![leaf_hash(&leaf.encode()), leaf_hash(b"another")]);
    let checkpoint = SignedCheckpoint::sign(batch.size_after(), batch.root_after(), &ledger_of_xb());
    let inclusion = batch.prove_inclusion(2).unwrap();
    SignedReceipt::issue(
        &signed_header(),
        received_at,
        inclusion,
        &checkpoint,
        &key_of_xb(),
    )
    .unwrap()
}

pub(crate) fn rejection() -> Rejection {
    Rejection {
        message: Some(header().message),
        envelope: signed_header().digest(),
        reason: RejectionReason::Expired,
        rejected_at: UnixMillis(NOW.0 + 350),
    }
}

pub(crate) fn consignment() -> Consignment {
    Consignment {
        message: header().message,
        from: xa(),
        to: prosecution_of_xb(),
        envelope: signed_header().digest(),
        verdict: Verdict::NonConforming {
            rules: vec!["C29-2-E".parse().unwrap()],
        },
        opened_at: UnixMillis(NOW.0 + 900),
    }
}

pub(crate) fn manifest_commitment() -> Commitment {
    Commitment::from_bytes([0x4d; 32])
}

/// By XB, a minute after it had the message.
pub(crate) fn completion() -> Completion {
    Completion {
        message: header().message,
        from: xa(),
        to: prosecution_of_xb(),
        envelope: signed_header().digest(),
        manifest: manifest_commitment(),
        completed_at: UnixMillis(NOW.0 + 60_000),
    }
}

pub(crate) fn hello() -> Hello {
    Hello {
        party: xa(),
        versions: vec![1],
        features: Vec::new(),
        directory_version: 7,
        clock: NOW,
    }
}

/// Holds bytes against a golden file, which has been the same since the format's first day. A format that
/// changes on purpose gets a new version and a new file; the message has the bytes for it.
macro_rules! assert_golden {
    ($name:expr, $bytes:expr) => {
        $crate::example::assert_same(
            $name,
            include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/golden/", $name)),
            $bytes,
        )
    };
}
pub(crate) use assert_golden;

pub(crate) fn assert_same(name: &str, golden: &[u8], bytes: &[u8]) {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(golden == bytes, "golden/{name} differs; now it would be\n{hex}");
}

/// Every beginning of `bytes` that is not the whole is refused, and so is the whole with a byte more.
pub(crate) fn assert_only_the_whole(bytes: &[u8], accepts: impl Fn(&[u8]) -> bool) {
    assert!(accepts(bytes));
    for length in 0..bytes.len() {
        assert!(
            !accepts(&bytes[..length]),
            "{length} of {} bytes are accepted",
            bytes.len()
        );
    }
    assert!(
        !accepts(&[bytes, &[0]].concat()),
        "a byte after the end is accepted"
    );
}

/// Each single bit, flipped, makes `bytes` unacceptable.
pub(crate) fn assert_no_bit_may_flip(bytes: &[u8], accepts: impl Fn(&[u8]) -> bool) {
    assert!(accepts(bytes));
    let mut bytes = bytes.to_vec();
    for bit in 0..8 * bytes.len() {
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(!accepts(&bytes), "bit {} of byte {} may flip", bit % 8, bit / 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

/// Each single bit, flipped, gives other content or none: what decodes encodes to the flipped bytes again.
pub(crate) fn assert_canonical_when_flipped(bytes: &[u8], again: impl Fn(&[u8]) -> Option<Vec<u8>>) {
    assert_eq!(again(bytes).as_deref(), Some(bytes));
    let mut bytes = bytes.to_vec();
    for bit in 0..8 * bytes.len() {
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Some(encoded) = again(&bytes) {
            assert_eq!(encoded, bytes, "bit {} of byte {}", bit % 8, bit / 8);
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

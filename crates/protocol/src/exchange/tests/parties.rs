//! Two Parties, their keys, the directory that names them, and what they send.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ledger::SigningKey;
use ledger::note::NoteSigner;

use crate::digest::{Commitment, Digest, Salt};
use crate::directory::{ContactPointRecord, Directory, NodeRecord, PartyRecord, Period};
use crate::envelope::{Header, Priority, SignedHeader};
use crate::exchange::{FormerKeys, Identity, Oversight, Submission};
use crate::ids::{ActorId, CaseId, ContactPoint, MessageId, PartyCode};
use crate::key::EnvelopeKey;
use crate::payload::SealedPayload;
use crate::time::UnixMillis;

/// When every test begins.
pub(in crate::exchange) const START: UnixMillis = UnixMillis(1_700_000_000_000);

pub(in crate::exchange) fn xa() -> PartyCode {
    "XA".parse().unwrap()
}

pub(in crate::exchange) fn xb() -> PartyCode {
    "XB".parse().unwrap()
}

/// The one contact point that each Party has here.
pub(super) fn office(party: PartyCode) -> ContactPoint {
    ContactPoint::new(party, "police").unwrap()
}

fn seed(party: PartyCode, purpose: u8) -> [u8; 32] {
    let mut seed = [purpose; 32];
    seed[..2].copy_from_slice(party.as_str().as_bytes());
    seed
}

pub(super) fn envelope_key(party: PartyCode) -> EnvelopeKey {
    EnvelopeKey::from_seed(&seed(party, 1))
}

pub(super) fn ledger_signer(party: PartyCode) -> NoteSigner {
    let origin = format!("node.{}.example/ledger/2026", party.as_str().to_lowercase());
    NoteSigner::new(&origin, SigningKey::from_bytes(&seed(party, 2))).unwrap()
}

pub(super) fn identity(party: PartyCode) -> Identity {
    Identity {
        party,
        envelope_key: envelope_key(party),
        ledger: ledger_signer(party),
        former: FormerKeys::default(),
    }
}

/// A directory of both Parties, valid throughout.
pub(super) fn directory() -> Directory {
    Directory {
        network: "exercise.example.org".to_owned(),
        version: 1,
        issued_at: UnixMillis(0),
        expires_at: UnixMillis(u64::MAX),
        parties: BTreeMap::from([(xa(), party_record(xa())), (xb(), party_record(xb()))]),
    }
}

fn party_record(party: PartyCode) -> PartyRecord {
    PartyRecord {
        name: format!("Party {party}"),
        node: NodeRecord {
            name: format!("node.{}.example", party.as_str().to_lowercase()),
            addresses: vec![],
            ca_certificates: vec![],
            tls_pins: vec![],
        },
        envelope_keys: vec![always(envelope_key(party).public())],
        ledger_keys: vec![always(ledger_signer(party).verifier_key().clone())],
        witness_keys: vec![],
        contact_points: vec![ContactPointRecord {
            office: office(party),
            certificates: vec![],
            profile: "{}".to_owned(),
        }],
        profile: "{}".to_owned(),
    }
}

fn always<T>(value: T) -> Period<T> {
    Period {
        value,
        valid_from: UnixMillis(0),
        valid_until: None,
    }
}

pub(super) fn message(number: u64) -> MessageId {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    MessageId::from_parts(START.0, random)
}

pub(super) fn actor() -> ActorId {
    ActorId::from_bytes([0x0f; 16])
}

pub(super) fn payload(number: u64) -> SealedPayload {
    let bytes = Arc::from(format!("sealed payload {number}").into_bytes());
    SealedPayload {
        salt: Salt::from_bytes(*Digest::of(&number.to_be_bytes()).as_bytes()),
        bytes,
    }
}

/// What a message with attachments commits to.
pub(in crate::exchange) const MANIFEST: Commitment = Commitment::from_bytes([0x4d; 32]);

/// A message from `from` to the other Party that expires after seven days.
pub(in crate::exchange) fn submission(from: PartyCode, number: u64, priority: Priority) -> Submission {
    let to = if from == xa() { xb() } else { xa() };
    Submission {
        message: message(number),
        case: CaseId::opened_by(message(number)),
        in_reply_to: None,
        from: office(from),
        to: vec![office(to)],
        sent_at: START,
        expires_at: START.plus(Duration::from_secs(7 * 24 * 3600)),
        priority,
        payload: payload(number),
        attachments: None,
        actor: actor(),
        oversight: Oversight::NotNeeded,
    }
}

/// The header of that message, as its sender signs it.
pub(in crate::exchange) fn signed_header(submission: &Submission) -> SignedHeader {
    let header = Header {
        message: submission.message,
        case: submission.case,
        in_reply_to: submission.in_reply_to,
        from: submission.from.clone(),
        to: submission.to[0].clone(),
        sent_at: submission.sent_at,
        expires_at: submission.expires_at,
        priority: submission.priority,
        payload: submission.payload.commitment(),
        payload_length_bytes: submission.payload.bytes.len() as u64,
        attachments: submission.attachments,
        sender_checkpoint: None,
    };
    SignedHeader::sign(&header, &envelope_key(submission.from.party()))
}

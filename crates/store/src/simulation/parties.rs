//! Who takes part: fictitious Parties with keys of fixed seeds, and the directory that names them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use protocol::digest::{Commitment, Digest, Salt};
use protocol::directory::{ContactPointRecord, Directory, NodeRecord, PartyRecord, Period};
use protocol::envelope::Priority;
use protocol::exchange::{Oversight, Submission};
use protocol::ids::{ActorId, CaseId, ContactPoint, MessageId, PartyCode};
use protocol::payload::SealedPayload;
use protocol::time::UnixMillis;

use super::files::{SealedBytes, sealed as sealed_file};
use super::keys::{GENERATIONS, envelope_key, ledger_keys};
use super::random::Random;

/// When every run begins.
pub(super) const START: UnixMillis = UnixMillis(1_795_305_600_000);

/// The Party of a node, by its number.
pub(super) fn party(number: usize) -> PartyCode {
    ["XA", "XB", "XC", "XD"][number].parse().unwrap()
}

pub(super) fn office(party: PartyCode) -> ContactPoint {
    ContactPoint::new(party, "police").unwrap()
}

/// All of them, valid throughout. It was issued a while ago, and a clock that is a year ahead is beyond it.
pub(super) fn directory(count: usize) -> Directory {
    Directory {
        network: "exercise.example.org".to_owned(),
        version: 1,
        issued_at: UnixMillis(START.0 - 3_600_000),
        expires_at: START.plus(Duration::from_secs(30 * 24 * 3_600)),
        parties: (0..count)
            .map(|number| (party(number), record(party(number))))
            .collect(),
    }
}

/// For as long as this, a message that is not in a hurry is tried to be delivered.
const LONG: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Whether nothing that happens in a run is reason enough for a message to be given up.
pub(super) fn is_long_lived(expires_at: UnixMillis) -> bool {
    expires_at == START.plus(LONG)
}

/// Message `number` of a run, from one of `count` nodes to one or two others; with a file or without.
pub(super) fn submission(
    number: u64,
    (from, count): (usize, usize),
    sealed: &mut BTreeMap<Commitment, SealedBytes>,
    random: &mut Random,
) -> Submission {
    let mut others: Vec<usize> = (0..count).filter(|other| *other != from).collect();
    let first = random.place(others.len());
    others.rotate_left(first);
    others.truncate(1 + random.place(2));
    let lifetime = if random.chance(200) {
        Duration::from_millis(1 + random.below(30_000))
    } else {
        LONG
    };
    let attachments = random.chance(400).then(|| {
        let (manifest, bytes) = sealed_file(number, random);
        sealed.insert(manifest, bytes);
        manifest
    });
    let mut entropy = [0; 10];
    entropy[2..].copy_from_slice(&number.to_be_bytes());
    let message = MessageId::from_parts(START.0, entropy);
    let priorities = [Priority::Routine, Priority::Urgent, Priority::Emergency];
    Submission {
        message,
        case: CaseId::opened_by(message),
        in_reply_to: None,
        from: office(party(from)),
        to: others.into_iter().map(|other| office(party(other))).collect(),
        sent_at: START,
        expires_at: START.plus(lifetime),
        priority: priorities[random.place(3)],
        payload: payload(number, random.place(9_000)),
        attachments,
        actor: ActorId::from_bytes([0x0f; 16]),
        oversight: Oversight::NotNeeded,
    }
}

fn payload(number: u64, length: usize) -> SealedPayload {
    let block = Digest::of(&number.to_be_bytes());
    let bytes: Vec<u8> = block
        .as_bytes()
        .iter()
        .copied()
        .cycle()
        .take(length + 1)
        .collect();
    SealedPayload {
        salt: Salt::from_bytes(*block.as_bytes()),
        bytes: Arc::from(bytes),
    }
}

fn record(party: PartyCode) -> PartyRecord {
    PartyRecord {
        name: format!("Exercise Party {party}"),
        node: NodeRecord {
            name: format!("node.{}.example", party.as_str().to_lowercase()),
            addresses: Vec::new(),
            ca_certificates: Vec::new(),
            tls_pins: Vec::new(),
        },
        envelope_keys: (0..GENERATIONS)
            .map(|key| always(envelope_key(party, key).public()))
            .collect(),
        ledger_keys: ledger_keys(party)
            .map(|signer| always(signer.verifier_key().clone()))
            .collect(),
        witness_keys: Vec::new(),
        contact_points: vec![ContactPointRecord {
            office: office(party),
            certificates: Vec::new(),
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

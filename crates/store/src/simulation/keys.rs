//! The keys of a Party in turn, and the logs: what changes on a day that everybody knows beforehand.
//!
//! Key after key of each kind, all of them in the directory from the beginning; which one is in use, the
//! ledger says.

use std::collections::{BTreeSet, HashMap};
use std::sync::{LazyLock, Mutex};

use ledger::SigningKey;
use ledger::note::{NoteSigner, VerifierKey};
use protocol::entry::Entry;
use protocol::exchange::{Former, FormerKeys, Identity};
use protocol::ids::PartyCode;
use protocol::key::EnvelopeKey;

use crate::contract::Reader;

/// How many keys of a kind a Party has in a run.
pub(super) const GENERATIONS: u8 = 3;

/// Something of a node's own that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// The envelope key.
    EnvelopeKey,
    /// The ledger's key; the log stays.
    LedgerKey,
    /// The log, and its key with it.
    Log,
}

pub(super) fn envelope_key(party: PartyCode, generation: u8) -> EnvelopeKey {
    EnvelopeKey::from_seed(&seed(party, 1, generation, 0))
}

/// The key of log `log` of a Party.
pub(super) fn ledger_signer(party: PartyCode, log: u8, generation: u8) -> NoteSigner {
    NoteSigner::new(
        &origin_of(party, log),
        signing_key(seed(party, 2, generation, log)),
    )
    .unwrap()
}

fn origin_of(party: PartyCode, log: u8) -> String {
    let party_name = party.as_str().to_lowercase();
    format!("node.{party_name}.example/ledger/{}", 2026 + u16::from(log))
}

/// The key of this seed. There are few, and computing one takes as long as a signature.
fn signing_key(seed: [u8; 32]) -> SigningKey {
    static KEYS: LazyLock<Mutex<HashMap<[u8; 32], SigningKey>>> = LazyLock::new(Mutex::default);
    let mut keys = KEYS.lock().unwrap();
    keys.entry(seed)
        .or_insert_with(|| SigningKey::from_bytes(&seed))
        .clone()
}

/// A Party's witness key.
pub(super) fn witness_key(party: PartyCode) -> SigningKey {
    signing_key(seed(party, 3, 0, 0))
}

/// All that there will ever be.
pub(super) fn ledger_keys(party: PartyCode) -> impl Iterator<Item = NoteSigner> {
    let each = (0..GENERATIONS).flat_map(|log| (0..GENERATIONS).map(move |key| (log, key)));
    each.map(move |(log, key)| ledger_signer(party, log, key))
}

/// The keys that a ledger says are in use, and those before.
pub(super) fn identity(party: PartyCode, reader: &dyn Reader) -> Identity {
    let mut identity = Identity {
        party,
        envelope_key: envelope_key(party, 0),
        ledger: ledger_signer(party, 0, 0),
        former: FormerKeys::default(),
    };
    for until in reader.key_changes().unwrap() {
        match Entry::decode(&reader.leaf(until).unwrap()).unwrap() {
            Entry::KeyChanged { at, new, .. } => {
                let mut keys = (0..GENERATIONS).map(|generation| envelope_key(party, generation));
                let new = keys.find(|key| key.id() == new).unwrap();
                let key = Some(std::mem::replace(&mut identity.envelope_key, new));
                identity.former.envelope.push(Former {
                    until,
                    ended_at: at,
                    key,
                });
            }
            Entry::LedgerKeyChanged { at, old, new } | Entry::LogBegun { at, old, new, .. } => {
                if old.name() != new.name() {
                    identity.former.ended_logs.insert(old.name().to_owned());
                }
                let new = held(party, &new);
                let key = Some(std::mem::replace(&mut identity.ledger, new));
                identity.former.ledger.push(Former {
                    until,
                    ended_at: at,
                    key,
                });
            }
            entry => panic!("{entry:?} changes no key"),
        }
    }
    identity
}

/// The key that comes after the one in use; `None` after the last.
pub(super) fn next_envelope_key(party: PartyCode, identity: &Identity) -> Option<EnvelopeKey> {
    let place = (0..GENERATIONS).find(|place| envelope_key(party, *place).id() == identity.envelope_key.id());
    let next = place.unwrap() + 1;
    (next < GENERATIONS).then(|| envelope_key(party, next))
}

/// The key that comes next, of the same log or of the next one; `None` after the last.
pub(super) fn next_ledger_key(party: PartyCode, identity: &Identity, turn: Turn) -> Option<NoteSigner> {
    let in_use = identity.ledger.verifier_key();
    let (mut log, mut key) = (0..GENERATIONS)
        .flat_map(|log| (0..GENERATIONS).map(move |key| (log, key)))
        .find(|(log, key)| ledger_signer(party, *log, *key).verifier_key() == in_use)
        .unwrap();
    match turn {
        Turn::Log => (log, key) = (log + 1, 0),
        _ => key += 1,
    }
    (log < GENERATIONS && key < GENERATIONS).then(|| ledger_signer(party, log, key))
}

/// The origins of a ledger's logs, each with the position at which it begins.
pub(super) fn origins(party: PartyCode, reader: &dyn Reader) -> Vec<(String, u64)> {
    let mut origins = vec![(origin_of(party, 0), 0)];
    for log in reader.logs().into_iter().skip(1) {
        let leaf = Entry::decode(&reader.leaf(log.first).unwrap()).unwrap();
        let Entry::LogBegun { new, .. } = leaf else {
            panic!("a log that begins with {leaf:?}")
        };
        origins.push((new.name().to_owned(), log.first));
    }
    let distinct: BTreeSet<&String> = origins.iter().map(|(origin, _)| origin).collect();
    assert_eq!(distinct.len(), origins.len(), "an origin is one log: {origins:?}");
    origins
}

fn held(party: PartyCode, key: &VerifierKey) -> NoteSigner {
    ledger_keys(party)
        .find(|signer| signer.verifier_key() == key)
        .unwrap()
}

fn seed(party: PartyCode, purpose: u8, generation: u8, log: u8) -> [u8; 32] {
    let mut seed = [purpose; 32];
    seed[..2].copy_from_slice(party.as_str().as_bytes());
    seed[2..4].copy_from_slice(&[generation, log]);
    seed
}

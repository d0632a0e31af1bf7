//! Which key was in use at which leaf: what the ledger says, found by the index without reading it all.
//!
//! A ledger that says nothing of a kind of key has been kept with the configured one from its first leaf on.

use ledger::note::{NoteSigner, VerifierKey};
use protocol::directory::PartyRecord;
use protocol::entry::Entry;
use protocol::exchange::{Former, FormerKeys, Identity};
use protocol::key::{EnvelopeKey, KeyId};
use protocol::time::UnixMillis;
use store::Reader;

use super::{KeysError, Keystore};

/// A change of a key, as its leaf says.
#[derive(Debug)]
struct Change<T> {
    leaf: u64,
    at: UnixMillis,
    old: T,
    new: T,
}

/// All changes of the node's own keys, oldest first.
#[derive(Debug, Default)]
struct Changes {
    envelope: Vec<Change<KeyId>>,
    ledger: Vec<Change<VerifierKey>>,
}

/// The keys with which the node goes on from what its ledger holds, and those of earlier leaves. An earlier
/// one that is lost is said in the log: what it signed cannot be made again.
///
/// # Errors
/// [`KeysError::Lost`] for a key that is in use, and when the ledger cannot be read.
pub fn identity(keys: &Keystore, reader: &dyn Reader, record: &PartyRecord) -> Result<Identity, KeysError> {
    let changes = changes(reader)?;
    let envelope_key = match changes.envelope.last() {
        None => keys.first_envelope_key()?,
        Some(last) => held_envelope_key(keys, last.new)?,
    };
    let ledger = match changes.ledger.last() {
        None => first_ledger_key(keys, record)?,
        Some(last) => {
            let lost = || lost("ledger key", &last.new);
            keys.ledger_signer(&last.new).ok_or_else(lost)?
        }
    };
    let envelope = changes.envelope.into_iter().map(|change| {
        let key = keys.envelope_key(change.old);
        say_if_lost("envelope key", change.old, key.is_some());
        Former {
            until: change.leaf,
            ended_at: change.at,
            key,
        }
    });
    let ledgers = changes.ledger.into_iter().map(|change| {
        let key = keys.ledger_signer(&change.old);
        say_if_lost("ledger key", &change.old, key.is_some());
        Former {
            until: change.leaf,
            ended_at: change.at,
            key,
        }
    });
    let former = FormerKeys {
        envelope: envelope.collect(),
        ledger: ledgers.collect(),
    };
    Ok(Identity {
        party: keys.party(),
        envelope_key,
        ledger,
        former,
    })
}

/// The key that signs, and always signed, the checkpoint of that size; `first` for sizes before any change.
///
/// # Errors
/// [`KeysError::Lost`], and when the ledger cannot be read.
pub fn signer_of_size(
    keys: &Keystore,
    reader: &dyn Reader,
    first: &VerifierKey,
    size: u64,
) -> Result<NoteSigner, KeysError> {
    let changes = changes(reader)?.ledger;
    let key = match changes.iter().find(|change| size <= change.leaf) {
        Some(change) => &change.old,
        None => changes.last().map_or(first, |change| &change.new),
    };
    keys.ledger_signer(key).ok_or_else(|| lost("ledger key", key))
}

/// The names of the envelope and the ledger key that the ledger says are in use; none before a change.
///
/// # Errors
/// When the ledger cannot be read.
pub fn in_use(reader: &dyn Reader) -> Result<(Option<KeyId>, Option<VerifierKey>), KeysError> {
    let Changes { envelope, ledger } = changes(reader)?;
    let envelope = envelope.last().map(|change| change.new);
    Ok((envelope, ledger.into_iter().next_back().map(|change| change.new)))
}

/// The configured ledger key, under the name that the directory gives this ledger.
fn first_ledger_key(keys: &Keystore, record: &PartyRecord) -> Result<NoteSigner, KeysError> {
    let periods = &record.ledger_keys;
    let named = periods.iter().find_map(|period| keys_first(keys, &period.value));
    // The directory may have dropped it since: an origin is one ledger, whichever key signs for it.
    let origin = periods.first().map(|period| period.value.name());
    let signer = named.or_else(|| keys.first_ledger_signer(origin?));
    signer.ok_or_else(|| KeysError::Ledger("the directory gives this ledger no name".to_owned()))
}

fn keys_first(keys: &Keystore, key: &VerifierKey) -> Option<NoteSigner> {
    let signer = keys.first_ledger_signer(key.name())?;
    (signer.verifier_key() == key).then_some(signer)
}

fn held_envelope_key(keys: &Keystore, id: KeyId) -> Result<EnvelopeKey, KeysError> {
    keys.envelope_key(id).ok_or_else(|| lost("envelope key", id))
}

fn changes(reader: &dyn Reader) -> Result<Changes, KeysError> {
    let failed = |error: &dyn std::fmt::Display| KeysError::Ledger(error.to_string());
    let mut changes = Changes::default();
    for leaf in reader.key_changes().map_err(|error| failed(&error))? {
        let bytes = reader.leaf(leaf).map_err(|error| failed(&error))?;
        match Entry::decode(&bytes).map_err(|error| failed(&error))? {
            Entry::KeyChanged { at, old, new } => changes.envelope.push(Change {
                leaf,
                at,
                old: old.unwrap_or(new),
                new,
            }),
            Entry::LedgerKeyChanged { at, old, new } => {
                let (old, new) = (*old, *new);
                changes.ledger.push(Change { leaf, at, old, new });
            }
            _ => return Err(failed(&format!("leaf {leaf} changes no key"))),
        }
    }
    Ok(changes)
}

fn lost(what: &'static str, id: impl std::fmt::Display) -> KeysError {
    let id = id.to_string();
    KeysError::Lost { what, id }
}

fn say_if_lost(what: &str, id: impl std::fmt::Display, is_held: bool) {
    if !is_held {
        tracing::error!(
            key = %id,
            "an earlier {what} is lost: receipts that it signed cannot be given again; put its file back"
        );
    }
}

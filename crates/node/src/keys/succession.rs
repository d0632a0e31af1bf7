//! Which key was in use at which leaf: what the ledger says, found by the index without reading it all.
//!
//! A ledger that says nothing of a kind of key has been kept with the configured one from its first leaf on.
//! The name of its first log is kept beside it ([`super::origin`]); each later log's first leaf has its name.

use ledger::note::{NoteSigner, VerifierKey};
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

impl Change<VerifierKey> {
    /// Whether another log began with it: an origin is one log.
    fn begins_log(&self) -> bool {
        self.old.name() != self.new.name()
    }
}

impl Changes {
    fn ended_logs(&self) -> impl Iterator<Item = &str> {
        let begun = self.ledger.iter().filter(|change| change.begins_log());
        begun.map(|change| change.old.name())
    }
}

/// The keys with which the node goes on from what its ledger holds, and those of earlier leaves. An earlier
/// one that is lost is said in the log: what it signed cannot be made again.
///
/// # Errors
/// [`KeysError::Lost`] for a key that is in use, and when the ledger cannot be read.
pub fn identity(keys: &Keystore, reader: &dyn Reader, first_origin: &str) -> Result<Identity, KeysError> {
    let changes = changes(reader)?;
    let envelope_key = match changes.envelope.last() {
        None => keys.first_envelope_key()?,
        Some(last) => held_envelope_key(keys, last.new)?,
    };
    let ledger = match changes.ledger.last() {
        None => {
            let signer = keys.first_ledger_signer(first_origin);
            let unnamed = || KeysError::Ledger(format!("{first_origin:?} can be no ledger's name"));
            signer.ok_or_else(unnamed)?
        }
        Some(last) => {
            let lost = || lost("ledger key", &last.new);
            keys.ledger_signer(&last.new).ok_or_else(lost)?
        }
    };
    let ended_logs = changes.ended_logs().map(str::to_owned).collect();
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
        ended_logs,
    };
    Ok(Identity {
        party: keys.party(),
        envelope_key,
        ledger,
        former,
    })
}

/// The key that signs, and always signed, the checkpoint of the tree that so many leaves of the ledger stand
/// for (a position, not a size within a log); `first` for those before any change.
///
/// # Errors
/// [`KeysError::Lost`], and when the ledger cannot be read.
pub fn signer_of_size(
    keys: &Keystore,
    reader: &dyn Reader,
    first: &VerifierKey,
    position: u64,
) -> Result<NoteSigner, KeysError> {
    let changes = changes(reader)?.ledger;
    let key = changes.iter().find(|change| position <= change.leaf);
    let key = match (key, changes.last()) {
        (Some(change), _) => &change.old,
        (None, Some(last)) => &last.new,
        (None, None) => first,
    };
    keys.ledger_signer(key).ok_or_else(|| lost("ledger key", key))
}

/// The envelope key that was in use when the ledger had so many leaves: what is signed with it again is the
/// same.
///
/// # Errors
/// [`KeysError::Lost`], and when the ledger cannot be read.
pub fn envelope_key_of_size(
    keys: &Keystore,
    reader: &dyn Reader,
    size: u64,
) -> Result<EnvelopeKey, KeysError> {
    let changes = changes(reader)?.envelope;
    let key = match changes.iter().find(|change| size <= change.leaf) {
        Some(change) => Some(change.old),
        None => changes.last().map(|change| change.new),
    };
    match key {
        Some(key) => held_envelope_key(keys, key),
        None => keys.first_envelope_key(),
    }
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

/// The origins of the ledger's logs with the position at which each begins, oldest first; the first log's
/// only if the ledger says it, which it does once a key has changed or another log has begun.
///
/// # Errors
/// When the ledger cannot be read.
pub fn origins(reader: &dyn Reader) -> Result<Vec<(u64, String)>, KeysError> {
    let ledger = changes(reader)?.ledger;
    let first = ledger.first().map(|change| (0, change.old.name().to_owned()));
    let begun = ledger.iter().filter(|change| change.begins_log());
    let later = begun.map(|change| (change.leaf, change.new.name().to_owned()));
    Ok(first.into_iter().chain(later).collect())
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
            Entry::LedgerKeyChanged { at, old, new } | Entry::LogBegun { at, old, new, .. } => {
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

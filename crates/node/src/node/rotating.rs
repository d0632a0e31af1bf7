//! Wiring of the keys: which are in use at the start, and who changes them from then on.

use std::sync::Arc;

use protocol::directory::PartyRecord;
use protocol::exchange::{Exchange, Identity};
use protocol::time::UnixMillis;

use super::foundation::Foundation;
use crate::directory::CurrentDirectory;
use crate::keys::{KeysError, Keystore};
use crate::rotation::InUse;
use crate::tls::TlsIdentity;

/// The TLS identity to begin with. If the directory would let us in with none, the configured one is shown:
/// the next directory may.
pub(super) fn tls_identity(foundation: &Foundation) -> Result<Arc<TlsIdentity>, KeysError> {
    let Foundation {
        keys,
        directory,
        clock,
        ..
    } = foundation;
    if let Some(wanted) = keys.tls_wanted(&directory.pins().load(), clock.now()) {
        return Ok(wanted);
    }
    tracing::error!("the directory lets this node in with none of its TLS certificates; is one in date?");
    let configured = keys.tls_identities().into_iter().next();
    configured.ok_or(KeysError::NoCertificate)
}

/// What the ledger says is in use.
pub(super) fn in_use(identity: &Identity, tls: Arc<TlsIdentity>) -> InUse {
    InUse {
        envelope: identity.envelope_key.id(),
        ledger: identity.ledger.verifier_key().clone(),
        tls,
    }
}

/// Puts the keys to use whose time came while the node did not run, before anything is received: what is
/// received from now on is dated from now on, and needs keys that are valid now.
pub(super) fn catch_up(
    exchange: &mut Exchange,
    in_use: &mut InUse,
    keys: &Keystore,
    record: &PartyRecord,
    now: UnixMillis,
) {
    if let Some(wanted) = keys.envelope_wanted(record, now)
        && wanted.id() != in_use.envelope
    {
        let id = wanted.id();
        match exchange.change_envelope_key(now, wanted) {
            Ok(()) => {
                tracing::info!(key = %id, "another envelope key is in use");
                in_use.envelope = id;
            }
            Err(error) => tracing::error!(%error, "the envelope key stays as it was"),
        }
    }
    if let Some(wanted) = keys.ledger_wanted(record, now)
        && *wanted.verifier_key() != in_use.ledger
    {
        let key = wanted.verifier_key().clone();
        let (taken, what) = if key.name() == in_use.ledger.name() {
            let taken = exchange.change_ledger_key(now, wanted);
            (taken, "another ledger key is in use")
        } else {
            (exchange.begin_log(now, wanted, None), "a new log begins")
        };
        match taken {
            Ok(()) => {
                tracing::info!(%key, "{what}");
                in_use.ledger = key;
            }
            Err(error) => tracing::error!(%error, "the ledger key stays as it was"),
        }
    }
}

/// Our record in the directory in use.
pub(super) fn own_record(directory: &CurrentDirectory, keys: &Keystore) -> Result<PartyRecord, KeysError> {
    let accepted = directory.current();
    let record = accepted.directory.party(keys.party()).cloned();
    record.ok_or_else(|| KeysError::NotInDirectory {
        version: accepted.directory.version,
        what: format!("Party {}", keys.party()),
    })
}

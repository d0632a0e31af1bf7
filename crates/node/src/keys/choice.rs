//! Which of the keys that we hold is to be used now: what the directory in use says, and nothing else.
//!
//! * **Envelope, ledger and witness key**: of those that are valid now, the one that became valid last.
//! * **Hello**: of those, the one that has been valid longest. A peer whose directory is older than ours
//!   knows that one; and whether it is good is asked at the moment when it is said, by the peer's clock.
//! * **TLS**: of the certificates with which the directory would let us in, the one that became good last.
//!   The directory gives pins no dates, so the certificate's own first date says when a new key is used.
//! * **OpenPGP**: of those that the directory names for the office and that can be used now, the last that it
//!   names. The certificate's own first date says when that begins.

use std::sync::Arc;
use std::time::Duration;

use ledger::cosignature::Cosigner;
use ledger::note::{NoteSigner, VerifierKey};
use protocol::directory::{PartyRecord, Period};
use protocol::ids::ContactPoint;
use protocol::key::{EnvelopeKey, PublicKey};
use protocol::time::UnixMillis;
use rustls::pki_types::UnixTime;
use seal::UnlockedKey;

use super::{KeysError, Keystore};
use crate::directory::Accepted;
use crate::limits::CLOCK_SKEW_MAX;
use crate::messages::system_time;
use crate::tls::TlsIdentity;
use crate::tls::pins::{Pins, Role, pin_of};

impl Keystore {
    /// Holds everything that the directory says of this node against the keys: nobody would believe a node
    /// that signs with other ones.
    ///
    /// # Errors
    /// [`KeysError::NotInDirectory`], naming what is not as it should be.
    pub fn check_directory(
        &self,
        node_name: &str,
        accepted: &Accepted,
        now: UnixMillis,
    ) -> Result<(), KeysError> {
        let missing = |what: String| KeysError::NotInDirectory {
            version: accepted.directory.version,
            what,
        };
        let party = self.party();
        let record = accepted
            .directory
            .party(party)
            .ok_or_else(|| missing(format!("Party {party}")))?;
        if record.node.name != node_name {
            let named = &record.node.name;
            return Err(missing(format!("name {node_name} (it says {named})")));
        }
        if !self.tls_identities().iter().any(|one| is_pinned(record, one)) {
            return Err(missing("TLS key".to_owned()));
        }
        if self.envelope_wanted(record, now).is_none() {
            let first = self.first_envelope_key()?.id();
            return Err(missing(format!("envelope key {first}")));
        }
        for office in self.offices() {
            let known = accepted.certificates(&office);
            let keys = self.openpgp_keys(&office);
            let is_named =
                |key: &Arc<UnlockedKey>| known.iter().any(|known| known.fingerprint() == key.fingerprint());
            if !keys.iter().any(is_named) {
                return Err(missing(format!("OpenPGP certificate for {office}")));
            }
        }
        match self.ledger_wanted(record, now) {
            Some(_) => Ok(()),
            None => Err(missing("ledger key".to_owned())),
        }
    }

    /// The envelope key that is to sign now.
    #[must_use]
    pub fn envelope_wanted(&self, record: &PartyRecord, now: UnixMillis) -> Option<EnvelopeKey> {
        let held = |key: &PublicKey| self.envelope_key(key.id());
        newest(&record.envelope_keys, now, held)
    }

    /// The ledger key that is to sign now.
    #[must_use]
    pub fn ledger_wanted(&self, record: &PartyRecord, now: UnixMillis) -> Option<NoteSigner> {
        newest(&record.ledger_keys, now, |key: &VerifierKey| {
            self.ledger_signer(key)
        })
    }

    /// The witness key that cosigns now.
    #[must_use]
    pub fn witness_wanted(&self, record: &PartyRecord, now: UnixMillis) -> Option<Cosigner> {
        newest(&record.witness_keys, now, |key: &VerifierKey| self.cosigner(key))
    }

    /// The envelope key that signs hellos now.
    #[must_use]
    pub fn hello_key(&self, accepted: &Accepted, now: UnixMillis) -> Option<EnvelopeKey> {
        let record = accepted.directory.party(self.party())?;
        // By the peer's clock, which may be ahead of ours, it must still be valid.
        let soon = now.plus(2 * CLOCK_SKEW_MAX);
        let lasts = |period: &&Period<PublicKey>| period.covers(now) && period.covers(soon);
        let mut lasting: Vec<_> = record.envelope_keys.iter().filter(lasts).collect();
        lasting.sort_by_key(|period| period.valid_from);
        let mut held = lasting
            .into_iter()
            .filter_map(|period| self.envelope_key(period.value.id()));
        held.next().or_else(|| self.envelope_wanted(record, now))
    }

    /// The TLS identity that is to be shown now; none if the directory would let us in with none.
    #[must_use]
    pub fn tls_wanted(&self, pins: &Pins, now: UnixMillis) -> Option<Arc<TlsIdentity>> {
        let at = UnixTime::since_unix_epoch(Duration::from_millis(now.0));
        let is_let_in = |identity: &Arc<TlsIdentity>| {
            [Role::Server, Role::Client].into_iter().all(|role| {
                pins.authenticate(identity.chain(), role, at)
                    .is_ok_and(|node| node.party == self.party())
            })
        };
        let mut good: Vec<_> = self.tls_identities().into_iter().filter(is_let_in).collect();
        good.sort_by_key(|identity| identity.facts().not_before);
        // Where clocks are behind ours, it must be good already.
        let settled = |identity: &&Arc<TlsIdentity>| identity.facts().not_before.plus(CLOCK_SKEW_MAX) <= now;
        let newest = good.iter().rev().find(settled);
        newest.or_else(|| good.first()).cloned()
    }

    /// The OpenPGP key with which a contact point of ours signs now, and to which its own copy is sealed.
    #[must_use]
    pub fn signing_key(
        &self,
        office: &ContactPoint,
        accepted: &Accepted,
        now: UnixMillis,
    ) -> Option<Arc<UnlockedKey>> {
        let keys = self.openpgp_keys(office);
        let named = accepted.certificates(office).iter().rev();
        let mut usable = named.filter(|one| one.check_usable(system_time(now)).is_ok());
        usable.find_map(|one| {
            keys.iter()
                .find(|key| key.fingerprint() == one.fingerprint())
                .cloned()
        })
    }
}

/// Whether the directory pins the key of this certificate for the Party.
pub(super) fn is_pinned(record: &PartyRecord, identity: &TlsIdentity) -> bool {
    let pin = identity.chain().first().and_then(|own| pin_of(own).ok());
    let mut pins = record.node.tls_pins.iter();
    pins.any(|known| Some(*known.as_bytes()) == pin)
}

/// Of the keys that are valid now and held, the one that became valid last, and of two, the one named last.
fn newest<T, K>(periods: &[Period<T>], now: UnixMillis, held: impl Fn(&T) -> Option<K>) -> Option<K> {
    let mut valid: Vec<_> = periods.iter().filter(|period| period.covers(now)).collect();
    valid.sort_by_key(|period| period.valid_from);
    valid.into_iter().rev().find_map(|period| held(&period.value))
}

#[cfg(test)]
mod tests;

//! The directory: who takes part, where, and with which keys. One signed document `[DIRECTORY]`.
//!
//! COSE_Sign (RFC 9052 section 4.1), content type `application/ohrid-directory+cbor`: one signature for
//! each key of the secretariat that signed. Every list in it has a limit, every key stands in it once, and
//! its version only grows. What is signed, in CBOR diagnostic notation, as in `golden/directory.cbor`:
//!
//! ```text
//! {0: 1, 1: "exercise.example.org", 2: 7, 3: 1795305540000, 4: 1797897600000, 5: [{1: "XA",
//!  2: "Exercise Party XA", 3: {1: "node.xa.example.org", 2: ["node.xa.example.org:4433",
//!  "[2001:db8::1]:4433"], 3: [h'30030201a0'], 4: [h'c19a797fa1fd590cd2e5b42d...']},
//!  4: [[h'bc7cbcb5636375fa1d82434d...', 1794305600000]],
//!  5: [["node.xa.example.org/ledger/2026+6edf3480+AWXo+bC8bq4SQWnwV2+XNi0pWoz193C0XhQ1fOZH0z7s",
//!  1794305600000]],
//!  6: [["node.xa.example.org/ledger/2026/witness+c3d48c92+BKzxK0rMHGYKgyau00A577copeSWSIJA9QqTKrerpRdR",
//!  0, 1826841600000]], 7: [{1: "XA/police", 2: [h'c6a0'], 3: "{}"}], 8: "{}"}, ...]}
//! ```
//!
//! A period is `[value, from]` or `[value, from, until]`. A secretariat with several keys, or with other keys
//! than at first, adds `6: [h'd862845822...', ...]`: the signed key sets, oldest first, that lead to the one
//! which signs this directory (`golden/directory-key-sets.cbor`). Without label 6 the keys are those that
//! operators have configured. The label is critical: who cannot follow key sets must not believe what comes
//! with them.
//!
//! Label numbers stand in `codec`, what must hold between the fields in `rules`, the secretariat's keys in
//! `key_set`, what several people sign in `jointly`, who is believed in `judge`, and how a Party changes its
//! part in `change`.

mod change;
mod codec;
mod forked;
#[cfg(any(test, fuzzing))]
pub(crate) mod hostile;
mod jointly;
mod judge;
mod key_set;
mod rules;
mod signed;

use std::collections::BTreeMap;
use std::time::Duration;

use ledger::note::VerifierKey;

use crate::decode::DecodeError;
use crate::digest::Digest;
use crate::ids::{ContactPoint, PartyCode};
use crate::key::{KeyId, PublicKey};
use crate::time::UnixMillis;

pub use change::{Change, ChangeError, ChangeRequest};
pub use forked::{KeySetFork, forked_key_set};
pub use jointly::MergeError;
pub use judge::{Fork, InUse, Judgement, Opened, judge};
pub use key_set::{KeySet, KeySetError, KeySetMark, Side, SignedKeySet};
pub use signed::{JoinRequest, SignedDirectory, Trust};

/// What the secretariat says of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// The network's name, such as `exercise.example.org`. Directories of two networks never mix.
    pub network: String,
    /// Only grows.
    pub version: u64,
    /// When it was signed.
    pub issued_at: UnixMillis,
    /// When a newer one must be there.
    pub expires_at: UnixMillis,
    /// The Parties.
    pub parties: BTreeMap<PartyCode, PartyRecord>,
}

/// What the directory says of a Party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartyRecord {
    /// The Party's name, for people.
    pub name: String,
    /// Its node.
    pub node: NodeRecord,
    /// Its envelope keys.
    pub envelope_keys: Vec<Period<PublicKey>>,
    /// Its ledger keys (C2SP type 0x01); a key's name is the ledger's origin.
    pub ledger_keys: Vec<Period<VerifierKey>>,
    /// Its witness keys (C2SP type 0x04).
    pub witness_keys: Vec<Period<VerifierKey>>,
    /// Its contact points.
    pub contact_points: Vec<ContactPointRecord>,
    /// JSON that `convention` reads.
    pub profile: String,
}

/// Where a Party's node is, and what shows that it is the one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRecord {
    /// The DNS name that its TLS certificate bears (subject alternative name).
    pub name: String,
    /// `host:port`; may be empty for a node that nobody can dial `[NAT]`.
    pub addresses: Vec<String>,
    /// The Party's own CA certificates, DER.
    pub ca_certificates: Vec<Vec<u8>>,
    /// SHA-256 of the subject public key info of its TLS keys: the current one and the next.
    pub tls_pins: Vec<Digest>,
}

/// What the directory says of a contact point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactPointRecord {
    /// The contact point.
    pub office: ContactPoint,
    /// OpenPGP certificates.
    pub certificates: Vec<Vec<u8>>,
    /// JSON that `convention` reads.
    pub profile: String,
}

/// A key and when it is valid: from, inclusive, until, exclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period<T> {
    /// The key.
    pub value: T,
    /// From when on.
    pub valid_from: UnixMillis,
    /// Until when; open while the key is in use.
    pub valid_until: Option<UnixMillis>,
}

/// How fresh a directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Not expired.
    Current,
    /// Expired, within the grace period: serve, and raise an alarm.
    Grace,
    /// Expired, and the grace period is over: exchange nothing.
    Expired,
}

/// Why a directory is refused. Whoever serves it is at fault, or the secretariat.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// Not a directory.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// Well formed, but what it says cannot be.
    #[error("the directory cannot be right{}: {what}", about(*party))]
    Invalid {
        /// About whom.
        party: Option<PartyCode>,
        /// What.
        what: &'static str,
    },
    /// The key sets that it brings along are not to be believed.
    #[error(transparent)]
    KeySet(#[from] KeySetError),
    /// Too few signatures by keys of the secretariat.
    #[error("the directory bears {valid} valid signatures by keys of the secretariat; {needed} are needed")]
    NotSigned {
        /// How many there are.
        valid: usize,
        /// How many are needed.
        needed: usize,
    },
    /// Of another network.
    #[error("the directory is of another network")]
    OtherNetwork,
    /// Older than the newest one known.
    #[error("the directory is of version {offered}, and version {known} is known")]
    Rollback {
        /// The newest version known.
        known: u64,
        /// The version offered.
        offered: u64,
    },
    /// Another directory of the same version is known: keep both, raise an alarm.
    #[error("there are two directories of version {version}")]
    Fork {
        /// The version of both.
        version: u64,
    },
    /// Expired, grace period included.
    #[error("the directory expired at {expired_at:?}")]
    Expired {
        /// When.
        expired_at: UnixMillis,
    },
}

/// The directory has no such key. A newer one may.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownKey {
    /// No such Party.
    #[error("{0} is not in the directory")]
    Party(PartyCode),
    /// The Party has no such envelope key, or not at that time.
    #[error("{party} has no envelope key {key} that was valid then")]
    Envelope {
        /// The Party.
        party: PartyCode,
        /// The key.
        key: KeyId,
    },
    /// The Party has no ledger key of this name, or not at that time.
    #[error("{party} has no ledger key {origin} that was valid then")]
    Ledger {
        /// The Party.
        party: PartyCode,
        /// The ledger's origin.
        origin: String,
    },
}

fn about(party: Option<PartyCode>) -> String {
    party.map(|code| format!(" about {code}")).unwrap_or_default()
}

impl<T> Period<T> {
    /// Whether it is valid at that time.
    #[must_use]
    pub fn covers(&self, at: UnixMillis) -> bool {
        self.valid_from <= at && self.valid_until.is_none_or(|until| at < until)
    }
}

impl Directory {
    /// The record of a Party.
    #[must_use]
    pub fn party(&self, code: PartyCode) -> Option<&PartyRecord> {
        self.parties.get(&code)
    }
    /// The record of a contact point.
    #[must_use]
    pub fn contact_point(&self, office: &ContactPoint) -> Option<&ContactPointRecord> {
        let party = self.party(office.party())?;
        party
            .contact_points
            .iter()
            .find(|record| record.office == *office)
    }
    /// The Party whose node has this name.
    #[must_use]
    pub fn party_of_node(&self, name: &str) -> Option<PartyCode> {
        let mut parties = self.parties.iter();
        parties
            .find(|(_, record)| record.node.name == name)
            .map(|(code, _)| *code)
    }
    /// A Party's envelope key, valid at that time.
    ///
    /// # Errors
    /// [`UnknownKey`]: a newer directory may have it.
    pub fn envelope_key(
        &self,
        party: PartyCode,
        key: KeyId,
        at: UnixMillis,
    ) -> Result<&PublicKey, UnknownKey> {
        let record = self.party(party).ok_or(UnknownKey::Party(party))?;
        let mut periods = record.envelope_keys.iter();
        periods
            .find(|period| period.value.id() == key && period.covers(at))
            .map(|period| &period.value)
            .ok_or(UnknownKey::Envelope { party, key })
    }

    /// A Party's ledger keys for an origin, valid at that time: one, or two while the key changes.
    ///
    /// # Errors
    /// [`UnknownKey`], when there is none: a newer directory may have it.
    pub fn ledger_keys(
        &self,
        party: PartyCode,
        origin: &str,
        at: UnixMillis,
    ) -> Result<Vec<&VerifierKey>, UnknownKey> {
        let record = self.party(party).ok_or(UnknownKey::Party(party))?;
        let periods = record.ledger_keys.iter();
        let keys: Vec<_> = periods
            .filter(|period| period.value.name() == origin && period.covers(at))
            .map(|period| &period.value)
            .collect();
        if keys.is_empty() {
            Err(UnknownKey::Ledger {
                party,
                origin: origin.to_owned(),
            })
        } else {
            Ok(keys)
        }
    }

    /// How fresh it is.
    #[must_use]
    pub fn freshness(&self, now: UnixMillis, grace: Duration) -> Freshness {
        if now < self.expires_at {
            Freshness::Current
        } else if now < self.expires_at.plus(grace) {
            Freshness::Grace
        } else {
            Freshness::Expired
        }
    }
}

#[cfg(test)]
mod tests;

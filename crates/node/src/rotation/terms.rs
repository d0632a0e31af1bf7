//! From when until when each key of the node is good, and how far it got.

use std::time::{Duration, SystemTime};

use protocol::directory::{PartyRecord, Period};
use protocol::time::UnixMillis;
use protocol::x509::CertificateFacts;

use super::InUse;
use crate::directory::Accepted;
use crate::keys::Keystore;
use crate::limits::CLOCK_SKEW_MAX;
use crate::messages::system_time;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyKind {
    /// The certificate of our own authority.
    Authority,
    /// The TLS certificate and its key.
    Tls,
    /// Signs what the node says.
    Envelope,
    /// Signs checkpoints.
    Ledger,
    /// Signs cosignatures.
    Witness,
    /// A contact point's.
    OpenPgp,
}

/// How far a key got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Held or named, and its first day is to come; or the directory does not name it yet.
    Next,
    /// This one.
    InUse,
    /// Good still, and another one is in use.
    Overlap,
    /// Its last day is over, or the directory names it no more.
    Former,
}

/// A key and its days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// What it is for.
    pub kind: KeyKind,
    /// Whose, for an OpenPGP key.
    pub office: Option<String>,
    /// Its name: a key id, a pin, a vkey, a fingerprint.
    pub id: String,
    /// How far it got.
    pub stage: Stage,
    /// Its first day, where one is known.
    pub valid_from: Option<UnixMillis>,
    /// Its last day; none while it is open.
    pub valid_until: Option<UnixMillis>,
    /// When this node begins to use it: its first day, or a little later.
    pub used_from: Option<UnixMillis>,
    /// Whether we hold its secret half.
    pub is_held: bool,
    /// Whether the directory in use names it.
    pub is_named: bool,
    /// Whether another key of ours takes its place when it ends.
    pub is_succeeded: bool,
}

impl KeyKind {
    /// Its word, in metrics and on the local API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Tls => "tls",
            Self::Envelope => "envelope",
            Self::Ledger => "ledger",
            Self::Witness => "witness",
            Self::OpenPgp => "openpgp",
        }
    }
}

impl Term {
    /// Whether it is in use, ends within `soon`, and nothing takes its place.
    #[must_use]
    pub fn ends_soon(&self, now: UnixMillis, soon: Duration) -> bool {
        let ends = self.valid_until.is_some_and(|until| until <= now.plus(soon));
        self.stage == Stage::InUse && ends && !self.is_succeeded
    }

    /// Whole days until it ends; none while that is open.
    #[must_use]
    pub fn days_left(&self, now: UnixMillis) -> Option<u64> {
        Some(self.valid_until?.since(now).as_secs() / 86_400)
    }
}

/// Every key of ours that we hold or the directory names, sorted by what they are for.
#[must_use]
pub fn of(keys: &Keystore, accepted: &Accepted, in_use: &InUse, now: UnixMillis) -> Vec<Term> {
    let Some(record) = accepted.directory.party(keys.party()) else {
        return Vec::new();
    };
    let mut terms = authorities(record, now);
    terms.extend(tls(keys, record, in_use, now));
    terms.extend(signing(
        KeyKind::Envelope,
        &record.envelope_keys,
        now,
        |key| key.id().to_string(),
        |key| (keys.envelope_key(key.id()).is_some(), key.id() == in_use.envelope),
    ));
    terms.extend(signing(
        KeyKind::Ledger,
        &record.ledger_keys,
        now,
        ToString::to_string,
        |key| (keys.ledger_signer(key).is_some(), *key == in_use.ledger),
    ));
    let newest_witness = newest_valid(&record.witness_keys, now);
    terms.extend(signing(
        KeyKind::Witness,
        &record.witness_keys,
        now,
        ToString::to_string,
        |key| (keys.holds_witness(key), Some(key) == newest_witness),
    ));
    terms.extend(openpgp(keys, accepted, now));
    mark_succeeded(&mut terms);
    terms
}

fn authorities(record: &PartyRecord, now: UnixMillis) -> Vec<Term> {
    let certificates = record.node.ca_certificates.iter();
    let read = certificates.filter_map(|der| CertificateFacts::read(der).ok());
    read.map(|facts| Term {
        kind: KeyKind::Authority,
        office: None,
        id: facts.pin.to_string(),
        stage: if facts.not_after < now {
            Stage::Former
        } else {
            Stage::InUse
        },
        valid_from: Some(facts.not_before),
        valid_until: Some(facts.not_after),
        used_from: None,
        is_held: false,
        is_named: true,
        is_succeeded: false,
    })
    .collect()
}

fn tls(keys: &Keystore, record: &PartyRecord, in_use: &InUse, now: UnixMillis) -> Vec<Term> {
    let used = in_use.tls.facts();
    let identities = keys.tls_identities();
    let terms = identities.iter().map(|identity| {
        let facts = identity.facts();
        let is_named = record.node.tls_pins.contains(&facts.pin);
        let used_from = facts.not_before.plus(CLOCK_SKEW_MAX);
        let stage = if identity.chain() == in_use.tls.chain() {
            Stage::InUse
        } else if facts.not_after < now || facts.not_before < used.not_before {
            Stage::Former
        } else {
            Stage::Next
        };
        Term {
            kind: KeyKind::Tls,
            office: None,
            id: facts.pin.to_string(),
            stage,
            valid_from: Some(facts.not_before),
            valid_until: Some(facts.not_after),
            used_from: is_named.then_some(used_from),
            is_held: true,
            is_named,
            is_succeeded: false,
        }
    });
    terms.collect()
}

/// The keys of one kind that the directory gives days; `facts` says whether one is held and in use.
fn signing<T>(
    kind: KeyKind,
    periods: &[Period<T>],
    now: UnixMillis,
    id: impl Fn(&T) -> String,
    facts: impl Fn(&T) -> (bool, bool),
) -> Vec<Term> {
    let terms = periods.iter().map(|period| {
        let (is_held, is_used) = facts(&period.value);
        let stage = if is_used {
            Stage::InUse
        } else if now < period.valid_from {
            Stage::Next
        } else if period.covers(now) {
            Stage::Overlap
        } else {
            Stage::Former
        };
        Term {
            kind,
            office: None,
            id: id(&period.value),
            stage,
            valid_from: Some(period.valid_from),
            valid_until: period.valid_until,
            used_from: is_held.then_some(period.valid_from),
            is_held,
            is_named: true,
            is_succeeded: false,
        }
    });
    terms.collect()
}

fn newest_valid<T>(periods: &[Period<T>], now: UnixMillis) -> Option<&T> {
    let valid = periods.iter().filter(|period| period.covers(now));
    let newest = valid.max_by_key(|period| period.valid_from);
    newest.map(|period| &period.value)
}

fn openpgp(keys: &Keystore, accepted: &Accepted, now: UnixMillis) -> Vec<Term> {
    let mut terms = Vec::new();
    for office in keys.offices() {
        let used = keys.signing_key(&office, accepted, now);
        let used = used.map(|key| key.fingerprint().clone());
        let named = accepted.certificates(&office);
        let held = keys.openpgp_keys(&office);
        let held: Vec<_> = held.iter().map(|key| key.certificate().clone()).collect();
        let only_held = held.iter().filter(|one| !named.contains(one));
        for certificate in named.iter().chain(only_held) {
            let is_named = named.contains(certificate);
            let valid_from = unix_millis(certificate.begins_at());
            let stage = if used.as_ref() == Some(certificate.fingerprint()) {
                Stage::InUse
            } else if !is_named || now < valid_from {
                Stage::Next
            } else if certificate.check_usable(system_time(now)).is_ok() {
                Stage::Overlap
            } else {
                Stage::Former
            };
            terms.push(Term {
                kind: KeyKind::OpenPgp,
                office: Some(office.to_string()),
                id: certificate.fingerprint().to_string(),
                stage,
                valid_from: Some(valid_from),
                valid_until: certificate.ends_at().map(unix_millis),
                used_from: is_named.then_some(valid_from),
                is_held: held
                    .iter()
                    .any(|key| key.fingerprint() == certificate.fingerprint()),
                is_named,
                is_succeeded: false,
            });
        }
    }
    terms
}

/// A key is succeeded by one of its kind and office that is held, named, not over, and ends later.
fn mark_succeeded(terms: &mut [Term]) {
    let later_than = |term: &Term, other: &Term| match (term.valid_until, other.valid_until) {
        (Some(ours), Some(theirs)) => theirs > ours,
        (ours, None) => ours.is_some(),
        (None, Some(_)) => false,
    };
    let succeeded: Vec<bool> = terms
        .iter()
        .map(|term| {
            terms.iter().any(|other| {
                let is_ready = other.is_named && (other.is_held || other.kind == KeyKind::Authority);
                let same = other.kind == term.kind && other.office == term.office && other.id != term.id;
                same && is_ready && other.stage != Stage::Former && later_than(term, other)
            })
        })
        .collect();
    for (term, succeeded) in terms.iter_mut().zip(succeeded) {
        term.is_succeeded = succeeded;
    }
}

fn unix_millis(time: SystemTime) -> UnixMillis {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;

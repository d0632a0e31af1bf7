//! `ohrid directory diff`: what changes from one directory to another, Party by Party, in words.
//!
//! Members look at it before they sign. It believes nothing. Its exit status is 0 whether there are
//! differences or not: a difference is what is asked for, and not a failure.

use std::collections::BTreeSet;
use std::fmt::Display;

use protocol::digest::Digest;
use protocol::directory::{ContactPointRecord, Directory, KeySet, PartyRecord, Period, SignedDirectory};
use serde::Serialize;

use super::document::{self, Document};
use super::{DiffArguments, show};
use crate::failure::Failure;
use crate::session::Session;
use crate::{table, when};

/// What changes.
#[derive(Debug, Serialize)]
pub(super) struct Difference {
    /// Whether nothing does, nor any signed byte.
    pub(super) is_same: bool,
    /// Network, version, times.
    pub(super) directory: Vec<String>,
    /// The secretariat's keys.
    pub(super) secretariat: Vec<String>,
    /// Only Parties of which something changes.
    pub(super) parties: Vec<PartyDifference>,
}

/// What changes of a Party.
#[derive(Debug, Serialize)]
pub(super) struct PartyDifference {
    pub(super) party: String,
    pub(super) changes: Vec<String>,
}

pub(super) fn run(session: &Session, arguments: &DiffArguments) -> Result<(), Failure> {
    let difference = compare(&document::read(&arguments.from)?, &document::read(&arguments.to)?)?;
    session.terminal.result(&difference, text);
    session.terminal.explain("Nothing of this was checked.");
    session
        .terminal
        .next(format_args!("ohrid directory show {}", arguments.to.display()));
    Ok(())
}

/// What changes from a directory to another, or by a change request.
pub(super) fn compare(from: &Document, to: &Document) -> Result<Difference, Failure> {
    let mend = "name two signed directories, or a directory and a change request";
    let Document::Directory(from_signed, from) = from else {
        return Err(Failure::usage("the first file is no directory", mend));
    };
    match to {
        Document::Directory(to_signed, to) => directories((from_signed, from), (to_signed, to)),
        Document::Change(_, change) => {
            let changes = record(from.party(change.party), Some(&change.record));
            Ok(Difference {
                is_same: changes.is_empty(),
                directory: Vec::new(),
                secretariat: Vec::new(),
                parties: vec![PartyDifference {
                    party: change.party.to_string(),
                    changes,
                }],
            })
        }
        Document::KeySet(..) | Document::Join(..) => Err(Failure::usage(
            "the second file is no directory and no change request",
            mend,
        )),
    }
}

fn directories(
    (from_signed, from): (&SignedDirectory, &Directory),
    (to_signed, to): (&SignedDirectory, &Directory),
) -> Result<Difference, Failure> {
    let codes: BTreeSet<_> = from.parties.keys().chain(to.parties.keys()).collect();
    let parties = codes.into_iter().map(|code| PartyDifference {
        party: code.to_string(),
        changes: record(from.party(*code), to.party(*code)),
    });
    let digest = |signed: &SignedDirectory| {
        let digest = signed.digest();
        digest.map_err(|error| Failure::invalid(error.to_string()))
    };
    let mut directory = Vec::new();
    changed(&mut directory, "network", &from.network, &to.network);
    changed(&mut directory, "version", &from.version, &to.version);
    let time = |at| when::timestamp(at);
    changed(
        &mut directory,
        "issued",
        &time(from.issued_at),
        &time(to.issued_at),
    );
    changed(
        &mut directory,
        "valid until",
        &time(from.expires_at),
        &time(to.expires_at),
    );
    Ok(Difference {
        is_same: digest(from_signed)? == digest(to_signed)?,
        directory,
        secretariat: key_sets(
            show::last_key_set(from_signed)?.as_ref(),
            show::last_key_set(to_signed)?.as_ref(),
        ),
        parties: parties.filter(|party| !party.changes.is_empty()).collect(),
    })
}

/// What changes of a Party's record.
pub(super) fn record(from: Option<&PartyRecord>, to: Option<&PartyRecord>) -> Vec<String> {
    let (from, to) = match (from, to) {
        (Some(from), Some(to)) => (from, to),
        (None, Some(to)) => return vec![format!("joins: {}", to.name)],
        (Some(from), None) => return vec![format!("leaves: {}", from.name)],
        (None, None) => return Vec::new(),
    };
    let mut words = Vec::new();
    changed(&mut words, "name", &from.name, &to.name);
    changed(&mut words, "node", &from.node.name, &to.node.name);
    listed(
        &mut words,
        "address",
        &from.node.addresses,
        &to.node.addresses,
        Clone::clone,
    );
    let certificates = (&from.node.ca_certificates, &to.node.ca_certificates);
    listed(
        &mut words,
        "CA certificate, SHA-256",
        certificates.0,
        certificates.1,
        |bytes| Digest::of(bytes).to_string(),
    );
    listed(
        &mut words,
        "TLS key",
        &from.node.tls_pins,
        &to.node.tls_pins,
        Digest::to_string,
    );
    keys(&mut words, "envelope key", &from.envelope_keys, &to.envelope_keys);
    keys(&mut words, "ledger key", &from.ledger_keys, &to.ledger_keys);
    keys(&mut words, "witness key", &from.witness_keys, &to.witness_keys);
    profiles(&mut words, "profile", &from.profile, &to.profile);
    contact_points(&mut words, &from.contact_points, &to.contact_points);
    words
}

/// A key with its time, in words.
pub(super) fn period<T: Display>(period: &Period<T>) -> String {
    let from = when::timestamp(period.valid_from);
    match period.valid_until {
        None => format!("{} from {from}", period.value),
        Some(until) => format!("{} from {from} until {}", period.value, when::timestamp(until)),
    }
}

fn changed<T: PartialEq + Display>(words: &mut Vec<String>, what: &str, from: &T, to: &T) {
    if from != to {
        words.push(format!("{what}: {from} becomes {to}"));
    }
}

fn listed<T: PartialEq>(
    words: &mut Vec<String>,
    what: &str,
    from: &[T],
    to: &[T],
    show: impl Fn(&T) -> String,
) {
    let gone = from.iter().filter(|item| !to.contains(item));
    words.extend(gone.map(|item| format!("{what} goes: {}", show(item))));
    let new = to.iter().filter(|item| !from.contains(item));
    words.extend(new.map(|item| format!("{what} comes: {}", show(item))));
}

fn keys<T: PartialEq + Display>(words: &mut Vec<String>, what: &str, from: &[Period<T>], to: &[Period<T>]) {
    for before in from {
        match to.iter().find(|after| after.value == before.value) {
            None => words.push(format!("{what} vanishes: {}", before.value)),
            Some(after) if after != before => words.push(format!("{what} changes: {}", period(after))),
            Some(_) => {}
        }
    }
    let is_new = |after: &&Period<T>| from.iter().all(|before| before.value != after.value);
    words.extend(
        to.iter()
            .filter(is_new)
            .map(|after| format!("{what} comes: {}", period(after))),
    );
}

fn contact_points(words: &mut Vec<String>, from: &[ContactPointRecord], to: &[ContactPointRecord]) {
    for before in from {
        let Some(after) = to.iter().find(|after| after.office == before.office) else {
            words.push(format!("contact point goes: {}", before.office));
            continue;
        };
        let what = format!("{}: OpenPGP certificate", before.office);
        listed(words, &what, &before.certificates, &after.certificates, |bytes| {
            fingerprint(bytes)
        });
        let what = format!("{}: profile", before.office);
        profiles(words, &what, &before.profile, &after.profile);
    }
    for after in to
        .iter()
        .filter(|after| from.iter().all(|before| before.office != after.office))
    {
        words.push(format!("contact point comes: {}", after.office));
        let what = format!("{}: OpenPGP certificate", after.office);
        listed(words, &what, &[], &after.certificates, |bytes| fingerprint(bytes));
    }
}

/// What changes of a profile: the names of its fields, with what they say then.
fn profiles(words: &mut Vec<String>, what: &str, from: &str, to: &str) {
    let fields = |text: &str| -> serde_json::Map<String, serde_json::Value> {
        serde_json::from_str(text).unwrap_or_default()
    };
    let (before, after) = (fields(from), fields(to));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let earlier = words.len();
    for name in names {
        match (before.get(name), after.get(name)) {
            (Some(_), None) => words.push(format!("{what}: {name} is no longer stated")),
            (old, Some(new)) if old != Some(new) => words.push(format!("{what}: {name} is {new}")),
            _ => {}
        }
    }
    if words.len() == earlier && from != to {
        words.push(format!("{what}: written otherwise"));
    }
}

fn key_sets(from: Option<&KeySet>, to: Option<&KeySet>) -> Vec<String> {
    let mut words = Vec::new();
    let number = |key_set: Option<&KeySet>| key_set.map_or(0, KeySet::number);
    let needed = |key_set: Option<&KeySet>| key_set.map_or(1, KeySet::threshold);
    changed(&mut words, "key set", &number(from), &number(to));
    changed(&mut words, "signatures needed", &needed(from), &needed(to));
    let keys = |key_set: Option<&KeySet>| key_set.map(|set| set.keys().to_vec()).unwrap_or_default();
    listed(
        &mut words,
        "secretariat's key",
        &keys(from),
        &keys(to),
        ToString::to_string,
    );
    words
}

fn fingerprint(bytes: &[u8]) -> String {
    match seal::Certificate::from_bytes(bytes) {
        Ok(certificate) => certificate.fingerprint().to_string(),
        Err(error) => format!("unusable: {error}"),
    }
}

fn text(difference: &Difference) -> String {
    let mut pairs = Vec::new();
    for (what, words) in [
        ("Directory", &difference.directory),
        ("Secretariat", &difference.secretariat),
    ] {
        if !words.is_empty() {
            pairs.push((what, words.join("\n")));
        }
    }
    for party in &difference.parties {
        pairs.push(("Party", format!("{}\n{}", party.party, party.changes.join("\n"))));
    }
    let unchanged = if difference.is_same {
        "nothing changes"
    } else {
        "no Party changes"
    };
    if difference.parties.iter().all(|party| party.changes.is_empty()) {
        pairs.push(("Parties", unchanged.to_owned()));
    }
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|(name, words)| (name, table::printable(&words)))
        .collect();
    table::properties(&pairs)
}

//! `ohrid directory show`: what a directory, key set or request says. It believes nothing: that is
//! `verify`'s.

use std::path::Path;

use control::types::{ContactPointSummary, DirectorySummary, PartySummary};
use protocol::directory::{ContactPointRecord, Directory, KeySet, Opened, PartyRecord, SignedDirectory};
use protocol::ids::PartyCode;
use serde::Serialize;

use super::document::{self, Document};
use super::draft::PublicKeyText;
use super::found::key_set_pairs;
use super::key_sets::KeySetSummary;
use super::{ShowArguments, diff, forks};
use crate::failure::Failure;
use crate::session::Session;
use crate::{table, when};

/// A directory, with what its signatures say.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    #[serde(flatten)]
    directory: DirectorySummary,
    /// What members compare by telephone, and forks are told apart by.
    digest: String,
    /// The key set that is to have signed it; absent where one key signs alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_set: Option<KeySetSummary>,
    /// The keys of that set which have signed it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    signed_by: Vec<PublicKeyText>,
}

/// A request of a Party.
#[derive(Debug, Serialize)]
struct ShownRequest {
    kind: &'static str,
    #[serde(flatten)]
    party: PartySummary,
    envelope_keys: Vec<String>,
    ledger_keys: Vec<String>,
}

pub(super) fn run(session: &Session, arguments: &ShowArguments) -> Result<(), Failure> {
    let file = arguments.file.display();
    let terminal = &session.terminal;
    let next = match document::read(&arguments.file)? {
        Document::Directory(signed, directory) => {
            terminal.result(&shown(&signed, &directory)?, text);
            format!("ohrid directory verify {file} --key KEY")
        }
        Document::KeySet(_, key_set) => {
            let key_set = KeySetSummary::from(key_set.as_ref());
            terminal.result(&key_set, |key_set| table::properties(&key_set_pairs(key_set)));
            format!("ohrid directory sign {file} --dir MEMBER")
        }
        Document::Change(_, change) => {
            terminal.result(&request("change", change.party, &change.record), text_of_request);
            format!("ohrid directory diff DIRECTORY {file}")
        }
        Document::Join(party, record) => {
            terminal.result(&request("join", party, &record), text_of_request);
            format!("ohrid directory add {file} --dir DIR")
        }
    };
    forks::warn(terminal, &arguments.file);
    terminal.explain("Nothing of this was checked.");
    terminal.next(next);
    Ok(())
}

/// What a directory claims, with the keys of its own key set that have signed it.
fn shown(signed: &SignedDirectory, directory: &Directory) -> Result<Shown, Failure> {
    let invalid = |error: &dyn std::fmt::Display| Failure::invalid(error.to_string());
    let last = last_key_set(signed)?;
    let keys = last.as_ref().map(KeySet::keys).unwrap_or_default();
    let signers = signed.signers(keys).map_err(|error| invalid(&error))?;
    Ok(Shown {
        directory: summary(directory),
        digest: signed.digest().map_err(|error| invalid(&error))?.to_string(),
        key_set: last.as_ref().map(KeySetSummary::from),
        signed_by: signers.into_iter().map(PublicKeyText).collect(),
    })
}

/// The key set that is to have signed a directory, if it brings one along.
pub(super) fn last_key_set(signed: &SignedDirectory) -> Result<Option<KeySet>, Failure> {
    let invalid = |error: &dyn std::fmt::Display| Failure::invalid(error.to_string());
    let key_sets = signed.key_sets().map_err(|error| invalid(&error))?;
    let last = key_sets.last().map(|key_set| key_set.peek()).transpose();
    last.map_err(|error| invalid(&error))
}

/// A directory that was verified.
pub(super) fn verified(opened: &Opened) -> Shown {
    let keys = opened.key_set.as_ref().map(KeySet::keys).unwrap_or_default();
    let signers = opened.signed.signers(keys).unwrap_or_default();
    Shown {
        directory: summary(&opened.directory),
        digest: opened.digest.to_string(),
        key_set: opened.key_set.as_ref().map(KeySetSummary::from),
        signed_by: signers.into_iter().map(PublicKeyText).collect(),
    }
}

/// What the bytes claim to be.
pub(super) fn peek(path: &Path, bytes: &[u8]) -> Result<(SignedDirectory, Directory), Failure> {
    let invalid = |error: &dyn std::fmt::Display| {
        Failure::invalid(format!("{} is no signed directory: {error}", path.display()))
    };
    let signed = SignedDirectory::from_bytes(bytes).map_err(|error| invalid(&error))?;
    let directory = signed.peek().map_err(|error| invalid(&error))?;
    Ok((signed, directory))
}

/// The same as the node's API gives it.
pub(super) fn summary(directory: &Directory) -> DirectorySummary {
    DirectorySummary {
        network: directory.network.clone(),
        version: directory.version,
        issued_at: when::timestamp(directory.issued_at),
        expires_at: when::timestamp(directory.expires_at),
        parties: directory.parties.iter().map(party).collect(),
    }
}

/// The directory for people.
pub(super) fn text(shown: &Shown) -> String {
    let mut text = text_of_summary(&shown.directory);
    if let Some(key_set) = &shown.key_set {
        let mut pairs = key_set_pairs(key_set);
        let signers = shown.signed_by.iter();
        pairs.extend(signers.map(|key| ("Signed by", key.0.to_string())));
        pairs.push(("Directory's digest", shown.digest.clone()));
        text.push('\n');
        text.push_str(&table::properties(&pairs));
    }
    text
}

/// What the directory itself says, for people.
pub(super) fn text_of_summary(directory: &DirectorySummary) -> String {
    let zone = when::local_zone();
    let mut text = table::properties(&[
        (
            "Network",
            format!("{} version {}", directory.network, directory.version),
        ),
        ("Issued", when::both(directory.issued_at, &zone)),
        ("Valid until", when::both(directory.expires_at, &zone)),
    ]);
    for party in &directory.parties {
        text.push('\n');
        text.push_str(&table::properties(&pairs_of(party)));
    }
    text
}

fn pairs_of(party: &PartySummary) -> Vec<(&'static str, String)> {
    let mut pairs = vec![
        ("Party", titled(&party.party, &party.name)),
        (
            "Node",
            format!("{} {}", party.node_name, party.addresses.join(" ")),
        ),
    ];
    for point in &party.contact_points {
        let certificates = point.certificates.join("\n");
        pairs.push(("Contact point", format!("{}\n{certificates}", point.office)));
    }
    pairs
}

fn request(kind: &'static str, code: PartyCode, record: &PartyRecord) -> ShownRequest {
    ShownRequest {
        kind,
        party: party((&code, record)),
        envelope_keys: record.envelope_keys.iter().map(diff::period).collect(),
        ledger_keys: record.ledger_keys.iter().map(diff::period).collect(),
    }
}

fn text_of_request(request: &ShownRequest) -> String {
    let mut pairs = pairs_of(&request.party);
    let keys = request.envelope_keys.iter();
    pairs.extend(keys.map(|key| ("Envelope key", key.clone())));
    let keys = request.ledger_keys.iter();
    pairs.extend(keys.map(|key| ("Ledger key", key.clone())));
    table::properties(&pairs)
}

/// Code and name of a Party; once where they are the same.
pub(super) fn titled(code: &str, name: &str) -> String {
    if code == name {
        code.to_owned()
    } else {
        format!("{code} {name}")
    }
}

fn party((code, record): (&PartyCode, &PartyRecord)) -> PartySummary {
    PartySummary {
        party: code.to_string(),
        name: record.name.clone(),
        node_name: record.node.name.clone(),
        addresses: record.node.addresses.clone(),
        contact_points: record.contact_points.iter().map(contact_point).collect(),
    }
}

fn contact_point(record: &ContactPointRecord) -> ContactPointSummary {
    let fingerprint = |bytes: &Vec<u8>| match seal::Certificate::from_bytes(bytes) {
        Ok(certificate) => certificate.fingerprint().to_string(),
        Err(error) => format!("unusable: {error}"),
    };
    ContactPointSummary {
        office: record.office.to_string(),
        certificates: record.certificates.iter().map(fingerprint).collect(),
        profile: serde_json::from_str(&record.profile).unwrap_or(serde_json::Value::Null),
    }
}

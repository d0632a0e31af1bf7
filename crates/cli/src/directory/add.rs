//! `ohrid directory add`: take a Party's request into the draft.

use std::path::{Path, PathBuf};

use protocol::directory::PartyRecord;
use serde::Serialize;

use super::show::titled;
use super::{AddArguments, draft};
use crate::failure::Failure;
use crate::files::{self, Secrecy};
use crate::session::Session;
use crate::table;

/// What was added: to be compared with what the Party reads by telephone.
#[derive(Debug, Serialize)]
pub(crate) struct Added {
    party: String,
    name: String,
    node_name: String,
    addresses: Vec<String>,
    envelope_keys: Vec<String>,
    ledger_keys: Vec<String>,
    contact_points: Vec<String>,
}

/// What becomes of a Party that is in the draft already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Present {
    /// It stays; a different request is an error.
    Kept,
    /// It gives way.
    Replaced,
}

pub(super) fn run(session: &Session, arguments: &AddArguments) -> Result<(), Failure> {
    let folder = session.folder("the secretariat's")?;
    let present = if arguments.replace {
        Present::Replaced
    } else {
        Present::Kept
    };
    let added = add(folder, &arguments.files, present)?;
    session.terminal.result(&added, |added| text(added));
    session.terminal.explain(
        "The signature shows only that each request is whole. Telephone each Party at a number that you \
         know, and compare the keys above with what it reads to you, before you sign.",
    );
    session.next("ohrid directory sign --expires-in 30d");
    Ok(())
}

/// Takes the requests into the draft: all of them, or none.
pub(crate) fn add(folder: &Path, paths: &[PathBuf], present: Present) -> Result<Vec<Added>, Failure> {
    draft::network(folder)?;
    let mut requests = Vec::new();
    for path in paths {
        let (party, record, bytes) = draft::open_request(path)?;
        let target = draft::request_path(folder, party);
        let is_other = target.exists() && draft::open_entry(&target)?.2 != bytes;
        if is_other && present == Present::Kept {
            let what = format!("{party} is in the draft already, with another request");
            return Err(
                Failure::failed(what).mended_by("if the Party says that this one is right: --replace")
            );
        }
        requests.push((party, record, target, bytes));
    }
    let mut added = Vec::new();
    for (party, record, target, bytes) in requests {
        files::replace(&target, &bytes, Secrecy::Public)?;
        added.push(describe(party.to_string(), record));
    }
    Ok(added)
}

fn describe(party: String, record: PartyRecord) -> Added {
    Added {
        party,
        name: record.name,
        node_name: record.node.name,
        addresses: record.node.addresses,
        envelope_keys: record
            .envelope_keys
            .iter()
            .map(|key| key.value.to_string())
            .collect(),
        ledger_keys: record
            .ledger_keys
            .iter()
            .map(|key| key.value.to_string())
            .collect(),
        contact_points: record
            .contact_points
            .iter()
            .map(|point| point.office.to_string())
            .collect(),
    }
}

fn text(added: &[Added]) -> String {
    let parties = added.iter().map(|party| {
        let mut pairs = vec![
            ("Party", titled(&party.party, &party.name)),
            (
                "Node",
                format!("{} {}", party.node_name, party.addresses.join(" ")),
            ),
            ("Contact points", party.contact_points.join(" ")),
        ];
        pairs.extend(
            party
                .envelope_keys
                .iter()
                .map(|key| ("Envelope key", key.clone())),
        );
        pairs.extend(party.ledger_keys.iter().map(|key| ("Ledger key", key.clone())));
        table::properties(&pairs)
    });
    parties.collect::<Vec<_>>().join("\n")
}

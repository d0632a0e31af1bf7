//! `ohrid directory show`: what a directory says. It believes nothing: that is `verify`'s.

use std::path::Path;

use control::types::{ContactPointSummary, DirectorySummary, PartySummary};
use protocol::directory::{ContactPointRecord, Directory, PartyRecord, SignedDirectory};
use protocol::ids::PartyCode;

use super::ShowArguments;
use crate::failure::Failure;
use crate::files;
use crate::limits::SIGNED_DOCUMENT_BYTES_MAX;
use crate::session::Session;
use crate::{table, when};

pub(super) fn run(session: &Session, arguments: &ShowArguments) -> Result<(), Failure> {
    let bytes = files::read(&arguments.file, SIGNED_DOCUMENT_BYTES_MAX)?;
    let (_, directory) = peek(&arguments.file, &bytes)?;
    session.terminal.result(&summary(&directory), text);
    session.terminal.explain("Nothing of this was checked.");
    session.terminal.next(format_args!(
        "ohrid directory verify {} --key KEY",
        arguments.file.display()
    ));
    Ok(())
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
pub(super) fn text(directory: &DirectorySummary) -> String {
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
        text.push_str(&table::properties(&pairs));
    }
    text
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

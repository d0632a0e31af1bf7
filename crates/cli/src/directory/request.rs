//! `ohrid directory request`: a Party asks the secretariat to change what the directory says of it.
//!
//! The request is made in the node's folder, from the directory that is installed there, and signed with the
//! node's envelope key. It changes nothing by itself: the secretariat merges it, and the node gets the next
//! directory as always.

use std::path::{Path, PathBuf};

use convention::profile::PartyProfile;
use jiff::Timestamp;
use protocol::directory::{PartyRecord, Period};
use protocol::ids::{ContactPoint, PartyCode};
use protocol::key::EnvelopeKey;
use protocol::time::UnixMillis;
use seal::Certificate;
use serde::Serialize;

use super::RequestArguments;
use super::standing::{Standing, Wanted};
use crate::failure::Failure;
use crate::files::{self, Secrecy};
use crate::key::KeyFiles;
use crate::limits::DOCUMENT_BYTES_MAX;
use crate::session::Session;
use crate::{random, table, when};

/// The secret half of the next envelope key, beside that of the current one.
const NEXT_ENVELOPE_NAME: &str = "envelope.next.seed";

/// What was asked for.
#[derive(Debug, Serialize)]
pub(super) struct Requested {
    pub(super) file: PathBuf,
    party: String,
    /// The version of the directory that it was made from.
    base_version: u64,
    pub(super) changes: Vec<String>,
    /// The new envelope key's secret half, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) new_envelope_key_file: Option<PathBuf>,
}

pub(super) fn run(session: &Session, arguments: &RequestArguments) -> Result<(), Failure> {
    let folder = session.folder("the node's")?;
    let requested = request(folder, arguments, when::now())?;
    session.terminal.result(&requested, |requested| {
        let mut pairs = vec![
            ("Party", requested.party.clone()),
            ("From version", requested.base_version.to_string()),
            ("Changes", table::printable(&requested.changes.join("\n"))),
            ("Request", requested.file.display().to_string()),
        ];
        let new = requested.new_envelope_key_file.iter();
        pairs.extend(new.map(|file| ("New envelope key", file.display().to_string())));
        table::properties(&pairs)
    });
    session.terminal.explain(
        "Read the changes to the secretariat by telephone when you send it the request. Nothing changes \
         before the next directory is installed.",
    );
    session.terminal.next(format_args!(
        "send {} to the secretariat; there:\n  ohrid directory merge FILE --dir DIR",
        requested.file.display()
    ));
    Ok(())
}

/// Makes the request.
pub(super) fn request(
    folder: &Path,
    arguments: &RequestArguments,
    now: Timestamp,
) -> Result<Requested, Failure> {
    let at = when::unix_millis(now);
    let standing = Standing::of(folder, at)?;
    let party = standing.party;
    let mut record = standing.record().clone();
    alter(&mut record, party, arguments)?;
    let new_key = if arguments.new_envelope_key {
        Some(new_envelope_key(&mut record, at, arguments)?)
    } else {
        None
    };
    let new_keys: Vec<&EnvelopeKey> = new_key.iter().map(|(key, _)| key).collect();
    let wanted = Wanted {
        record,
        new_keys: &new_keys,
    };
    let asked = standing.request(wanted, at)?;
    let new_seed_path = KeyFiles::of(folder)?.envelope.with_file_name(NEXT_ENVELOPE_NAME);
    if let Some((_, seed)) = &new_key {
        // Before the request: what it promises must be there.
        files::write_new(&new_seed_path, seed.as_bytes(), Secrecy::Secret)?;
    }
    Ok(Requested {
        file: asked.write(folder, arguments.output.as_deref())?,
        party: party.to_string(),
        base_version: standing.directory.version,
        changes: asked.changes,
        new_envelope_key_file: new_key.map(|_| new_seed_path),
    })
}

fn alter(record: &mut PartyRecord, party: PartyCode, arguments: &RequestArguments) -> Result<(), Failure> {
    if arguments.unreachable {
        record.node.addresses.clear();
    } else if !arguments.address.is_empty() {
        record.node.addresses.clone_from(&arguments.address);
    }
    if let Some(name) = &arguments.party_name {
        record.name.clone_from(name);
    }
    if let Some(path) = &arguments.profile_file {
        let profile = read_profile(path, party)?;
        for point in &mut record.contact_points {
            point.profile.clone_from(&profile);
        }
        record.profile = profile;
    }
    arguments
        .certificate
        .iter()
        .try_for_each(|written| add_certificate(record, party, written))
}

/// A key from now on, and an end for the one before: both valid for the overlap.
fn new_envelope_key(
    record: &mut PartyRecord,
    at: UnixMillis,
    arguments: &RequestArguments,
) -> Result<(EnvelopeKey, zeroize::Zeroizing<String>), Failure> {
    let seed = random::seed()?;
    let key = EnvelopeKey::from_seed(&seed);
    for period in &mut record.envelope_keys {
        if period.valid_until.is_none() {
            period.valid_until = Some(at.plus(arguments.overlap));
        }
    }
    record.envelope_keys.push(Period {
        value: key.public(),
        valid_from: at,
        valid_until: None,
    });
    let mut text = random::hex(seed.as_slice());
    text.push('\n');
    Ok((key, text))
}

fn add_certificate(record: &mut PartyRecord, party: PartyCode, written: &str) -> Result<(), Failure> {
    let mend = "write OFFICE=FILE, such as police=officer.asc";
    let (office, path) = written
        .split_once('=')
        .ok_or_else(|| Failure::usage(format!("{written:?} names no office"), mend))?;
    let office = ContactPoint::new(party, office)
        .map_err(|error| Failure::usage(format!("{office:?} cannot be an office: {error}"), mend))?;
    let bytes = files::read(Path::new(path), DOCUMENT_BYTES_MAX)?;
    let certificate = Certificate::from_bytes(&bytes)
        .map_err(|error| Failure::invalid(format!("{path} is no OpenPGP certificate: {error}")))?;
    let mut points = record.contact_points.iter_mut();
    let point = points.find(|point| point.office == office);
    let point = point.ok_or_else(|| Failure::usage(format!("{office} is no contact point"), mend))?;
    point.certificates.push(certificate.to_bytes());
    Ok(())
}

fn read_profile(path: &Path, party: PartyCode) -> Result<String, Failure> {
    let document = files::read_document(path, DOCUMENT_BYTES_MAX)?;
    let profile: PartyProfile = toml::from_str(&document.text).map_err(|error| {
        let what = format!("{}: {error}", document.name);
        Failure::usage(what, "write TOML with these keys")
    })?;
    if profile.party.to_string() != party.as_str() {
        let what = format!("{} is the profile of {}", document.name, profile.party);
        return Err(Failure::usage(what, format!("write party = \"{party}\"")));
    }
    serde_json::to_string(&profile)
        .map_err(|error| Failure::failed(format!("cannot write the profile: {error}")))
}

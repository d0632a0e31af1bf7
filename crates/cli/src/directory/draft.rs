//! The secretariat's folder: its key, the network's name, and the requests that make up the draft. A request
//! is a Party's join request, or the latest change request that was merged: either holds the whole record.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use protocol::directory::{ChangeRequest, JoinRequest, PartyRecord};
use protocol::ids::PartyCode;
use protocol::key::PublicKey;
use serde::{Deserialize, Serialize};

use super::member;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::{self, Secrecy, Staging};
use crate::limits::{DOCUMENT_BYTES_MAX, SIGNED_DOCUMENT_BYTES_MAX};
use crate::session::Session;
use crate::table;

/// The signed directory's name, in the secretariat's folder and in a node's.
pub(crate) const DIRECTORY_NAME: &str = "directory.cose";
/// The secretariat's public key's name.
pub(crate) const PUBLIC_KEY_NAME: &str = "secretariat.pub";
/// The name of a key's secret half, in a folder that holds one.
pub(super) const SEED_NAME: &str = "secretariat.seed";
const NETWORK_NAME: &str = "network.toml";
const REQUESTS_NAME: &str = "requests";
const NETWORK_NAME_BYTES_MAX: usize = 253;

/// What `network.toml` says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Network {
    name: String,
}

/// What was made.
#[derive(Debug, Serialize)]
pub(crate) struct InitReport {
    dir: PathBuf,
    network: String,
    /// The key that every node of the network must trust.
    pub(crate) key: PublicKeyText,
}

/// A public key, written as everywhere else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublicKeyText(pub(crate) PublicKey);

impl Serialize for PublicKeyText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

pub(super) fn run(session: &Session, network: &str) -> Result<(), Failure> {
    let folder = session.folder("the secretariat's")?;
    let report = init(folder, network)?;
    session.terminal.result(&report, |report| {
        table::properties(&[
            ("Network", report.network.clone()),
            ("Folder", report.dir.display().to_string()),
            ("Secretariat's key", report.key.0.to_string()),
        ])
    });
    session.terminal.explain(format_args!(
        "{} signs for the whole network: keep it on a medium that is never connected, and a copy elsewhere.",
        folder.join(SEED_NAME).display()
    ));
    session.next("ohrid directory add JOIN_REQUEST...");
    Ok(())
}

/// Makes the secretariat's folder, with one key.
pub(crate) fn init(folder: &Path, network: &str) -> Result<InitReport, Failure> {
    check_name(network)?;
    let staging = Staging::begin(folder, Secrecy::Secret)?;
    write_common(&staging, network)?;
    let key = member::write_key(staging.path())?;
    staging.publish()?;
    Ok(InitReport {
        dir: folder.to_owned(),
        network: network.to_owned(),
        key: PublicKeyText(key.public()),
    })
}

/// Whether this can be a network's name.
pub(super) fn check_name(network: &str) -> Result<(), Failure> {
    let acceptable = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-');
    if network.is_empty() || network.len() > NETWORK_NAME_BYTES_MAX || !network.chars().all(acceptable) {
        let mend = "use letters, digits, dots and hyphens, such as exercise.example.org";
        return Err(Failure::usage(
            format!("{network:?} cannot be a network's name"),
            mend,
        ));
    }
    Ok(())
}

/// What is in the folder whoever signs.
pub(super) fn write_common(staging: &Staging, network: &str) -> Result<(), Failure> {
    staging.folder(REQUESTS_NAME)?;
    let config = format!("# The network that this secretariat signs for.\nname = \"{network}\"\n");
    let path = staging.path().join(NETWORK_NAME);
    files::write_new(&path, config.as_bytes(), Secrecy::Public)
}

/// The network's name.
pub(super) fn network(folder: &Path) -> Result<String, Failure> {
    let path = folder.join(NETWORK_NAME);
    if !path.exists() {
        let what = format!("{} is not a secretariat's folder", folder.display());
        let mend = format!(
            "make one: ohrid directory init --network NAME --dir {}",
            folder.display()
        );
        return Err(Failure::usage(what, mend));
    }
    let document = files::read_document(&path, DOCUMENT_BYTES_MAX)?;
    let network: Network = toml::from_str(&document.text)
        .map_err(|error| Failure::usage(format!("{}: {error}", document.name), "write name = \"…\""))?;
    Ok(network.name)
}

/// The Parties of the draft, by code. Each request is checked again: a file may have been changed.
pub(super) fn parties(folder: &Path) -> Result<BTreeMap<PartyCode, PartyRecord>, Failure> {
    let requests = folder.join(REQUESTS_NAME);
    let entries =
        fs::read_dir(&requests).map_err(|error| Failure::system("cannot read", &requests, &error))?;
    let mut parties = BTreeMap::new();
    for entry in entries {
        let path = entry
            .map_err(|error| Failure::system("cannot read", &requests, &error))?
            .path();
        let (party, record, _) = open_entry(&path)?;
        if path != request_path(folder, party) {
            let what = format!("{} is a request of {party}", path.display());
            return Err(
                Failure::invalid(what).mended_by("take it out, and add it again with `directory add`")
            );
        }
        parties.insert(party, record);
    }
    Ok(parties)
}

/// Where a Party's request lies in the draft.
pub(super) fn request_path(folder: &Path, party: PartyCode) -> PathBuf {
    folder.join(REQUESTS_NAME).join(format!("{party}.cose"))
}

/// Reads and checks an entry of the draft: a join request, or a change request that was merged.
pub(super) fn open_entry(path: &Path) -> Result<(PartyCode, PartyRecord, Vec<u8>), Failure> {
    let bytes = files::read(path, SIGNED_DOCUMENT_BYTES_MAX)?;
    let kept = ChangeRequest::from_bytes(&bytes).map_err(Into::into);
    match kept.and_then(|request| request.open_kept()) {
        Ok(change) => Ok((change.party, change.record, bytes)),
        Err(_) => open_request(path),
    }
}

/// Reads and checks a join request.
pub(super) fn open_request(path: &Path) -> Result<(PartyCode, PartyRecord, Vec<u8>), Failure> {
    let bytes = files::read(path, SIGNED_DOCUMENT_BYTES_MAX)?;
    let invalid = |error: &dyn std::fmt::Display| {
        Failure::new(
            Exit::Failed,
            "invalid",
            format!("{} is no join request: {error}", path.display()),
        )
    };
    let request = JoinRequest::from_bytes(&bytes).map_err(|error| invalid(&error))?;
    let (party, record) = request.open().map_err(|error| invalid(&error))?;
    Ok((party, record, bytes))
}

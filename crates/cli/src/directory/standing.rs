//! Where a node stands: the directory that is installed in its folder, its own record there, and the envelope
//! key that may ask for a change.

use std::path::{Path, PathBuf};

use protocol::directory::{Change, ChangeRequest, Directory, JoinRequest, PartyRecord};
use protocol::ids::PartyCode;
use protocol::key::EnvelopeKey;
use protocol::time::UnixMillis;

use super::draft::DIRECTORY_NAME;
use super::{diff, show};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::{self, Secrecy};
use crate::key::{KeyFiles, seeds};
use crate::limits::SIGNED_DOCUMENT_BYTES_MAX;

/// The request's name in a node's folder.
const REQUEST_NAME: &str = "change-request.cose";
/// The name of a request that is taken only after a telephone call.
const JOIN_REQUEST_NAME: &str = "rejoin-request.cose";

/// Where a node stands.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) directory: Directory,
    pub(crate) party: PartyCode,
    /// Valid now, by the directory.
    key: EnvelopeKey,
    record: PartyRecord,
}

/// What the directory is to say.
pub(crate) struct Wanted<'a> {
    pub(crate) record: PartyRecord,
    /// The envelope keys that are new in it: each proves that it is held.
    pub(crate) new_keys: &'a [&'a EnvelopeKey],
}

/// A request that the secretariat would take.
#[derive(Debug)]
pub(crate) struct Asked {
    /// What it changes, for people.
    pub(crate) changes: Vec<String>,
    bytes: Vec<u8>,
    name: &'static str,
}

impl Standing {
    /// Of the node in this folder.
    pub(crate) fn of(folder: &Path, at: UnixMillis) -> Result<Self, Failure> {
        let configured = KeyFiles::of(folder)?.envelope;
        let directory = installed(folder)?;
        let mut newest: Option<(UnixMillis, PartyCode, EnvelopeKey)> = None;
        for seed in seeds(&configured)? {
            let key = EnvelopeKey::from_seed(&seed);
            let named = directory.parties.iter().find_map(|(party, record)| {
                let mut periods = record.envelope_keys.iter();
                let period = periods.find(|period| period.value == key.public() && period.covers(at));
                Some((period?.valid_from, *party))
            });
            let Some((from, party)) = named else { continue };
            if newest.as_ref().is_none_or(|(known, ..)| *known < from) {
                newest = Some((from, party, key));
            }
        }
        let (_, party, key) = newest.ok_or_else(|| unknown(&configured))?;
        let record = directory
            .parties
            .get(&party)
            .cloned()
            .ok_or_else(|| unknown(&configured))?;
        Ok(Self {
            directory,
            party,
            key,
            record,
        })
    }

    /// What the directory says of this node's Party.
    pub(crate) fn record(&self) -> &PartyRecord {
        &self.record
    }

    /// Asks for a change, signed with the envelope key.
    pub(crate) fn request(&self, wanted: Wanted<'_>, at: UnixMillis) -> Result<Asked, Failure> {
        let changes = self.changes_to(&wanted.record)?;
        let base = self.directory.record_digest(self.party);
        let change = Change {
            network: self.directory.network.clone(),
            party: self.party,
            requested_at: at,
            base: base.ok_or_else(|| Failure::failed("the directory does not name this Party"))?,
            record: wanted.record,
        };
        let signed = ChangeRequest::sign(&change, &self.key, wanted.new_keys)
            .map_err(|error| Failure::invalid(format!("the request cannot be made: {error}")))?;
        // What the secretariat would refuse is said here.
        signed.open(&self.directory, at).map_err(refused)?;
        Ok(Asked {
            changes,
            bytes: signed.as_bytes().to_vec(),
            name: REQUEST_NAME,
        })
    }

    /// Asks for a record that no change request may ask for, signed with the new envelope key in it: the
    /// secretariat believes it when it has called back.
    pub(crate) fn rejoin(
        &self,
        record: &PartyRecord,
        key: &EnvelopeKey,
        at: UnixMillis,
    ) -> Result<Asked, Failure> {
        let changes = self.changes_to(record)?;
        let signed = JoinRequest::sign(self.party, record, at, key).map_err(refused)?;
        Ok(Asked {
            changes,
            bytes: signed.as_bytes().to_vec(),
            name: JOIN_REQUEST_NAME,
        })
    }

    fn changes_to(&self, record: &PartyRecord) -> Result<Vec<String>, Failure> {
        let changes = diff::record(Some(&self.record), Some(record));
        if changes.is_empty() {
            let mend = "say what is to change: --address, --party-name, --profile-file, --certificate, …";
            return Err(Failure::usage("nothing would change", mend));
        }
        Ok(changes)
    }
}

impl Asked {
    /// Writes it into the node's folder, or where `output` says.
    pub(crate) fn write(&self, folder: &Path, output: Option<&Path>) -> Result<PathBuf, Failure> {
        let file = output.map_or_else(|| folder.join(self.name), Path::to_owned);
        files::replace(&file, &self.bytes, Secrecy::Public)?;
        Ok(file)
    }
}

fn refused(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Refused, "refused_by_rule", error.to_string())
}

fn unknown(configured: &Path) -> Failure {
    let what = format!(
        "the directory names no Party with an envelope key of {} (or a later one beside it), valid now",
        configured.display()
    );
    Failure::failed(what).mended_by("install the latest directory: ohrid directory install")
}

fn installed(folder: &Path) -> Result<Directory, Failure> {
    let path = folder.join(DIRECTORY_NAME);
    if !path.exists() {
        let what = format!("no directory is installed in {}", folder.display());
        return Err(Failure::failed(what).mended_by("ohrid directory install FILE --key KEY"));
    }
    let bytes = files::read(&path, SIGNED_DOCUMENT_BYTES_MAX)?;
    Ok(show::peek(&path, &bytes)?.1)
}

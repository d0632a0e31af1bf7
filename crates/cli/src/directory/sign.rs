//! `ohrid directory sign`: the draft becomes the next version of the directory.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use protocol::directory::{Directory, SignedDirectory};
use serde::Serialize;

use super::draft::{self, DIRECTORY_NAME, PublicKeyText};
use super::{SignArguments, show};
use crate::failure::Failure;
use crate::files::{self, Secrecy};
use crate::limits::SIGNED_DOCUMENT_BYTES_MAX;
use crate::session::Session;
use crate::{table, when};

/// What was signed.
#[derive(Debug, Serialize)]
pub(crate) struct Signed {
    pub(crate) file: PathBuf,
    pub(crate) network: String,
    pub(crate) version: u64,
    pub(crate) expires_at: Timestamp,
    pub(crate) parties: Vec<String>,
    pub(crate) key: PublicKeyText,
}

pub(super) fn run(session: &Session, arguments: &SignArguments) -> Result<(), Failure> {
    let folder = session.folder("the secretariat's")?;
    let signed = sign(folder, arguments.expires_in, when::now())?;
    session.terminal.result(&signed, |signed| {
        table::properties(&[
            ("Directory", signed.file.display().to_string()),
            (
                "Network",
                format!("{} version {}", signed.network, signed.version),
            ),
            ("Valid until", when::both(signed.expires_at, &when::local_zone())),
            ("Parties", signed.parties.join(" ")),
            ("Signed by", signed.key.0.to_string()),
        ])
    });
    session.terminal.next(format_args!(
        "send {} to every Party; there:\n  ohrid directory install FILE --dir NODE \\\n    --key {}",
        signed.file.display(),
        signed.key.0
    ));
    Ok(())
}

/// Signs the draft. The version is one more than that of the directory which lies in the folder.
pub(crate) fn sign(folder: &Path, expires_in: Duration, now: Timestamp) -> Result<Signed, Failure> {
    let network = draft::network(folder)?;
    let key = draft::secretariat_key(folder)?;
    let parties = draft::parties(folder)?;
    if parties.is_empty() {
        let mend = format!("ohrid directory add JOIN_REQUEST... --dir {}", folder.display());
        return Err(Failure::failed("the draft has no Party").mended_by(mend));
    }
    let file = folder.join(DIRECTORY_NAME);
    let issued_at = when::unix_millis(now);
    let directory = Directory {
        network: network.clone(),
        version: previous_version(&file)? + 1,
        issued_at,
        expires_at: issued_at.plus(expires_in),
        parties,
    };
    let signed = SignedDirectory::sign(&directory, &key)
        .map_err(|error| Failure::invalid(format!("the draft cannot be signed: {error}")))?;
    files::replace(&file, signed.as_bytes(), Secrecy::Public)?;
    Ok(Signed {
        file,
        network,
        version: directory.version,
        expires_at: when::timestamp(directory.expires_at),
        parties: directory.parties.keys().map(ToString::to_string).collect(),
        key: PublicKeyText(key.public()),
    })
}

fn previous_version(file: &Path) -> Result<u64, Failure> {
    if !file.exists() {
        return Ok(0);
    }
    let bytes = files::read(file, SIGNED_DOCUMENT_BYTES_MAX)?;
    Ok(show::peek(file, &bytes)?.1.version)
}

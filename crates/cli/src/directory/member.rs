//! The key of one member of the secretariat: a folder of its own, on a medium of its own.

use std::path::{Path, PathBuf};

use protocol::key::{PublicKey, SecretariatKey};
use serde::Serialize;

use super::draft::{PUBLIC_KEY_NAME, PublicKeyText, SEED_NAME};
use crate::failure::Failure;
use crate::files::{self, Secrecy, Staging};
use crate::limits::{DOCUMENT_BYTES_MAX, SECRET_BYTES_MAX};
use crate::random;
use crate::session::Session;
use crate::table;

/// What was made.
#[derive(Debug, Serialize)]
pub(super) struct NewMember {
    dir: PathBuf,
    /// For the other members.
    pub(super) public_key_file: PathBuf,
    pub(super) key: PublicKeyText,
}

pub(super) fn run(session: &Session) -> Result<(), Failure> {
    let folder = session.folder("the member's")?;
    let made = new(folder)?;
    session.terminal.result(&made, |made| {
        table::properties(&[
            ("Folder", made.dir.display().to_string()),
            ("Public key", made.key.0.to_string()),
            ("For the others", made.public_key_file.display().to_string()),
        ])
    });
    session.terminal.explain(format_args!(
        "{} is yours alone: keep it on a medium that is never connected. Read the public key to the others \
         by telephone when you send them the file.",
        folder.join(SEED_NAME).display()
    ));
    session.terminal.next(format_args!(
        "to begin a network:    ohrid directory init --network NAME --threshold K --member {0} --member … \
         --dir DIR\n      to join a secretariat: ohrid directory rotate --add {0} --dir DIR",
        made.public_key_file.display()
    ));
    Ok(())
}

/// Makes a member's folder, all at once.
pub(super) fn new(folder: &Path) -> Result<NewMember, Failure> {
    let staging = Staging::begin(folder, Secrecy::Secret)?;
    let key = write_key(staging.path())?;
    staging.publish()?;
    Ok(NewMember {
        dir: folder.to_owned(),
        public_key_file: folder.join(PUBLIC_KEY_NAME),
        key: PublicKeyText(key.public()),
    })
}

/// Makes a key, and writes both its halves into a folder.
pub(super) fn write_key(folder: &Path) -> Result<SecretariatKey, Failure> {
    let seed = random::seed()?;
    let key = SecretariatKey::from_seed(&seed);
    let mut text = random::hex(seed.as_slice());
    text.push('\n');
    files::write_new(&folder.join(SEED_NAME), text.as_bytes(), Secrecy::Secret)?;
    let public = format!("{}\n", key.public());
    files::write_new(&folder.join(PUBLIC_KEY_NAME), public.as_bytes(), Secrecy::Public)?;
    Ok(key)
}

/// The key in a folder.
pub(super) fn key(folder: &Path) -> Result<SecretariatKey, Failure> {
    let path = folder.join(SEED_NAME);
    let text = files::read_secret(&path, SECRET_BYTES_MAX)?;
    let seed = std::str::from_utf8(&text).ok().and_then(random::seed_from_hex);
    seed.map(|seed| SecretariatKey::from_seed(&seed)).ok_or_else(|| {
        Failure::failed(format!(
            "{} does not hold a seed of 64 hexadecimal digits",
            path.display()
        ))
    })
}

/// The key in a folder, if there is one: what the members have in common holds none.
pub(super) fn key_if_any(folder: &Path) -> Result<Option<SecretariatKey>, Failure> {
    if folder.join(SEED_NAME).exists() {
        key(folder).map(Some)
    } else {
        Ok(None)
    }
}

/// Public keys, each as it is written, or as the one line of a file.
pub(super) fn public_keys(written: &[String]) -> Result<Vec<PublicKey>, Failure> {
    written.iter().map(|text| public_key(text)).collect()
}

fn public_key(written: &str) -> Result<PublicKey, Failure> {
    if let Ok(key) = written.parse() {
        return Ok(key);
    }
    let mend = "name a file that `ohrid directory key new` wrote, or write ed25519:…";
    let path = Path::new(written);
    if !path.is_file() {
        let what = format!("{written:?} is neither a public key nor a file");
        return Err(Failure::usage(what, mend));
    }
    let document = files::read_document(path, DOCUMENT_BYTES_MAX)?;
    let line = document.text.strip_suffix('\n').unwrap_or(&document.text);
    line.parse()
        .map_err(|_| Failure::usage(format!("{} does not hold one public key", document.name), mend))
}

//! The files of a node, in the order in which they are copied.
//!
//! In a set each has the name that `ohrid node init` would have given it, wherever the configuration keeps
//! it: `node.toml`, `keys/…`, `data/…`, and what lies beside the store.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::list::Place;
use super::restored::{ACCEPTED_FILE, MARK_FILE};
use super::{BackupError, at};
use crate::config::Config;
use crate::limits::backup::KEY_FOLDER_FILE_BYTES_MAX;
use crate::secret;

/// Where attachments are that are not whole.
const INCOMING: &str = "data/attachment/incoming";

/// One file.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) place: Place,
    /// Its name in the set.
    pub(super) path: String,
    pub(super) file: PathBuf,
}

/// Walks over files, folder by folder, in the order of lists.
pub(super) struct Walk {
    place: Place,
    /// What is still to be looked at, the next one first.
    next: VecDeque<(String, PathBuf)>,
}

impl Walk {
    /// What must be copied before the journal: newer ones would speak of entries that the copy has not got.
    pub(super) fn before(config: &Config) -> Self {
        let node = &config.node;
        let named = [
            ("data/head", node.data.join("head")),
            ("directory.floor", node.directory_floor.clone()),
            ("erasures", node.erasures.clone()),
            ("published", node.published.clone()),
        ];
        Self::over(
            Place::Before,
            named.map(|(name, file)| (name.to_owned(), file)).into(),
        )
    }

    /// Everything else but the journal.
    pub(super) fn after(config: &Config, config_file: &Path) -> Result<Self, BackupError> {
        let node = &config.node;
        let named = [
            ("data", &node.data),
            ("directories", &node.directories),
            ("directory.cose", &config.directory.file),
            ("drafts", &node.drafts),
            ("manifests", &node.manifests),
            ("officers.json", &node.officers),
            ("reviews", &node.reviews),
            ("staged", &node.staged),
            ("stamps", &node.stamps),
            ("witness", &node.witness),
        ];
        let mut all: Vec<_> = named.map(|(name, file)| (name.to_owned(), file.clone())).into();
        all.push(("node.toml".to_owned(), config_file.to_owned()));
        all.extend(
            config
                .witness
                .policy
                .clone()
                .map(|file| ("witness.policy".to_owned(), file)),
        );
        all.extend(keys(config)?);
        all.sort_by(|(one, _), (other, _)| one.split('/').cmp(other.split('/')));
        all.dedup_by(|(one, _), (other, _)| one == other);
        Ok(Self::over(Place::After, all))
    }

    fn over(place: Place, named: Vec<(String, PathBuf)>) -> Self {
        Self {
            place,
            next: named.into(),
        }
    }

    /// The next file. One that is gone by the time it is looked at is passed over.
    pub(super) fn next(&mut self) -> Result<Option<Source>, BackupError> {
        while let Some((path, file)) = self.next.pop_front() {
            let metadata = match fs::metadata(&file) {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(at(&file)(error)),
            };
            if metadata.is_dir() {
                self.enter(&path, &file)?;
            } else if metadata.is_file() {
                let place = self.place;
                return Ok(Some(Source { place, path, file }));
            }
        }
        Ok(None)
    }

    /// The names in a folder come before everything else.
    fn enter(&mut self, path: &str, folder: &Path) -> Result<(), BackupError> {
        if path == INCOMING {
            return Ok(());
        }
        let mut names = names_in(folder)?;
        if path == "data" {
            // The head was copied first; where a set was restored, the next one is another's.
            let is_left_out = |name: &str| {
                store::copying::is_derived(name)
                    || name == "head"
                    || [MARK_FILE, ACCEPTED_FILE].contains(&name)
            };
            names.retain(|name| !is_left_out(name));
        }
        for name in names.into_iter().rev() {
            self.next
                .push_front((format!("{path}/{name}"), folder.join(name)));
        }
        Ok(())
    }
}

/// The names in a folder, in their order; none where it is gone. One that is no text, or has a line feed, is
/// none that the node has written.
fn names_in(folder: &Path) -> Result<Vec<String>, BackupError> {
    let listing = match fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(at(folder)(error)),
    };
    let mut names = Vec::new();
    for entry in listing {
        let name = entry.map_err(at(folder))?.file_name().into_string();
        names.extend(name.ok().filter(|name| !name.contains('\n')));
    }
    names.sort_unstable();
    Ok(names)
}

/// The keys: those that are configured, whatever lies beside them, and what the system hands over in their
/// place.
fn keys(config: &Config) -> Result<Vec<(String, PathBuf)>, BackupError> {
    let keys = &config.keys;
    let configured = [
        &keys.tls_certificate,
        &keys.tls_key,
        &keys.envelope,
        &keys.ledger,
        &keys.witness,
        &keys.openpgp_password,
    ];
    let mut folders: Vec<&Path> = configured.iter().filter_map(|file| file.parent()).collect();
    let credentials = secret::credentials_directory();
    // Before the folders: of two of one name it is the one in use.
    let mut found = Vec::new();
    folders.sort_unstable();
    folders.dedup();
    for folder in credentials.as_deref().into_iter().chain(folders) {
        for name in names_in(folder)? {
            let file = folder.join(&name);
            let is_small = fs::metadata(&file)
                .is_ok_and(|metadata| metadata.is_file() && metadata.len() <= KEY_FOLDER_FILE_BYTES_MAX);
            let path = format!("keys/{name}");
            if is_small && !found.iter().any(|(known, _)| *known == path) {
                found.push((path, file));
            }
        }
    }
    for name in names_in(&keys.openpgp_directory)? {
        found.push((format!("keys/openpgp/{name}"), keys.openpgp_directory.join(&name)));
    }
    Ok(found)
}

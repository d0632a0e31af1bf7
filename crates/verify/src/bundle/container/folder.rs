//! A bundle in a folder: plain files with the names that a bundle has, and folders that are not empty.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use protocol::bundle::path::BundlePath;
use protocol::limits::BUNDLE_FILES_MAX;
use sha2::{Digest as _, Sha512};

use super::{ContainerError, Held, form, pass};
use crate::limits::FOLDER_DEPTH_MAX;

/// Every file, with its length and its sum. Links are not followed: a bundle has none.
pub(super) fn read(folder: &Path) -> Result<BTreeMap<BundlePath, Held>, ContainerError> {
    let mut files = BTreeMap::new();
    let mut folders = vec![String::new()];
    while let Some(prefix) = folders.pop() {
        let place = folder.join(&prefix);
        let unreadable = |error| unreadable(&prefix, error);
        let mut is_empty = true;
        for entry in fs::read_dir(&place).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            is_empty = false;
            let name = entry.file_name();
            let name = format!("{prefix}{}", name.to_string_lossy());
            let Ok(path) = name.parse::<BundlePath>() else {
                return Err(form(name, "no file of a bundle has such a name"));
            };
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() {
                if name.split('/').count() >= FOLDER_DEPTH_MAX {
                    return Err(form(name, "folders are nested more deeply than in any bundle"));
                }
                folders.push(format!("{name}/"));
            } else if kind.is_file() {
                let held = hold(&entry.path()).map_err(|error| self::unreadable(&name, error))?;
                files.insert(path, held);
            } else {
                return Err(form(name, "this is neither a file nor a folder"));
            }
            if files.len() + folders.len() > BUNDLE_FILES_MAX {
                return Err(form(prefix, "more files than a bundle has"));
            }
        }
        if is_empty {
            return Err(form(format!("{prefix}."), "a bundle has no empty folder"));
        }
    }
    Ok(files)
}

fn hold(path: &Path) -> io::Result<Held> {
    let mut sum = Sha512::new();
    let length_bytes = pass(&mut File::open(path)?, |bytes| sum.update(bytes))?;
    Ok(Held {
        length_bytes,
        sum: sum.finalize().into(),
        offset: 0,
    })
}

fn unreadable(place: &str, error: io::Error) -> ContainerError {
    ContainerError::Unreadable {
        place: format!("./{place}"),
        error,
    }
}

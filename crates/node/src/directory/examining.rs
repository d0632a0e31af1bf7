//! Looking at the directory without using it: for `ohrid node doctor`, beside a node that runs or not.

use std::path::Path;

use protocol::time::UnixMillis;

use super::{Accepted, Archive, Forks, Keeping, LoadError, choose, floor};
use crate::config;

/// The directory that a start would use now. Nothing is kept and nothing is recorded.
///
/// # Errors
/// As [`super::CurrentDirectory::load`].
pub fn examine(settings: &config::Directory, floor: &Path, now: UnixMillis) -> Result<Accepted, LoadError> {
    let keeping = Keeping {
        settings: settings.clone(),
        floor: floor.to_owned(),
        archive: Archive::new(floor.with_file_name("directories")),
    };
    let forks = Forks::load(keeping.archive.folder());
    let noted = floor::read(floor)?;
    choose(&keeping, &forks, noted, now).map(|candidate| candidate.accepted)
}

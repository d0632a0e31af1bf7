//! Proofs of forks that lie beside a directory: what `install` and a node have kept `[DIRECTORY]`.

use std::path::{Path, PathBuf};

use super::draft::DIRECTORY_NAME;
use crate::terminal::Terminal;

/// Where a node keeps them, beside its directory.
const ARCHIVE_NAME: &str = "directories";

/// Says that proofs lie beside a node's directory, each by its name: they are an alarm whatever the directory
/// itself says.
pub(super) fn warn(terminal: &Terminal, directory: &Path) {
    for proof in beside(directory) {
        terminal.say(format_args!(
            "ALARM: {} is another document of the same number, signed by the secretariat as well: call it, \
             and other Parties.",
            proof.display()
        ));
    }
}

/// The proofs in a node's folder; none where the file is not a node's directory.
fn beside(directory: &Path) -> Vec<PathBuf> {
    if directory.file_name().is_none_or(|name| name != DIRECTORY_NAME) {
        return Vec::new();
    }
    let folder = match directory.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut proofs = Vec::new();
    for (folder, start) in [
        (folder.to_owned(), "directory.fork-"),
        (folder.join(ARCHIVE_NAME), "fork-"),
    ] {
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let named = files.filter(|file| file.file_name().to_string_lossy().starts_with(start));
        proofs.extend(named.map(|file| file.path()));
    }
    proofs.sort();
    proofs
}

//! Which files an export has, and whether they are those that a ledger of its size has.
//!
//! Files are looked at in whatever order the file system gives them, so that nothing need be kept.
//! Missing files are found in order, by [`crate::tiles`]; here are those too many.

use std::fs::{self, ReadDir};
use std::path::Path;

use ledger::tile::{EXCERPT_FILE, Excerpt, TileKind, TilePath};

use crate::export::Export;
use crate::limits::FOLDER_DEPTH_MAX;
use crate::report::{Place, Report};

/// How many entries the bundles in the export stand for, going by their names. For when there is no
/// checkpoint that could tell.
#[must_use]
pub fn size_by_names(export: &Export) -> u64 {
    let mut size = 0;
    let mut ignored = Report::default();
    walk(export, &mut ignored, &mut |name, _| {
        if let Ok(path) = TilePath::parse(name)
            && path.kind() == TileKind::Entries
        {
            size = size.max(path.leaf_range().end);
        }
    });
    size
}

/// Reports every file that a ledger of `size` entries does not have, or that the excerpt leaves out, where
/// the export is one: nobody would look at it.
pub fn find_unexpected(export: &Export, size: u64, excerpt: Option<&Excerpt>, report: &mut Report) {
    walk(export, report, &mut |name, report| {
        if name == "checkpoint" || name == EXCERPT_FILE {
            return;
        }
        match TilePath::parse(name) {
            Err(_) => report.find(
                Place::Elsewhere,
                name,
                "no file of this name belongs in an export",
            ),
            Ok(path) if TilePath::in_tree(path.kind(), path.index(), size) == Some(path) => {
                if excerpt.is_some_and(|excerpt| !excerpt.has(&path, size)) {
                    let reason = "the excerpt does not say that it has this file";
                    report.find(Place::range(path.leaf_range()), name, reason);
                }
            }
            Ok(path) => {
                let reason = format!("a ledger of {size} entries has no such file");
                report.find(Place::range(path.leaf_range()), name, reason);
            }
        }
    });
}

/// Calls `visit` with the name of each file, relative to the export, `/` between its parts. What is
/// neither file nor folder, or too deep, is reported.
fn walk(export: &Export, report: &mut Report, visit: &mut impl FnMut(&str, &mut Report)) {
    let mut open: Vec<(String, ReadDir)> = Vec::new();
    open_folder(export.folder(), String::new(), &mut open, report);
    while let Some((prefix, folder)) = open.last_mut() {
        let Some(entry) = folder.next() else {
            open.pop();
            continue;
        };
        let Ok(entry) = entry else {
            report.could_not_check(format!("the folder {prefix:?} cannot be read to its end"));
            open.pop();
            continue;
        };
        let file_name = entry.file_name();
        let Some(file_name) = file_name.to_str() else {
            let shown = format!("{prefix}{}", file_name.to_string_lossy());
            report.find(
                Place::Elsewhere,
                shown,
                "no file of this name belongs in an export",
            );
            continue;
        };
        let name = format!("{prefix}{file_name}");
        match entry.file_type() {
            Ok(kind) if kind.is_file() => visit(&name, report),
            Ok(kind) if kind.is_dir() && open.len() >= FOLDER_DEPTH_MAX => {
                report.find(
                    Place::Elsewhere,
                    &name,
                    "folders are nested more deeply than in any export",
                );
            }
            Ok(kind) if kind.is_dir() => open_folder(&entry.path(), format!("{name}/"), &mut open, report),
            Ok(_) => report.find(Place::Elsewhere, &name, "this is neither a file nor a folder"),
            Err(error) => report.could_not_check(format!("{name}: {error}")),
        }
    }
}

fn open_folder(path: &Path, prefix: String, open: &mut Vec<(String, ReadDir)>, report: &mut Report) {
    match fs::read_dir(path) {
        Ok(folder) => open.push((prefix, folder)),
        Err(error) => report.could_not_check(format!("the folder {prefix:?} cannot be read: {error}")),
    }
}

#[cfg(test)]
mod tests;

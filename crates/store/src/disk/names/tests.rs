#![allow(clippy::unwrap_used)]

use std::io::ErrorKind;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::disk::faults::{Faults, directory_in_memory};

/// A disk whose root is not there yet, nor the folder that is to hold it.
struct Scene {
    faults: Faults,
    root: PathBuf,
    _directory: TempDir,
}

impl Scene {
    fn new() -> Self {
        let directory = directory_in_memory();
        Self {
            faults: Faults::default(),
            root: directory.path().join("folder").join("root"),
            _directory: directory,
        }
    }

    /// As a process that was just started sees it.
    fn disk(&self) -> Disk {
        Disk::with_faults(&self.root, self.faults.clone())
    }

    /// What was synced since the last time.
    fn synced(&self) -> Vec<PathBuf> {
        let log = self.faults.take_log().into_iter();
        log.filter(|(step, _)| *step == "fsync directory")
            .map(|(_, path)| path)
            .collect()
    }
}

/// `[DURABLE]` Each new name, in the directory that holds it; and once, also those that an earlier process
/// may not have synced.
#[test]
fn a_directory_is_made_with_all_above_it_and_each_name_is_synced_once() {
    let scene = Scene::new();
    let (above, below) = (scene.root.join("a"), scene.root.join("a").join("b"));
    let folder = parent_of(&scene.root).to_owned();
    for _ in 0..2 {
        let disk = scene.disk();
        disk.create_directory(&below).unwrap();
        assert!(below.is_dir());
        assert_eq!(scene.synced(), [folder.as_path(), &scene.root, &above]);
        disk.create_directory(&below).unwrap();
        assert!(scene.synced().is_empty());
        // One that somebody has removed is made again.
        fs::remove_dir(&below).unwrap();
        disk.create_directory(&below).unwrap();
        assert!(below.is_dir());
        assert_eq!(scene.synced(), [above.as_path()]);
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error() {
    let scene = Scene::new();
    let disk = scene.disk();
    disk.create_directory(&scene.root).unwrap();
    let file = scene.root.join("file");
    fs::write(&file, b"").unwrap();
    let error = disk.create_directory(&file.join("below")).unwrap_err();
    assert_eq!(error.operation, "create directory");
}

#[test]
fn a_directory_that_somebody_else_makes_at_the_same_moment_is_as_good() {
    let scene = Scene::new();
    let disk = scene.disk();
    disk.create_directory(&scene.root).unwrap();
    let path = scene.root.join("both");
    let other = path.clone();
    scene.faults.watch(Some(Box::new(move || {
        let _ = fs::create_dir(&other);
    })));
    disk.create_directory(&path).unwrap();
    assert!(path.is_dir());
}

/// An installation makes the root for a node, in a directory that the node may not read: then it cannot sync
/// the root's name, and whoever made it has. Nothing else may stay unsynced.
#[test]
fn only_the_name_of_a_root_that_was_made_for_us_need_not_be_synced() {
    let create = |is_there: bool, below: &str, kind: ErrorKind| {
        let scene = Scene::new();
        let path = scene.root.join(below);
        fs::create_dir_all(if is_there { &path } else { parent_of(&scene.root) }).unwrap();
        scene.faults.fail("fsync directory", kind);
        scene.disk().create_directory(&path)
    };
    assert!(create(true, "", ErrorKind::PermissionDenied).is_ok());
    assert!(create(false, "", ErrorKind::PermissionDenied).is_err());
    assert!(create(true, "", ErrorKind::Other).is_err());
    assert!(create(true, "below", ErrorKind::PermissionDenied).is_err());
}

/// `[DURABLE]` What an earlier process has named may be in memory only.
#[test]
fn the_names_of_an_earlier_process_are_synced_once() {
    let scene = Scene::new();
    fs::create_dir_all(&scene.root).unwrap();
    let disk = scene.disk();
    for expected in [vec![scene.root.clone()], vec![]] {
        disk.settle_names(&scene.root).unwrap();
        assert_eq!(scene.synced(), expected);
    }
    let disk = scene.disk();
    disk.sync_directory(&scene.root).unwrap();
    disk.settle_names(&scene.root).unwrap();
    assert_eq!(scene.synced(), [scene.root.as_path()]);
}

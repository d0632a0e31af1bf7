#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::disk::faults::directory_in_memory;

/// `[DURABLE]` The store gives up its own only when the names of what it wrote are durable: a folder that
/// cannot be synced is an error, which names it.
#[test]
fn a_folder_that_cannot_be_synced_is_an_error() {
    let elsewhere = directory_in_memory();
    let folder = elsewhere.path().join("log");
    fs::create_dir_all(folder.join("tile/0")).unwrap();
    sync_folders(&folder).unwrap();
    let missing = elsewhere.path().join("missing");
    let error = sync_folders(&missing).unwrap_err();
    assert!(
        matches!(&error, MoveError::Disk(error) if error.path == missing),
        "{error}"
    );
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::fs::PermissionsExt;

use super::*;

#[test]
fn a_file_is_for_its_owner_only_and_is_replaced_whole() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("drafts");
    make_private_folder(&inner).unwrap();
    make_private_folder(&inner).unwrap();
    assert_eq!(fs::metadata(&inner).unwrap().permissions().mode() & 0o777, 0o700);
    // Made again where somebody has removed it, with all that is missing above.
    let deeper = inner.join("a/b");
    make_private_folder(&deeper).unwrap();
    fs::remove_dir_all(&inner).unwrap();
    make_private_folder(&deeper).unwrap();
    fs::remove_dir_all(inner.join("a")).unwrap();
    let file = inner.join("one.json");
    write_private(&file, b"a longer first").unwrap();
    write_private(&file, b"second").unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"second");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(&inner).unwrap().count(), 1, "nothing is left aside");
    remove(&file).unwrap();
    remove(&file).unwrap();
    assert!(!file.exists());
}

#[test]
fn a_file_that_cannot_be_written_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("missing/one.json");
    assert!(write_private(&file, b"x").is_err());
}

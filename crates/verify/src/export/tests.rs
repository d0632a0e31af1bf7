#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::os::unix::fs::symlink;

use super::*;

#[test]
fn files_are_read_within_their_longest_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, [7; 100]).unwrap();
    assert_eq!(read_within(&path, 100).unwrap(), [7; 100]);
    assert!(matches!(read_within(&path, 99), Err(ReadError::TooLong(99))));
}

#[test]
fn what_is_no_file_is_told_apart_from_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    assert!(matches!(read_within(&path, 100), Err(ReadError::Missing)));
    assert!(matches!(
        read_within(folder.path(), 100),
        Err(ReadError::NotAFile)
    ));
    fs::write(&path, b"").unwrap();
    assert!(matches!(
        read_within(&path.join("under"), 100),
        Err(ReadError::Missing)
    ));
    // A device never ends; neither it nor a link to it is read.
    assert!(matches!(
        read_within(Path::new("/dev/zero"), 100),
        Err(ReadError::NotAFile)
    ));
    let link = folder.path().join("link");
    symlink("/dev/zero", &link).unwrap();
    assert!(matches!(read_within(&link, 100), Err(ReadError::NotAFile)));
}

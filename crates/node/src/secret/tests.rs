#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

fn file_with(mode: u32) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some.seed");
    fs::write(&path, b"secret").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    (folder, path)
}

#[test]
fn a_secret_that_others_can_read_is_refused_with_what_mends_it() {
    for mode in [0o640, 0o604, 0o660, 0o644, 0o610] {
        let (_folder, path) = file_with(mode);
        let error = read_secret(&path, None, 100).unwrap_err();
        assert!(matches!(error, FileError::ReadableByOthers { .. }), "{mode:o}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
    for mode in [0o600, 0o400] {
        let (_folder, path) = file_with(mode);
        assert_eq!(read_secret(&path, None, 100).unwrap().as_slice(), b"secret");
    }
}

#[test]
fn a_credential_goes_before_the_path() {
    let (folder, path) = file_with(0o600);
    let credentials = folder.path().join("credentials");
    fs::create_dir(&credentials).unwrap();
    assert_eq!(
        read_secret(&path, Some(&credentials), 100).unwrap().as_slice(),
        b"secret"
    );
    let given = credentials.join("some.seed");
    fs::write(&given, b"given").unwrap();
    fs::set_permissions(&given, fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(
        read_secret(&path, Some(&credentials), 100).unwrap().as_slice(),
        b"given"
    );
}

#[test]
fn what_is_too_large_or_no_file_is_refused() {
    let (folder, path) = file_with(0o600);
    assert!(matches!(
        read_secret(&path, None, 5).unwrap_err(),
        FileError::TooLarge { .. }
    ));
    assert!(read_secret(&path, None, 6).is_ok());
    assert!(matches!(
        read_public(folder.path(), 5).unwrap_err(),
        FileError::NotAFile { .. }
    ));
    assert!(matches!(
        read_public(&folder.path().join("none"), 5).unwrap_err(),
        FileError::Unreadable { .. }
    ));
}

/// systemd lets a service read a credential by an access list where the file system has them: such a file
/// is root's, and its mode shows the list's mask. Elsewhere the same mode lets a group in.
#[test]
fn only_a_credential_may_show_the_mask_of_an_access_list() {
    let (folder, path) = file_with(0o440);
    assert!(read_secret(&path, None, 100).is_err());
    let metadata = fs::metadata(&path).unwrap();
    let is_roots = metadata.uid() == 0 && metadata.gid() == 0;
    assert_eq!(read_secret(&path, Some(folder.path()), 100).is_ok(), is_roots);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    assert!(read_secret(&path, Some(folder.path()), 100).is_err());
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[tokio::test]
async fn is_for_its_own_user_only_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    let socket = ControlSocket::bind(&path).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // What a killed process left behind is replaced.
    std::mem::forget(socket);
    let socket = ControlSocket::bind(&path).unwrap();
    drop(socket);
    assert!(!path.exists());
}

#[tokio::test]
async fn does_not_remove_what_is_no_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    fs::write(&path, "a letter").unwrap();
    let error = ControlSocket::bind(&path).unwrap_err();
    assert!(error.to_string().contains("no socket"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "a letter");
}

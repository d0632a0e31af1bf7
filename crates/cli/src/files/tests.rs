#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

#[test]
fn a_secret_is_for_its_owner_only() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("seed");
    write_new(&path, b"secret", Secrecy::Secret).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(read_secret(&path, 6).unwrap().as_slice(), b"secret");
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let failure = read_secret(&path, 6).unwrap_err();
    assert!(failure.what.contains("0640") && failure.mend.clone().unwrap().starts_with("chmod 600"));
}

#[test]
fn nothing_is_overwritten() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("file");
    write_new(&path, b"first", Secrecy::Public).unwrap();
    let failure = write_new(&path, b"second", Secrecy::Public).unwrap_err();
    assert!(failure.what.contains("there already"), "{failure}");
    assert_eq!(read(&path, 100).unwrap(), b"first");
    assert!(Staging::begin(folder.path(), Secrecy::Public).is_err());
}

#[test]
fn what_is_too_large_is_not_read() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("file");
    write_new(&path, b"12345", Secrecy::Public).unwrap();
    assert!(read(&path, 4).is_err());
    assert_eq!(read(&path, 5).unwrap(), b"12345");
    replace(&path, &[0xff], Secrecy::Public).unwrap();
    assert_eq!(read_document(&path, 5).unwrap_err().exit, Exit::Usage);
}

#[test]
fn a_folder_appears_whole_or_not_at_all() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("node");
    let staging = Staging::begin(&target, Secrecy::Secret).unwrap();
    write_new(&staging.folder("keys").unwrap().join("a"), b"a", Secrecy::Secret).unwrap();
    drop(staging);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    fs::create_dir(&target).unwrap();
    let staging = Staging::begin(&target, Secrecy::Secret).unwrap();
    write_new(&staging.folder("keys").unwrap().join("a"), b"a", Secrecy::Secret).unwrap();
    staging.publish().unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!((mode(&target), mode(&target.join("keys"))), (0o700, 0o700));
}

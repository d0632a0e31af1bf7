#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A proof lies there until people move it, and no more of them than people can look at.

use super::*;

fn digest(number: usize) -> Digest {
    Digest::of(&number.to_be_bytes())
}

#[test]
fn proofs_are_kept_once_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("directories");
    let forks = Forks::load(&folder);
    assert!(forks.standing().is_empty());
    let first = forks
        .note(Forked::Directory, 7, &digest(1), b"another")
        .unwrap()
        .unwrap();
    assert_eq!(fs::read(&first.file).unwrap(), b"another");
    assert_eq!(
        forks.note(Forked::Directory, 7, &digest(1), b"another").unwrap(),
        None
    );
    let second = forks
        .note(Forked::KeySet, 2, &digest(2), b"a key set")
        .unwrap()
        .unwrap();
    let expected = vec![first.clone(), second];
    assert_eq!(forks.standing(), expected);
    assert_eq!(Forks::load(&folder).standing(), expected, "after a restart");
    // What else lies there is none.
    fs::write(folder.join("7.cbor"), b"").unwrap();
    fs::write(folder.join("fork-x-12345678.cbor"), b"").unwrap();
    fs::rename(&first.file, folder.join("settled.cbor")).unwrap();
    forks.look_again();
    assert_eq!(forks.standing(), expected[1..]);
}

#[test]
fn there_is_an_end_to_how_many_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let forks = Forks::load(folder.path());
    for number in 0..FORKS_KEPT_MAX {
        assert!(
            forks
                .note(Forked::Directory, 7, &digest(number), b"one")
                .unwrap()
                .is_some()
        );
    }
    let one_more = forks.note(Forked::Directory, 7, &digest(FORKS_KEPT_MAX), b"one");
    assert_eq!(one_more.unwrap(), None);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), FORKS_KEPT_MAX);
}

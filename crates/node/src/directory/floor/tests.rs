#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn what_was_noted_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("directory.floor");
    assert_eq!(read(&file).unwrap(), None);
    let digest = Digest::of(b"a directory");
    raise(&file, 7, &digest).unwrap();
    assert_eq!(read(&file).unwrap(), Some((7, digest)));
    let next = Digest::of(b"the next");
    raise(&file, 8, &next).unwrap();
    assert_eq!(read(&file).unwrap(), Some((8, next)));
}

#[test]
fn a_damaged_note_is_an_error_and_not_no_note() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("directory.floor");
    let good = format!("7 {}\n", Digest::of(b"a directory"));
    for bad in [
        "",
        "7",
        "7 abc\n",
        &good[..good.len() - 1],
        &good.replace('7', "x"),
        &good.replace("\n", "é\n"),
    ] {
        fs::write(&file, bad).unwrap();
        assert!(read(&file).is_err(), "{bad:?}");
        assert!(raise(&file, 9, &Digest::of(b"")).is_err());
    }
    fs::write(&file, good).unwrap();
    assert!(read(&file).is_ok());
}

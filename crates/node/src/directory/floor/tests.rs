#![allow(clippy::unwrap_used, clippy::expect_used)]

use protocol::digest::Digest;

use super::*;

fn marked(version: u64, number: u64) -> InUse {
    InUse {
        key_set: Some(KeySetMark {
            number,
            digest: Digest::of(b"a key set"),
        }),
        ..InUse::noted(version, Digest::of(b"a directory"))
    }
}

#[test]
fn what_was_noted_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("directory.floor");
    assert_eq!(read(&file).unwrap(), None);
    let first = InUse::noted(7, Digest::of(b"a directory"));
    raise(&file, &first).unwrap();
    assert_eq!(read(&file).unwrap(), Some(first));
    for next in [marked(8, 1), marked(8, 2), marked(9, 2)] {
        raise(&file, &next).unwrap();
        assert_eq!(read(&file).unwrap(), Some(next));
    }
}

/// Threat 10: nothing lowers it, whoever asks.
#[test]
fn the_floor_is_never_lowered() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("directory.floor");
    raise(&file, &marked(8, 2)).unwrap();
    raise(&file, &InUse::noted(7, Digest::of(b"older"))).unwrap_err();
    assert_eq!(read(&file).unwrap(), Some(marked(8, 2)));
}

/// Earlier releases noted a version and its digest.
#[test]
fn the_note_of_an_earlier_release_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("directory.floor");
    let digest = Digest::of(b"a directory");
    fs::write(&file, format!("7 {digest}\n")).unwrap();
    assert_eq!(read(&file).unwrap(), Some(InUse::noted(7, digest)));
}

#[test]
fn a_damaged_note_is_an_error_and_not_no_note() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("directory.floor");
    let good = print(&marked(7, 2));
    for bad in [
        "",
        "7",
        "7 abc\n",
        &good[..good.len() - 1],
        &good.replace("7 ", "x "),
        &good.replace(" 2 ", " "),
        &good.replace('\n', " 3\n"),
        &good.replace('\n', "é\n"),
        &good.to_uppercase(),
    ] {
        fs::write(&file, bad).unwrap();
        assert!(read(&file).is_err(), "{bad:?}");
        assert!(raise(&file, &marked(9, 3)).is_err());
    }
    fs::write(&file, good).unwrap();
    assert!(read(&file).is_ok());
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use protocol::bundle::zip::Layout;

use super::*;

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut layout = Layout::new("XA-2026-0412-7K");
    let mut zip = Vec::new();
    for (path, content) in files {
        let path = path.parse().unwrap();
        zip.extend(
            layout
                .entry(&path, Crc32::of(content), content.len() as u64)
                .unwrap(),
        );
        zip.extend(*content);
    }
    zip.extend(layout.finish().unwrap());
    zip
}

fn received(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

#[test]
fn a_folder_has_the_files_of_the_zip_file() {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("bundle");
    let zip = zip(&[("bagit.txt", b"BagIt"), ("data/messages/1/salt", b"salt")]);
    assert_eq!(unpack(&received(&zip), &target).unwrap(), 2);
    assert_eq!(fs::read(target.join("data/messages/1/salt")).unwrap(), b"salt");
    assert!(free(&target).is_err());
}

#[test]
fn a_damaged_zip_file_leaves_nothing_behind() {
    let whole = zip(&[("bagit.txt", b"BagIt"), ("data/x", b"text")]);
    let mut flipped = whole.clone();
    let end = flipped.windows(4).rposition(|part| part == b"text").unwrap();
    flipped[end] ^= 1;
    let escaping = {
        let mut bytes = zip(&[("data/xx/evil", b"text")]);
        for at in 0..bytes.len() - 7 {
            if &bytes[at..at + 7] == b"data/xx" {
                bytes[at..at + 7].copy_from_slice(b"data/..");
            }
        }
        bytes
    };
    for bytes in [&whole[..60], &flipped[..], &escaping[..], b"PK"] {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("bundle");
        assert!(unpack(&received(bytes), &target).is_err());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}

#[test]
fn only_a_name_that_ends_so_is_a_zip_file() {
    assert!(is_zip(Path::new("a/b.zip")) && is_zip(Path::new("B.ZIP")));
    assert!(!is_zip(Path::new("bundle")) && !is_zip(Path::new("zip")));
}

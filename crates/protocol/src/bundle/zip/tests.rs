#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::example::assert_golden;

fn path(text: &str) -> BundlePath {
    text.parse().unwrap()
}

#[test]
fn the_checksum_is_that_of_the_standard() {
    assert_eq!(Crc32::of(b"123456789"), 0xcbf4_3926);
    assert_eq!(Crc32::of(b""), 0);
}

/// Python's `zipfile` and Info-ZIP's `unzip -t` were shown this file.
#[test]
fn a_zip_file_is_as_on_the_first_day() {
    let mut layout = Layout::new("XA-2026-0412-7K");
    let mut zip = Vec::new();
    for (name, content) in [("bagit.txt", &b"BagIt"[..]), ("data/empty", b"")] {
        let before = layout
            .entry(&path(name), Crc32::of(content), content.len() as u64)
            .unwrap();
        zip.extend(before);
        zip.extend(content);
    }
    zip.extend(layout.finish().unwrap());
    assert_golden!("bundle.zip", &zip);
}

#[test]
fn only_headers_that_a_bundle_has_are_read() {
    let written = Layout::new("case").entry(&path("data/x"), 7, 9).unwrap();
    let mut header: [u8; LOCAL_HEADER_BYTES] = written[..LOCAL_HEADER_BYTES].try_into().unwrap();
    let read = LocalHeader::parse(&header).unwrap().unwrap();
    assert_eq!((read.name_length_bytes, read.crc, read.length_bytes), (11, 7, 9));
    for byte in [0, 4, 6, 8, 10, 12, 22, 28] {
        header[byte] ^= 1;
        assert!(LocalHeader::parse(&header).is_err(), "byte {byte}");
        header[byte] ^= 1;
    }
}

#[test]
fn what_needs_zip64_is_refused() {
    let mut layout = Layout::new("case");
    assert!(layout.entry(&path("data/x"), 0, 1 << 32).is_err());
    let mut layout = Layout::new("case");
    layout.entry(&path("data/x"), 0, 3 << 30).unwrap();
    assert_eq!(layout.entry(&path("data/y"), 0, 1 << 30), Err(ZipError::TooLarge));
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::symlink;

use super::*;

fn entry(layout: &mut protocol::bundle::zip::Layout, name: &str, bytes: &[u8]) -> Vec<u8> {
    let path: BundlePath = name.parse().unwrap();
    let crc = protocol::bundle::zip::Crc32::of(bytes);
    let mut out = layout.entry(&path, crc, bytes.len() as u64).unwrap();
    out.extend(bytes);
    out
}

/// Two files in one folder, as a bundle has them.
fn small_zip() -> Vec<u8> {
    let mut layout = protocol::bundle::zip::Layout::new("top");
    let mut out = entry(&mut layout, "a.txt", b"first");
    out.extend(entry(&mut layout, "data/b", b"second"));
    out.extend(layout.finish().unwrap());
    out
}

fn open(bytes: &[u8]) -> Result<Container, ContainerError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.zip");
    fs::write(&path, bytes).unwrap();
    Container::open(&path)
}

fn assert_refused(name: &str, bytes: &[u8]) {
    match open(bytes) {
        Err(ContainerError::Form { .. }) => {}
        other => panic!("{name}: {other:?}"),
    }
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut changed = bytes.to_vec();
    let places: Vec<usize> = (0..=bytes.len() - from.len())
        .filter(|at| bytes[*at..].starts_with(from))
        .collect();
    assert!(!places.is_empty());
    places
        .into_iter()
        .for_each(|at| changed[at..at + to.len()].copy_from_slice(to));
    changed
}

#[test]
fn the_files_of_a_zip_file_are_read() {
    let container = open(&small_zip()).unwrap();
    assert_eq!(container.top(), Some("top"));
    assert_eq!(container.read("a.txt", 5).unwrap(), b"first");
    assert_eq!(container.read("data/b", 100).unwrap(), b"second");
    assert_eq!(
        container.sha256("data/b").unwrap(),
        <[u8; 32]>::from(Sha256::digest(b"second"))
    );
    assert!(matches!(container.read("a.txt", 4), Err(FileError::TooLong(4))));
    assert!(matches!(container.read("nothing", 4), Err(FileError::Missing)));
    assert!(matches!(container.read("../a.txt", 4), Err(FileError::Missing)));
}

/// What has misled readers of zip files before. In both headers alike, where a header has it.
#[test]
fn hostile_zip_files_are_refused_by_name() {
    let good = small_zip();
    for (name, from, to) in [
        ("a name that leads out", &b"top/a.txt"[..], &b"../../etc"[..]),
        ("an absolute name", b"top/a.txt", b"/op/a.txt"),
        ("a name with a drive", b"top/a.txt", b"C:\\/a.txt"),
        ("a hidden file", b"top/a.txt", b"top/.atxt"),
        ("an option", b"top/a.txt", b"top/-.txt"),
        ("another folder at the top", b"top/data/b", b"tip/data/b"),
        ("no folder at the top", b"top/a.txt", b"topXa.txt"),
        ("not ascending", b"top/a.txt", b"top/z.txt"),
        ("not UTF-8", b"top/a.txt", b"top/\xff.txt"),
        ("a zero in a name", b"top/a.txt", b"top/a\0txt"),
        (
            "compressed",
            &[0, 0, 0, 0, 0, 0, 0x21, 0],
            &[0, 0, 8, 0, 0, 0, 0x21, 0],
        ),
        (
            "encrypted",
            &[0, 0, 0, 0, 0, 0, 0x21, 0],
            &[1, 0, 0, 0, 0, 0, 0x21, 0],
        ),
        (
            "a data descriptor",
            &[0, 0, 0, 0, 0, 0, 0x21, 0],
            &[8, 0, 0, 0, 0, 0, 0x21, 0],
        ),
        (
            "a time",
            &[0, 0, 0, 0, 0, 0, 0x21, 0],
            &[0, 0, 0, 0, 1, 0, 0x21, 0],
        ),
        ("a link", &[0, 0, 0xa4, 0x81], &[0, 0, 0xff, 0xa1]),
        ("another file", b"second", b"sicond"),
    ] {
        assert_refused(name, &replaced(&good, from, to));
    }
    assert_refused("nothing", b"");
    assert_refused("no files", &good[good.len() - 22..]);
    assert_refused("something before it", &[b"#!/bin/sh\n", good.as_slice()].concat());
    assert_refused("something behind it", &[good.as_slice(), b"\n"].concat());
    assert_refused("another zip file behind it", &[good.as_slice(), &good].concat());
    assert_refused("a program", b"\x7fELF and so on, for longer than a header is");
    let central = good
        .windows(4)
        .position(|window| window == [0x50, 0x4b, 1, 2])
        .unwrap();
    assert_refused("no directory", &good[..central]);
    let gap = [&good[..central], b"gap", &good[central..]].concat();
    assert_refused("a gap before the directory", &gap);
}

/// A bomb: four gigabytes are claimed, a thousand times over. What is not there is not read.
#[test]
fn lengths_that_are_claimed_take_no_memory() {
    let mut bytes = small_zip();
    for at in [18, 22] {
        bytes[at..at + 4].copy_from_slice(&[0xfe, 0xff, 0xff, 0xff]);
    }
    assert_refused("4 GiB", &bytes);
    let mut bytes = small_zip();
    bytes[26..28].copy_from_slice(&[0xff, 0xff]);
    assert_refused("a name of 64 KiB", &bytes);
    let mut bytes = small_zip();
    // An extra field.
    bytes[28] = 1;
    assert_refused("an extra field", &bytes);
}

#[test]
fn the_same_file_twice_is_refused() {
    let mut layout = protocol::bundle::zip::Layout::new("top");
    let mut out = entry(&mut layout, "a.txt", b"first");
    out.extend(entry(&mut layout, "a.txt", b"other"));
    out.extend(layout.finish().unwrap());
    assert_refused("twice", &out);
}

#[test]
fn the_files_of_a_folder_are_read_and_nothing_else_may_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let bag = folder.path().join("bag");
    fs::create_dir_all(bag.join("data")).unwrap();
    fs::write(bag.join("data/b"), b"second").unwrap();
    let container = Container::open(&bag).unwrap();
    assert_eq!(container.top(), None);
    assert_eq!(container.files().len(), 1);
    fs::write(bag.join("data/b"), b"changed").unwrap();
    assert!(matches!(container.read("data/b", 100), Err(FileError::Changed)));
    assert!(matches!(container.sha256("data/b"), Err(FileError::Changed)));
    fs::write(bag.join("data/b"), b"sicond").unwrap();
    assert!(matches!(container.read("data/b", 100), Err(FileError::Changed)));

    let refused = |what: &str| match Container::open(&bag) {
        Err(ContainerError::Form { .. }) => {}
        other => panic!("{what}: {other:?}"),
    };
    symlink("/etc/passwd", bag.join("data/link")).unwrap();
    refused("a link");
    fs::remove_file(bag.join("data/link")).unwrap();
    symlink("..", bag.join("data/loop")).unwrap();
    refused("a link to a folder");
    fs::remove_file(bag.join("data/loop")).unwrap();
    fs::write(bag.join(".hidden"), b"").unwrap();
    refused("a hidden file");
    fs::remove_file(bag.join(".hidden")).unwrap();
    fs::create_dir(bag.join("empty")).unwrap();
    refused("an empty folder");
    fs::remove_dir(bag.join("empty")).unwrap();
    fs::create_dir_all(bag.join("a/b/c/d/e/f/g/h/i/j/k/l/m")).unwrap();
    refused("folders without end");
    assert!(matches!(
        Container::open(&folder.path().join("nowhere")),
        Err(ContainerError::Unreadable { .. })
    ));
}

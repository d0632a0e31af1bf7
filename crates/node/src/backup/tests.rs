#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufReader, Read};
use std::path::Path;

use super::list::{LIST_VERSION, Lines, Listed, Place};
use super::{pack, paths};
use crate::config::Config;

fn listed(place: Place, path: &str) -> Listed {
    Listed {
        place,
        path: path.to_owned(),
        bytes: 7,
        sha256: "00".repeat(32),
        set: "20261122T133105Z".to_owned(),
        pack: 3,
    }
}

#[test]
fn a_list_is_read_as_it_was_written_and_no_path_leaves_its_folder() {
    let all = [
        listed(Place::Before, "data/head"),
        listed(Place::Journal, "data/journal/000000000001.segment"),
        listed(Place::After, "data/ledger/tile/0/000"),
        listed(Place::After, "keys/a name with spaces"),
    ];
    let mut bytes = format!("{LIST_VERSION}\n").into_bytes();
    all.iter().for_each(|one| one.write(&mut bytes).unwrap());
    let mut lines = Lines::new(BufReader::new(bytes.as_slice())).unwrap();
    for one in &all {
        assert_eq!(lines.next().unwrap().as_ref(), Some(one));
    }
    assert_eq!(lines.next().unwrap(), None);
    for path in ["../etc/passwd", "/etc/passwd", "data/../../x", "data//x", ""] {
        let mut bytes = format!("{LIST_VERSION}\n").into_bytes();
        listed(Place::After, path).write(&mut bytes).unwrap();
        let mut lines = Lines::new(BufReader::new(bytes.as_slice())).unwrap();
        assert!(lines.next().is_err(), "{path:?}");
    }
    let mut cut = Lines::new(BufReader::new(&bytes[..bytes.len() - 1])).unwrap();
    let ended = std::iter::from_fn(|| cut.next().transpose()).find_map(Result::err);
    assert!(ended.is_some(), "cut short");
    assert!(Lines::new(BufReader::new(&b"ohrid-files/2\n"[..])).is_err());
}

/// Folder by folder: `ledger` and what is in it come before `ledger-…`, as a walk over the disk finds them.
#[test]
fn lists_have_the_order_of_a_walk() {
    let paths = [
        "data/ledger/tile/0",
        "data/ledger-000000000123/tile/0",
        "data/logs",
        "data/payload/0a/0a1b",
    ];
    for (place, one) in paths.iter().enumerate() {
        for (other_place, other) in paths.iter().enumerate() {
            let order = listed(Place::After, one).order(Place::After, other);
            assert_eq!(order, place.cmp(&other_place), "{one} {other}");
        }
    }
    assert!(listed(Place::Before, "z").order(Place::Journal, "a").is_lt());
}

#[test]
fn a_pack_is_read_as_it_was_written() {
    let files = [("empty", 0), ("short", 10), ("long", 3 * 1024 * 1024 + 1)];
    let content = |length: usize| -> Vec<u8> { (0..length).map(|at| (at % 253) as u8).collect() };
    let mut bytes = Vec::new();
    pack::begin(&mut bytes).unwrap();
    let mut sums = Vec::new();
    for (path, length) in files {
        let content = content(length);
        let mut left = content.as_slice();
        sums.push(pack::write_file(&mut bytes, path, |buffer| left.read(buffer)).unwrap());
    }
    pack::end(&mut bytes).unwrap();
    let read = |bytes: &[u8]| -> std::io::Result<()> {
        let mut reading = pack::Reading::begin(bytes)?;
        for ((path, length), sum) in files.iter().zip(&sums) {
            assert_eq!(reading.next_path()?.as_deref(), Some(*path));
            let mut found = Vec::new();
            let finished = reading.read_file(|piece| {
                found.extend_from_slice(piece);
                Ok(())
            })?;
            assert_eq!((finished.bytes, finished.sha256), *sum);
            assert!(found == content(*length));
        }
        assert_eq!(reading.next_path()?, None);
        Ok(())
    };
    read(&bytes).unwrap();
    for length in [0, 5, 13, 14, 100, bytes.len() - 1] {
        assert!(read(&bytes[..length]).is_err(), "cut to {length}");
    }
    bytes.push(0);
    assert!(read(&bytes).is_err(), "something follows");
}

/// Wherever the lost machine kept things, the restored node keeps them in its folder; every other line stays.
#[test]
fn a_restored_configuration_speaks_of_its_own_folder() {
    let text = include_str!("../../../../config/node.toml");
    let moved = text
        .replace("data = \"data\"", "data = \"/var/lib/ohrid/data\"")
        .replace("\"keys/", "\"/etc/ohrid/secrets/")
        .replace(
            "file = \"directory.cose\"",
            "file = \"/var/lib/ohrid/directory.cose\"",
        );
    assert_ne!(moved, text);
    let folder = Path::new("/elsewhere");
    let before = Config::parse(&moved, "node.toml", folder).unwrap();
    let restored = paths::in_one_folder(&moved, &before);
    assert_eq!(restored, text);
    let again = Config::parse(&restored, "node.toml", folder).unwrap();
    assert_eq!(again.keys.ledger, folder.join("keys/ledger.seed"));
    assert_eq!(again.node.data, folder.join("data"));
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use super::*;
use crate::proof::tests::{naive_root, numbered_leaves};

/// All hash tiles of a tree, by name.
pub(crate) fn tile_files(leaves: &[Hash]) -> BTreeMap<TilePath, Vec<u8>> {
    let mut row = leaves.to_vec();
    let mut files = BTreeMap::new();
    for level in 0.. {
        if row.is_empty() {
            return files;
        }
        for (index, hashes) in row.chunks(usize::from(TILE_WIDTH)).enumerate() {
            let width = u16::try_from(hashes.len()).unwrap();
            let path = TilePath::new(TileKind::Hashes(level), index as u64, width).unwrap();
            files.insert(path, encode_tile(hashes));
        }
        row = row
            .chunks(usize::from(TILE_WIDTH))
            .filter_map(parent_hash)
            .collect();
    }
    unreachable!("each level is shorter than the one before")
}

#[test]
fn the_tiles_of_a_tree_are_those_of_its_size() {
    for size in [0, 1, 255, 256, 257, 511, 512, 1000] {
        let files = tile_files(&numbered_leaves(size));
        let named: Vec<TilePath> = tiles_for_size(size as u64)
            .filter(|path| path.kind() != TileKind::Entries)
            .collect();
        assert_eq!(files.keys().copied().collect::<Vec<_>>(), named, "{size} leaves");
    }
}

#[test]
fn tiles_round_trip_and_are_hashed_when_full_only() {
    let hashes = numbered_leaves(256);
    let bytes = encode_tile(&hashes);
    assert_eq!(bytes.len(), 8192);
    assert_eq!(decode_tile(&bytes, 256).as_ref(), Ok(&hashes));
    assert_eq!(parent_hash(&hashes), Some(naive_root(&hashes)));
    assert_eq!(parent_hash(&hashes[..255]), None);
    assert_eq!(parent_hash(&[]), None);
    assert_eq!(parent_hash(&numbered_leaves(257)), None);
}

/// Partial tiles need not be stored: each is a prefix of every wider one.
#[test]
fn a_partial_tile_or_bundle_is_cut_from_a_wider_one() {
    let hashes = numbered_leaves(256);
    let entries: Vec<Vec<u8>> = (0..=255_u8)
        .map(|number| vec![number; usize::from(number)])
        .collect();
    let bundle = encode_bundle(entries.iter().map(Vec::as_slice)).unwrap();
    for width in 1..256 {
        assert!(encode_tile(&hashes).starts_with(&encode_tile(&hashes[..width])));
        let partial = encode_bundle(entries[..width].iter().map(Vec::as_slice)).unwrap();
        assert!(bundle.starts_with(&partial));
    }
}

#[test]
fn tiles_of_another_length_are_refused() {
    let bytes = encode_tile(&numbered_leaves(3));
    assert!(decode_tile(&bytes, 3).is_ok());
    for (width, length) in [(2, 96), (4, 96), (3, 95), (3, 65), (3, 0), (0, 1)] {
        let wrong = TileDecodeError::WrongTileLength {
            width,
            found_bytes: length,
        };
        assert_eq!(decode_tile(&bytes[..length], width), Err(wrong));
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(
        decode_tile(&longer, 3),
        Err(TileDecodeError::WrongTileLength {
            width: 3,
            found_bytes: 97
        })
    );
}

#[test]
fn bundles_are_written_as_specified() {
    let bundle = encode_bundle([&b"ab"[..], b"", b"c"]).unwrap();
    assert_eq!(bundle, b"\x00\x02ab\x00\x00\x00\x01c");
    assert_eq!(decode_bundle(&bundle, 3).unwrap(), [&b"ab"[..], b"", b"c"]);
}

#[test]
fn hostile_bundles_are_refused_by_name() {
    let bundle = encode_bundle([&b"ab"[..], b"c"]).unwrap();
    let hostile = [
        ("nothing", &b""[..], 1, TileDecodeError::Truncated(0)),
        ("half a length", b"\x00", 1, TileDecodeError::Truncated(0)),
        (
            "length without bytes",
            b"\xff\xff",
            1,
            TileDecodeError::Truncated(0),
        ),
        (
            "cut within the last entry",
            &bundle[..6],
            2,
            TileDecodeError::Truncated(1),
        ),
        ("fewer entries", &bundle, 3, TileDecodeError::Truncated(2)),
        ("more entries", &bundle, 1, TileDecodeError::TrailingBytes(3)),
        (
            "bytes where none are due",
            &bundle,
            0,
            TileDecodeError::TrailingBytes(7),
        ),
    ];
    for (name, bytes, width, expected) in hostile {
        assert_eq!(decode_bundle(bytes, width), Err(expected), "{name}");
    }
}

#[test]
fn the_longest_entry_fits_and_a_longer_one_does_not() {
    let longest = vec![7; MAX_ENTRY_BYTES];
    let bundle = encode_bundle([longest.as_slice()]).unwrap();
    assert_eq!(decode_bundle(&bundle, 1).unwrap(), [longest.as_slice()]);
    let longer = vec![7; MAX_ENTRY_BYTES + 1];
    assert_eq!(
        encode_bundle([longer.as_slice()]),
        Err(EntryTooLong(MAX_ENTRY_BYTES + 1))
    );
}

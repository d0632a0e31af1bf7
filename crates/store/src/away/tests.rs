#![allow(clippy::unwrap_used, clippy::expect_used)]

use ledger::tree::{Batch, Edge};

use super::*;
use crate::contract::example::Story;
use crate::contract::{Kept, Store};
use crate::memory::MemoryDisk;

/// A leaf is believed as it was in the log, and in no other way.
#[test]
fn what_is_kept_is_what_was_in_the_log() {
    let mut story = Story::default();
    let (mut store, _) = MemoryDisk::new().open().unwrap();
    store.commit(&story.day().fill(300).commit()).unwrap();
    store.commit(&story.begin_log().commit()).unwrap();
    let reader = store.reader();
    let log = reader.logs()[0];
    let ended = Ended {
        first: log.first,
        size: log.size,
        root: log.root,
        kept: Kept::Away,
    };
    let positions = [0, 5, log.size - 1];
    let bytes = encode(&*reader, &ended, &positions).unwrap();
    let kept = decode(&bytes, &ended).unwrap();
    assert_eq!(kept.len(), 3);
    for position in positions {
        assert_eq!(kept[&position], reader.leaf(position).unwrap());
    }
    for place in (0..bytes.len()).filter(|place| bytes[*place] != b'\n') {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        if let Some(other) = decode(&changed, &ended) {
            assert_eq!(other, kept, "byte {place}");
        }
    }
    let other = Ended {
        size: log.size - 1,
        ..ended
    };
    assert!(decode(&bytes, &other).is_none());
}

/// Found by the seeds of the fuzz target `store_files`: a panic.
#[test]
fn a_log_at_the_end_of_all_positions_has_no_leaf_behind_it() {
    let ended = |first| Ended {
        first,
        size: 1,
        root: leaf_hash(b"x"),
        kept: Kept::Away,
    };
    let bytes = format!("{VERSION_LINE}\n0 78\n").into_bytes();
    assert_eq!(decode(&bytes, &ended(u64::MAX)).unwrap()[&u64::MAX], b"x");
    let two = Batch::new(&Edge::new(), vec![leaf_hash(b"x"), leaf_hash(b"y")]);
    let beyond = format!("{VERSION_LINE}\n1 79 {}\n", leaf_hash(b"x"));
    let of_two = |first| Ended {
        size: 2,
        root: two.root_after(),
        ..ended(first)
    };
    assert!(decode(beyond.as_bytes(), &of_two(0)).is_some());
    assert!(decode(beyond.as_bytes(), &of_two(u64::MAX)).is_none());
}

/// Pairs of hexadecimal digits, of a leaf that there can be.
#[test]
fn a_leaf_in_digits_has_one_form() {
    assert_eq!(leaf_of_hex("00ff7f"), Some(vec![0, 0xff, 0x7f]));
    for wrong in ["0", "00f", "0é0", "é", "0g", "7F", "+1"] {
        assert_eq!(leaf_of_hex(wrong), None, "{wrong}");
    }
    let longest = "5a".repeat(65_535);
    assert_eq!(leaf_of_hex(&longest), Some(vec![0x5a; 65_535]));
    assert_eq!(leaf_of_hex(&format!("{longest}5a")), None);
    assert_eq!(leaf_of_hex(&format!("{longest}5a5a")), None);
}

#![allow(clippy::unwrap_used, clippy::expect_used)]

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

#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The record is believed whole or not at all.

use super::*;

fn ended() -> Vec<Ended> {
    let ended = |first, size, kept| Ended {
        first,
        size,
        root: Hash::from_bytes([7; 32]),
        kept,
    };
    vec![
        ended(0, 70_000, Kept::Away),
        ended(70_000, 1, Kept::Here),
        ended(70_001, 256, Kept::Here),
    ]
}

#[test]
fn what_is_written_is_read() {
    for count in 0..=3 {
        let ended = &ended()[..count];
        assert_eq!(decode(&encode(ended)).unwrap(), ended);
    }
}

#[test]
fn nothing_in_it_can_be_changed() {
    let bytes = encode(&ended());
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert!(decode(&changed).is_none(), "byte {place}");
        assert!(decode(&bytes[..place]).is_none(), "the first {place} bytes");
    }
    assert!(decode(&[&bytes[..], b"\n"].concat()).is_none());
}

/// Also one with the right hash is not believed if its logs leave a gap, or have no leaf.
#[test]
fn logs_follow_each_other() {
    let with = |change: fn(&mut Vec<Ended>)| {
        let mut ended = ended();
        change(&mut ended);
        decode(&encode(&ended))
    };
    assert!(with(|_| ()).is_some());
    assert!(with(|ended| ended[1].first += 1).is_none());
    assert!(with(|ended| ended.swap(0, 1)).is_none());
    assert!(with(|ended| ended[2].size = 0).is_none());
    assert!(with(|ended| ended.rotate_left(1)).is_none());
}

/// Found by the seeds of the fuzz target `store_files`: positions beyond what a ledger can have, with the
/// right hash, led to a panic where a leaf's position was worked out.
#[test]
fn logs_beyond_what_a_ledger_can_have_are_refused() {
    for size in [MAX_TREE_SIZE, u64::MAX - 70_001, u64::MAX] {
        let mut ended = ended();
        ended[2].size = size;
        assert!(decode(&encode(&ended)).is_none(), "{size}");
    }
}

/// By where it begins, its length and its root: where it is kept is not asked.
#[test]
fn a_log_is_the_same_wherever_it_is_kept() {
    let [away, one, other] = [0, 1, 2].map(|which| ended()[which]);
    let here = Ended {
        kept: Kept::Here,
        ..away
    };
    assert!(away.is(&here) && !away.is(&one) && !one.is(&other));
    let root = Hash::from_bytes([8; 32]);
    assert!(!one.is(&Ended { root, ..one }));
}
